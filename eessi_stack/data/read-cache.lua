-- What Lmod would make of its files: run by the Lua that runs Lmod, as Lmod runs them, but with nothing in reach.
-- Reads questions from stdin, a line each, and answers with lines of fields that tabs separate:
--   cache DIR   which file of a cache Lmod takes, what is in it, which of its directories modules lead to, whether
--               its compiled twin says the same
--   taken DIR   the same, but nothing of its twin
--   rc FILE     which caches an lmodrc.lua names
--   code FILE   whether a file is Lua at all

local version = _VERSION:gsub("Lua ", "")

local function say(...) io.write(table.concat({...}, "\t"):gsub("[\r\n]+", " "), "\n") end

local function size(path)
  local file = io.open(path, "rb")
  if not file then return 0 end
  local length = file:seek("end")
  file:close()
  return length or 0
end

local function run(path, env)
  local chunk, problem
  if setfenv then
    chunk, problem = loadfile(path)
    if chunk then setfenv(chunk, env) end
  else
    chunk, problem = loadfile(path, "bt", env)
  end
  if not chunk then return problem end
  local fine, error_ = pcall(chunk)
  if not fine then return tostring(error_) end
end

local function tables(path)
  local env = {}
  local problem = run(path, env)
  if problem then return nil, problem end
  if type(env.mrcT) ~= "table" or next(env.mrcT) == nil then return nil, path .. ": it has no mrcT" end
  for _, name in ipairs({"mrcMpathT", "spiderT", "mpathMapT"}) do
    if type(env[name]) ~= "table" then return nil, path .. ": it has no " .. name end
  end
  return env
end

local function same(one, other)
  if type(one) ~= "table" or type(other) ~= "table" then return one == other end
  for key, value in pairs(one) do
    if not same(value, other[key]) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

local function modules(node, found)
  for key, value in pairs(node) do
    if type(value) == "table" then
      if key ~= "defaultA" and key ~= "defaultT" then modules(value, found) end
    elseif key == "fn" or key == "file" then
      found[value] = true
    end
  end
end

local ask = {}

local function cache(dir, with_twin)
  local compiled, text = dir .. "/spiderT.luac_" .. version, dir .. "/spiderT.lua"
  local taken
  for _, path in ipairs({compiled, dir .. "/spiderT.old.luac_" .. version, text, dir .. "/spiderT.old.lua"}) do
    if not taken and size(path) > 0 then taken = path end
  end
  say("lua", version)
  if not taken then return end
  say("reads", taken)
  local env, problem = tables(taken)
  if not env then return say("broken", problem) end
  for path, node in pairs(env.spiderT) do
    if path:sub(1, 1) == "/" then
      local found = {}
      modules(node, found)
      say("path", path)
      for file in pairs(found) do say("module", path, file) end
    end
  end
  for path in pairs(env.mpathMapT) do say("reached", path) end
  if with_twin and taken == compiled and size(text) > 0 then
    local twin, broken = tables(text)
    if not twin then say("twin", broken) elseif not same(env, twin) then say("twin", "") end
  end
end

function ask.cache(dir) cache(dir, true) end

function ask.taken(dir) cache(dir, false) end

function ask.rc(path)
  local anything = {}
  setmetatable(anything, {
    __index = function() return anything end,
    __call = function() return anything end,
    __concat = function() return "" end,
  })
  local env = setmetatable({os = {getenv = os.getenv}}, {__index = function() return anything end})
  env.propT, env.scDescriptT = {}, {}
  local problem = run(path, env)
  if problem then return say("broken", problem) end
  for _, entry in ipairs(env.scDescriptT) do say("entry", tostring(entry.dir), tostring(entry.timestamp)) end
end

function ask.code(path)
  local chunk, problem = loadfile(path)
  if not chunk then say("broken", problem) end
end

for line in io.lines() do
  local what, path = line:match("^(%a+) (.*)$")
  say("for", what == "taken" and "cache" or what, path)
  ask[what](path)
end
say("end")
