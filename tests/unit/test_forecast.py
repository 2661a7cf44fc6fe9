"""A plan on paper; random plans come from a seed that the test's name tells."""

import pytest

from eessi_stack.forecast import forecast
from eessi_stack.model import Step
from eessi_stack.schedule import ALONE, Budget, Start, Weight, paths_to_the_end
from tests.unit.progress_examples import step
from tests.unit.test_schedule import plan, random_plan, weigh

CHAIN = (step("A/1", 10), step("B/1", 20, ("A/1",)), step("C/1", 30, ("B/1",)))
FOUR = tuple(step(f"{name}/1", 10) for name in "0123")


def seconds(steps: tuple[Step, ...], budget: Budget, **left: float) -> float:
    """How long the steps take; `left` are builds on one core that go on."""
    going = {Start(step=step(f"{name}/1"), cores=1): still for name, still in left.items()}
    weights = {one.package.module: Weight(seconds=one.seconds or 0.0) for one in steps}
    return forecast(steps, budget, weights, going).seconds


@pytest.mark.parametrize(
    ("steps", "jobs", "expected"),
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
def test_how_long_it_takes(steps: tuple[Step, ...], jobs: int, expected: float) -> None:
    assert seconds(steps, Budget(jobs=jobs, cores=jobs)) == expected


def test_what_runs_takes_a_job_and_a_core_and_is_waited_for() -> None:
    assert seconds(CHAIN[1:], Budget(jobs=2, cores=2), A=4) == 54
    assert seconds(CHAIN, Budget(jobs=2, cores=2), other=100) == 100
    assert seconds(CHAIN, Budget(jobs=2, cores=1), other=100) == 160
    assert seconds(CHAIN, ALONE, other=100) == 160
    assert seconds(FOUR[:1], ALONE, one=5, two=9) == 19, "more run than there are jobs: those end first"


def test_a_plan_of_a_whole_stack_is_told_at_once() -> None:
    steps = tuple(step(f"S/{at}", 1, (f"S/{at - 7}",) if at > 6 else ()) for at in range(1400))
    assert seconds(steps, Budget(jobs=7, cores=7)) == 200


@pytest.mark.parametrize("seed", range(50))
def test_it_is_of_every_step_and_no_shorter_than_the_longest_path(seed: int) -> None:
    made, weights, budget = random_plan(seed)
    found = forecast(made.steps, budget, weights)
    assert set(found.cores) == {step.package.module for step in made.steps}
    assert found.seconds >= max(paths_to_the_end(made.steps, weights).values()) - 1e-6
    assert found.seconds <= sum(weight.seconds for weight in weights.values()) + 1e-6


def test_nothing_and_a_circle_end() -> None:
    assert forecast((), ALONE, {}).seconds == 0
    assert forecast(plan("A: B; B: A").steps, ALONE, weigh("A=1 B=1")).cores == {}
