"""`eessi-stack history`: what the journal of the tree knows: what was built, when, how long it took, what failed."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from eessi_stack import journal, machine, place, runs
from eessi_stack.cli import output, stack
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Action, Result, Target

#: What is said of a build, as most are of what is new.
AGAIN = (Action.REBUILD, Action.REPAIR)


@click.command()
@click.argument("name", required=False)
@click.option("-n", "count", type=click.IntRange(min=1), default=20, show_default=True, help="so many of the last")
@click.option("--json", "as_json", is_flag=True, help="all events, one JSON document")
@settings_options()
@click.pass_context
def history(context: click.Context, *, settings: Settings, name: str | None, count: int, as_json: bool) -> None:
    """Show what was built in the prefix of the target: NAME alone, a module or a software, or everything.

    It is history: what is installed says the module tree, not the journal. Exit code 1 when nothing called NAME was
    ever built there.
    """
    where = place.find(settings)
    stack.warn([where])
    prefixes = dict.fromkeys((where.tree.prefix(where.target.cpu_only), where.tree.prefix(where.target)))
    events = sorted((event for prefix in prefixes for event in journal.events(prefix)), key=_time)
    found = [event for event in events if _is(event, name)] if name else events
    if as_json:
        output.result(json.dumps({"format": "eessi-stack-history", "version": 1, "events": found}, indent=2))
    if name and not found:
        raise _unknown(name, events, where.target)
    if not as_json:
        known = {run.name: run.fate for run in runs.runs(events, os.uname().nodename, machine.is_ours)}
        output.result("\n".join(lines(found, count, known)) or "nothing was built yet")
    context.exit(ExitCode.OK)


def _time(event: Mapping[str, Any]) -> str:
    return str(event.get("time", ""))


def _is(event: Mapping[str, Any], name: str) -> bool:
    module = str(event.get("module", ""))
    return name in (module, module.split("/", 1)[0])


def _unknown(name: str, events: Iterable[Mapping[str, Any]], target: Target) -> StackError:
    modules = {str(event["module"]) for event in events if event.get("module")}
    return StackError(
        "history-unknown",
        f"nothing called {name} was built in the prefix of {target}",
        hint=output.did_you_mean(name, modules if "/" in name else {module.split("/", 1)[0] for module in modules}),
        exit_code=ExitCode.FINDING,
    )


def lines(events: Iterable[Mapping[str, Any]], count: int, fates: Mapping[str, str] | None = None) -> Iterator[str]:
    """A line a build that ended, or that was begun and whose run has not ended; `fates` say what became of runs.

    What failed has its log below.
    """
    shown = list(_builds(events, fates or {}))[-count:]
    widths = [max((len(row[column]) for row in shown), default=0) for column in range(4)]
    for *cells, cause, log in shown:
        padded = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        yield f"{padded}  {cause}".rstrip()
        yield from (f"{'':{widths[0]}}  log {log}",) if log else ()


def _builds(events: Iterable[Mapping[str, Any]], fates: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    begun: dict[tuple[object, object], Mapping[str, Any]] = {}
    rows: list[tuple[str, ...]] = []
    for event in events:
        key = (event.get("run"), event.get("module"))
        if event.get("event") == "step-started":
            begun[key] = event
        elif event.get("event") == "step-ended":
            begun.pop(key, None)
            rows.append(_row(event))
    for event in begun.values():
        fate = fates.get(str(event.get("run"))) or "what became of its run is not known here"
        rows.append(_row({**event, "result": "no end", "cause": fate}))
    yield from sorted(rows)


def _row(event: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = event.get("seconds")
    took = output.duration(float(seconds)) if isinstance(seconds, int | float) and seconds else ""
    when = str(event.get("time", ""))[:16].replace("T", " ")
    again = event.get("action") if event.get("action") in AGAIN else ""
    cause = ": ".join(str(part) for part in (again, event.get("cause")) if part)
    log = str(event.get("log") or "") if event.get("result") == Result.FAILED else ""
    return when, str(event.get("result", "")), str(event.get("module", "")), took, cause, log
