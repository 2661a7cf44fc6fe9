"""Where results go: stdout in one format, and files in others."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from eessi_stack.cli import output
from eessi_stack.cli.formats import FORMATS
from eessi_stack.cli.formats.report import Screen

#: A file in a format: what `--output` names.
Output = tuple[str, Path]


def format_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags of a command that has its result in all formats."""
    flags = (
        click.option(
            "--format", "form", type=click.Choice(tuple(FORMATS)), default="text", help="of what goes to stdout"
        ),
        click.option("--json", "as_json", is_flag=True, help="short for --format json"),
        click.option(
            "--output",
            "outputs",
            metavar="FORMAT=FILE",
            multiple=True,
            callback=_outputs,
            help="also write it to a file",
        ),
    )
    for flag in reversed(flags):
        command = flag(command)
    return command


def _outputs(context: click.Context, option: click.Parameter, values: Sequence[str]) -> tuple[Output, ...]:
    """What is wrong with them is said before any work is done."""
    found = []
    for value in values:
        name, separator, file = value.partition("=")
        if not separator or name not in FORMATS:
            near = output.did_you_mean(name, FORMATS) or f"the formats are {', '.join(FORMATS)}"
            raise click.BadParameter(f"`{value}` is not FORMAT=FILE: {near}", context, option)
        if file == "-":
            raise click.BadParameter("`-` is no file: --format says what goes to stdout", context, option)
        path = Path(file)
        if not file or path.is_dir() or not path.parent.is_dir():
            raise click.BadParameter(f"`{file}` is not a file that can be written", context, option)
        found.append((name, path))
    return tuple(found)


def screen() -> Screen:
    """What stdout can show."""
    terminal = sys.stdout.isatty()
    color = click.get_current_context().color
    return Screen(
        width=_columns() if terminal else None,
        color=terminal if color is None else color,
        unicode=_shown("✓…") == "✓…",
    )


def _columns() -> int:
    import shutil  # noqa: PLC0415 (slow to import, and off a terminal not needed)

    return shutil.get_terminal_size().columns


def _shown(text: str) -> str:
    """Text as stdout can show it: a letter that it cannot encode becomes a `?`."""
    return text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)


def publish(render: Callable[[str, Screen], str], form: str, outputs: Sequence[Output]) -> None:
    """Files first: what stdout proves is then in them too."""
    for name, path in outputs:
        path.write_text(render(name, Screen()) + "\n", encoding="utf-8", errors="replace")
    output.result(_shown(render(form, screen())))
