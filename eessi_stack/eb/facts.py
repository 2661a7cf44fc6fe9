"""Easystack requests → Packages: from the stored facts, and from the reader process where they do not suffice."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eessi_stack.eb import context, snapshot
from eessi_stack.eb.ask import Reader
from eessi_stack.eb.graph import Assembly, packages
from eessi_stack.eb.options import BUILD_ONLY, ORIGIN, variable
from eessi_stack.eb.store import Store, View
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import OptionValue, Package, Request
from eessi_stack.signature import kept, signature

Graph = tuple[Package, ...]
_Groups = dict[tuple[tuple[str, OptionValue], ...], tuple[Request, ...]]
_NO_CHANGE = ORIGIN | BUILD_ONLY
_TIMES = 3  #: that one thing is asked for: the second one is for what changed while it was read


@dataclass
class _Context:
    """One store, the reader that fills it, and the graphs that it has given."""

    store: Store
    family: str
    reader: Reader | None = None
    broken: StackError | None = None  #: why its reader never answered
    graphs: dict[Any, list[Package]] = field(default_factory=dict)
    first: View | None = None  #: what the first environment of the run sees
    reading: dict[frozenset[str], list[str]] = field(default_factory=dict)  #: variables → the nodes that read them

    def differences(self, view: View) -> frozenset[tuple[str, str]]:
        """What the first environment sees otherwise: graphs with the same differences are the same."""
        if self.first is None:
            self.first = view
        first, now = (context.varying(one.environment) for one in (self.first, view))
        variables = frozenset(name for name in first.keys() | now.keys() if first.get(name) != now.get(name))
        if variables not in self.reading:
            self.reading[variables] = self.store.reading(variables)
        told = {name: (_told(self.first.node(name)), _told(view.node(name))) for name in self.reading[variables]}
        return frozenset((name, here) for name, (there, here) in told.items() if here != there)

    def forget_views(self) -> None:
        """The store has learnt something."""
        self.reading.clear()
        if self.first:
            self.first = View(self.store, self.first.environment)


class Facts:
    """The facts of one run, for as many targets as it likes. Close it: that ends the readers and writes the stores."""

    def __init__(self, folder: Path | None, our_hooks: Path) -> None:
        self._folder = folder
        self._our_hooks = our_hooks
        self._contexts: dict[str, _Context] = {}
        self._merged: dict[tuple[int, ...], Graph] = {}
        self._groups: dict[int, tuple[Sequence[Request], _Groups]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for one in self._contexts.values():
            if one.reader:
                one.reader.close()
            one.store.save()

    def resolve(self, requests: Sequence[Request], family: str, environment: Mapping[str, str]) -> Graph:
        """One graph of all requests; the same object for targets on which it is the same.

        StackError `easybuild-*`, exit code 3, where EasyBuild cannot say. An entry whose own options change what it
        depends on is resolved with them, apart from the others. Where two of them give the same module, the entry
        that asks for it decides what it needs; where none does, it needs what either says, as `eb` asked for one
        entry after the other would find.
        """
        graphs = [self._resolve(group, family, own) for group, own in self._asked(requests, environment)]
        key = tuple(map(id, graphs))
        if key not in self._merged:
            self._merged[key] = _merged(graphs)
        return self._merged[key]

    def remember(self, requests: Sequence[Request], family: str, environment: Mapping[str, str]) -> Graph:
        """The same for one target alone: the answer of an earlier run, where nothing at all has changed since."""
        path = self._answer_file(requests, family, environment)
        found = snapshot.load(path, requests, environment) if path else None
        if found is not None:
            return found
        seen = snapshot.Witnesses()
        seen.see({recipe: kept(signature(recipe)) for recipe in map(_recipe, requests) if recipe.startswith("/")})
        answer = self.resolve(requests, family, environment)
        for _, own in self._asked(requests, environment):
            store = self._context(family, own).store
            seen.add(store, View(store, own))
        if path:
            snapshot.save(path, answer, requests, seen)
        return answer

    def _answer_file(self, requests: Sequence[Request], family: str, environment: Mapping[str, str]) -> Path | None:
        if not self._folder:
            return None
        told = sorted(context.varying(environment).items())
        keys = [context.key(family, own, self._our_hooks) for _, own in self._asked(requests, environment)]
        asked = [(_recipe(request), _changing_options(request)) for request in requests]
        return self._folder / f"answer-{context.digest(repr((told, keys, asked)))}.json"

    def _asked(
        self, requests: Sequence[Request], environment: Mapping[str, str]
    ) -> Iterator[tuple[tuple[Request, ...], dict[str, str]]]:
        """The requests that are asked together, and the environment that their own options make of this one."""
        for options, group in self._grouped(requests).items():
            own = {variable(name): _text(value) for name, value in options}
            yield group, {**environment, **own}

    def _grouped(self, requests: Sequence[Request]) -> _Groups:
        if id(requests) not in self._groups:
            self._groups[id(requests)] = (requests, _groups(requests))
        return self._groups[id(requests)][1]

    def _resolve(self, requests: tuple[Request, ...], family: str, environment: Mapping[str, str]) -> list[Package]:
        one = self._context(family, environment)
        times: Counter[str] = Counter()
        while True:
            view = View(one.store, environment)
            key = (id(requests), one.differences(view))
            if key in one.graphs:
                return one.graphs[key]
            assembly = Assembly(one.store, view)
            modules = {recipe: assembly.root(recipe) for recipe in dict.fromkeys(map(_recipe, requests))}
            asked = assembly.unanswered.keys() | assembly.lacking.keys()
            if not asked:
                one.graphs[key] = packages(assembly, _asked(requests, modules))
                return one.graphs[key]
            times.update(asked)
            if max(times.values()) > _TIMES:
                raise _changing()
            self._read(one, environment, view, assembly)

    def _read(self, one: _Context, environment: Mapping[str, str], view: View, assembly: Assembly) -> None:
        """Have EasyBuild read what is lacking for one environment, and nothing else."""
        if one.broken:
            raise one.broken
        recipes = list(assembly.unanswered)
        question = {
            "family": one.family,
            "environment": context.varying(environment),
            "known": {name: known for name, known in view.known().items() if name not in assembly.lacking},
            "recipes": recipes,
            "stale": list(assembly.lacking.values()),
        }
        one.reader, first = one.reader or Reader("eessi_stack.eb.reader", environment), one.reader is None
        try:
            answer = one.reader.ask(question)
        except StackError as error:
            one.reader.close()
            one.reader, one.broken = None, error if first else None
            raise
        one.store.add(answer, recipes, view)
        one.forget_views()

    def _context(self, family: str, environment: Mapping[str, str]) -> _Context:
        key = context.key(family, environment, self._our_hooks)
        if key not in self._contexts:
            path = self._folder / f"facts-{key}.json" if self._folder else None
            self._contexts[key] = _Context(store=Store(path), family=family)
        return self._contexts[key]


def _told(node: Mapping[str, Any] | None) -> str:
    return "" if node is None else repr([node.get(part) for part in ("entries", "error", "invalid", "absent")])


def _groups(requests: Iterable[Request]) -> _Groups:
    """Requests by those of their options that change the graph; most have none."""
    groups: dict[tuple[tuple[str, OptionValue], ...], list[Request]] = {}
    for request in requests:
        groups.setdefault(_changing_options(request), []).append(request)
    return {options: tuple(group) for options, group in groups.items()}


def _changing_options(request: Request) -> tuple[tuple[str, OptionValue], ...]:
    return tuple([pair for pair in request.options if pair[0] not in _NO_CHANGE])


def _text(value: OptionValue) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _recipe(request: Request) -> str:
    """A path stays one; a name gets the `.eb` that EasyBuild would append."""
    return request.easyconfig if request.easyconfig.endswith(".eb") else f"{request.easyconfig}.eb"


def _asked(requests: Iterable[Request], modules: Mapping[str, Iterable[str]]) -> dict[str, list[Request]]:
    """Module → the entries that ask for it."""
    asked: dict[str, list[Request]] = {}
    for request in requests:
        for module in modules[_recipe(request)]:
            asked.setdefault(module, []).append(request)
    return asked


def _merged(graphs: Iterable[Iterable[Package]]) -> Graph:
    merged: dict[str, Package] = {}
    for package in chain.from_iterable(graphs):
        known = merged.get(package.module)
        if known is None:
            merged[package.module] = package
        elif package.requests:
            merged[package.module] = replace(package, requests=known.requests + package.requests)
        elif not known.requests:
            merged[package.module] = _needing_both(known, package)
    return tuple(merged.values())


def _needing_both(one: Package, other: Package) -> Package:
    run = tuple(dict.fromkeys(one.dependencies + other.dependencies))
    build = dict.fromkeys(one.build_dependencies + other.build_dependencies)
    return replace(one, dependencies=run, build_dependencies=tuple(name for name in build if name not in run))


def _changing() -> StackError:
    return StackError(
        "easyconfigs-changing",
        "the easyconfigs change while they are read",
        hint="run it again when whoever changes them is done",
        exit_code=ExitCode.UNDECIDED,
    )
