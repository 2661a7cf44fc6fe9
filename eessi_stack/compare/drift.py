"""What only today's recipes of installed packages want: who wants it, which recipe changed, what is there instead."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from eessi_stack.compare.packages import Graph
from eessi_stack.model import Inventory, Package

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    wanted_by: tuple[str, ...]  #: installed packages, or such as have drifted themselves
    reason: str = ""
    instead: str = ""  #: the installed module in its place, if any


def explain(drifted: Collection[str], closure: Collection[str], graph: Graph, inventory: Inventory) -> dict[str, Drift]:
    """Explain each module that has drifted. `closure` is all that the target wants."""
    if not drifted:
        return {}
    wanters = _wanters(drifted, closure, graph, inventory)
    alike = _alike(drifted, inventory)
    return {
        module: Drift(
            wanted_by=tuple(wanters[module]),
            reason=_reason(graph.packages[module], [graph.packages[name] for name in _changed(module, wanters)]),
            instead=_instead(module, alike.get(_software(module), ()), wanters[module], graph, inventory),
        )
        for module in drifted
    }


def _wanters(
    drifted: Collection[str], closure: Collection[str], graph: Graph, inventory: Inventory
) -> dict[str, list[str]]:
    """The packages whose recipes need each of them; what is missing or excluded wants nothing that has drifted."""
    found: dict[str, list[str]] = {module: [] for module in drifted}
    names = frozenset(found)
    for module, needs in graph.needs.items():
        if not names.isdisjoint(needs) and module in closure and (module in names or inventory.has(module)):
            for name in names.intersection(needs):
                found[name].append(module)
    return found


def _changed(module: str, wanters: Mapping[str, Sequence[str]]) -> list[str]:
    """The installed packages that want it, those first that do so themselves."""
    todo = [module]
    found: list[str] = []
    for name in todo:
        for wanter in wanters[name]:
            into = todo if wanter in wanters else found
            if wanter not in into:
                into.append(wanter)
    return found


def _reason(package: Package, changed: Sequence[Package]) -> str:
    first = changed[0].filename or changed[0].module
    more = len(changed) - 1
    reason = f"{first} and {more} more changed since they were installed" if more else ""
    reason = reason or f"{first} changed since it was installed"
    return f"{reason}; {package.error}" if package.error else reason


def _alike(modules: Iterable[str], inventory: Inventory) -> dict[str, list[str]]:
    """The installed modules of the same software, by its name."""
    found: dict[str, list[str]] = {_software(module): [] for module in modules}
    for module in inventory.modules:
        if (name := _software(module)) in found:
            found[name].append(module)
    return found


def _instead(module: str, alike: Iterable[str], wanters: Sequence[str], graph: Graph, inventory: Inventory) -> str:
    """What the packages that want it load in its place, else the most alike of what they could load."""
    loaded = _loaded(wanters, graph, inventory)
    toolchains = graph.closure(_toolchain(name) for name in (module, *wanters)) | {""}
    could = [one for one in alike if one in loaded or _toolchain(one) in toolchains]
    return min(could, key=lambda one: (one not in loaded, *_unlikeness(module, one), one), default="")


def _loaded(wanters: Sequence[str], graph: Graph, inventory: Inventory) -> set[str]:
    """What the packages that want it load or stand for, and their recipes do not need."""
    found: set[str] = set()
    for wanter in wanters:
        needs = graph.needs.get(wanter, ())
        found.update(name for name in (wanter, *inventory.loads_of(wanter)) if name not in needs)
    return {inventory.aliases.get(name, name) for name in found}.difference(wanters)


def _unlikeness(module: str, other: str) -> tuple[bool, bool, tuple[int, ...]]:
    """How far apart two modules of one software are: other version or not, other toolchain or not, by how much."""
    (version, toolchain), (its_version, its_toolchain) = _parts(module), _parts(other)
    return version != its_version, toolchain != its_toolchain, _distance(version, its_version)


def _software(module: str) -> str:
    return module.rpartition("/")[0]


def _parts(module: str) -> tuple[str, str]:
    """`Biopython/1.81-gfbf-2022b` → `1.81` and `gfbf-2022b`, with what else follows."""
    version, _, toolchain = module.rpartition("/")[2].partition("-")
    return version, toolchain


def _toolchain(module: str) -> str:
    """`Biopython/1.81-gfbf-2022b` → `gfbf/2022b`; empty where there is none."""
    return "/".join(_parts(module)[1].split("-")[:2])


def _distance(version: str, other: str) -> tuple[int, ...]:
    numbers = ([int(number) for number in _NUMBER.findall(text)] for text in (version, other))
    return tuple(abs(one - two) for one, two in zip_longest(*numbers, fillvalue=0))
