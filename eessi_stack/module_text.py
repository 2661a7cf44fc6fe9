"""The text of a module file, Lua or Tcl: what it loads, and the aliases that a `.modulerc` defines. Pure."""

import re
from itertools import chain

TCL_MAGIC = "#%Module"

_LUA_LONG = re.compile(r"(--)?\[(=*)\[.*?\]\2\]", re.DOTALL)
_LUA_COMMENT = re.compile(r"--[^\n]*")
_LUA_LOAD = re.compile(r"""\b(?:load|depends_on|always_load)\s*\(\s*((?:["'][^"'\n]*["']\s*,?\s*)+)\)""")
_TCL_LOAD = re.compile(r"^\s*(?:module\s+load|depends-on|prereq)\s+(.+)$", re.MULTILINE)
_LUA_STRING = re.compile(r"""["']([^"']+)["']""")
_LUA_ALIAS = re.compile(
    r"""^(?!\s*--).*?\bmodule_(?:version|alias)\s*\(\s*["']([^"']+)["']\s*,\s*["']([^"']+)["']\s*\)""", re.MULTILINE
)
_TCL_ALIAS = re.compile(r"^\s*module-(?:version|alias)\s+(\S+)\s+(\S+)", re.MULTILINE)


def loads(text: str) -> tuple[str, ...]:
    """The modules that a module file loads, Lua or Tcl."""
    if text.startswith(TCL_MAGIC):
        return tuple(dict.fromkeys(chain.from_iterable(words.split() for words in _TCL_LOAD.findall(text))))
    code = _code(text)
    found = chain.from_iterable(_LUA_STRING.findall(arguments) for arguments in _LUA_LOAD.findall(code))
    return tuple(dict.fromkeys(found))


def _code(text: str) -> str:
    """A Lua file without its comments and long texts, which may say anything."""
    return _LUA_COMMENT.sub("", _LUA_LONG.sub('""', text))


def aliases(text: str, name: str) -> dict[str, str]:
    """`module_version("Java/11.0.20", "11")` → Java/11 stands for Java/11.0.20."""
    pairs = _LUA_ALIAS.findall(_code(text)) if name.endswith(".lua") else _TCL_ALIAS.findall(text)
    folder = name.rpartition("/")[0] or "."
    return dict(_alias(first, second, folder) for first, second in pairs)


def _alias(first: str, second: str, folder: str) -> tuple[str, str]:
    """module_version(real, version) and module_alias(name, real) put the real module on different sides."""
    if "/" in second:
        return first, second
    real = first if not first.startswith("/") else f"{folder}{first}"
    return f"{real.rsplit('/', 1)[0]}/{second}", real
