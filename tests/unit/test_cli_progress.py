from io import StringIO
from pathlib import Path

import click
import pytest

from eessi_stack.cli import output
from eessi_stack.cli.progress import MARKS, duration, finished, reporter
from eessi_stack.cli.progress.groups import Groups
from eessi_stack.cli.progress.live import Live
from eessi_stack.cli.progress.plain import Plain
from eessi_stack.cli.progress.words import rough
from eessi_stack.eb.sources import Fetched, Source
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target

STEP = Step(package=Package(module="A/1"), action=Action.INSTALL, reason="new", prefix=Path("/p"))
SOURCE = Source(path="/sources/a/A/A-1.tar.gz")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.6, "1s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (125, "2m05s"),
        (3599.4, "59m59s"),
        (3599.6, "1h00m"),
        (3720, "1h02m"),
        (100 * 3600, "100h00m"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (50, "50s"), (59.6, "1m"), (89, "1m"), (840, "14m"), (3599, "1h00m"), (3900, "1h05m")],
)
def test_a_guess_is_rough(seconds: float, text: str) -> None:
    assert rough(seconds) == text


@pytest.mark.parametrize(
    ("result", "seconds", "cause", "line"),
    [
        (Result.BUILT, 65.0, "", "[+] A/1 1m05s"),
        (Result.PRESENT, 0.0, "built by another run meanwhile", "[=] A/1: built by another run meanwhile"),
        (Result.FAILED, 2.0, "it broke", "[x] A/1 2s: it broke"),
        (Result.SKIPPED, 0.0, "needs B/1", "[-] A/1: needs B/1"),
        (Result.INTERRUPTED, 3.0, "interrupted", "[!] A/1 3s: interrupted"),
    ],
)
def test_a_finished_step_is_one_line(result: Result, seconds: float, cause: str, line: str) -> None:
    said = finished(Outcome(step=STEP, result=result, seconds=seconds, cause=cause))
    assert click.unstyle(said) == line
    assert said != line, "a mark has its colour"


def test_every_result_has_a_mark_of_its_own() -> None:
    assert set(MARKS) == set(Result)
    assert len({mark for mark, _ in MARKS.values()}) == len(Result)


def test_plain_is_one_line_a_change_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    plain = Plain()
    plain.note("a note")
    plain.planned(Plan(target=Target(cpu="x86_64/generic"), steps=(STEP, STEP)))
    plain.fetched(Fetched(source=SOURCE))
    plain.fetched(Fetched(source=SOURCE, origin="https://example.org/A-1.tar.gz"))
    plain.fetched(Fetched(source=SOURCE, problems=("HTTP 404",), modules=("A/1", "B/1")))
    for _ in range(2):
        plain.started(STEP, 2, Path("a.log"))
        plain.phase(STEP, "configuring")
        plain.ended(Outcome(step=STEP, result=Result.BUILT, seconds=1))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "a note",
        "2 packages to build for x86_64/generic",
        "[+] source A-1.tar.gz from https://example.org/A-1.tar.gz",
        "[x] source A-1.tar.gz cannot be had, for A/1, B/1",
        "[ ] A/1 (1/2)",
        "[+] A/1 1s",
        "[ ] A/1 (2/2)",
        "[+] A/1 1s",
    ]


def test_an_empty_plan_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    Plain().planned(Plan(target=Target(cpu="x86_64/generic"), steps=()))
    assert capsys.readouterr().err == ""


def test_off_a_terminal_lines_are_plain(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with reporter("always") as told:
        assert type(told) is Plain
        told.ended(Outcome(step=STEP, result=Result.FAILED, cause="it broke"))
    assert capsys.readouterr().err == "[x] A/1: it broke\n"


def test_in_githubs_ci_logs_are_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with reporter("auto", stream=StringIO()) as told:
        assert type(told) is Groups


@pytest.mark.parametrize(("terminal", "view"), [(True, Live), (False, Plain)])
def test_who_asks_says_whether_it_is_a_terminal(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, view: type[Plain]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with reporter("never", stream=StringIO(), terminal=terminal, size=lambda: (80, 24), clock=lambda: 0.0) as told:
        assert type(told) is view


@pytest.mark.parametrize(("level", "view"), [(0, Live), (1, Plain), (-1, Plain)])
def test_who_wants_more_or_less_than_usual_gets_lines(
    monkeypatch: pytest.MonkeyPatch, level: int, view: type[Plain]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with click.Context(click.Command("install")):
        output.use_verbosity(level)
        with reporter("never", stream=StringIO(), terminal=True, size=lambda: (80, 24)) as told:
            assert type(told) is view


def test_the_cursor_comes_back_however_a_run_ends() -> None:
    stream = StringIO()

    def run() -> None:
        with reporter("never", stream=stream, terminal=True, size=lambda: (80, 24)) as told:
            told.note("begun")
            assert stream.getvalue().endswith("\r")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert stream.getvalue().count("\x1b[?25l") == 1
    assert stream.getvalue().endswith("\x1b[?25h")
