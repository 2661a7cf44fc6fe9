"""What the runs of a prefix did, from the events of its journal. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What became of one build."""

    time: str
    run: str
    module: str
    result: str
    seconds: float
    cause: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run did, and whether it ended."""

    time: str  #: when it began
    name: str = ""
    host: str = ""
    pid: int = 0
    results: Mapping[str, int] = field(default_factory=dict)  #: what became of builds → of how many
    seconds: float | None = None  #: how long it took; None where it has not ended, or was begun elsewhere
    goes_on: bool | None = False  #: None where that cannot be told

    @property
    def fate(self) -> str:
        """What became of a run that has not ended; nothing where its beginning is not known."""
        said = {True: "goes on", False: "was cut off", None: "has not ended, as far as is known here"}
        return f"{said[self.goes_on]}: process {self.pid} on {self.host}" if self.pid else ""


def ended(events: Iterable[Mapping[str, Any]]) -> tuple[Event, ...]:
    """The builds that ended, the last one last."""
    return tuple(_event(one) for one in events if one.get("event") == "step-ended" and one.get("module"))


def _event(facts: Mapping[str, Any]) -> Event:
    return Event(
        time=str(facts.get("time", "")),
        run=str(facts.get("run") or ""),
        module=str(facts["module"]),
        result=str(facts.get("result", "")),
        seconds=_number(facts.get("seconds")),
        cause=str(facts.get("cause") or ""),
        log=str(facts.get("log") or ""),
    )


def _number(value: object) -> float:
    """Other programs may have written the line."""
    return float(value) if isinstance(value, int | float) else 0.0


def runs(events: Iterable[Mapping[str, Any]], host: str, is_alive: Callable[[int], bool]) -> tuple[Run, ...]:
    """The runs, the last one last; `is_alive` knows the processes of this host."""
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        if event.get("run"):
            by_run.setdefault(str(event["run"]), []).append(event)
    return tuple(_run(one, host, is_alive) for one in by_run.values())


def latest(events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The names of the last run, and of those that were still at work when it began."""
    names = [str(event.get("run") or "") for event in events]
    first = {name: at for at, name in reversed([*enumerate(names)])}
    return frozenset(names[max(first.values(), default=0) :])


def _run(events: list[Mapping[str, Any]], host: str, is_alive: Callable[[int], bool]) -> Run:
    """One run; of an accelerator's, what is built for its CPU stands in another journal, without begin and end."""
    first, last = events[0], events[-1]
    results = Counter(str(event.get("result", "")) for event in events if event.get("event") == "step-ended")
    begun, is_over = first.get("event") == "run-started", last.get("event") == "run-ended"
    name, pid = str(first.get("host", "")), first.get("pid")
    number = pid if isinstance(pid, int) else 0
    may_go_on = is_alive(number) if name == host else None
    return Run(
        time=str(first.get("time", "")),
        name=str(first["run"]),
        host=name,
        pid=number,
        results=dict(results),
        seconds=_between(first, last) if begun and is_over else None,
        goes_on=may_go_on if begun and not is_over else False,
    )


def _between(first: Mapping[str, Any], last: Mapping[str, Any]) -> float | None:
    try:
        times = [datetime.fromisoformat(str(event["time"])) for event in (first, last)]
        return (times[1] - times[0]).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None
