"""Packages and inventory → Comparison: what is true of every package of a stack on one target. Pure.

What the words mean is in the README, under "Know what is missing".
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eessi_stack.model import Comparison, Exclusion, Inventory, Package, Request, State, Target, Verdict

Graph = Mapping[str, Package]  #: module → package


@dataclass
class _Findings:
    """What the walk from the requests found, by module."""

    missing: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)  #: module → what is wrong with what it loads
    wanted_by: dict[str, list[str]] = field(default_factory=dict)


def compare(  # noqa: PLR0913 (three of them are keywords)
    packages: Sequence[Package],
    inventory: Inventory,
    target: Target,
    *,
    requests: Sequence[Request] = (),
    exclusions: Sequence[Exclusion] = (),
    strict: bool = False,
) -> Comparison:
    """A verdict for every package of the requests' closure, and for every request, in the order of `requests`.

    `strict` asks EasyBuild's own question: every module of the recipes' closure must be there.
    """
    if not strict:
        packages = [_identified(package, inventory) for package in packages]
    graph = {package.module: package for package in packages}
    excluded = _excluded(graph, inventory, exclusions, target)
    wanted = {module: package for module, package in graph.items() if module not in excluded}
    findings = _walk(wanted, inventory, strict=strict)
    if excluded:
        excluded = _unwanted(graph, wanted, inventory) | excluded
    verdicts = {module: _verdict(graph[module], inventory, findings, excluded) for module in build_order(graph)}
    asked = {request: verdicts[package.module] for package in packages for request in package.requests}
    answered = tuple((request, asked[request]) for request in requests or sorted(asked, key=_position))
    return Comparison(target=target, verdicts=tuple(verdicts.values()), requests=answered)


def _identified(package: Package, inventory: Inventory) -> Package:
    """An entry without an easyconfig can be known to be installed all the same, by a module that fits its file name."""
    if package.recipe or not package.error or not package.module.endswith(".eb"):
        return package
    parts = package.module.removesuffix(".eb").split("-")
    splits = ("-".join(parts[:at]) + "/" + "-".join(parts[at:]) for at in range(1, len(parts)))
    found = next((module for module in splits if inventory.has(module)), None)
    return replace(package, module=found) if found else package


def _position(request: Request) -> tuple[str, int]:
    return request.file, request.line


def _walk(graph: Graph, inventory: Inventory, *, strict: bool) -> _Findings:
    """Go from the requests to all that they need: recipes say it of what is missing, module files of what is there."""
    findings = _Findings()
    seen: set[str] = set()
    todo = deque(module for module, package in graph.items() if package.requests)
    while todo:
        module = todo.popleft()
        if module in seen:
            continue
        seen.add(module)
        if inventory.has(module) and not strict:
            loaded = _loaded(module, graph, inventory)
            gone = [name for name in loaded if not inventory.has(name) and not _default_version(name, inventory)]
            if gone:
                findings.broken[module] = f"{', '.join(gone)}, which is gone"
            needs = tuple(name for name in loaded if name in graph)
        else:
            needs = graph[module].needs if module in graph else ()
            if not inventory.has(module):
                findings.missing.add(module)
        for name in needs:
            findings.wanted_by.setdefault(name, []).append(module)
        todo.extend(needs)
    _spread(findings, inventory)
    return findings


def _spread(findings: _Findings, inventory: Inventory) -> None:
    """What loads a broken module is broken too."""
    todo = deque(findings.broken)
    while todo:
        module = todo.popleft()
        for user in findings.wanted_by.get(module, ()):
            if inventory.has(user) and user not in findings.broken:
                findings.broken[user] = f"{module}, which is broken"
                todo.append(user)


def _loaded(module: str, graph: Graph, inventory: Inventory) -> tuple[str, ...]:
    """What a module file loads; what the graph does not know is followed here: nobody else would look behind it."""
    found: dict[str, None] = {}
    todo = deque(_loads(module, inventory))
    while todo:
        name = todo.popleft()
        if name not in found:
            found[name] = None
            if name not in graph:
                todo.extend(_loads(name, inventory))
    return tuple(found)


def _loads(module: str, inventory: Inventory) -> tuple[str, ...]:
    return inventory.loads.get(module) or inventory.loads.get(inventory.aliases.get(module, ""), ())


def _default_version(name: str, inventory: Inventory) -> bool:
    """`load("GCCcore")` without a version means any."""
    return "/" not in name and any(module.startswith(f"{name}/") for module in inventory.modules)


def _excluded(graph: Graph, inventory: Inventory, exclusions: Sequence[Exclusion], target: Target) -> dict[str, str]:
    """Module → why it is left out: by an exclusion, or because it needs a package that is."""
    reasons: dict[str, str] = {}
    for module in build_order(graph):
        package = graph[module]
        if inventory.has(module):
            continue
        if why := next((_why(one) for one in exclusions if _matches(one, package, target)), ""):
            reasons[module] = why
        elif blocker := next((name for name in package.needs if name in reasons), ""):
            reasons[module] = f"blocked by {blocker}, which is excluded"
    return reasons


def _unwanted(graph: Graph, wanted: Graph, inventory: Inventory) -> dict[str, str]:
    """What is not there and only excluded packages would need."""
    seen: set[str] = set()
    todo = deque(module for module, package in wanted.items() if package.requests)
    while todo:
        module = todo.popleft()
        if module not in seen:
            seen.add(module)
            todo.extend(name for name in wanted[module].needs if name in wanted)
    reason = "only excluded packages want it"
    return {module: reason for module in graph if module not in seen and not inventory.has(module)}


def _why(exclusion: Exclusion) -> str:
    return f"{exclusion.reason} ({exclusion.issue})" if exclusion.issue else exclusion.reason


def _matches(exclusion: Exclusion, package: Package, target: Target) -> bool:
    name = exclusion.easyconfig.removesuffix(".eb")
    applies = not exclusion.targets or target.cpu in exclusion.targets or target.family in exclusion.targets
    return applies and name in (package.filename.removesuffix(".eb"), package.module.replace("/", "-"))


def _verdict(package: Package, inventory: Inventory, findings: _Findings, excluded: Mapping[str, str]) -> Verdict:
    state, reason = _state(package, inventory, findings, excluded)
    return Verdict(
        package=package,
        state=state,
        reason=reason,
        wanted_by=tuple(dict.fromkeys(findings.wanted_by.get(package.module, ()))),
    )


def _state(  # noqa: PLR0911 (one return a state)
    package: Package, inventory: Inventory, findings: _Findings, excluded: Mapping[str, str]
) -> tuple[State, str]:
    module = package.module
    if inventory.has(module):
        if module in findings.broken:
            return State.BROKEN, f"its module file loads {findings.broken[module]}"
        return State.INSTALLED, ""
    if module in excluded:
        return State.EXCLUDED, excluded[module]
    if module not in findings.missing:
        return State.DRIFT, package.error or "wanted by today's recipe of an installed package, not by its module"
    if package.error:
        return State.ERROR, package.error
    if module in inventory.building:
        return State.MISSING, "being built by a live process"
    if module in inventory.incomplete:
        return State.MISSING, "its module file is there, but its build did not end well"
    return State.MISSING, ""


def build_order(graph: Graph) -> list[str]:
    """All modules, each behind what it needs; otherwise in the order of the requests."""
    ordered: dict[str, None] = {}
    for root in graph:
        stack = [(root, False)]
        visiting: set[str] = set()
        while stack:
            module, done = stack.pop()
            if done:
                ordered[module] = None
            elif module not in ordered and module not in visiting:
                visiting.add(module)
                stack.append((module, True))
                stack.extend((name, False) for name in reversed(graph[module].needs) if name in graph)
    return list(ordered)


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
