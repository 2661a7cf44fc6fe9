"""What is on the screen of a terminal that knows no more than what the view sends; tests/e2e has a real one."""

import re
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from eessi_stack.cli.progress.live import LOG_END, Live, end_of, size_of
from eessi_stack.cli.progress.words import STOPPING
from eessi_stack.model import Result
from eessi_stack.schedule import Budget
from tests.unit.progress_examples import outcome, plan, step

PARTS = re.compile(r"\x1b\[(\??)(\d*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n])")


class Terminal(StringIO):
    """A screen that scrolls. A sequence that is none of the view's is an error, and so is a line that is too long."""

    def __init__(self, columns: int = 60, lines: int = 6) -> None:
        super().__init__()
        self.columns, self.lines = columns, lines
        self.rows, self.x, self.y = [""], 0, 0
        self.cursor = True
        self.written = 0

    def size(self) -> tuple[int, int]:
        return (self.columns, self.lines)

    def write(self, text: str) -> int:
        self.written += 1
        position = 0
        while position < len(text):
            found = PARTS.match(text, position)
            assert found, text[position:]
            position = found.end()
            private, number, letter, home, feed, sign = found.groups()
            if home:
                self.x = 0
            elif feed:  # a terminal's driver goes to the beginning of the line, too
                self.x, self.y = 0, self.y + 1
                self.rows += [""] * (self.y + 1 - len(self.rows))
            elif sign:
                self.rows[self.y] = self.rows[self.y].ljust(self.x)[: self.x] + sign + self.rows[self.y][self.x + 1 :]
                self.x += 1
                assert self.x <= self.columns
            else:
                self.control(private + letter, number)
        return len(text)

    def control(self, name: str, number: str) -> None:
        if name == "A":
            self.y -= int(number)
            assert self.y >= self.top, "what has scrolled away cannot be reached"
        elif name == "K":
            assert number == "2"
            self.rows[self.y] = ""
        elif name == "J":
            self.rows[self.y :] = [self.rows[self.y][: self.x]]
        else:
            assert name in ("?l", "?h")
            assert number == "25"
            self.cursor = name == "?h"

    @property
    def top(self) -> int:
        return max(len(self.rows) - self.lines, 0)

    @property
    def screen(self) -> list[str]:
        return [row.rstrip() for row in self.rows[self.top :]]

    @property
    def history(self) -> list[str]:
        return [row.rstrip() for row in self.rows]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def live(terminal: Terminal, clock: Clock, jobs: int = 2) -> Live:
    return Live(terminal, terminal.size, clock, color=False, budget=Budget(jobs=jobs, cores=jobs))


def test_what_has_ended_scrolls_by_once_and_what_runs_stays_below(tmp_path: Path) -> None:
    terminal, clock = Terminal(lines=6), Clock()
    told = live(terminal, clock)
    failing, going = [step(f"F/{at}") for at in range(30)], step("Long/1", 60)
    told.planned(plan(going, *failing))
    told.started(going, 2, tmp_path / "none")
    for one in failing:
        clock.now += 1
        told.started(one, 1, tmp_path / "none")
        assert [line.split()[0] for line in terminal.screen[-2:]] == ["Long/1", one.package.module]
        assert not terminal.cursor
        told.ended(outcome(one, Result.FAILED, 1, "it broke"))
        assert terminal.screen[-1].split()[0] == "Long/1"
    told.ended(outcome(going, Result.BUILT, 30))
    told.close()
    said = ["31 packages to build for x86_64/generic", *(f"[x] F/{at} 1s: it broke" for at in range(30))]
    assert terminal.history == [*said, "[+] Long/1 30s", ""]
    assert terminal.cursor


def test_a_tick_shows_seconds_and_the_last_line_of_the_log(tmp_path: Path) -> None:
    terminal, clock, log = Terminal(), Clock(), tmp_path / "A.log"
    told = live(terminal, clock)
    told.planned(plan(step("A/1")))
    told.started(step("A/1"), 2, log)
    told.tick()
    log.write_bytes(b"one\n\x1b[31mtwo\x1b[0m\n")
    clock.now += 5
    told.tick()
    told.phase(step("A/1"), "building")
    assert terminal.screen[-3:] == ["0 of 1 built · 1 running", "  A/1  2 cores  5s  building", "    two"]


def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    terminal, clock = Terminal(), Clock()
    told = live(terminal, clock)
    told.planned(plan(step("A/1")))
    told.started(step("A/1"), 2, tmp_path / "none")
    written = terminal.written
    clock.now += 0.2
    told.tick()
    assert terminal.written == written
    clock.now += 1
    told.tick()
    assert terminal.written == written + 1


def test_another_size_is_another_frame(tmp_path: Path) -> None:
    terminal = Terminal(columns=80, lines=12)
    told = live(terminal, Clock())
    told.planned(plan(*(step(f"A/{at}") for at in range(8))))
    for at in range(8):
        told.started(step(f"A/{at}"), 2, tmp_path / "none")
    assert len(terminal.screen) == 10
    terminal.columns, terminal.lines = 20, 6
    told.tick()
    assert terminal.screen[-5:] == ["0/8", *(f"  A/{at}  0s  starting" for at in range(3)), "  … and 5 more"]
    terminal.columns, terminal.lines = 80, 12
    told.tick()
    assert terminal.screen[-1] == "  A/7  2 cores  0s  starting"
    written = terminal.written
    terminal.columns = 81
    told.tick()
    assert terminal.written == written + 1, "the same again: the terminal may have folded what was there"


def test_stopping_is_said_and_shown(tmp_path: Path) -> None:
    terminal = Terminal(columns=100)
    told = live(terminal, Clock())
    told.planned(plan(step("A/1", 60)))
    told.started(step("A/1", 60), 2, tmp_path / "none")
    told.stopping()
    assert terminal.screen[-3] == STOPPING
    assert terminal.screen[-2] == "0 of 1 built · 1 running · stopping"


def test_what_is_said_is_folded_at_words() -> None:
    terminal = Terminal(columns=20)
    told = live(terminal, Clock())
    told.ended(outcome(step("A/1"), Result.FAILED, 1, "there is no such thing"))
    assert terminal.history == ["[x] A/1 1s: there is", "no such thing", ""]


def test_what_others_wrote_does_not_move_the_cursor() -> None:
    terminal = Terminal()
    told = live(terminal, Clock())
    told.note("a \x1b[5A\x1b[2Jnote\x07")
    assert terminal.history == ["a note", ""]


def test_a_terminal_without_unicode_gets_no_wider_lines(tmp_path: Path) -> None:
    raw = BytesIO()
    told = Live(TextIOWrapper(raw, encoding="ascii"), lambda: (20, 6), Clock(), color=True)
    told.planned(plan(*(step(f"日本語/{at}") for at in range(9))))
    for at in range(9):
        told.started(step(f"日本語/{at}"), 2, tmp_path / "none")
    told.close()
    shown = raw.getvalue().decode("ascii")
    assert "  ~ and 6 more" in shown
    assert "???/0" in shown


@pytest.mark.parametrize(("color", "there"), [(True, True), (False, False)])
def test_colour_is_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch, *, color: bool, there: bool) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # config.py has decided about it, rich must not
    stream = StringIO()
    told = Live(stream, lambda: (80, 24), Clock(), color=color)
    told.planned(plan(step("A/1")))
    told.ended(outcome(step("A/1"), Result.FAILED))
    assert ("\x1b[31m[x]" in stream.getvalue()) is there
    assert ("\x1b[31m1 failed" in stream.getvalue()) is there


def test_only_the_end_of_a_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(b"x" * 10 * LOG_END + b"\nthe end\n")
    assert len(end_of(log)) == LOG_END
    assert end_of(log).endswith("\nthe end\n")
    assert end_of(tmp_path / "none") == ""


def test_what_is_no_terminal_has_the_usual_size(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        assert size_of(file) == (80, 24)
