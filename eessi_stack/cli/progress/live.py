"""The live view: what has ended scrolls by above, what goes on stays below. Only a terminal pays for rich."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.text import Text

from eessi_stack.cli import output
from eessi_stack.cli.progress.cells import last_line
from eessi_stack.cli.progress.frame import frame
from eessi_stack.cli.progress.plain import Plain
from eessi_stack.cli.progress.state import Running, View
from eessi_stack.model import Outcome, Plan, Step
from eessi_stack.schedule import ALONE, Budget

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
ERASE_LINE, ERASE_BELOW = "\x1b[2K", "\x1b[J"
#: From the second cell on: what is erased from a screen's very first one, tmux would keep in its history.
ERASE_FRAME = f"\r{ERASE_LINE} {ERASE_BELOW}\r"
LOG_END = 8192  # bytes of a log in which its last line is looked for
#: For a terminal that cannot show them.
ASCII = str.maketrans("·…", "-~")

#: Columns and lines.
Size = tuple[int, int]


class Live(Plain):
    """Draws frames by hand: the cursor waits at the beginning of a frame, so that all below it is ours to erase.

    That holds when the window's size changes too, however the terminal then folds what it shows.
    """

    def __init__(
        self,
        stream: TextIO,
        size: Callable[[], Size],
        clock: Callable[[], float],
        *,
        color: bool,
        budget: Budget = ALONE,
    ) -> None:
        super().__init__(stream)
        self.terminal, self.size, self.clock = stream, size, clock
        self.view = View(budget=budget)
        self.console = Console(
            force_terminal=True, color_system="standard" if color else None, no_color=not color, highlight=False
        )
        self.shown: list[Text] = []
        self.shown_at = (0, 0)

    def say(self, line: str) -> None:
        """Above the frame, folded at words."""
        said = self.styled(Text.from_ansi(click.wrap_text(line, self.size()[0])))
        self.draw(above=f"{ERASE_FRAME}{said}\r\n")

    def planned(self, plan: Plan) -> None:
        self.view = self.view.planned(plan)
        super().planned(plan)

    def started(self, step: Step, cores: int, log: Path) -> None:
        """No line: the build is to be seen below."""
        self.view = self.view.started(Running(step=step, cores=cores, log=log, since=self.clock()))
        self.draw()

    def phase(self, step: Step, text: str) -> None:
        self.view = self.view.phase(step.package.module, text)
        self.draw()

    def ended(self, outcome: Outcome) -> None:
        self.view = self.view.ended(outcome)
        super().ended(outcome)

    def stopping(self) -> None:
        self.view = self.view.stopped()
        super().stopping()

    def tick(self) -> None:
        if followed := self.view.followed:
            self.view = self.view.read(last_line(end_of(followed.log)))
        self.draw()

    def draw(self, above: str = "") -> None:
        """Show the frame of now below what is said above it, where it is another one than is there."""
        width, height = size = self.size()
        lines = frame(self.view, self.clock(), width, height - 1)
        if above or size != self.shown_at or lines != self.shown:
            drawn = "\r\n".join(f"{ERASE_LINE}{self.styled(line)}" for line in lines)
            up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
            self.put(f"{HIDE}{above}\r{drawn}{ERASE_BELOW}{up}\r")
        self.shown, self.shown_at = lines, size

    def close(self) -> None:
        """Take the frame away, and give the cursor back."""
        self.put(f"{ERASE_FRAME}{SHOW}")

    def put(self, text: str) -> None:
        """To the terminal; where it is gone, the install goes on."""
        try:
            self.terminal.write(text)
            self.terminal.flush()
        except OSError:
            output.silence(self.terminal)

    def styled(self, text: Text) -> str:
        """Text with the terminal's sequences."""
        with self.console.capture() as captured:
            self.console.print(text, soft_wrap=True, end="")
        return shown_in(captured.get(), self.terminal.encoding or "utf-8")


def shown_in(text: str, encoding: str) -> str:
    """Text as far as a terminal's encoding has its letters, without growing any wider."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(ASCII).encode(encoding, "replace").decode(encoding)
    return text


def end_of(log: Path) -> str:
    """The end of a log as far as it may hold the last line; nothing where there is no log yet."""
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - LOG_END, 0))
            return file.read(LOG_END).decode("utf-8", "replace")
    except OSError:
        return ""


def size_of(stream: TextIO) -> Size:
    """Of the terminal now; a terminal that does not know has the usual one."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except OSError:
        return (80, 24)
    return (size.columns or 80, size.lines or 24)
