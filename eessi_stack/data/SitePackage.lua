require("strict")
local hook = require("Hook")

local DOCS = "https://www.eessi.io/docs/site_specific_config/gpu/"
local CONTAINER = "/.singularity.d/libs"

local function starts(text, start) return text:sub(1, #start) == start end

local function exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

local function is_ours(file) return starts(file, TREE) or starts(file, INJECTED) end

local function get(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- Known problems of single modules.
local function tell_of_problems(module)
  if starts(module, "ESPResSo/4.2.1") then
    LmodMessage(module .. " is deprecated: please use ESPResSo 4.2.2 or newer, which fixes errors of 4.2.1.\n" ..
                "See https://github.com/espressomd/espresso/releases/tag/4.2.2")
  end
  if CPU == "aarch64/nvidia/grace" and module == "SciPy-bundle/2023.02-gfbf-2022b"
     and not get("EESSI_IGNORE_MODULE_WARNINGS") then
    LmodMessage("46 of the 52,730 tests of " .. module .. " failed when it was built for this CPU, where two to four\n" ..
                "are usual: other versions of SciPy-bundle are better here.\n" ..
                "EESSI_IGNORE_MODULE_WARNINGS=1 silences this.")
  end
end

-- CUDA and cuDNN may be shipped in part only; what is left out are links into a full installation of the site.
local function check_sdk(name, module)
  if not SDK or (name ~= "CUDA" and name ~= "cuDNN") then return end
  local full = SDK .. "/" .. module .. "/easybuild"
  if exists(full) then return end
  local before = SITE_TARGET .. "/software/" .. module .. "/easybuild"
  local moved = exists(before) and "\nIt is at " .. before .. ", where it was looked for until August 2025." or ""
  LmodError("EESSI may ship only a part of " .. module .. ", for reasons of its licence. To load it, the whole of it\n" ..
            "must be installed on this system, in " .. full .. "." .. moved .. "\nSee " .. DOCS)
end

-- The CUDA version that a module itself asks for, not one that another module has left in the environment.
local function cuda_of(file)
  local text = io.open(file, "r")
  if not text then return nil end
  local version = text:read("*a"):match('setenv%(%s*"EESSICUDAVERSION"%s*,%s*"([%d%.]+)"')
  text:close()
  return version
end

local function driver_version()
  local known = get("EESSI_CUDA_DRIVER_VERSION")
  if known or not exists(DRIVER_VERSION) then return known end
  local quoted = "'" .. DRIVER_VERSION:gsub("'", "'\\''") .. "'"
  local pipe = io.popen("bash -c '. \"$0\" >/dev/null 2>&1; echo \"$EESSI_CUDA_DRIVER_VERSION\"' " .. quoted)
  local said = pipe and pipe:read("*l") or ""
  if pipe then pipe:close() end
  return said ~= "" and said or nil
end

local function check_driver_version(module, wanted)
  local found = driver_version()
  if not found then
    LmodWarning("the CUDA version of this system's driver cannot be told: " .. module .. " needs CUDA " .. wanted)
    return
  end
  local found_major, found_minor = found:match("^(%d+)%.?(%d*)")
  local major, minor = wanted:match("^(%d+)%.?(%d*)")
  if not found_major or not major then return end
  local lower = (tonumber(found_minor) or 0) < (tonumber(minor) or 0)
  if tonumber(found_major) < tonumber(major) then
    LmodError(module .. " needs CUDA " .. wanted .. ", but this system's driver is for " .. found ..
              ": please update the driver, and its libraries in EESSI.\nSee " .. DOCS)
  elseif found_major == major and lower and not get("EESSI_CUDA_DRIVER_VERSION_SUPPRESS_WARNING") then
    LmodWarning(module .. " is built with CUDA " .. wanted .. ", and this system's driver is for " .. found ..
                ".\nMost of it will work: CUDA is compatible within a major version.\n" ..
                "EESSI_CUDA_DRIVER_VERSION_SUPPRESS_WARNING=1 silences this.")
    pushenv("EESSI_CUDA_DRIVER_VERSION_SUPPRESS_WARNING", module)
  end
end

local function check_driver(name, module, file)
  if not DRIVER or get("EESSI_OVERRIDE_GPU_CHECK") then return end
  local mt = require("FrameStk"):singleton():mt()
  if not mt:haveProperty(name, "arch", "gpu") then return end
  local wanted = cuda_of(file)
  if not wanted then return end
  local library = DRIVER .. "/libcuda.so"
  if exists(library) then
    check_driver_version(module, wanted)
  elseif not exists(CONTAINER .. "/libcuda.so") then
    LmodError(module .. " needs an NVIDIA GPU, and " .. library .. " is not there: link the driver's libraries.\n" ..
              "See " .. DOCS .. "\nEESSI_OVERRIDE_GPU_CHECK=1 leaves this check out.")
  end
end

-- Global, so that a site can call it from a hook of its own.
function eessi_load_hook(t)
  if mode() ~= "load" or not t.fn or not is_ours(t.fn) then return end
  local module = t.modFullName
  local name = module:match("^([^/]+)") or module
  tell_of_problems(module)
  check_sdk(name, module)
  check_driver(name, module, t.fn)
end

hook.register("load", eessi_load_hook)

-- On zen4 these toolchains do not work: https://www.eessi.io/docs/known_issues/eessi-2023.06/
local HIDDEN = {["2022b"] = {"gfbf", "gompi", "foss"}, ["12.2.0"] = {"GCC", "GCCcore"}}

local function is_hidden(module)
  for version, names in pairs(HIDDEN) do
    for _, name in ipairs(names) do
      if module == name .. "/" .. version or module:find(name .. "-" .. version, 1, true) then return true end
    end
  end
  return false
end

if CPU == "x86_64/amd/zen4" then
  hook.register("isVisibleHook", function(t)
    if t.fn and is_ours(t.fn) and is_hidden(t.fullName) then t.isVisible = false end
  end)
end

for _, folder in ipairs({SITE, SITE_TARGET}) do
  local own = folder .. "/.lmod/SitePackage.lua"
  if exists(own) then dofile(own) end
end
