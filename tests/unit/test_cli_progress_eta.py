from dataclasses import replace

import pytest

from eessi_stack.cli.progress.eta import buildable, makespan, remainder
from eessi_stack.cli.progress.state import View
from eessi_stack.model import Result, Step
from tests.unit.progress_examples import outcome, plan, running, step

CHAIN = (step("A/1", 10), step("B/1", 20, ("A/1",)), step("C/1", 30, ("B/1",)))
FOUR = tuple(step(f"{name}/1", 10) for name in "0123")


@pytest.mark.parametrize(
    ("steps", "jobs", "seconds"),
    [
        (CHAIN, 1, 60),
        (CHAIN, 8, 60),  # the critical path: no number of jobs makes it shorter
        (FOUR, 1, 40),
        (FOUR, 3, 20),
        (FOUR, 4, 10),
        ((*FOUR, *CHAIN), 2, 60),  # the chain begins first, what else there is goes beside it
        ((), 2, 0),
        ((step("A/1"), step("B/1", 5, ("A/1",))), 1, 5),
        ((step("A/1", 5, ("installed/1",)),), 1, 5),
    ],
)
def test_makespan(steps: tuple[Step, ...], jobs: int, seconds: float) -> None:
    assert makespan({}, steps, jobs) == seconds


def test_what_runs_takes_a_job_and_is_waited_for() -> None:
    assert makespan({"A/1": 4}, CHAIN[1:], 2) == 54
    assert makespan({"other/1": 100}, CHAIN, 2) == 100
    assert makespan({"other/1": 100}, CHAIN, 1) == 160
    assert makespan({"one/1": 5, "two/1": 9}, FOUR[:1], 1) == 19, "more run than there are jobs: those end first"


def test_a_plan_of_a_whole_stack_is_guessed_at_once() -> None:
    steps = tuple(step(f"S/{at}", 1, (f"S/{at - 7}",) if at > 6 else ()) for at in range(1400))
    assert makespan({}, steps, 7) == 200


def test_a_remainder_grows_less_while_time_goes_by() -> None:
    view = View().planned(plan(*CHAIN)).started(running(CHAIN[0], 100))
    assert [left.seconds for now in (100, 104, 110, 500) if (left := remainder(view, now))] == [60, 56, 50, 50]
    view = view.ended(outcome(CHAIN[0], Result.BUILT))
    left = remainder(view, 112)
    assert left
    assert (left.seconds, left.known, left.steps, left.whole) == (50, 2, 2, True)


def test_how_many_run_side_by_side_is_seen_where_nobody_said() -> None:
    view = View().planned(plan(*FOUR))
    assert view.started(running(FOUR[0], 0)).jobs == 1
    assert view.started(running(FOUR[0], 0)).started(running(FOUR[1], 0)).jobs == 2
    assert replace(view, jobs=3).started(running(FOUR[0], 0)).jobs == 3


@pytest.mark.parametrize(("known", "enough"), [(0, False), (1, False), (2, True), (4, True)])
def test_a_guess_needs_half_of_the_steps(known: int, *, enough: bool) -> None:
    steps = [step(f"S/{at}", 10 if at < known else None) for at in range(4)]
    left = remainder(View().planned(plan(*steps)), 0)
    assert (left is not None) is enough
    if left:
        assert (left.seconds, left.known, left.whole) == (10 * known, known, known == 4)


def test_what_cannot_be_built_any_more_takes_no_time() -> None:
    view = View().planned(plan(*CHAIN, FOUR[0])).ended(outcome(CHAIN[0], Result.FAILED))
    assert buildable(view) == (FOUR[0],)
    left = remainder(view, 0)
    assert left
    assert (left.seconds, left.steps) == (10, 1)


def test_there_is_no_guess_when_all_is_done_or_stops() -> None:
    view = View().planned(plan(CHAIN[0]))
    assert remainder(view, 0)
    assert remainder(view.stopped(), 0) is None
    assert remainder(view.ended(outcome(CHAIN[0], Result.BUILT)), 0) is None
