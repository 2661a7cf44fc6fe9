"""One plain line a change, for who reads a log."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from eessi_stack.cli import output
from eessi_stack.cli.formats.card import some
from eessi_stack.cli.progress.words import STOPPING, WITHOUT_GUESS, finished
from eessi_stack.model import Outcome, Plan, Step

if TYPE_CHECKING:
    from eessi_stack.eb.sources import Fetched


class Plain:
    """One line a change, to stderr."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.total = self.begun = 0

    def say(self, line: str) -> None:
        if output.verbosity() >= 0:
            output.say(line, self.stream)

    def note(self, text: str) -> None:
        self.say(text)

    def planned(self, plan: Plan) -> None:
        self.total = len(plan.steps)
        if self.total:
            self.say(f"{output.count(self.total, 'package')} to build for {plan.target}")

    def fetched(self, result: "Fetched") -> None:
        name = Path(result.source.path).name
        if result.failed and result.source.config_guess:
            self.say(f"{click.style('[-]', fg='yellow')} source {name} cannot be had: {WITHOUT_GUESS}")
        elif result.failed:
            whose = f", for {some(result.modules)}" if result.modules else ""
            self.say(f"{click.style('[x]', fg='red')} source {name} cannot be had{whose}")
        elif result.origin:
            self.say(f"{click.style('[+]', fg='green')} source {name} from {result.origin}")

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
        self.say(STOPPING)

    def tick(self) -> None:
        """Time has passed."""
