"""`eessi-stack doctor`: everything that would make an install fail, tried before it does."""

import json
from collections.abc import Iterable, Iterator

import click

from eessi_stack import place
from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.doctor.check import Check, Level
from eessi_stack.doctor.examine import examine
from eessi_stack.doctor.load import load
from eessi_stack.errors import ExitCode

SIGNS = {Level.OK: ("ok", "green"), Level.WARNING: ("warning", "yellow"), Level.ERROR: ("ERROR", "red")}

_NAME = 15

#: Where what is said stands: beside the name; below it where a path would not fit there.
_EDGE = 11 + _NAME
_BELOW = 4


@click.command()
@click.option("--load", "load_all", is_flag=True, help="also load every module, as a user would")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="also load N modules from all over the tree")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("work-dir", "lmod", "cores", "cache-dir")
@click.pass_context
def doctor(context: click.Context, *, settings: Settings, load_all: bool, sample: int | None, as_json: bool) -> None:
    """Try everything that an install needs: what is wrong is said before a build finds out."""
    here = place.find(settings)
    done = []
    for check in checks(here, load_all=load_all, sample=sample):
        done.append(check)
        if not as_json:
            output.result("\n".join(text(check, output.width())))
    if as_json:
        output.result(json.dumps(document(done), indent=2))
    else:
        output.result(summary(done))
    context.exit(ExitCode.FINDING if any(one.level is Level.ERROR for one in done) else ExitCode.OK)


def checks(here: place.Place, *, load_all: bool, sample: int | None) -> Iterator[Check]:
    yield from examine(here)
    if load_all or sample:
        yield from load(here, None if load_all else sample)


def text(check: Check, width: int | None) -> Iterator[str]:
    word, color = SIGNS[check.level]
    said = [check.message, *([f"hint: {check.hint}"] if check.hint else [])]
    longest = max(map(len, " ".join(said).split()))
    beside = len(check.name) <= _NAME and (width is None or longest <= width - _EDGE)
    edge = _EDGE if beside else _BELOW
    lines = [line for part in said for line in fit(part, width, edge)]
    lead = f"{click.style(f'{word:<7}', fg=color)}  {check.name:<{_NAME}}"
    yield f"{lead}  {lines.pop(0)}" if beside else lead.rstrip()
    yield from (f"{'':{edge}}{line}" for line in lines)


def summary(done: Iterable[Check]) -> str:
    levels = [one.level for one in done]
    errors, warnings = levels.count(Level.ERROR), levels.count(Level.WARNING)
    if not errors and not warnings:
        return "Nothing is in the way of an install"
    return f"{output.count(errors, 'error')}, {output.count(warnings, 'warning')}"


def document(done: Iterable[Check]) -> dict[str, object]:
    rows = [{"name": one.name, "level": one.level, "message": one.message, "hint": one.hint} for one in done]
    return {"format": "eessi-stack-doctor", "version": 1, "checks": rows}
