"""The packages of a stack as one graph, worked out once for the questions of many targets. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eessi_stack.model import Package, Request

#: What makes a package one for accelerators: it is one of these, or needs one, however far down.
ACCELERATOR_SOFTWARE = frozenset({"CUDA", "cuDNN", "ROCm", "ROCm-LLVM", "rocm-compilers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Packages by module, with what every target asks of them."""

    packages: Mapping[str, Package]  #: in build order: each behind what it needs
    needs: Mapping[str, tuple[str, ...]]  #: what a module's recipe needs of the graph, in build order
    users: Mapping[str, tuple[str, ...]]  #: the other way round: whose recipes need it
    asked: Mapping[Request, tuple[str, ...]]  #: the modules that an entry asks for
    accelerated: frozenset[str]  #: the modules that belong to an accelerator
    unresolved: tuple[Package, ...]  #: entries without an easyconfig: they are called by its file name

    def closure(self, roots: Iterable[str], without: Iterable[str] = ()) -> set[str]:
        """The roots and all that they need."""
        found = set(without)
        todo = [module for module in roots if module not in found]
        found.update(todo)
        for module in todo:
            needs = self.needs.get(module, ())
            if not found.issuperset(needs):
                fresh = [name for name in needs if name not in found]
                found.update(fresh)
                todo += fresh
        return found.difference(without)


def graph_of(packages: Iterable[Package]) -> Graph:
    listed = tuple(packages)
    known = {package.module: package for package in listed}
    order = build_order({module: package.needs for module, package in known.items()})
    ordered = {module: known[module] for module in order}
    users = _users(ordered.values())
    return Graph(
        packages=ordered,
        needs={module: tuple(name for name in package.needs if name in known) for module, package in ordered.items()},
        users={module: tuple(names) for module, names in users.items()},
        asked=_asked(listed),
        accelerated=_accelerated(users),
        unresolved=tuple(one for one in listed if not one.recipe and one.module.endswith(".eb")),
    )


def _asked(packages: Iterable[Package]) -> dict[Request, tuple[str, ...]]:
    asked: dict[Request, tuple[str, ...]] = {}
    for package in packages:
        for request in package.requests:
            asked[request] = (*asked.get(request, ()), package.module)
    return asked


def build_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """All modules, each behind what it needs; otherwise in the order given."""
    ordered: dict[str, None] = {}
    for root in needs:
        stack = [(root, False)]
        visiting: set[str] = set()
        while stack:
            module, done = stack.pop()
            if done:
                ordered[module] = None
            elif module not in ordered and module not in visiting:
                visiting.add(module)
                stack.append((module, True))
                stack.extend((name, False) for name in reversed(needs[module]) if name in needs)
    return list(ordered)


def accelerator_modules(packages: Iterable[Package]) -> frozenset[str]:
    """The modules that belong to an accelerator's prefix."""
    return _accelerated(_users(packages))


def _users(packages: Iterable[Package]) -> dict[str, list[str]]:
    """Module → those that need it, also of modules that are no packages here."""
    users: dict[str, list[str]] = {}
    for package in packages:
        users.setdefault(package.module, [])
        for name in dict.fromkeys(package.needs):
            users.setdefault(name, []).append(package.module)
    return users


def _accelerated(users: Mapping[str, Sequence[str]]) -> frozenset[str]:
    todo = [module for module in users if module.split("/", 1)[0] in ACCELERATOR_SOFTWARE]
    found = set(todo)
    for module in todo:
        fresh = [user for user in users[module] if user not in found]
        found.update(fresh)
        todo += fresh
    return frozenset(found)
