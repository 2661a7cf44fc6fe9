"""Answers → what was found, over all targets: each finding once, with the targets that have it. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from eessi_stack.cli.formats.report import Report, trouble
from eessi_stack.compare.packages import build_order
from eessi_stack.model import Answer, Comparison, Exclusion, Package, Request, State, Target, Verdict

#: What makes an answer a bad one.
BAD = (State.MISSING, State.BROKEN, State.ERROR)

#: So many modules of a target that has nothing at all are named one by one; more are summed up, where others have some.
FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is true of one package, and of which targets."""

    state: State
    package: Package
    reason: str
    instead: str
    wanted_by: tuple[str, ...]
    requests: tuple[Request, ...]
    targets: tuple[Target, ...]


Findings = Mapping[State, tuple[Finding, ...]]


def find(report: Report, leave_out: Iterable[Target] = ()) -> Findings:
    """All packages that are not just installed, in build order; what differs between targets comes several times."""
    met: dict[tuple[str, State, str, str], list[tuple[Target, Verdict]]] = {}
    skipped = frozenset(leave_out)
    for answer, comparison in report.told:
        if answer.target in skipped:
            continue
        for one in comparison.verdicts:
            if one.state is not State.INSTALLED:
                why = "" if one.state is State.DRIFT else one.reason  # which names only the first of those that want it
                key = (one.package.module, one.state, why, one.instead)
                met.setdefault(key, []).append((answer.target, one))
    found = _in_build_order([_merged(seen) for seen in met.values()])
    return {state: tuple(one for one in found if one.state is state) for state in State}


def _merged(seen: list[tuple[Target, Verdict]]) -> Finding:
    one = seen[0][1]
    return Finding(
        state=one.state,
        package=one.package,
        reason=one.reason,
        instead=one.instead,
        wanted_by=tuple(dict.fromkeys(name for _, verdict in seen for name in verdict.wanted_by)),
        requests=tuple(dict.fromkeys(entry for _, verdict in seen for entry in verdict.requests)),
        targets=tuple(target for target, _ in seen),
    )


def _in_build_order(findings: list[Finding]) -> list[Finding]:
    needs: dict[str, tuple[str, ...]] = {}
    for one in findings:
        needs.setdefault(one.package.module, one.package.needs)
    known = {module: tuple(name for name in names if name in needs) for module, names in needs.items()}
    place = {module: at for at, module in enumerate(build_order(known))}
    return sorted(findings, key=lambda one: place[one.package.module])


def bare(report: Report) -> tuple[Target, ...]:
    """The targets that have nothing of a long list, where others have something: one line says it of each."""
    found = [answer.target for answer, comparison in report.told if _is_bare(comparison)]
    return tuple(found) if len(found) < sum(bool(comparison.requests) for _, comparison in report.told) else ()


def _is_bare(comparison: Comparison) -> bool:
    states = [one.state for one in comparison.verdicts]
    return State.INSTALLED not in states and State.ERROR not in states and states.count(State.MISSING) > FEW


def modules(report: Report, *states: State) -> frozenset[str]:
    """The modules that have one of these states on any target; without states, all that any target must have."""
    told = (one for _, comparison in report.told for one in comparison.verdicts)
    return frozenset(one.package.module for one in told if not states or one.state in states)


def unused(report: Report) -> list[tuple[Exclusion, tuple[Target, ...]]]:
    """The exclusions that exclude nothing, and where."""
    found: dict[Exclusion, list[Target]] = {}
    for answer, comparison in report.told:
        for one in comparison.unused:
            found.setdefault(one, []).append(answer.target)
    return [(one, tuple(targets)) for one, targets in found.items()]


def problems(report: Report) -> list[tuple[str, tuple[Target, ...]]]:
    """Why targets could not be told about: what differs only in the prefix is said once."""
    found: dict[str, list[Answer]] = {}
    for answer in report.answers:
        if trouble(answer):
            found.setdefault(in_prefix(answer), []).append(answer)
    return [
        (trouble(answers[0]) if len(answers) == 1 else why, tuple(answer.target for answer in answers))
        for why, answers in found.items()
    ]


def in_prefix(answer: Answer) -> str:
    """Why a target could not be told about, without the prefix in it."""
    return trouble(answer).replace(f"{answer.prefix}/", "")


def at_entries(comparison: Comparison, *states: State) -> Iterator[tuple[Request | None, Verdict]]:
    """The verdicts of these states, each with every entry that asks for it; else with the nearest one that needs it."""
    chosen = comparison.of(*states)
    known = {one.package.module: one for one in comparison.verdicts} if chosen else {}
    for one in chosen:
        asked = _wanting(one) or _nearest(one, known)
        yield from ((entry, one) for entry in asked or (None,))


def _wanting(one: Verdict) -> tuple[Request, ...]:
    """The entries that ask for a package; those that want it built again only where there are no others."""
    return tuple(entry for entry in one.requests if not entry.rebuild) or one.requests


def _nearest(one: Verdict, known: Mapping[str, Verdict]) -> tuple[Request, ...]:
    seen = set(one.wanted_by)
    todo = deque(one.wanted_by)
    while todo:
        user = known.get(todo.popleft())
        if user and user.requests:
            return _wanting(user)[:1]
        fresh = [name for name in (user.wanted_by if user else ()) if name not in seen]
        seen.update(fresh)
        todo.extend(fresh)
    return ()
