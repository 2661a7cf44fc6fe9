"""Who tells what an install is doing: a live view on a terminal, one plain line a change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from eessi_stack import config
from eessi_stack.cli import output
from eessi_stack.cli.output import duration
from eessi_stack.cli.progress.groups import Groups
from eessi_stack.cli.progress.plain import Plain
from eessi_stack.cli.progress.words import MARKS, finished
from eessi_stack.install import Reporter
from eessi_stack.schedule import ALONE, Budget

__all__ = ["MARKS", "duration", "finished", "reporter"]


@contextmanager
def reporter(  # noqa: PLR0913 (what a terminal is, and the clock, are given by tests)
    color: str,
    *,
    budget: Budget = ALONE,
    stream: TextIO | None = None,
    terminal: bool | None = None,
    size: Callable[[], tuple[int, int]] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Reporter]:
    """The view that fits; the budget tells how long it takes, the stream is stderr."""
    stream = stream or sys.stderr
    if terminal is None:
        terminal = stream.isatty() and not config.dumb_terminal()
    if not terminal or output.verbosity():
        yield Groups(stream, clock) if config.github_actions() else Plain(stream)
        return
    from eessi_stack.cli.progress.live import Live, size_of  # noqa: PLC0415 (only a terminal pays for rich)

    live = Live(stream, size or (lambda: size_of(stream)), clock, color=color != "never", budget=budget)
    try:
        yield live
    finally:
        live.close()
