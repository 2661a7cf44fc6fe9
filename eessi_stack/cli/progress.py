"""Who tells what an install is doing: a live view on a terminal, one plain line a change elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eessi_stack.cli import output
from eessi_stack.install import Reporter
from eessi_stack.model import Outcome, Plan, Result, Step

if TYPE_CHECKING:
    from rich.progress import Progress

    from eessi_stack.eb.sources import Fetched

MARKS = {
    Result.BUILT: ("[+]", "green"),
    Result.PRESENT: ("[=]", "green"),
    Result.FAILED: ("[x]", "red"),
    Result.SKIPPED: ("[-]", "yellow"),
    Result.INTERRUPTED: ("[!]", "yellow"),
}


@contextmanager
def reporter(color: str) -> Iterator[Reporter]:
    if not sys.stderr.isatty() or output.verbosity():
        yield Plain()
        return
    from rich.console import Console  # noqa: PLC0415 (only a terminal pays for rich)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True, no_color=color == "never", highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        yield Live(progress)


def duration(seconds: float) -> str:
    """`8s`, `2m05s`, `1h02m`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 (seconds in a minute)
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"  # noqa: PLR2004


def finished(outcome: Outcome) -> str:
    mark, color = MARKS[outcome.result]
    line = f"{click.style(mark, fg=color)} {outcome.step.package.module}"
    if outcome.seconds:
        line += f" {duration(outcome.seconds)}"
    return line + (f": {outcome.cause}" if outcome.cause else "")


class Plain:
    """One line a change, to stderr."""

    def __init__(self) -> None:
        self.total = self.begun = 0

    def say(self, line: str) -> None:
        output.message(line)

    def note(self, text: str) -> None:
        self.say(text)

    def planned(self, plan: Plan) -> None:
        self.total = len(plan.steps)
        if self.total:
            self.say(f"{output.count(self.total, 'package')} to build for {plan.target}")

    def fetched(self, result: "Fetched") -> None:
        name = Path(result.source.path).name
        if result.failed:
            self.say(f"[x] source {name} cannot be had")
        elif result.origin:
            self.say(f"[+] source {name} from {result.origin}")

    def started(self, step: Step, cores: int, log: Path) -> None:  # noqa: ARG002
        self.begun += 1
        self.say(f"[ ] {step.package.module} ({self.begun}/{self.total})")

    def phase(self, step: Step, text: str) -> None:
        """Phases are for the live view and for `-v`; the log has them all."""
        if output.verbosity() > 0:
            self.say(f"    {step.package.module}: {text}")

    def ended(self, outcome: Outcome) -> None:
        self.say(finished(outcome))

    def stopping(self) -> None:
        self.say("interrupted: what is being built is ended, nothing new is begun; once more ends at once")

    def tick(self) -> None:
        """Time has passed."""


class Live(Plain):
    """What is being built, its phase and seconds, below the lines of what is done."""

    def __init__(self, progress: "Progress") -> None:
        super().__init__()
        self.progress = progress
        self.task = progress.add_task("fetching sources", total=None)
        self.since = time.monotonic()

    def say(self, line: str) -> None:
        from rich.text import Text  # noqa: PLC0415

        self.progress.console.print(Text.from_ansi(line))

    def planned(self, plan: Plan) -> None:
        super().planned(plan)
        self.progress.update(self.task, total=self.total)

    def started(self, step: Step, cores: int, log: Path) -> None:  # noqa: ARG002
        self.since = time.monotonic()
        self.progress.update(self.task, description=step.package.module)

    def phase(self, step: Step, text: str) -> None:
        seconds = duration(time.monotonic() - self.since)
        self.progress.update(self.task, description=f"{step.package.module} {seconds}: {text[:40]}")

    def ended(self, outcome: Outcome) -> None:
        super().ended(outcome)
        self.progress.advance(self.task)
