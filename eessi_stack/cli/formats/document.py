"""The answer for programs: one JSON document, as schemas/missing.schema.json says. Pure."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from eessi_stack.cli.formats.report import Report, trouble, verdict, verdict_on
from eessi_stack.cli.formats.words import parts, quoted
from eessi_stack.errors import ExitCode
from eessi_stack.model import Answer, Comparison, Request, State

Row = dict[str, Any]


def render(report: Report) -> str:
    """The document with a line a row: long lists stay readable, and quick to write."""
    made = document(report)
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_value(value)}" for key, value in made.items()) + "\n}"


def _value(value: Any) -> str:  # noqa: ANN401 (whatever JSON can hold)
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(f"    {json.dumps(row)}" for row in value) + "\n  ]"


def document(report: Report) -> Row:
    every = len(report.answers) == 1
    return {
        "format": "eessi-stack-missing",
        "version": 1,
        "tree": str(report.root),
        "proven": verdict(report) is ExitCode.OK,
        "targets": [_target(answer) for answer in report.answers],
        "entries": _all(_entries(answer, told) for answer, told in report.told),
        "packages": _all(_packages(answer, told, every=every) for answer, told in report.told),
        "exclusions_unused": _all(_unused(answer, told) for answer, told in report.told),
        "elsewhere": _all(_elsewhere(answer, told) for answer, told in report.told),
    }


def _all(parts: Iterable[Iterator[Row]]) -> list[Row]:
    return [row for part in parts for row in part]


def _target(answer: Answer) -> Row:
    told = answer.comparison
    states = [one.state for _, one in told.requests] if told else []
    return {
        "target": str(answer.target),
        "prefix": str(answer.prefix),
        "proven": bool(states) and verdict_on(answer) is ExitCode.OK,
        "problem": "; ".join(parts(trouble(answer))) if trouble(answer) else "",
        "note": quoted(answer.note),
        "counts": {str(state): states.count(state) for state in State},
        "missing": [one.package.module for one in told.of(State.MISSING)] if told else [],
    }


def _entries(answer: Answer, told: Comparison) -> Iterator[Row]:
    target = str(answer.target)
    for request, one in told.requests:
        module, reason = one.package.module, quoted(one.reason)
        yield {"target": target, **_line(request), "module": module, "state": one.state, "reason": reason}


def _packages(answer: Answer, told: Comparison, *, every: bool) -> Iterator[Row]:
    """All of one target; of several, what is just installed is left out."""
    for one in told.verdicts:
        if every or one.state is not State.INSTALLED:
            yield {
                "target": str(answer.target),
                "module": one.package.module,
                "easyconfig": one.package.recipe,
                "state": one.state,
                "reason": quoted(one.reason),
                "wanted_by": one.wanted_by,
                "instead": one.instead,
            }


def _unused(answer: Answer, told: Comparison) -> Iterator[Row]:
    for one in told.unused:
        yield {
            "target": str(answer.target),
            "easyconfig": one.easyconfig,
            "reason": quoted(one.reason),
            "issue": one.issue,
            "file": one.file,
            "line": one.line,
        }


def _elsewhere(answer: Answer, told: Comparison) -> Iterator[Row]:
    return ({"target": str(answer.target), **_line(entry)} for entry in told.elsewhere)


def _line(entry: Request) -> Row:
    return {"easyconfig": entry.easyconfig, "file": entry.file, "line": entry.line}
