"""What commands print with: results on stdout, messages and errors on stderr, colour only where it is wanted."""

import os
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

import click

from eessi_stack.errors import StackError, StackErrors

_VERBOSITY = "eessi-stack.verbosity"


def use_color(choice: str) -> None:
    """Apply `--color`: always or never is final, auto means a terminal."""
    context = click.get_current_context(silent=True)
    if context and choice != "auto":
        context.color = context.find_root().color = choice == "always"


def use_verbosity(level: int) -> None:
    """Apply `-v` and `-q`: below 0 there are no messages but errors, above 0 more of them."""
    context = click.get_current_context(silent=True)
    if context:
        context.meta[_VERBOSITY] = level


def verbosity() -> int:
    context = click.get_current_context(silent=True)
    return int(context.meta.get(_VERBOSITY, 0)) if context else 0


def result(text: str = "") -> None:
    """One line of the command's result, to stdout. Who closes a pipe has read enough: the exit code tells the rest."""
    try:
        click.echo(text)
    except OSError as error:
        silence(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise


def message(text: str) -> None:
    """One line of progress or explanation, to stderr; `-q` leaves it out."""
    if verbosity() >= 0:
        say(_wrapped(text) if sys.stderr.isatty() else text)


def say(text: str, stream: TextIO | None = None) -> None:
    """One line to stderr, if anybody listens: what is being done is worth more than what is said of it."""
    stream = stream or sys.stderr
    try:
        click.echo(text, file=stream)
    except OSError:
        silence(stream)


def silence(stream: TextIO) -> None:
    """What is written there goes nowhere from now on, with what waits in its buffer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_closed_streams() -> None:
    """Streams that the caller has closed lead nowhere: no file that is opened later may get their numbers."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r" if name == "stdin" else "w"))


def _wrapped(text: str) -> str:
    import shutil  # noqa: PLC0415 (slow to import, and off a terminal not needed)

    return click.wrap_text(text, shutil.get_terminal_size().columns)


def error(problem: StackError) -> None:
    """An expected failure, to stderr: what, where and why, what to do next."""
    if isinstance(problem, StackErrors):
        for one in problem.errors:
            error(one)
        return
    say(f"{click.style('ERROR: ', fg='red', bold=True)}{problem.message}")
    for line in problem.context.splitlines():
        if problem.message.startswith(line):
            continue  # the place, said already
        say(f"  {line}")
    if problem.hint:
        say(f"  {click.style('hint:', fg='cyan')} {problem.hint}")


def width() -> int | None:
    """The columns of the terminal that results go to; None where there is none, so that nothing is folded."""
    import shutil  # noqa: PLC0415 (slow to import, and off a terminal not needed)

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def sign(*, good: bool) -> str:
    """A mark in front of a row, as stdout can show it."""
    marks = ("✓", "✗") if (sys.stdout.encoding or "").lower().startswith("utf") else ("ok", "!!")
    return marks[0] if good else marks[1]


def count(number: int, noun: str) -> str:
    """`1 package`, `2 packages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """`8s`, `2m05s`, `1h02m`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 (seconds in a minute)
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"  # noqa: PLR2004


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The nearest of some names, whatever the case of its letters."""
    folded = {one.casefold(): one for one in sorted(known)}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f"did you mean `{folded[near[0]]}`?" if near else ""


def bug() -> None:
    """An unexpected failure: the trace goes to a file, its path to stderr."""
    import traceback  # noqa: PLC0415 (slow to import, as `tempfile` is, and hardly ever needed)

    last = traceback.format_exception_only(sys.exception())[-1].strip()
    say(f"{click.style('ERROR: ', fg='red', bold=True)}this is a bug in eessi-stack: {last}")
    try:
        say(f"  its trace is in {_trace_file()}")
    except OSError:  # no temporary folder that can be written to
        traceback.print_exc()


def _trace_file() -> Path:
    import tempfile  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    with tempfile.NamedTemporaryFile("w", prefix="eessi-stack-bug-", suffix=".txt", delete=False) as file:
        traceback.print_exc(file=file)
    return Path(file.name)
