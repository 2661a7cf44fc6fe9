"""A stack's entries divided among several targets: which of them each target answers for. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eessi_stack.compare.packages import Graph
from eessi_stack.model import Request, Target

#: What decides who answers an entry: its selectors, and whether it is for accelerators.
Kind = tuple[tuple[str, ...], bool]

#: The entries of each kind, with their places in the stack: few kinds, so that a target costs little.
Kinds = Mapping[Kind, Sequence[tuple[int, Request]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One target's part of a stack."""

    own: tuple[Request, ...]  #: what it answers for
    elsewhere: tuple[Request, ...] = ()  #: what needs an accelerator, which it has not, and no other target answers


def kinds_of(requests: Iterable[Request], graph: Graph) -> Kinds:
    """An entry is for accelerators when its package is, as far as that is known: one without an easyconfig is not."""
    found: dict[Kind, list[tuple[int, Request]]] = {}
    for place, request in enumerate(requests):
        accelerated = not graph.accelerated.isdisjoint(graph.asked.get(request, ()))
        found.setdefault((request.targets, accelerated), []).append((place, request))
    return found


def share_of(target: Target, kinds: Kinds, asked: Collection[Target]) -> Share:
    """What one of the asked targets answers for, in the order of the stack.

    Software for accelerators is an accelerator target's, all else its CPU target's, where that is asked too.
    """
    alone = not any(one.accelerator and one.cpu_only == target for one in asked)
    own: list[tuple[int, Request]] = []
    elsewhere: list[tuple[int, Request]] = []
    for (_, accelerated), entries in kinds.items():
        any_of_them = entries[0][1]
        if not any_of_them.is_for(target):
            continue
        if _is_own(any_of_them, target, asked, accelerated=accelerated):
            own += entries
        elif not target.accelerator and alone:
            elsewhere += entries
    return Share(own=_in_order(own), elsewhere=_in_order(elsewhere))


def _is_own(request: Request, target: Target, asked: Collection[Target], *, accelerated: bool) -> bool:
    if accelerated or not target.accelerator:
        return accelerated == bool(target.accelerator)
    return target.cpu_only not in asked or not request.is_for(target.cpu_only)


def _in_order(entries: list[tuple[int, Request]]) -> tuple[Request, ...]:
    return tuple(request for _, request in sorted(entries))
