"""The text of a module file, Lua or Tcl: what it loads and holds, and the aliases of a `.modulerc`. Pure."""

import re
from collections.abc import Iterator

TCL_MAGIC = "#%Module"

#: What may say anything: comments, long texts, and texts in quotes.
_LUA_SAID = re.compile(
    r"""--\[(=*)\[.*?\]\1\]|\[(=*)\[.*?\]\2\]|--[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)
_PAIRS = (("(", ")"), ("{", "}"), ("[", "]"))
#: A call and its arguments, which may hold calls of their own.
_LUA_LOAD = re.compile(
    r"\b(?:load|depends_on|always_load|prereq)\b\s*(?:\(((?:[^()]|\([^()]*\))*)\)|([\"'][^\"'\n]*[\"']))"
)
#: Any version that fits, of a name.
_LUA_RANGE = re.compile(r"""\b(?:atleast|atmost|between|latest)\s*\(\s*(["'][^"'\n]*["'])[^()]*\)""")
_LUA_STRING = re.compile(r"""["']([^"'\n]+)["'](?!\s*\.\.)""")
_LUA_ALIAS = re.compile(r"""\bmodule_(version|alias)\s*\(([^()]*)\)""")
_LUA_EXTENSIONS = re.compile(r"""^\s*extensions\s*\(\s*["']([^"']*)["']\s*\)""", re.MULTILINE)
_TCL_EXTENSIONS = re.compile(r"^\s*extensions\s+([^;\n}]+)", re.MULTILINE)
_TCL_COMMENT = re.compile(r"(?:^\s*|;\s*)#[^\n]*|\\\n", re.MULTILINE)
_TCL_LOAD = re.compile(
    r"(?:^|[;{])\s*(?:module\s+(?:load|add)|depends-on|always-load|(prereq))\s+([^;}\n]+)", re.MULTILINE
)
_TCL_ALIAS = re.compile(r"^\s*module-(version|alias)\s+([^;\n]+)", re.MULTILINE)


def extensions(text: str) -> tuple[str, ...]:
    """What is installed with a module, by name and version, as EasyBuild notes it for Lmod: `numpy/1.26.4`."""
    if text.startswith(TCL_MAGIC):
        found = _TCL_EXTENSIONS.findall(_TCL_COMMENT.sub(" ", text))
    else:
        found = _LUA_EXTENSIONS.findall(text)
    return tuple(dict.fromkeys(name for names in found for name in re.split(r"[\s,]+", names) if name))


def loads(text: str) -> tuple[str, ...]:
    """The modules that a module file loads, Lua or Tcl, as far as its text names them."""
    found = _tcl_loads(text) if text.startswith(TCL_MAGIC) else _lua_loads(_code(text))
    return tuple(dict.fromkeys(found))


def _lua_loads(code: str) -> Iterator[str]:
    for arguments, bare in _LUA_LOAD.findall(code):
        yield from _LUA_STRING.findall(_LUA_RANGE.sub(r"\1", arguments) or bare)


def _tcl_loads(text: str) -> Iterator[str]:
    for any_of_them, arguments in _TCL_LOAD.findall(_TCL_COMMENT.sub(" ", text)):
        words = [word for word in map(_tcl_word, arguments.split()) if word and "$" not in word]
        if not (any_of_them and len(words) > 1):
            yield from words


def _tcl_word(word: str) -> str:
    return word.strip('"{}')


def has_folder(text: str, folder: str) -> bool:
    """Whether a module file is of what is installed in a folder; one that only tells why it cannot be loaded is not."""
    at = text.find(folder)
    after = text[at + len(folder) : at + len(folder) + 1]
    return at >= 0 and not (after.isalnum() or after in tuple("._+-")) and "LmodError" not in text


def is_whole(text: str) -> bool:
    """Whether a module file can be read to its end: a full disk or a killed build leaves half of one."""
    if text.startswith(TCL_MAGIC):
        return True
    code = _LUA_SAID.sub("", text)
    return (
        bool(text.strip("\0 \t\r\n"))
        and not set("\"'") & set(code)
        and all(code.count(opening) == code.count(closing) for opening, closing in _PAIRS)
    )


def _code(text: str) -> str:
    """A Lua file without its comments and long texts; a text in brackets that could be a name is one."""
    return _LUA_SAID.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    said = found[0]
    if said[0] in "\"'":
        return said
    name = said.strip("[=]")
    return f'"{name}"' if said[0] == "[" and not set("\n\"'") & set(name) else '""'


def aliases(text: str, name: str) -> dict[str, str]:
    """`module_version("Java/11.0.20", "11")` → Java/11 stands for Java/11.0.20; several names are several aliases."""
    if name.endswith(".lua"):
        calls = [(kind, _LUA_STRING.findall(arguments)) for kind, arguments in _LUA_ALIAS.findall(_code(text))]
    else:
        found = _TCL_ALIAS.findall(_TCL_COMMENT.sub(" ", text))
        calls = [(kind, [_tcl_word(word) for word in arguments.split()]) for kind, arguments in found]
    folder = name.rpartition("/")[0] or "."
    return dict(pair for kind, words in calls for pair in _aliases(kind, words, folder))


def _aliases(kind: str, words: list[str], folder: str) -> Iterator[tuple[str, str]]:
    """module_version(real, version...) and module_alias(name, real) put the real module on different sides."""
    if kind == "alias" and len(words) > 1:
        yield words[0], words[1]
    elif kind == "version":
        real = f"{folder}{words[0]}" if words and words[0].startswith("/") else "".join(words[:1])
        yield from ((f"{real.rsplit('/', 1)[0]}/{version}", real) for version in words[1:])
