"""`eessi-stack fetch`: have all sources in place that an install would need."""

import json
from collections.abc import Mapping
from typing import Any

import click

from eessi_stack import install as installing
from eessi_stack.cli import complete, output, progress, stack
from eessi_stack.cli.formats import report as missing_report
from eessi_stack.cli.formats import text
from eessi_stack.cli.formats.report import about
from eessi_stack.cli.options import settings_options
from eessi_stack.cli.plan import rebuild_options, say_if_unchanged
from eessi_stack.cli.progress.words import WITHOUT_GUESS
from eessi_stack.config import Settings
from eessi_stack.eb.sources import Fetched
from eessi_stack.errors import ExitCode
from eessi_stack.prepare import prepare

NOTHING = "nothing is to be built: no source is needed"


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True, shell_complete=complete.easystacks)
@rebuild_options
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("robot-paths", "filter-deps", "cache-dir", "sources", "work-dir")
@click.pass_context
def fetch(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    rebuild: tuple[str, ...],
    dependents: bool,
    as_json: bool,
) -> None:
    """Fetch the sources of what of the stack is missing, each once, checked against its easyconfig's checksums.

    All that cannot be had are listed, each with the places that were tried and where to put it by hand. Afterwards
    `install --offline` needs no network.
    """
    asked, place = stack.load(easystacks, settings)
    prepared = prepare(asked, place, rebuild, dependents=dependents)
    missing_report.check_asked(prepared.comparison, asked)
    say_if_unchanged(prepared, rebuild)
    with progress.reporter(settings.color) as reporter:
        fetched: list[Fetched] = []

        def done(result: Fetched) -> None:
            fetched.append(result)
            reporter.fetched(result)

        lacking = installing.fetch(prepared.plan, place, done)
    for line in text.undecided(about(prepared.comparison)):
        output.message(line)
    undecided = missing_report.verdict(about(prepared.comparison)) is ExitCode.UNDECIDED
    if as_json:
        output.result(json.dumps(document(fetched, lacking), indent=2))
    else:
        told = lines(fetched, lacking) if prepared.plan.steps or undecided else [NOTHING]
        output.result("\n".join(told))
    context.exit(ExitCode.UNDECIDED if undecided else ExitCode.FINDING if lacking else ExitCode.OK)


def lines(fetched: list[Fetched], lacking: Mapping[str, tuple[str, ...]]) -> list[str]:
    new = [one for one in fetched if one.origin and not one.failed]
    good = [one for one in fetched if not one.failed]
    found = [f"{len(good)} of {output.count(len(fetched), 'source')} there, {len(new)} of them fetched now"]
    for one in fetched:
        if one.failed and one.source.config_guess:
            found += ["", f"not there: {one.source.path}: {WITHOUT_GUESS}"]
            found += [f"  {problem}" for problem in one.problems]
        elif one.failed:
            found += ["", f"FAILED: {one.source.path}: put it there by hand, or mend where it comes from"]
            found += [f"  {problem}" for problem in one.problems]
    told = {problem for one in fetched for problem in one.problems}
    for module, problems in lacking.items():
        if rest := [problem for problem in problems if problem not in told]:
            found += ["", f"FAILED: {module}: its sources cannot be told", *(f"  {problem}" for problem in rest)]
    return found


def document(fetched: list[Fetched], lacking: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "format": "eessi-stack-fetch",
        "version": 1,
        "sources": [{"path": one.source.path, "origin": one.origin, "problems": list(one.problems)} for one in fetched],
        "lacking": {module: list(problems) for module, problems in lacking.items()},
    }
