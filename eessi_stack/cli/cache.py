"""`eessi-stack cache`: do Lmod's caches say what is there, and make them do so."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from eessi_stack import caches, place
from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode
from eessi_stack.lmod.check import Finding, Report
from eessi_stack.place import Place

if TYPE_CHECKING:  # `check` does without
    from eessi_stack.lmod.update import Updated

ALL_TARGETS = click.option("--all-targets", is_flag=True, help="of every target that the tree has")


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
    reports = caches.checked(found, found[0].target.accelerator if settings.accelerator else None)
    if as_json:
        output.result(json.dumps(document(reports), indent=2))
    else:
        output.result("\n".join(text(reports, output.width())))
    context.exit(verdict(reports))


@cache.command()
@ALL_TARGETS
@settings_options("lmod", "cores")
@click.pass_context
def update(context: click.Context, *, settings: Settings, all_targets: bool) -> None:
    """Make Lmod's caches anew, and prove that they hold every module."""
    done = []
    for one in caches.updated(where(settings, every_target=all_targets), output.message):
        output.result("\n".join(outcome(one)))
        done.append(one)
    failed = [one for one in done if one.failure]
    output.result(f"{len(done) - len(failed)} of {output.count(len(done), 'Lmod cache')} made, and proven to be right")
    context.exit(ExitCode.FINDING if failed else ExitCode.OK)


def where(settings: Settings, *, every_target: bool) -> Sequence[Place]:
    """The places to look at; of all targets, those that are there."""
    found = place.find_all(settings, every_target=every_target)
    there = [one for one in found if one.tree.prefix(one.target.cpu_only).is_dir()]
    if every_target and there:
        cpus = {one.target.cpu for one in there}
        if absent := list(dict.fromkeys(one.target.cpu for one in found if one.target.cpu not in cpus)):
            output.message(f"not in the tree: {', '.join(absent)}")
        return there
    return found


def verdict(reports: Collection[Report]) -> ExitCode:
    if any(one.problem for one in reports):
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if any(one.findings for one in reports) else ExitCode.OK


def text(reports: Sequence[Report], width: int | None) -> Iterator[str]:
    """A line a target, what is wrong with it below, and what that comes to."""
    for one in reports:
        bad = bool(one.findings or one.problem)
        sign = click.style(output.sign(good=not bad), fg="red" if bad else "green")
        yield f"{sign} {one.home.target}  {output.count(one.modules, 'module')}"
        if one.problem:
            yield f"    could not be told: {one.problem}"
        for finding in one.findings:
            yield from _finding(finding, width)
    wrong = sum(bool(one.findings or one.problem) for one in reports)
    if wrong:
        caches_ = output.count(len(reports), "Lmod cache")
        yield f"{wrong} of {caches_} would mislead users; `eessi-stack cache update` makes it anew"
    else:
        yield f"{output.count(len(reports), 'Lmod cache')} right: every module is in, as it is on disk"


def _finding(one: Finding, width: int | None) -> Iterator[str]:
    line = f"{one.message}: {', '.join(one.names)}" if one.names else one.message
    first, *more = fit(line, width - 8) if width else [line]
    yield f"    {first}"
    yield from (f"        {part}" for part in more)


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


def outcome(one: "Updated") -> Iterator[str]:
    """What became of one cache."""
    if not one.failure:
        made = f", and {' and '.join(one.made)}" if one.made else ""
        yield f"[+] {one.home.target}  {output.count(one.modules, 'module')}{made}"
        return
    yield f"{click.style('[x]', fg='red')} {one.home.target}  {one.failure}"
    if one.hint:
        yield f"    {click.style('hint:', fg='cyan')} {one.hint}"
