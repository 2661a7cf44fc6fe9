"""What terminals of all sizes show: tests/data/progress, written by progress_examples.py."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from eessi_stack.cli.progress.frame import frame
from eessi_stack.cli.progress.state import View
from eessi_stack.model import Result
from tests.unit.progress_examples import (
    BUILDS,
    EXAMPLES,
    GOLDEN,
    NOW,
    outcome,
    plan,
    rendered,
    running,
    shown,
    step,
    view,
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_frames_are_as_they_were_looked_at(name: str) -> None:
    assert rendered(EXAMPLES[name]) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_frame_fits_into_any_terminal(name: str) -> None:
    for width in (1, 2, 3, 5, *range(10, 170, 7)):
        for height in range(12):
            lines = shown(EXAMPLES[name], width, height)
            assert len(lines) <= height
            assert max(map(cell_len, lines), default=0) <= width, (width, height, lines)
            assert not any("\n" in line for line in lines)


def test_nothing_is_shown_before_there_is_a_plan() -> None:
    assert shown(View(), 80, 24) == []


def test_however_many_fail_all_that_runs_is_shown() -> None:
    failed = [step(f"Failed/{at}") for at in range(100)]
    now = View().planned(plan(*failed, BUILDS[0].step)).started(BUILDS[0])
    for one in failed:
        now = now.ended(outcome(one, Result.FAILED))
    lines = shown(now, 80, 24)
    assert lines[0] == "0 of 101 built · 100 failed · 1 running · about 25s left"
    assert lines[1].split() == ["zlib/1.2.13-GCCcore-13.2.0", "1", "core", "5s", "~25s", "left", "configuring"]
    assert len(lines) == 2


def test_what_is_on_the_critical_path_is_marked_goes_first_and_is_followed() -> None:
    now = view(7)
    assert now.followed
    assert now.followed.module == "GROMACS/2024.4-foss-2023b"
    assert [line[0] for line in shown(now, 80, 24)[1:]] == ["*"] + [" "] * 7
    assert shown(now, 80, 2)[1].startswith("* GROMACS/")


def test_without_a_critical_path_the_first_one_is_followed_as_long_as_it_runs() -> None:
    now = View().planned(plan(*(one.step for one in BUILDS)))
    for one in BUILDS[:3]:
        now = now.started(one)
    assert now.followed == BUILDS[0]
    assert now.ended(outcome(BUILDS[1].step, Result.BUILT)).followed == BUILDS[0]
    assert now.ended(outcome(BUILDS[0].step, Result.BUILT)).followed == BUILDS[1]


def test_a_line_of_a_log_is_not_shown_below_another_build() -> None:
    now = View().planned(plan(*(one.step for one in BUILDS), critical=(BUILDS[1].module,))).started(BUILDS[0])
    now = now.read("of the first")
    assert "    of the first" in shown(now, 80, 24)
    assert now.started(BUILDS[2]).line == "of the first"
    assert now.started(BUILDS[1]).line == ""
    assert now.ended(outcome(BUILDS[0].step, Result.BUILT)).line == ""


def test_a_phase_is_that_of_its_own_build() -> None:
    now = View().planned(plan(*(one.step for one in BUILDS))).started(BUILDS[0]).started(BUILDS[1])
    now = now.phase(BUILDS[1].module, "packaging")
    assert [line.split()[-1] for line in shown(now, 160, 24)[1:]] == ["configuring", "packaging"]


@pytest.mark.parametrize(
    ("seconds", "took", "said"),
    [
        (None, 5, "5s  building"),
        (10, 0, "0s  ~10s left  building"),
        (10, 10, "10s  ~0s left  building"),
        (10, 11, "11s  1s over  building"),
        (600, 100, "1m40s  ~8m left  building"),
    ],
)
def test_what_remains_of_a_build(seconds: float | None, took: float, said: str) -> None:
    one = running(step("A/1", seconds), NOW - took, 1, "building")
    assert shown(View().planned(plan(one.step)).started(one), 80, 24)[1] == f"  A/1  1 core  {said}"


def test_frames_have_colours_of_their_own_and_say_the_same_without() -> None:
    line = frame(view(3), NOW, 160, 24)[0]
    styles = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert styles["1 failed"] == "red"
    assert styles["12 of 40 built"] == "green"


def test_an_interrupted_build_is_counted() -> None:
    now = replace(view(1), running=())
    assert "1 interrupted" in shown(now.ended(outcome(BUILDS[0].step, Result.INTERRUPTED)), 160, 3)[0]
