"""`eessi-stack install`: make the tree match the stack, and prove it."""

import gc
import os
import time
from pathlib import Path

import click

from eessi_stack import caches, config, flow
from eessi_stack import install as installing
from eessi_stack.cli import complete, output, progress, saved_plan, stack
from eessi_stack.cli import plan as planned
from eessi_stack.cli.formats.report import check_asked
from eessi_stack.cli.formats.run import Run, render, verdict
from eessi_stack.cli.options import settings_options
from eessi_stack.cli.plan import rebuild_options
from eessi_stack.cli.publish import Output, format_options, publish
from eessi_stack.config import Settings
from eessi_stack.eb import environment
from eessi_stack.model import Answer, Comparison, Result, Stack, State
from eessi_stack.place import Place
from eessi_stack.plan import NEW
from eessi_stack.prepare import Prepared, prepare


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, shell_complete=complete.easystacks)
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="run a plan of `plan -o`, if it still holds")
@click.option(
    "--dry-run", "-n", is_flag=True, help="print the plan and do nothing; exit 1 when there is something to do"
)
@rebuild_options
@click.option("--no-cache", is_flag=True, help="leave Lmod's cache of the target as it is")
@click.option("--offline", is_flag=True, help="build only from sources that are there")
@format_options
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
    no_cache: bool,
    offline: bool,
    form: str,
    as_json: bool,
    outputs: tuple[Output, ...],
) -> None:
    """Install what of the stack is missing, into the prefix of the target, several packages side by side.

    A failed package skips only what depends on it. Run it again, and it does what is left.
    """
    gc.enable()
    saved = saved_plan.read(plan_file, easystacks, rebuild, dependents=dependents) if plan_file else None
    if saved:
        easystacks, rebuild, dependents = saved.easystacks, saved.rebuild, saved.dependents
        settings = saved.settings(settings)
    elif not easystacks:
        raise click.UsageError("name an easystack, or a plan with --plan", context)
    asked, place = stack.load(easystacks, settings, makes=not dry_run)
    prepared = prepare(asked, place, rebuild, dependents=dependents)
    check_asked(prepared.comparison, asked)
    if saved:
        saved.check(prepared.plan)
    form = "json" if as_json else form
    if dry_run:
        context.exit(planned.say(prepared, asked, place, rebuild, dependents=dependents, as_json=form == "json"))
    planned.say_if_unchanged(prepared, rebuild)
    run = carry_out(prepared, asked, place, offline=offline, cache=not no_cache)
    publish(lambda name, place: render(run, name, place), form, outputs)
    context.exit(verdict(run))


def carry_out(prepared: Prepared, asked: Stack, place: Place, *, offline: bool, cache: bool) -> Run:
    """Run the plan, have Lmod's cache follow, and look at what is there then."""
    say_what_is_special(prepared)
    # Whoever may enter the tree may see what is being built in it; a group that shares it may go on with it.
    os.umask(environment.umask(place.environment) & 0o022)
    began, settings = time.monotonic(), place.settings
    with progress.reporter(settings.color, budget=installing.budget_of(settings)) as reporter:
        outcomes = installing.install(prepared.plan, place, prepared.weights, reporter, offline=offline)
    seconds = time.monotonic() - began
    return Run(
        plan=prepared.plan,
        outcomes=outcomes,
        proof=compared(flow.proof(prepared.answer, asked, place)),
        seconds=seconds,
        cache_problem=update_cache(place) if cache and any(one.result is Result.BUILT for one in outcomes) else "",
        folder=Path.cwd(),
        workspace=config.workspace(),
    )


def update_cache(place: Place) -> str:
    """Make Lmod's cache of the target anew; why it could not be, where that is so."""
    updated = caches.update(place, output.message)
    return "; ".join(part for part in (updated.failure, updated.hint) if part) if updated.failure else ""


def say_what_is_special(prepared: Prepared) -> None:
    if prepared.plan.steps and (untold := prepared.comparison.of(State.ERROR)):
        names = ", ".join(one.package.module for one in untold)
        output.message(f"could not be decided: {names}; the end says why")
    if os.geteuid() == 0 and prepared.plan.steps:
        output.message("running as root: installations belong to root, and their read-only modes do not bind it")
    for step in prepared.plan.steps:
        if step.reason != NEW:
            output.message(f"{step.package.module}: {step.reason}")


def compared(answer: Answer) -> Comparison:
    assert answer.comparison
    return answer.comparison
