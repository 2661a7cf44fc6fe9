"""Packages and inventory → Comparison: what is true of every package of a stack on one target. Pure.

What the words mean is in the README, under "Know what is missing".
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eessi_stack.compare.drift import Drift, explain
from eessi_stack.compare.excluded import exclude
from eessi_stack.compare.packages import Graph, graph_of
from eessi_stack.compare.walk import HOLLOW, Findings, walk
from eessi_stack.model import Comparison, Exclusion, Inventory, Package, Request, State, Target, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What is asked of one target, and what is there."""

    graph: Graph
    inventory: Inventory
    there: frozenset[str]  #: every name of a complete module, aliases too
    asked: Mapping[str, Sequence[Request]]  #: module → the entries for this target that ask for it
    roots: Sequence[str]  #: those of them that their entries want to be there
    closure: set[str]  #: the roots, and what recipes say that they need
    packages: Mapping[str, Package]  #: what gets a verdict, in build order


def compare(  # noqa: PLR0913 (four of them are keywords)
    packages: Iterable[Package] | Graph,
    inventory: Inventory,
    target: Target,
    *,
    requests: Sequence[Request] | None = None,
    exclusions: Iterable[Exclusion] = (),
    strict: bool = False,
    elsewhere: tuple[Request, ...] = (),
) -> Comparison:
    """A verdict for every package of the requests' closure, and for every request, in the order of `requests`.

    `requests` are those that the target answers for; where none are given, all that ask for one of the packages.
    `strict` asks EasyBuild's own question: every module of the recipes' closure must be there.
    """
    graph = packages if isinstance(packages, Graph) else graph_of(packages)
    inventory = replace(inventory, hollow=frozenset()) if strict else inventory  # EasyBuild looks at module files alone
    requests = sorted(graph.asked, key=_position) if requests is None else requests
    identified = {} if strict else _identified(graph, inventory)
    modules = [graph.asked[request] for request in requests]
    if identified:
        modules = [_called(each, identified) for each in modules]
    scene = _scene(graph, inventory, identified, _asked(requests, modules), strict=strict)
    left_out = exclude(_absent(scene), exclusions, target)
    wanted = scene.closure.difference(left_out.reasons)
    findings = walk(scene.roots, wanted, graph, inventory, strict=strict)
    verdicts = _verdicts(scene, findings, {**_unwanted(scene, left_out.reasons), **left_out.reasons})
    return Comparison(
        target=target,
        verdicts=tuple(verdicts.values()),
        requests=tuple((request, verdicts[names[-1]]) for request, names in zip(requests, modules, strict=True)),
        elsewhere=elsewhere,
        unused=left_out.unused,
    )


def _position(request: Request) -> tuple[str, int]:
    return request.file, request.line


def _identified(graph: Graph, inventory: Inventory) -> dict[str, Package]:
    """An entry without an easyconfig can be known to be installed all the same, by a module that fits its file name."""
    found = {}
    for package in graph.unresolved:
        if module := _fitting(package.module.removesuffix(".eb"), inventory):
            found[package.module] = graph.packages.get(module) or replace(package, module=module)
    return found


def _fitting(filename: str, inventory: Inventory) -> str:
    """The module that an easyconfig of that name makes; EESSI's own have EESSI's version for one of their own."""
    parts = filename.split("-")
    splits = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
    exact = next((f"{name}/{rest}" for name, rest in splits if inventory.has(f"{name}/{rest}")), "")
    if exact:
        return exact
    wanted = [re.compile(rf"{re.escape(name)}/\d{{4}}\.\d{{2}}-{re.escape(rest)}") for name, rest in splits]
    return next((module for module in sorted(inventory.names) if any(one.fullmatch(module) for one in wanted)), "")


def _called(modules: tuple[str, ...], identified: Mapping[str, Package]) -> tuple[str, ...]:
    known = identified.get(modules[-1])
    return (known.module,) if known else modules


def _asked(requests: Iterable[Request], modules: Iterable[tuple[str, ...]]) -> dict[str, list[Request]]:
    asked: dict[str, list[Request]] = {}
    for request, names in zip(requests, modules, strict=True):
        for name in names:
            asked.setdefault(name, []).append(request)
    return asked


def _scene(
    graph: Graph,
    inventory: Inventory,
    identified: Mapping[str, Package],
    asked: Mapping[str, Sequence[Request]],
    *,
    strict: bool,
) -> _Scene:
    there = inventory.names
    roots = [
        module
        for module, requests in asked.items()
        if strict or module in there or not all(request.rebuild for request in requests)
    ]
    closure = graph.closure(roots)
    known = {**graph.packages, **{package.module: package for package in identified.values()}}
    return _Scene(
        graph=graph,
        inventory=inventory,
        there=there,
        asked=asked,
        roots=roots,
        closure=closure,
        packages={module: package for module, package in known.items() if module in closure or module in asked},
    )


def _absent(scene: _Scene) -> list[Package]:
    return [
        package for module, package in scene.packages.items() if module not in scene.there and module in scene.closure
    ]


def _unwanted(scene: _Scene, left_out: Mapping[str, str]) -> dict[str, str]:
    """Module → why nobody wants it to be there, of those that are not."""
    reachable = scene.graph.closure(scene.roots, without=left_out) if left_out else scene.closure
    return {
        module: "only excluded packages want it" if module in scene.closure else "a rebuild asks for nothing new"
        for module in scene.packages
        if module not in reachable and module not in scene.there
    }


def _verdicts(scene: _Scene, findings: Findings, excluded: Mapping[str, str]) -> dict[str, Verdict]:
    drift = explain(_drifted(scene, findings, excluded), scene.packages, scene.graph, scene.inventory)
    states = _states(scene, findings, excluded, drift)
    users = _up_to_entries(
        {**findings.users(states), **{module: one.wanted_by for module, one in drift.items()}}, scene
    )
    installed = State.INSTALLED
    verdicts = {}
    for module, package in scene.packages.items():
        requests, wanted_by = tuple(scene.asked.get(module, ())), users.get(module, ())
        if module not in states:
            verdicts[module] = Verdict(package=package, state=installed, wanted_by=wanted_by, requests=requests)
            continue
        state, reason = states[module]
        instead = drift[module].instead if module in drift else ""
        verdicts[module] = Verdict(
            package=package, state=state, reason=reason, wanted_by=wanted_by, requests=requests, instead=instead
        )
    return verdicts


def _up_to_entries(users: Mapping[str, tuple[str, ...]], scene: _Scene) -> dict[str, tuple[str, ...]]:
    """Who needs what: of installed modules it is told where they lead from what is not to the entries that want it."""
    found = dict(users)
    todo = [name for names in users.values() for name in names]
    for module in todo:
        if module not in found and module not in scene.asked:
            found[module] = tuple(name for name in scene.graph.users.get(module, ()) if name in scene.closure)
            todo += found[module]
    return found


def _drifted(scene: _Scene, findings: Findings, excluded: Mapping[str, str]) -> list[str]:
    """What is not there, and not found wanting: only today's recipes of what is installed ask for it."""
    return [
        module
        for module in scene.packages
        if module not in scene.there and module not in findings.missing and module not in excluded
    ]


def _states(
    scene: _Scene, findings: Findings, excluded: Mapping[str, str], drift: Mapping[str, Drift]
) -> dict[str, tuple[State, str]]:
    """The state of all that is not simply installed, and why; of several, the last one counts."""
    return {
        **dict.fromkeys(_hollow(scene), (State.BROKEN, HOLLOW)),
        **{module: (State.BROKEN, what) for module, what in findings.broken.items()},
        **{module: _lost(scene.packages[module], scene.inventory) for module in findings.missing},
        **{module: (State.DRIFT, one.reason) for module, one in drift.items()},
        **{module: (State.EXCLUDED, reason) for module, reason in excluded.items()},
    }


def _hollow(scene: _Scene) -> list[str]:
    """What is not there as a whole, also where nothing that is installed loads it."""
    return [module for module in scene.packages if scene.inventory.is_hollow(module)] if scene.inventory.hollow else []


def _lost(package: Package, inventory: Inventory) -> tuple[State, str]:
    if package.error:
        return State.ERROR, package.error
    if package.module in inventory.building:
        return State.MISSING, "being built, or locked by an EasyBuild"
    if package.module in inventory.incomplete:
        return State.MISSING, "its module file is there, but its build did not end well"
    if package.module in inventory.misplaced:
        return State.MISSING, "it is installed, but in a prefix where it does not belong"
    return State.MISSING, ""


def why(packages: Iterable[Package], name: str) -> tuple[tuple[str, ...], ...]:
    """For each request that needs the module, the shortest path of dependencies to it."""
    graph = {package.module: package for package in packages}
    parents: dict[str, list[str]] = {}
    for package in graph.values():
        for need in package.needs:
            parents.setdefault(need, []).append(package.module)
    paths = []
    seen = {name}
    todo: deque[tuple[str, ...]] = deque([(name,)])
    while todo:
        path = todo.popleft()
        if graph[path[0]].requests:
            paths.append(path)
        for parent in parents.get(path[0], ()):
            if parent not in seen:
                seen.add(parent)
                todo.append((parent, *path))
    return tuple(paths)
