"""A modules directory → Inventory: which modules are there and complete, and what each of them loads."""

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eessi_stack import module_files
from eessi_stack.model import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """The modules that count in one prefix only; all others do in both."""

    cpu: frozenset[str]
    accelerator: frozenset[str]


def scan(layer: Path, marks: Mapping[str, bool], locked: Collection[str] = (), cache: Path | None = None) -> Inventory:
    """What a modules directory holds; one that is absent holds nothing.

    `marks` are the intent marks of its prefix: module → whether a live process holds it; `locked` are the modules,
    with `_` for `/`, that EasyBuild has a lock for: its own runs build them, or were cut off. `cache` is the file that
    keeps what was read for the next time. StackError `modules-unreadable` for a directory that cannot be read.
    """
    found = module_files.read(layer, cache)
    incomplete = found.empty | {name for name, held in marks.items() if not held and name in found.loads}
    building = {name for name, held in marks.items() if held}
    if locked:
        building |= {name for name in found.loads if name.replace("/", "_") in locked and name not in marks}
    modules = frozenset(found.loads.keys() - incomplete - building)
    return Inventory(
        modules=modules,
        hollow=frozenset(name for name in found.installed & modules if _is_gone(module_files.folder_of(layer, name))),
        incomplete=frozenset(incomplete - building),
        building=frozenset(building),
        aliases=found.aliases,
        loads=found.loads,
    )


def _is_gone(folder: Path) -> bool:
    """Whether there is no such folder; OSError where that cannot be told."""
    try:
        return not stat.S_ISDIR(os.stat(folder).st_mode)  # noqa: PTH116 (called for every module)
    except (FileNotFoundError, NotADirectoryError):
        return True


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
        hollow=frozenset(modules).difference(*(layer.modules - layer.hollow for layer in layers)),
        incomplete=frozenset().union(*(layer.incomplete for layer in layers)) - modules,
        building=frozenset().union(*(layer.building for layer in layers)) - modules,
        aliases=aliases,
        loads=loaded,
    )


def in_place(above: Inventory, below: Inventory, homes: Homes) -> Inventory:
    """An accelerator's inventory over that of its CPU, each package of a stack only where it belongs."""
    misplaced = (above.modules & homes.cpu) | (below.modules & homes.accelerator)
    seen = overlay(
        [
            replace(above, modules=above.modules - homes.cpu),
            replace(below, modules=below.modules - homes.accelerator),
        ]
    )
    return replace(seen, misplaced=misplaced - seen.modules)
