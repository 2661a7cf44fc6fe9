import pytest

from eessi_stack.cli.progress.eta import buildable, remainder
from eessi_stack.cli.progress.state import View
from eessi_stack.model import Result
from eessi_stack.schedule import Budget
from tests.unit.progress_examples import outcome, plan, running, step

CHAIN = (step("A/1", 10), step("B/1", 20, ("A/1",)), step("C/1", 30, ("B/1",)))
FOUR = tuple(step(f"{name}/1", 10) for name in "0123")


def test_a_remainder_grows_less_while_time_goes_by() -> None:
    view = View().planned(plan(*CHAIN)).started(running(CHAIN[0], 100))
    assert [left.seconds for now in (100, 104, 110, 500) if (left := remainder(view, now))] == [60, 56, 50, 50]
    view = view.ended(outcome(CHAIN[0], Result.BUILT))
    left = remainder(view, 112)
    assert left
    assert (left.seconds, left.known, left.steps, left.whole) == (50, 2, 2, True)


def test_cores_that_are_taken_are_waited_for() -> None:
    view = View(budget=Budget(jobs=3, cores=4)).planned(plan(*FOUR)).started(running(FOUR[0], 0, cores=4))
    assert [left.seconds for left in [remainder(view, 0)] if left] == [20]
    view = View(budget=Budget(jobs=3, cores=4)).planned(plan(*FOUR[:3])).started(running(FOUR[0], 0))
    assert [left.seconds for left in [remainder(view, 0)] if left] == [10]


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
