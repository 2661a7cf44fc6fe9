"""A modules directory → Inventory: which modules are there and complete, and what each of them loads."""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Inventory

#: Files in a modules directory that are no modules.
_NOT_MODULES = (".modulerc", ".version", ".nfs", ".lmod", ".DS_Store")
_TCL_MAGIC = b"#%Module"

_LUA_LONG = re.compile(r"(--)?\[(=*)\[.*?\]\2\]", re.DOTALL)
_LUA_COMMENT = re.compile(r"--[^\n]*")
_LUA_LOAD = re.compile(r"""\b(?:load|depends_on|always_load)\s*\(\s*((?:["'][^"'\n]*["']\s*,?\s*)+)\)""")
_TCL_LOAD = re.compile(r"^\s*(?:module\s+load|depends-on|prereq)\s+(.+)$", re.MULTILINE)
_LUA_STRING = re.compile(r"""["']([^"']+)["']""")
_LUA_ALIAS = re.compile(
    r"""^(?!\s*--).*?\bmodule_(?:version|alias)\s*\(\s*["']([^"']+)["']\s*,\s*["']([^"']+)["']\s*\)""", re.MULTILINE
)
_TCL_ALIAS = re.compile(r"^\s*module-(?:version|alias)\s+(\S+)\s+(\S+)", re.MULTILINE)


def scan(layer: Path, marks: Mapping[str, bool], locked: Collection[str] = ()) -> Inventory:
    """What a modules directory holds; one that is absent holds nothing.

    `marks` are the intent marks of its prefix: module → whether a live process holds it; `locked` are the modules,
    with `_` for `/`, that EasyBuild has a lock for: its own runs build them, or were cut off.
    StackError `modules-unreadable` for a directory that is there and cannot be read.
    """
    found: dict[str, Path] = {}
    aliases: dict[str, str] = {}
    for path in _files(layer):
        if path.name.startswith(".modulerc"):
            aliases |= _aliases(path, layer)
        elif name := _module_name(path, layer):
            found[name] = path
    texts = {name: _text(path) for name, path in found.items()}
    unfinished = {name for name, text in texts.items() if not text.strip("\0 \t\r\n")}
    incomplete = unfinished | {name for name, held in marks.items() if not held and name in found}
    building = {name for name, held in marks.items() if held}
    building |= {name for name in found if name.replace("/", "_") in locked and name not in marks}
    return Inventory(
        modules=frozenset(found.keys() - incomplete - building),
        incomplete=frozenset(incomplete - building),
        building=frozenset(building),
        aliases=aliases,
        loads={name: loads(text) for name, text in texts.items()},
    )


def overlay(layers: Sequence[Inventory]) -> Inventory:
    """One inventory of several, the first one strongest: what is complete in any of them is there."""
    modules: set[str] = set()
    aliases: dict[str, str] = {}
    loaded: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        loaded |= {name: layer.loads[name] for name in layer.modules - modules if name in layer.loads}
        modules |= layer.modules
        aliases = {**layer.aliases, **aliases}
    return Inventory(
        modules=frozenset(modules),
        incomplete=frozenset().union(*(layer.incomplete for layer in layers)) - modules,
        building=frozenset().union(*(layer.building for layer in layers)) - modules,
        aliases=aliases,
        loads=loaded,
    )


def _files(layer: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise StackError(
            "modules-unreadable",
            f"{error.filename}: cannot be read: {error.strerror}",
            hint="what is installed there cannot be told; give this user read access",
            exit_code=ExitCode.UNDECIDED,
        )

    try:
        layer.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        refuse(error)
    walked: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(layer, onerror=refuse, followlinks=True):
        here = Path(folder).stat()
        if (here.st_dev, here.st_ino) in walked:  # links that lead round in a circle
            folders.clear()
            continue
        walked.add((here.st_dev, here.st_ino))
        folders.sort()
        for name in sorted(names):
            yield Path(folder, name)


def _module_name(path: Path, layer: Path) -> str | None:
    """`GROMACS/2024.1-foss-2023b` for a module file, None for anything else, a dangling link included."""
    if path.name.startswith(_NOT_MODULES) or path.name.endswith("~") or not path.exists():
        return None
    name = str(path.relative_to(layer))
    if name.endswith(".lua"):
        return name.removesuffix(".lua")
    return name if _text(path)[: len(_TCL_MAGIC)].encode() == _TCL_MAGIC else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StackError(
            "modules-unreadable", f"{path}: cannot be read: {error.strerror}", exit_code=ExitCode.UNDECIDED
        ) from error


def loads(text: str) -> tuple[str, ...]:
    """The modules that a module file loads, Lua or Tcl."""
    if text.startswith(_TCL_MAGIC.decode()):
        return tuple(dict.fromkeys(chain.from_iterable(words.split() for words in _TCL_LOAD.findall(text))))
    code = _code(text)
    found = chain.from_iterable(_LUA_STRING.findall(arguments) for arguments in _LUA_LOAD.findall(code))
    return tuple(dict.fromkeys(found))


def _code(text: str) -> str:
    """A Lua file without its comments and long texts, which may say anything."""
    return _LUA_COMMENT.sub("", _LUA_LONG.sub('""', text))


def _aliases(path: Path, layer: Path) -> dict[str, str]:
    """`module_version("Java/11.0.20", "11")` → Java/11 stands for Java/11.0.20."""
    text = _text(path)
    pairs = _LUA_ALIAS.findall(_code(text)) if path.name.endswith(".lua") else _TCL_ALIAS.findall(text)
    folder = str(path.parent.relative_to(layer))
    return dict(_alias(first, second, folder) for first, second in pairs)


def _alias(first: str, second: str, folder: str) -> tuple[str, str]:
    """module_version(real, version) and module_alias(name, real) put the real module on different sides."""
    if "/" in second:
        return first, second
    real = first if not first.startswith("/") else f"{folder}{first}"
    return f"{real.rsplit('/', 1)[0]}/{second}", real
