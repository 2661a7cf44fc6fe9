"""One stack on many targets: what is worked out once for all of them, and what each of them answers."""

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from eessi_stack import target
from eessi_stack.compare.packages import ACCELERATOR_SOFTWARE, Graph, graph_of
from eessi_stack.compare.verdict import compare
from eessi_stack.config import Settings, shipped
from eessi_stack.eb.facts import Facts
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.inventory import Homes
from eessi_stack.model import Answer, Exclusion, Inventory, Package, Stack, Target
from eessi_stack.observe import Observer
from eessi_stack.place import Place
from eessi_stack.share import Kinds, Share, kinds_of, share_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """A stack's packages, as they are on all targets for which recipes mean the same."""

    packages: tuple[Package, ...]
    graph: Graph
    kinds: Kinds
    homes: Homes


class Survey:
    """Asks of each target what of the stack is there."""

    def __init__(
        self, stack: Stack, settings: Settings, packages: tuple[Package, ...] | None = None, *, alone: bool = True
    ) -> None:
        """`packages` are those of the stack, where they are known already; `alone`: only one target is asked."""
        self._alone = alone
        self._stack = stack
        self._packages = packages
        self._facts = Facts(settings.cache_dir, shipped("hooks") / "eb_hooks.py")
        self._observer = Observer(settings.cache_dir)
        self._resolved: dict[int, _Resolved] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._facts.close()

    def answer(self, place: Place, asked: Collection[Target], *, strict: bool = False) -> Answer:
        """What one of the asked targets has of the stack, or why that could not be told."""
        try:
            return self.look(place, asked, strict=strict)[0]
        except StackError as error:
            if error.exit_code is not ExitCode.UNDECIDED:
                raise
            problem = "\n".join(part for part in (error.message, error.context, error.hint) if part)
            return Answer(target=place.target, prefix=place.tree.prefix(place.target), problem=problem)

    def look(self, place: Place, asked: Collection[Target], *, strict: bool = False) -> tuple[Answer, Inventory]:
        """The same, and what was seen. StackError, exit code 3, where it cannot be told."""
        resolved = self._resolve(place)
        see = self._observer
        seen = see.everything(place) if strict else see.in_place(place, resolved.homes)
        if seen.hollow and not strict:
            see.check_installations(place)
        today = target.today(place.target)  # old trees have old names, which no easystack says
        share = (
            self._all_for(today) if strict else share_of(today, resolved.kinds, [target.today(one) for one in asked])
        )
        comparison = compare(
            resolved.graph,
            seen,
            place.target,
            requests=share.own,
            exclusions=self._exclusions(place.target, today),
            strict=strict,
            elsewhere=share.elsewhere,
        )
        there = os.path.isdir(place.tree.modules(place.target))  # noqa: PTH112 (never raises)
        answer = Answer(
            target=place.target,
            prefix=place.tree.prefix(place.target),
            comparison=comparison,
            packages=resolved.packages,
            note="" if there else "no modules there yet",
        )
        return answer, seen

    def _all_for(self, one: Target) -> Share:
        """`eb --missing` knows no prefixes but the one: it asks for everything there."""
        return Share(own=tuple(request for request in self._stack.requests if request.is_for(one)))

    def _exclusions(self, named: Target, today: Target) -> tuple[Exclusion, ...]:
        if named == today:
            return self._stack.exclusions
        found = [one for one in self._stack.exclusions if not one.targets or any(map(today.fits, one.targets))]
        return tuple(replace(one, targets=()) for one in found)

    def _resolve(self, place: Place) -> _Resolved:
        packages = self._packages
        if packages is None:
            resolve = self._facts.remember if self._alone else self._facts.resolve
            packages = resolve(self._stack.requests, place.target.family, place.environment)
        if id(packages) not in self._resolved:
            graph = graph_of(packages)
            self._resolved[id(packages)] = _Resolved(
                packages=packages,
                graph=graph,
                kinds=kinds_of(self._stack.requests, graph),
                homes=_homes(graph),
            )
        return self._resolved[id(packages)]


def _homes(graph: Graph) -> Homes:
    """CUDA and the like themselves count with the CPU's too, where older stacks have them."""
    return Homes(
        cpu=frozenset(graph.packages.keys() - graph.accelerated),
        accelerator=frozenset(name for name in graph.accelerated if name.split("/", 1)[0] not in ACCELERATOR_SOFTWARE),
    )
