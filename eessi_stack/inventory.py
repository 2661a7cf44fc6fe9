"""A modules directory → Inventory: which modules are there and complete, and what each of them loads."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Inventory

#: Files in a modules directory that are no modules.
_NOT_MODULES = (".modulerc", ".version", ".nfs", ".lmod", ".DS_Store")
_TCL_MAGIC = b"#%Module"

_LUA_LOAD = re.compile(r"""^(?!\s*--).*?\b(?:load|depends_on|always_load)\s*\(\s*([^)]*)\)""", re.MULTILINE)
_TCL_LOAD = re.compile(r"^\s*(?:module\s+load|depends-on|prereq)\s+(.+)$", re.MULTILINE)
_LUA_STRING = re.compile(r"""["']([^"']+)["']""")
_LUA_ALIAS = re.compile(
    r"""^(?!\s*--).*?\bmodule_(?:version|alias)\s*\(\s*["']([^"']+)["']\s*,\s*["']([^"']+)["']\s*\)""", re.MULTILINE
)
_TCL_ALIAS = re.compile(r"^\s*module-(?:version|alias)\s+(\S+)\s+(\S+)", re.MULTILINE)


def scan(layer: Path, marks: Mapping[str, bool]) -> Inventory:
    """What a modules directory holds; one that is absent holds nothing.

    `marks` are the intent marks of its prefix: module → whether a live process holds it.
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
    unfinished = {name for name, text in texts.items() if not text.strip()}
    incomplete = unfinished | {name for name, held in marks.items() if not held and name in found}
    building = {name for name, held in marks.items() if held}
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

    if not os.path.lexists(layer):
        return
    for folder, folders, names in os.walk(layer, onerror=refuse, followlinks=True):
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
    found = chain.from_iterable(_LUA_STRING.findall(arguments) for arguments in _LUA_LOAD.findall(text))
    return tuple(dict.fromkeys(found))


def _aliases(path: Path, layer: Path) -> dict[str, str]:
    """`module_version("Java/11.0.20", "11")` → Java/11 stands for Java/11.0.20."""
    text = _text(path)
    pairs = _LUA_ALIAS.findall(text) if path.name.endswith(".lua") else _TCL_ALIAS.findall(text)
    folder = str(path.parent.relative_to(layer))
    return dict(_alias(first, second, folder) for first, second in pairs)


def _alias(first: str, second: str, folder: str) -> tuple[str, str]:
    """module_version(real, version) and module_alias(name, real) put the real module on different sides."""
    if "/" in second:
        return first, second
    real = first if not first.startswith("/") else f"{folder}{first}"
    return f"{real.rsplit('/', 1)[0]}/{second}", real
