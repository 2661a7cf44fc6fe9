"""How a tree is, in words and as a document. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import cut, fit
from eessi_stack.cli.formats.naming import named, under_their_cpu
from eessi_stack.contents import FORMAT
from eessi_stack.errors import ExitCode
from eessi_stack.lmod.check import Kind, Report
from eessi_stack.model import Answer, State, Target
from eessi_stack.runs import Event, Run
from eessi_stack.status import Lock, Status

#: How many of the last builds and runs are shown.
LAST = 5
RUNS = 3

_EDGE = 10


def verdict(found: Sequence[Status]) -> ExitCode:
    """What could not be told weighs more than what is wrong; where no prefix is there, nothing is right."""
    if any(one.problem or (one.cache and one.cache.problem) or _undecided(one.answer) for one in found):
        return ExitCode.UNDECIDED
    wrong = any(_wrong(one) for one in found) or not any(one.disk.there for one in found)
    return ExitCode.FINDING if wrong else ExitCode.OK


def _undecided(answer: Answer | None) -> bool:
    return answer is not None and (answer.comparison is None or bool(answer.comparison.of(State.ERROR)))


def _wrong(one: Status) -> bool:
    lost = one.answer and one.answer.comparison and one.answer.comparison.of(State.MISSING, State.BROKEN)
    left = any(lock.held is False for lock in one.locks)
    return bool(one.incomplete or one.failed or lost or left or (one.cache and _misleads(one.cache)))


def _misleads(cache: Report) -> bool:
    """That there are no modules misleads nobody."""
    return any(finding.kind is not Kind.NOTHING_THERE for finding in cache.findings)


def one(status: Status, gpu: str, width: int | None) -> Iterator[str]:
    """One target, a fact a line."""
    here = status.place
    yield from _row("tree", f"EESSI {here.tree.version} in {here.tree.repo}", width)
    yield from _row("compat", str(here.compat) if here.compat else "none: the host stands in for it", width)
    runs = ", ".join(here.runs) if here.runs else "no known target"
    yield from _row("host", f"runs {runs}; {gpu}", width)
    yield from _row("target", f"{here.target}: {here.why}", width)
    yield from _row("prefix", f"{here.tree.prefix(here.target)} ({_disk(status)})", width)
    if status.problem:
        yield from _row("modules", f"could not be told: {status.problem}", width)
    if status.side:
        yield from _row("modules", f"{len(status.side.modules)} there", width)
    if status.incomplete:
        yield from _row("", f"incomplete: {', '.join(status.incomplete)}", width)
    if status.answer:
        yield from _stack(status.answer, width)
    yield from _row("Lmod", _cache(status.cache), width)
    for finding in status.cache.findings if status.cache and _misleads(status.cache) else ():
        yield from _row("", finding.said(), width)
    for index, lock in enumerate(status.locks):
        yield from _row("" if index else "locks", _lock(lock), width)
    for index, run in enumerate(status.runs[-RUNS:]):
        yield from _row("" if index else "runs", f"{_when(run.time)}  {_run(run)}", width)
    for index, event in enumerate(status.built[-LAST:]):
        text = f"{_when(event.time)}  {event.module}  {output.duration(event.seconds)}"
        yield from _row("" if index else "built", text, width)
    for index, event in enumerate(status.failed):
        yield from _row("" if index else "failed", f"{event.module}: {event.cause or 'no cause known'}", width)
        yield from _row("", f"log {event.log}", width) if event.log else ()


def _row(label: str, text: str, width: int | None) -> Iterator[str]:
    first, *more = fit(text, width, _EDGE)
    yield f"{label:<{_EDGE}}{first}"
    yield from (f"{'':{_EDGE}}{line}" for line in more)


def _disk(status: Status) -> str:
    there = "" if status.disk.there else "not there yet, "
    writable = "writable" if status.disk.writable else "read-only"
    return f"{there}{writable}, {status.disk.free / 1e9:.1f} GB free"


def _stack(answer: Answer, width: int | None) -> Iterator[str]:
    if answer.comparison is None:
        yield from _row(
            "stack", f"could not be told: {answer.problem.splitlines()[0] if answer.problem else ''}", width
        )
        return
    states = [one.state for _, one in answer.comparison.requests]
    counts = ", ".join(f"{states.count(state)} {state}" for state in State if state in states)
    yield from _row("stack", counts or "no entry is for this target", width)
    for state in (State.MISSING, State.BROKEN, State.ERROR):
        if found := answer.comparison.of(state):
            yield from _row("", f"{state}: {', '.join(one.package.module for one in found)}", width)


def _cache(cache: Report | None) -> str:
    if cache is None or not (cache.modules or cache.problem or _misleads(cache)):
        return "no modules, no cache yet"
    if cache.problem:
        return f"could not be told: {cache.problem}"
    return "the cache misleads users; `eessi-stack cache update`" if _misleads(cache) else "the cache is right"


def _lock(lock: Lock) -> str:
    if lock.held is None:
        return f"{lock.module}: a lock of {lock.owner}'s own"
    who = lock.owner or "somebody"
    return f"{lock.module}: {who}" if lock.held else f"{lock.module}: left behind by {who}"


def _run(run: Run) -> str:
    results = ", ".join(f"{count} {result}" for result, count in sorted(run.results.items())) or "nothing built"
    if run.seconds is not None:
        return f"{results} in {output.duration(run.seconds)}"
    return f"{results}; {run.fate}" if run.fate else results


def _when(time: str) -> str:
    return time[:16].replace("T", " ")


def matrix(found: Sequence[Status], width: int | None) -> Iterator[str]:
    """A row a target; of the cache, which an accelerator shares with its CPU, only there."""
    states = _states(found)
    rows = [("", "modules", *states, "cache", "")]
    for at, label in under_their_cpu([one.place.target for one in found]):
        rows.append(_cells(found[at], label, states))
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
    for label, *numbers, remark in rows:
        cells = [f"{cell:>{size}}" for cell, size in zip(numbers, widths[1:], strict=True)]
        line = "  ".join((f"{label:<{widths[0]}}", *cells, remark)).rstrip()
        yield cut(line, width, unicode=True) if width else line
    yield ""
    yield _sum(found)


def _states(found: Sequence[Status]) -> list[State]:
    told = [one.answer.comparison for one in found if one.answer and one.answer.comparison]
    return [state for state in State if any(entry.state is state for one in told for _, entry in one.requests)]


def _cells(one: Status, label: str, states: Sequence[State]) -> tuple[str, ...]:
    told = one.answer.comparison if one.answer else None
    asked = [entry.state for _, entry in told.requests] if told else []
    counts = [str(asked.count(state) or "") for state in states]
    return (label, str(len(one.side.modules)) if one.side else "?", *counts, _mark(one), _remark(one))


def _mark(one: Status) -> str:
    if one.cache is None or one.place.target.accelerator:
        return ""
    stale = "stale" if _misleads(one.cache) else "right" if one.cache.modules else ""
    return "?" if one.cache.problem else stale


def _remark(one: Status) -> str:
    if one.problem or (one.answer and one.answer.problem):
        return (one.problem or one.answer.problem if one.answer else one.problem).splitlines()[0]
    building = [lock.module for lock in one.locks if lock.held is not False]
    parts = [
        "" if one.disk.there else "not there",
        f"incomplete: {', '.join(one.incomplete)}" if one.incomplete else "",
        f"building: {', '.join(building)}" if building else "",
        f"failed: {', '.join(event.module for event in one.failed)}" if one.failed else "",
    ]
    return "; ".join(filter(None, parts))


def _sum(found: Sequence[Status]) -> str:
    count = sum(len(one.side.modules) for one in found if one.side)
    there = sum(one.disk.there for one in found)
    return f"{output.count(count, 'module')} on {there} of {output.count(len(found), 'target')}"


def software(found: Sequence[Status], name: str) -> Iterator[str]:
    """A line a version, with the targets that have it; nothing where none has."""
    among = tuple(one.place.target for one in found)
    where: dict[str, list[Target]] = {}
    for one in found:
        for module, extensions in one.side.modules.items() if one.side else ():
            if module.split("/")[0].casefold() == name.casefold():
                where.setdefault(module, []).append(one.place.target)
            for extension in extensions:
                if extension.split("/")[0].casefold() == name.casefold():
                    where.setdefault(f"{extension} in {module}", []).append(one.place.target)
    size = max(map(len, where), default=0)
    for label in sorted(where, key=str.casefold):
        yield f"{label:<{size}}  {named(where[label], among)}"


def document(found: Sequence[Status], gpu: str) -> dict[str, Any]:
    first = found[0].place
    return {
        "format": FORMAT,
        "version": 1,
        "proven": verdict(found) is ExitCode.OK,
        "tree": {
            "repo": str(first.tree.repo),
            "version": first.tree.version,
            "compat": str(first.compat) if first.compat else None,
        },
        "host": {"runs": list(first.runs), "gpu": gpu},
        "targets": [_target(one) for one in found],
    }


def _target(one: Status) -> dict[str, Any]:
    told = one.answer.comparison if one.answer else None
    return {
        "target": str(one.place.target),
        "why": one.place.why,
        "prefix": str(one.place.tree.prefix(one.place.target)),
        "there": one.disk.there,
        "writable": one.disk.writable,
        "free_bytes": one.disk.free,
        "problem": one.problem or (one.answer.problem if one.answer else ""),
        "modules": {name: list(extensions) for name, extensions in one.side.modules.items()} if one.side else {},
        "incomplete": list(one.incomplete),
        "locks": [{"module": lock.module, "owner": lock.owner, "held": lock.held} for lock in one.locks],
        "cache": _cache_row(one.cache),
        "stack": {str(state): [v.package.module for v in told.of(state)] for state in State} if told else None,
        "runs": [_run_row(run) for run in one.runs[-RUNS:]],
        "built": [_event_row(event) for event in one.built[-LAST:]],
        "failed": [_event_row(event) for event in one.failed],
    }


def _cache_row(cache: Report | None) -> dict[str, Any] | None:
    if cache is None:
        return None
    findings = [{"kind": one.kind, "message": one.message, "names": list(one.names)} for one in cache.findings]
    return {"problem": cache.problem, "findings": findings}


def _run_row(run: Run) -> dict[str, Any]:
    return {
        "time": run.time,
        "host": run.host,
        "pid": run.pid,
        "results": dict(run.results),
        "seconds": run.seconds,
        "goes_on": run.goes_on,
    }


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "time": event.time,
        "module": event.module,
        "result": event.result,
        "seconds": event.seconds,
        "cause": event.cause,
        "log": event.log,
    }
