"""`eessi-stack plan`: what `install` would do, step by step, each with its reason; to look at, or to keep and run."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import click

from eessi_stack.cli import complete, output, stack
from eessi_stack.cli.formats import report as missing_report
from eessi_stack.cli.formats import text
from eessi_stack.cli.formats.report import about
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import StackError
from eessi_stack.forecast import Forecast, forecast
from eessi_stack.install import budget_of
from eessi_stack.model import Action, Plan, Stack, State, Step
from eessi_stack.place import Place
from eessi_stack.plan import THERE, options
from eessi_stack.prepare import CHANGED, Prepared, prepare

FORMAT, VERSION = "eessi-stack-plan", 1


def rebuild_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that say what is built again, though it is there."""
    command = click.option("--dependents", is_flag=True, help="also rebuild what needs a rebuilt package at run time")(
        command
    )
    return click.option(
        "--rebuild",
        metavar="NAME|changed",
        multiple=True,
        help="rebuild a module or software, or all whose recipe, patches, easyblocks or hooks have changed",
    )(command)


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True, shell_complete=complete.easystacks)
@rebuild_options
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="keep it, for `install --plan`")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("robot-paths", "filter-deps", "cache-dir", "cores", "jobs", "memory")
@click.pass_context
def plan(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    rebuild: tuple[str, ...],
    dependents: bool,
    file: Path | None,
    as_json: bool,
) -> None:
    """Say what `install` would build, where, why, how long it takes, and do nothing.

    Exit code 1 when there is something to do.
    """
    if str(file) == "-":
        raise click.UsageError("`-` is no file: --json prints the plan")
    asked, place = stack.load(easystacks, settings)
    prepared = prepare(asked, place, rebuild, dependents=dependents)
    missing_report.check_asked(prepared.comparison, asked)
    if file:
        _write(file, document(prepared, asked, place, rebuild, dependents=dependents))
    context.exit(say(prepared, asked, place, rebuild, dependents=dependents, as_json=as_json))


def say(  # noqa: PLR0913 (what the plan was made of)
    prepared: Prepared, asked: Stack, place: Place, rebuild: tuple[str, ...], *, dependents: bool, as_json: bool
) -> int:
    """Print a plan; the exit code of who only wanted to know."""
    say_if_unchanged(prepared, rebuild)
    if as_json:
        output.result(json.dumps(document(prepared, asked, place, rebuild, dependents=dependents), indent=2))
    else:
        output.result("\n".join(described(prepared, place.settings)))
    return missing_report.verdict(about(prepared.comparison)) or int(bool(prepared.plan.steps))


def say_if_unchanged(prepared: Prepared, rebuild: Collection[str]) -> None:
    """That `--rebuild changed` finds nothing: else it looks as if it had not been understood."""
    if CHANGED in rebuild and all(step.action is not Action.REBUILD for step in prepared.plan.steps):
        output.message("--rebuild changed: nothing differs from what EasyBuild kept when it was built")


def _write(file: Path, made: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StackError("plan-unwritable", f"{file}: cannot be written to: {error.strerror}") from error


def document(
    prepared: Prepared, asked: Stack, place: Place, rebuild: tuple[str, ...], *, dependents: bool
) -> dict[str, Any]:
    """A plan as it is kept: all that its run needs to find out whether it still holds."""
    made, settings = prepared.plan, place.settings
    paper = forecast(made.steps, budget_of(settings), prepared.weights)
    left = prepared.comparison.of(*THERE, State.EXCLUDED)
    planned = {step.package.module for step in made.steps}
    return {
        "format": FORMAT,
        "version": VERSION,
        "target": str(made.target),
        "tree": {"repo": str(place.tree.repo), "version": place.tree.version},
        "easystacks": [str(Path(name).absolute()) for name in asked.files],
        "robot_paths": [str(path) for path in settings.robot_paths],
        "filter_deps": list(settings.filter_deps),
        "rebuild": list(rebuild),
        "dependents": dependents,
        "steps": [_step(step, made, planned, paper) for step in made.steps],
        "skipped": [
            {"module": one.package.module, "reason": _skip(one.state)}
            for one in left
            if one.package.module not in planned
        ],
        "critical_path": list(made.critical),
        "seconds": round(paper.seconds) if all(step.seconds is not None for step in made.steps) else None,
    }


def _step(step: Step, made: Plan, planned: Collection[str], paper: Forecast) -> dict[str, Any]:
    return {
        "module": step.package.module,
        "easyconfig": step.package.recipe,
        "sha256": step.package.sha256,
        "options": options(step.package),
        "action": step.action,
        "reason": step.reason,
        "prefix": str(step.prefix),
        "needs": [need for need in step.package.needs if need in planned],
        "asked_for_by": [request.source for request in step.package.requests],
        "cores": paper.cores.get(step.package.module, 1),
        "seconds": step.seconds,
        "critical": step.package.module in made.critical,
    }


def _skip(state: State) -> str:
    return "skip: excluded" if state is State.EXCLUDED else "skip: present"


def described(prepared: Prepared, settings: Settings) -> Iterator[str]:
    """The plan, a line a step; without any, why there is none."""
    made = prepared.plan
    if not made.steps:
        yield from text.lines(about(prepared.comparison))
        return
    yield f"{output.count(len(made.steps), 'package')} to build for {made.target}:"
    paper = forecast(made.steps, budget_of(settings), prepared.weights)
    timed = any(step.seconds is not None for step in made.steps)
    for prefix in dict.fromkeys(step.prefix for step in made.steps):
        steps = [step for step in made.steps if step.prefix == prefix]
        width = max(len("module"), *(len(step.package.module) for step in steps))
        yield f"\ninto {prefix}"
        yield f"   {'module':<{width}} cores{'    took' if timed else ''}  reason"
        for step in steps:
            mark = "*" if step.package.module in made.critical else " "
            took = f" {output.duration(step.seconds) if step.seconds is not None else '':>7}" if timed else ""
            cores = paper.cores.get(step.package.module, 1)
            yield f" {mark} {step.package.module:<{width}} {cores:>5}{took}  {step.reason}".rstrip()
    yield ""
    yield from _summary(prepared, paper)
    yield from text.undecided(about(prepared.comparison))


def _summary(prepared: Prepared, paper: Forecast) -> Iterator[str]:
    made = prepared.plan
    known = [step for step in made.steps if step.seconds is not None]
    if len(known) == len(made.steps):
        chain = sum(step.seconds or 0 for step in made.steps if step.package.module in made.critical)
        yield f"* critical path, {output.duration(chain)}; all of it takes about {output.duration(paper.seconds)}"
    elif not known:
        yield "* critical path"
    else:
        yield f"* critical path; the journal knows how long {len(known)} of {len(made.steps)} take"
    planned = {step.package.module for step in made.steps}
    present = [one for one in prepared.comparison.of(*THERE) if one.package.module not in planned]
    yield f"skipped: {len(present)} present, {len(prepared.comparison.of(State.EXCLUDED))} excluded"
