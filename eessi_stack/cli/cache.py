"""`eessi-stack cache`: do Lmod's caches say what is there, and make them do so."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from eessi_stack import caches, place
from eessi_stack.cli import output, stack
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode
from eessi_stack.lmod.check import Kind, Report
from eessi_stack.place import Place

if TYPE_CHECKING:  # `check` does without
    from eessi_stack.lmod.update import Updated

ALL_TARGETS = click.option("--all-targets", is_flag=True, help="of every target that the tree has")


#: What there is of a target where nothing can mislead.
NOTHING_YET = "no modules, no cache yet"


@click.group()
def cache() -> None:
    """Check Lmod's caches of what is there, and make them anew: one a CPU target, with its accelerators' modules."""


@cache.command()
@ALL_TARGETS
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("lmod")
@click.pass_context
def check(context: click.Context, *, settings: Settings, all_targets: bool, as_json: bool) -> None:
    """Name everything in Lmod's caches that would mislead a user."""
    found = where(settings, every_target=all_targets)
    reports = caches.checked(found)
    if as_json:
        output.result(json.dumps(document(reports), indent=2))
    else:
        output.result("\n".join(text(reports, output.width(), " --all-targets" if all_targets else "")))
    context.exit(verdict(reports))


@cache.command()
@ALL_TARGETS
@settings_options("lmod", "cores")
@click.pass_context
def update(context: click.Context, *, settings: Settings, all_targets: bool) -> None:
    """Make Lmod's caches anew, and prove that they hold every module."""
    places = where(settings, every_target=all_targets)
    size = max(len(one.target.cpu) for one in places)
    failures = []
    for one in caches.updated(places, output.message):
        output.result("\n".join(outcome(one, size)))
        failures.append(bool(one.failure))
    output.result(sum_up(failures))
    context.exit(ExitCode.FINDING if any(failures) else ExitCode.OK)


def where(settings: Settings, *, every_target: bool) -> Sequence[Place]:
    """The places to look at; of all targets, those that are there."""
    found = place.find_all(settings, every_target=every_target)
    stack.warn(found)
    there = [one for one in found if one.tree.prefix(one.target.cpu_only).is_dir()]
    if every_target and there:
        cpus = {one.target.cpu for one in there}
        if absent := list(dict.fromkeys(one.target.cpu for one in found if one.target.cpu not in cpus)):
            output.message(f"not in the tree: {', '.join(absent)}")
        return there
    for one in found:
        if one.target.accelerator and not one.tree.prefix(one.target).is_dir():
            output.message(f"not in the tree: {one.target}")
    return found


def verdict(reports: Collection[Report]) -> ExitCode:
    if any(one.problem for one in reports):
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if any(one.findings for one in reports) else ExitCode.OK


def text(reports: Sequence[Report], width: int | None, flags: str) -> Iterator[str]:
    """A line a target, what is wrong with it below, and what that comes to; `flags` are for the remedy."""
    size = max(len(str(one.home.target)) for one in reports)
    for one in reports:
        bad = bool(one.findings or one.problem)
        sign = click.style(output.sign(good=not bad), fg="red" if bad else "green")
        count = "" if one.problem else output.count(one.modules, "module") if one.modules or bad else NOTHING_YET
        yield f"{sign} {one.home.target!s:<{size}}  {count}".rstrip()
        if one.problem:
            yield from _below(f"could not be told: {one.problem}", width)
        for found in one.findings:
            yield from _below(found.said(), width)
    for line in summary(reports, flags):
        yield from fit(line, width)


def _below(line: str, width: int | None) -> Iterator[str]:
    first, *more = fit(line, width, 8)
    yield f"    {first}"
    yield from (f"        {part}" for part in more)


def summary(reports: Sequence[Report], flags: str) -> Iterator[str]:
    """What all of it comes to; where there are no modules, no cache can mislead, and none can be made."""
    untold = sum(bool(one.problem) for one in reports)
    kinds = [{found.kind for found in one.findings} for one in reports]
    empty = kinds.count({Kind.NOTHING_THERE})
    wrong = len([one for one in kinds if one]) - empty
    every = output.count(len(reports), "Lmod cache")
    if wrong:
        them = "it" if wrong == 1 else "them"
        yield f"{wrong} of {every} would mislead users; `eessi-stack cache update{flags}` makes {them} anew"
    if untold:
        yield f"{untold} of {every} could not be told"
    if empty:
        yield f"{empty} of {every} would have no modules in {'it' if empty == 1 else 'them'}"
    right = [one for one in reports if one.modules or one.findings or one.problem]
    if right and not (wrong or untold or empty):
        every = output.count(len(right), "Lmod cache")
        yield f"{every} {'is' if len(right) == 1 else 'are'} right: every module is in, as it is on disk"


def document(reports: Sequence[Report]) -> dict[str, object]:
    return {
        "format": "eessi-stack-cache",
        "version": 1,
        "proven": verdict(reports) is ExitCode.OK,
        "targets": [
            {
                "target": str(one.home.target),
                "cache": str(one.home.cache),
                "modules": one.modules,
                "problem": one.problem,
                "findings": [{"kind": f.kind, "message": f.message, "names": list(f.names)} for f in one.findings],
            }
            for one in reports
        ],
    }


def outcome(one: "Updated", size: int) -> Iterator[str]:
    """What became of one cache."""
    name = f"{one.home.target!s:<{size}}"
    if not one.failure:
        made = f"; {' and '.join(one.made)} made" if one.made else ""
        yield f"[+] {name}  {output.count(one.modules, 'module')}{made}"
        return
    yield f"{click.style('[x]', fg='red')} {name}  {one.failure}"
    if one.hint:
        yield f"    {click.style('hint:', fg='cyan')} {one.hint}"


def sum_up(failures: Sequence[bool]) -> str:
    """How many caches there are now."""
    if bad := sum(failures):
        return f"{len(failures) - bad} of {output.count(len(failures), 'Lmod cache')} made, and {bad} not"
    return f"{output.count(len(failures), 'Lmod cache')} made, and proven to be right"
