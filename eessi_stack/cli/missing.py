"""`eessi-stack missing`: say what of a stack is missing in the tree, and prove it when nothing is."""

from dataclasses import replace
from pathlib import Path

import click

from eessi_stack import config, flow
from eessi_stack.cli import complete, output, stack
from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.report import Report, nothing_asked, verdict
from eessi_stack.cli.options import settings_options
from eessi_stack.cli.publish import Output, format_options, publish, screen
from eessi_stack.config import Settings
from eessi_stack.errors import StackErrors


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True, shell_complete=complete.easystacks)
@click.option("--all-targets", is_flag=True, help="ask of every target that the tree and its EESSI version have")
@click.option("--strict", is_flag=True, help="ask as `eb --missing` does: every module of the recipes must be there")
@click.option("--why", metavar="NAME", help="explain one package: who asks for it, by which path of dependencies")
@format_options
@settings_options("robot-paths", "filter-deps", "cache-dir")
@click.pass_context
def missing(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    all_targets: bool,
    strict: bool,
    why: str | None,
    form: str,
    as_json: bool,
    outputs: tuple[Output, ...],
) -> None:
    """Say what of the stack is missing in the tree.

    A folder stands for the easystacks in it; a name without a path for one that comes with eessi-stack.
    """
    form = "json" if as_json else form
    if why and (form != "text" or outputs):
        raise click.UsageError("--why explains in words: it has no --format, --json or --output")
    try:
        report = ask(easystacks, settings, strict=strict, every_target=all_targets)
    except StackErrors as several:
        if form == "github":
            from eessi_stack.cli.formats import github  # noqa: PLC0415 (imported only when used, as all formats)

            output.result(github.refused(several.errors, Path.cwd(), config.workspace()))
        raise
    if why:
        from eessi_stack.cli.formats.why import explain  # noqa: PLC0415 (imported only when used, as all formats)

        output.result(explain(report, why))
    else:
        publish(lambda name, place: render(replace(report, screen=place), name), form, outputs)
    context.exit(verdict(report))


def ask(easystacks: tuple[str, ...], settings: Settings, *, strict: bool, every_target: bool) -> Report:
    """What the tree has of the stack, a target at a time."""
    asked, places = stack.load_for_all(easystacks, settings, every_target=every_target)
    report = Report(
        answers=flow.missing(asked, places, strict=strict),
        stack=asked,
        root=places[0].tree.root,
        folder=Path.cwd(),
        workspace=config.workspace(),
        screen=screen(),
    )
    if error := nothing_asked(report):
        raise error
    return report
