"""From the entries of a stack to all that they need: what of it is missing, and what is broken. Pure."""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from eessi_stack.compare.packages import Graph
from eessi_stack.model import Inventory

HOLLOW = "its module file is there, its installation is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the walk from the roots found."""

    steps: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: module → what it was found to need
    missing: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)  #: module → what is wrong with it

    def users(self, modules: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Who was found to need each of some modules."""
        wanted = frozenset(modules)
        users: dict[str, dict[str, None]] = {}
        for module, needs in self.steps.items():
            if not wanted.isdisjoint(needs):
                for name in wanted.intersection(needs):
                    users.setdefault(name, {})[module] = None
        return {module: tuple(names) for module, names in users.items()}


def walk(
    roots: Iterable[str], wanted: Collection[str], graph: Graph, inventory: Inventory, *, strict: bool
) -> Findings:
    """Go from the roots to all that they need: recipes say it of what is missing, module files of what is there.

    Only what is `wanted` is gone to; `strict` believes recipes alone.
    """
    findings = Findings()
    ground, there = frozenset(wanted), inventory.names
    todo = [module for module in roots if module in ground]
    seen = set(todo)
    for module in todo:
        if module in there and not strict:
            needs = _loaded(module, ground, inventory)
            if not there.issuperset(needs) and (gone := _gone(needs, there, inventory)):
                findings.broken[module] = f"its module file loads {', '.join(gone)}, which is gone"
            if inventory.hollow and inventory.is_hollow(module):
                findings.broken[module] = HOLLOW
        else:
            needs = graph.needs.get(module, ())
            if module not in there:
                findings.missing.add(module)
        findings.steps[module] = needs
        if not seen.issuperset(needs):
            fresh = [name for name in needs if name in ground and name not in seen]
            seen.update(fresh)
            todo += fresh
    _spread(findings, there)
    return findings


def _loaded(module: str, ground: frozenset[str], inventory: Inventory) -> tuple[str, ...]:
    """What a module file loads; what no recipe asks for is followed here: nobody else would look behind it."""
    loads = inventory.loads_of(module)
    if ground.issuperset(loads):
        return loads
    found: dict[str, None] = {}
    todo = deque(loads)
    while todo:
        name = todo.popleft()
        if name not in found:
            found[name] = None
            if name not in ground:
                todo.extend(inventory.loads_of(name))
    return tuple(found)


def _gone(names: Iterable[str], there: frozenset[str], inventory: Inventory) -> list[str]:
    return [name for name in names if name not in there and not _default_version(name, inventory)]


def _default_version(name: str, inventory: Inventory) -> bool:
    """`load("GCCcore")` without a version means any."""
    return any(module.startswith(f"{name}/") for module in inventory.modules)


def _spread(findings: Findings, there: frozenset[str]) -> None:
    """What loads a broken module is broken too."""
    todo = list(findings.broken)
    users = findings.users(findings.steps) if todo else {}
    for module in todo:
        for user in users.get(module, ()):
            if user in there and user not in findings.broken:
                findings.broken[user] = f"its module file loads {module}, which is broken"
                todo.append(user)
