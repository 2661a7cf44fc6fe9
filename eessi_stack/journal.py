"""The journal: one JSON line an event, appended to a file of the prefix. It is history and never decides anything."""

import json
import math
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eessi_stack.model import Outcome, Result, Step

PATH = Path(".eessi-stack") / "journal.jsonl"


def record(prefix: Path, event: str, **facts: Any) -> bool:  # noqa: ANN401 (whatever JSON can hold)
    """Append one event; whether it could be written: a full disk must not change what a run says."""
    line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **facts}) + "\n"
    path = prefix / PATH
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o664)
        try:
            text = ("\n" if _cut_off(fd) else "").encode() + line.encode()
            return os.write(fd, text) == len(text)
        finally:
            os.close(fd)
    except OSError:
        return False


def _cut_off(fd: int) -> bool:
    """Whether the last line has no end, as a run leaves it that was killed while it wrote."""
    size = os.fstat(fd).st_size
    return size > 0 and os.pread(fd, 1, size - 1) != b"\n"


def started(step: Step, cores: int) -> dict[str, Any]:
    return {
        "module": step.package.module,
        "action": step.action,
        "reason": step.reason,
        "sha256": step.package.sha256,
        "cores": cores,
    }


def ended(outcome: Outcome) -> dict[str, Any]:
    return {
        "module": outcome.step.package.module,
        "action": outcome.step.action,
        "result": outcome.result,
        "seconds": round(outcome.seconds, 1),
        "cores": outcome.cores,
        "memory": outcome.memory,
        "exit_code": outcome.exit_code,
        "log": outcome.log,
        "kind": outcome.failure.cause if outcome.failure else "",
        "cause": outcome.cause,
    }


def events(prefix: Path) -> list[dict[str, Any]]:
    """All events of a prefix; a line that was cut off is left out."""
    try:
        lines = (prefix / PATH).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [event for line in lines if (event := _parse(line)) is not None]


def events_if_readable(prefix: Path) -> list[dict[str, Any]]:
    """The same, and nothing of a journal that this user cannot read: it is history, and decides nothing."""
    try:
        return events(prefix)
    except OSError:
        return []


def _parse(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and _is_usable(event) else None


def _is_usable(event: Mapping[str, Any]) -> bool:
    """Other versions of this program, and other programs, may have written the line."""
    seconds = event.get("seconds") or 0
    names = all(isinstance(event.get(name, ""), str) for name in ("event", "run", "module"))
    return names and isinstance(seconds, int | float) and math.isfinite(seconds)


def durations(every: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Module → seconds that its last build took, of those that ended well."""
    return {
        event["module"]: float(event["seconds"])
        for event in every
        if event.get("event") == "step-ended" and event.get("result") == Result.BUILT and _is_timed(event)
    }


def _is_timed(event: Mapping[str, Any]) -> bool:
    """Other versions of this program, and other programs, may have written the line."""
    seconds = event.get("seconds")
    return isinstance(event.get("module"), str) and isinstance(seconds, int | float) and 0 < seconds < math.inf
