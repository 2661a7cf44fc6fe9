"""For GitHub's CI: plain lines, and of each build that has ended its log, folded away in a group."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from eessi_stack.cli.output import duration
from eessi_stack.cli.progress.plain import Plain
from eessi_stack.cli.progress.words import MARKS
from eessi_stack.model import Outcome, Result, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a group of a build that ended well holds."""

    at: float
    phases: tuple[str, ...] = ()


class Groups(Plain):
    """Plain lines; and of each build that has ended a group: its whole log where it failed, else its phases.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: what a log holds is no command,
    as they are stopped by a token that nobody can know.
    """

    def __init__(
        self, stream: TextIO | None, clock: Callable[[], float], token: Callable[[], str] = lambda: token_hex(16)
    ) -> None:
        super().__init__(stream)
        self.clock, self.token = clock, token
        self.builds: dict[str, Begun] = {}

    def say(self, line: str) -> None:
        """What others wrote may be in a line: this is how older commands begin, wherever in it."""
        super().say(line.replace("##[", "## ["))

    def started(self, step: Step, cores: int, log: Path) -> None:
        super().started(step, cores, log)
        self.builds[step.package.module] = Begun(at=self.clock())

    def phase(self, step: Step, text: str) -> None:
        super().phase(step, text)
        if build := self.builds.get(step.package.module):
            line = f"{duration(self.clock() - build.at):>7}  {text}"
            self.builds[step.package.module] = Begun(at=build.at, phases=(*build.phases, line))

    def ended(self, outcome: Outcome) -> None:
        super().ended(outcome)
        build = self.builds.pop(outcome.step.package.module, Begun(at=0))
        if outcome.result is Result.FAILED and outcome.log:
            self.group(outcome, lines_of(Path(outcome.log)))
        elif build.phases:
            self.group(outcome, build.phases)

    def group(self, outcome: Outcome, lines: Iterable[str]) -> None:
        token = self.token()
        self.say(f"::group::{MARKS[outcome.result][0]} {outcome.step.package.module}")
        self.say(f"::stop-commands::{token}")
        for line in lines:
            super().say(line)
        self.say(f"::{token}::")
        self.say("::endgroup::")


def lines_of(log: Path) -> Iterator[str]:
    """A log line by line, however long it is."""
    try:
        with log.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except OSError as error:
        yield f"{log} cannot be read: {error.strerror}"
