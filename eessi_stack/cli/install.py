"""`eessi-stack install`: make the tree match the stack, and prove it."""

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from eessi_stack import flow, journal
from eessi_stack import install as installing
from eessi_stack.cli import output, progress, saved_plan, stack
from eessi_stack.cli import plan as planned
from eessi_stack.cli.formats import report as missing_report
from eessi_stack.cli.formats import text
from eessi_stack.cli.formats.report import about
from eessi_stack.cli.options import settings_options
from eessi_stack.cli.plan import rebuild_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode
from eessi_stack.model import Answer, Comparison, Outcome, Plan, Result, State
from eessi_stack.plan import NEW
from eessi_stack.prepare import Prepared, prepare


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1)
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="run a plan of `plan -o`, if it still holds")
@click.option(
    "--dry-run", "-n", is_flag=True, help="print the plan and do nothing; exit 1 when there is something to do"
)
@rebuild_options
@click.option("--offline", is_flag=True, help="build only from sources that are there")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options(
    "robot-paths", "filter-deps", "cache-dir", "sources", "work-dir", "cores", "jobs", "memory", "timeout", "lmod"
)
@click.pass_context
def install(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    plan_file: Path | None,
    dry_run: bool,
    rebuild: tuple[str, ...],
    dependents: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Install what of the stack is missing, into the prefix of the target, several packages side by side.

    A failed package skips only what depends on it. Run it again, and it does what is left.
    """
    gc.enable()
    saved = saved_plan.read(plan_file, easystacks) if plan_file else None
    if saved:
        easystacks, rebuild, dependents = saved.easystacks, saved.rebuild, saved.dependents
        settings = saved.settings(settings)
    elif not easystacks:
        raise click.UsageError("name an easystack, or a plan with --plan", context)
    asked, place = stack.load(easystacks, settings)
    prepared = prepare(asked, place, rebuild, dependents=dependents)
    if saved:
        saved.check(prepared.plan)
    if dry_run:
        context.exit(planned.say(prepared, asked, place, rebuild, dependents=dependents, as_json=as_json))
    say_what_is_special(prepared)
    os.umask(0o022)  # whoever may enter the tree may see what is being built in it
    with progress.reporter(settings.color) as reporter:
        outcomes = installing.install(prepared.plan, place, prepared.weights, reporter, offline=offline)
    proof = compared(flow.proof(prepared.answer, asked, place))
    output.result(
        json.dumps(document(prepared.plan, outcomes, proof), indent=2)
        if as_json
        else "\n".join(report(outcomes, proof))
    )
    context.exit(verdict(outcomes, proof))


def say_what_is_special(prepared: Prepared) -> None:
    for line in text.undecided(about(prepared.comparison)):
        output.message(line)
    if os.geteuid() == 0 and prepared.plan.steps:
        output.message("running as root: installations belong to root, and their read-only modes do not bind it")
    for step in prepared.plan.steps:
        if step.reason != NEW:
            output.message(f"{step.package.module}: {step.reason}")


def compared(answer: Answer) -> Comparison:
    assert answer.comparison
    return answer.comparison


def verdict(outcomes: tuple[Outcome, ...], proof: Comparison) -> ExitCode:
    if any(outcome.result is Result.INTERRUPTED for outcome in outcomes):
        return ExitCode.INTERRUPTED
    failed = any(not outcome.good for outcome in outcomes)
    return max(missing_report.verdict(about(proof)), ExitCode.FINDING if failed else ExitCode.OK)


def document(plan: Plan, outcomes: tuple[Outcome, ...], proof: Comparison) -> dict[str, Any]:
    """What was planned, what became of it, and whether nothing is missing now."""
    known = {outcome.step: outcome for outcome in outcomes}
    return {
        "format": "eessi-stack-install",
        "version": 1,
        "target": str(plan.target),
        "proven": missing_report.verdict(about(proof)) is ExitCode.OK,
        "steps": [
            {
                "module": step.package.module,
                "easyconfig": step.package.recipe,
                "action": step.action,
                "reason": step.reason,
                "prefix": str(step.prefix),
                "outcome": journal.ended(known[step]) if step in known else None,
            }
            for step in plan.steps
        ],
        "errors": [{"module": one.package.module, "reason": one.reason} for one in proof.of(State.ERROR)],
    }


def report(outcomes: tuple[Outcome, ...], proof: Comparison) -> Iterator[str]:
    """What a run leaves to be said; last, everything that failed."""
    good = [outcome for outcome in outcomes if outcome.good]
    bad = [outcome for outcome in outcomes if not outcome.good]
    if outcomes:
        seconds = sum(outcome.seconds for outcome in outcomes)
        yield f"{len(good)} of {output.count(len(outcomes), 'package')} built in {output.duration(seconds)}"
    if bad:
        yield from text.undecided(about(proof))
    else:
        yield from text.lines(about(proof))
    for outcome in bad:
        if outcome.result is not Result.FAILED:
            yield f"{outcome.result.upper()}: {outcome.step.package.module}: {outcome.cause}"
    for outcome in bad:
        if outcome.result is Result.FAILED:
            yield from failure(outcome)


def failure(outcome: Outcome) -> Iterator[str]:
    yield ""
    code = f" (EasyBuild's exit code {outcome.exit_code})" if outcome.exit_code is not None else ""
    yield f"FAILED: {outcome.step.package.module}: {outcome.cause}{code}"
    if outcome.log:
        yield f"  log: {outcome.log}"
    yield from (f"  | {line}" for line in outcome.tail)
