from pathlib import Path

import pytest

from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target
from eessi_stack.schedule import blocker, run


def plan(text: str) -> Plan:
    """`A; B: A; C: B` in this order."""
    steps = []
    for entry in text.split(";"):
        name, _, needs = entry.strip().partition(":")
        run_time, _, build = needs.partition("|")
        package = Package(module=name, dependencies=tuple(run_time.split()), build_dependencies=tuple(build.split()))
        steps.append(Step(package=package, action=Action.INSTALL, reason="new", prefix=Path("/p")))
    return Plan(target=Target(cpu="x86_64/generic"), steps=tuple(steps))


def outcomes(text: str, **results: Result) -> tuple[list[tuple[str, str, str]], list[str]]:
    """What became of each step, and what was started."""
    started: list[str] = []

    def build(step: Step) -> Outcome:
        assert started[-1] == step.package.module
        return Outcome(step=step, result=results.get(step.package.module, Result.BUILT), seconds=1)

    found = [
        (one.step.package.module, str(one.result), one.cause)
        for one in run(plan(text), build, lambda step: started.append(step.package.module))
    ]
    return found, started


def test_all_is_built_in_order() -> None:
    found, started = outcomes("A; B: A; C: B")
    assert found == [("A", "built", ""), ("B", "built", ""), ("C", "built", "")]
    assert started == ["A", "B", "C"]


def test_a_failure_skips_only_what_depends_on_it() -> None:
    found, started = outcomes("A; B: A; C: | B; D; E: D", A=Result.FAILED)
    assert found == [
        ("A", "failed", ""),
        ("B", "skipped", "needs A"),
        ("C", "skipped", "needs B"),
        ("D", "built", ""),
        ("E", "built", ""),
    ]
    assert started == ["A", "D", "E"]


def test_what_another_run_built_blocks_nothing() -> None:
    found, _ = outcomes("A; B: A", A=Result.PRESENT)
    assert [result for _, result, _ in found] == ["present", "built"]


def test_an_interrupt_skips_all_that_is_left() -> None:
    found, started = outcomes("A; B; C: B; D", B=Result.INTERRUPTED)
    assert found == [
        ("A", "built", ""),
        ("B", "interrupted", ""),
        ("C", "skipped", "needs B"),
        ("D", "skipped", "the run was interrupted"),
    ]
    assert started == ["A", "B"]


def test_each_outcome_is_told_before_the_next_step_starts() -> None:
    started: list[str] = []
    running = run(
        plan("A; B"),
        lambda step: Outcome(step=step, result=Result.BUILT),
        lambda step: started.append(step.package.module),
    )
    assert next(running).step.package.module == "A"
    assert started == ["A"]


@pytest.mark.parametrize(
    ("failed", "expected"),
    [(set(), None), ({"Z"}, None), ({"B"}, "B"), ({"X"}, "X"), ({"B", "X"}, "B"), ({"A"}, None)],
)
def test_blocker(failed: set[str], expected: str | None) -> None:
    package = Package(module="A", dependencies=("B",), build_dependencies=("X",))
    assert blocker(package, failed) == expected
