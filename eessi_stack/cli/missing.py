"""`eessi-stack missing`: say what of a stack is missing in the tree, and prove it when nothing is."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from eessi_stack import config, flow
from eessi_stack.cli import output, stack
from eessi_stack.cli.formats import FORMATS, render
from eessi_stack.cli.formats.report import Report, Screen, nothing_asked, verdict
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import StackErrors

#: A file in a format: what `--output` names.
Output = tuple[str, Path]


def _outputs(context: click.Context, option: click.Parameter, values: Sequence[str]) -> tuple[Output, ...]:
    """What is wrong with them is said before any work is done."""
    found = []
    for value in values:
        name, separator, file = value.partition("=")
        if not separator or name not in FORMATS:
            near = output.did_you_mean(name, FORMATS) or f"the formats are {', '.join(FORMATS)}"
            raise click.BadParameter(f"`{value}` is not FORMAT=FILE: {near}", context, option)
        path = Path(file)
        if not file or path.is_dir() or not path.parent.is_dir():
            raise click.BadParameter(f"`{file}` is not a file that can be written", context, option)
        found.append((name, path))
    return tuple(found)


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True)
@click.option("--all-targets", is_flag=True, help="ask of every target that the tree and its EESSI version have")
@click.option("--strict", is_flag=True, help="ask as `eb --missing` does: every module of the recipes must be there")
@click.option("--why", metavar="NAME", help="explain one package: who asks for it, by which path of dependencies")
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="text", help="of what goes to stdout")
@click.option("--json", "as_json", is_flag=True, help="short for --format json")
@click.option(
    "--output", "outputs", metavar="FORMAT=FILE", multiple=True, callback=_outputs, help="also write it to a file"
)
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
        publish(report, form, outputs)
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
        screen=_screen(),
    )
    if error := nothing_asked(report):
        raise error
    return report


def _columns() -> int:
    import shutil  # noqa: PLC0415 (slow to import, and off a terminal not needed)

    return shutil.get_terminal_size().columns


def _screen() -> Screen:
    """What stdout can show."""
    terminal = sys.stdout.isatty()
    color = click.get_current_context().color
    return Screen(
        width=_columns() if terminal else None,
        color=terminal if color is None else color,
        unicode=_shown("✓…") == "✓…",
    )


def _shown(text: str) -> str:
    """Text as stdout can show it: a letter that it cannot encode becomes a `?`."""
    encoding = sys.stdout.encoding
    return text.encode(encoding, "replace").decode(encoding)


def publish(report: Report, form: str, outputs: Sequence[Output]) -> None:
    """Files first: what stdout proves is then in them too."""
    anywhere = replace(report, screen=Screen())
    for name, path in outputs:
        path.write_text(render(anywhere, name) + "\n", encoding="utf-8", errors="replace")
    output.result(_shown(render(report, form)))
