"""Which steps start, with what, and what becomes of each; random plans come from a seed that the test's name tells."""

import random
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from eessi_stack import schedule
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target
from eessi_stack.schedule import (
    ALONE,
    Budget,
    Busy,
    Start,
    Weight,
    begin,
    blocker,
    choose,
    critical_path,
    paths_to_the_end,
    run,
)

GIB = 1 << 30


def plan(text: str) -> Plan:
    """`A; B: A; C: B` in this order."""
    steps = []
    for entry in text.split(";"):
        name, _, needs = entry.strip().partition(":")
        run_time, _, build = needs.partition("|")
        package = Package(module=name, dependencies=tuple(run_time.split()), build_dependencies=tuple(build.split()))
        steps.append(Step(package=package, action=Action.INSTALL, reason="new", prefix=Path("/p")))
    return Plan(target=Target(cpu="x86_64/generic"), steps=tuple(steps))


def weigh(text: str) -> dict[str, Weight]:
    """`A=60 B=30,2`: seconds, and GiB a core."""
    found = {}
    for entry in text.split():
        name, _, numbers = entry.partition("=")
        seconds, _, memory = numbers.partition(",")
        found[name] = Weight(seconds=float(seconds), memory_per_core=int(float(memory or 0) * GIB))
    return found


def even(made: Plan) -> dict[str, Weight]:
    return {step.package.module: Weight() for step in made.steps}


def random_plan(seed: int) -> tuple[Plan, dict[str, Weight], Budget]:
    dice = random.Random(seed)
    names = [f"M{number}" for number in range(dice.randint(1, 25))]
    entries = [
        f"{name}: {' '.join(dice.sample(names[:at], min(at, dice.randint(0, 3))))}" for at, name in enumerate(names)
    ]
    weights = {
        name: Weight(seconds=dice.choice([0.1, 1.0, 30.0, 3600.0]), memory_per_core=dice.choice([0, GIB, 4 * GIB]))
        for name in names
    }
    memory = dice.choice([None, GIB // 2, GIB, 6 * GIB, 64 * GIB])
    return plan("; ".join(entries)), weights, Budget(jobs=dice.randint(1, 6), cores=dice.randint(1, 16), memory=memory)


def chosen(text: str, weights: str, budget: Budget, running: Sequence[Start] = ()) -> dict[str, int]:
    found = choose(plan(text).steps, running, budget, weigh(weights))
    return {start.step.package.module: start.cores for start in found}


def running(text: str, weights: str, cores: int) -> list[Start]:
    (step,) = plan(text).steps
    assert step.package.module in weigh(weights)
    return [Start(step=step, cores=cores)]


# What starts, and with how many cores.


@pytest.mark.parametrize("seed", range(300))
def test_no_budget_is_ever_exceeded_and_something_always_goes_on(seed: int) -> None:
    made, weights, budget = random_plan(seed)
    dice = random.Random(seed)
    progress = begin(made, weights)
    while progress.waiting:
        for start in choose(progress.ready(0), progress.running.values(), budget, weights):
            assert start.cores >= 1
            progress.begin(start)
        at_work = list(progress.running.values())
        assert at_work, "nothing runs, and nothing starts"
        assert len(at_work) <= budget.jobs
        assert sum(start.cores for start in at_work) <= budget.cores
        memory = sum(start.cores * weights[start.step.package.module].memory_per_core for start in at_work)
        heavy = [one.cores for one in at_work if weights[one.step.package.module].memory_per_core]
        assert budget.memory is None or memory <= budget.memory or heavy == [1]
        for start in dice.sample(at_work, dice.randint(1, len(at_work))):
            progress.end(Outcome(step=start.step, result=Result.BUILT))


def test_one_alone_gets_all_cores() -> None:
    assert chosen("A", "A=1", Budget(jobs=4, cores=16)) == {"A": 16}


def test_what_takes_longer_gets_more_cores_and_all_are_used() -> None:
    found = chosen("A; B; C", "A=3000 B=1000 C=10", Budget(jobs=4, cores=8))
    assert found == {"A": 6, "B": 1, "C": 1}
    assert chosen("A; B", "A=10 B=10", Budget(jobs=2, cores=8)) == {"A": 4, "B": 4}


def test_cores_and_jobs_that_are_taken_are_taken() -> None:
    there = running("Z", "Z=1", 6)
    assert chosen("A; B", "A=1 B=1 Z=1", Budget(jobs=8, cores=8), there) == {"A": 1, "B": 1}
    assert chosen("A; B", "A=1 B=1 Z=1", Budget(jobs=2, cores=8), there) == {"A": 2}
    assert chosen("A; B", "A=1 B=1 Z=1", Budget(jobs=1, cores=8), there) == {}
    assert chosen("A; B", "A=1 B=1 Z=1", Budget(jobs=8, cores=6), there) == {}


def test_the_first_ones_start_where_not_all_can() -> None:
    assert list(chosen("A; B; C", "A=1 B=1 C=900", Budget(jobs=2, cores=8))) == ["A", "B"]
    assert list(chosen("A; B; C", "A=1 B=1 C=900", Budget(jobs=4, cores=2))) == ["A", "B"]


def test_what_is_not_known_to_take_any_time_shares_alike() -> None:
    assert chosen("A; B; C", "A=0 B=0 C=0", Budget(jobs=3, cores=6)) == {"A": 2, "B": 2, "C": 2}


def test_memory_takes_cores_from_what_needs_much_and_leaves_them_to_others() -> None:
    budget = Budget(jobs=2, cores=8, memory=8 * GIB)
    assert chosen("A; B", "A=7000,4 B=1000", budget) == {"A": 2, "B": 6}


def test_what_needs_more_memory_than_is_free_waits() -> None:
    budget = Budget(jobs=4, cores=8, memory=6 * GIB)
    there = running("Z", "Z=1,1", 4)
    assert chosen("A; B", "A=9000,4 B=1,1 Z=1,1", budget, there) == {"B": 2}


def test_what_needs_more_memory_than_there_is_gets_one_core_when_nothing_else_runs() -> None:
    assert chosen("A; B", "A=9000,64 B=1,1", Budget(jobs=4, cores=8, memory=6 * GIB)) == {"A": 1}


def test_a_circle_is_skipped_and_not_waited_for() -> None:
    found, started = outcomes("A: B; B: A; C: B; D")
    assert sorted(found) == [
        ("A", "skipped", "needs B"),
        ("B", "skipped", "needs A"),
        ("C", "skipped", "needs B"),
        ("D", "built", ""),
    ]
    assert started == ["D"]


def test_what_fits_starts_in_the_place_of_what_waits() -> None:
    budget = Budget(jobs=2, cores=8, memory=6 * GIB)
    there = running("Z", "Z=1,1", 4)
    assert chosen("A; B", "A=9000,4 B=1,1 Z=1,1", budget, there) == {"B": 2}


# In which order.


def test_the_longest_way_to_the_end_counts() -> None:
    made, weights = plan("A; B: A; C: A; D: B C; E"), weigh("A=1 B=10 C=100 D=1000 E=500")
    assert paths_to_the_end(made.steps, weights) == {"A": 1101, "B": 1010, "C": 1100, "D": 1000, "E": 500}
    assert [step.package.module for step in begin(made, weights).waiting] == ["A", "C", "B", "D", "E"]
    assert critical_path(made.steps, weights) == ("A", "C", "D")


def test_what_is_there_already_is_on_no_path() -> None:
    made = plan("B: gone; C: B there")
    assert paths_to_the_end(made.steps, weigh("B=1 C=2")) == {"B": 3, "C": 2}
    assert critical_path(made.steps, weigh("B=1 C=2")) == ("B", "C")
    assert critical_path((), {}) == ()


@pytest.mark.parametrize("seed", range(50))
def test_the_critical_path_is_one_and_nothing_is_longer(seed: int) -> None:
    made, weights, _ = random_plan(seed)
    path = critical_path(made.steps, weights)
    needs = {step.package.module: step.package.needs for step in made.steps}
    assert all(before in needs[after] for before, after in pairwise(path))
    longest = max(paths_to_the_end(made.steps, weights).values())
    assert sum(weights[module].seconds for module in path) == pytest.approx(longest)


def test_a_busy_step_is_not_ready_until_it_is_tried_again() -> None:
    made = plan("A; B; C: A")
    progress = begin(made, even(made))
    progress.begin(Start(step=made.steps[0], cores=1))
    assert [step.package.module for step in progress.ready(0)] == ["B"]
    progress.put_back(Busy(step=made.steps[0], owner="somebody"), 100.0)
    assert [step.package.module for step in progress.ready(100.0)] == ["B"]
    assert [step.package.module for step in progress.ready(102.0)] == ["A", "B"]


# The loop.


class Builds:
    """Plays EasyBuild: notes what runs when, and ends each step as it is told."""

    def __init__(self, results: dict[str, Result] | None = None, seconds: float = 0.0) -> None:
        self.results = results or {}
        self.seconds = seconds
        self.started: list[str] = []
        self.finished: list[str] = []
        self.at_once = self.most = self.cores = self.most_cores = 0
        self.lock = threading.Lock()

    def __call__(self, step: Step, cores: int) -> Outcome | Busy:
        with self.lock:
            self.started.append(step.package.module)
            self.at_once, self.cores = self.at_once + 1, self.cores + cores
            self.most, self.most_cores = max(self.most, self.at_once), max(self.most_cores, self.cores)
        time.sleep(self.seconds)
        with self.lock:
            self.finished.append(step.package.module)
            self.at_once, self.cores = self.at_once - 1, self.cores - cores
        return Outcome(step=step, result=self.results.get(step.package.module, Result.BUILT), seconds=1)


def outcomes(text: str, budget: Budget = ALONE, **results: Result) -> tuple[list[tuple[str, str, str]], list[str]]:
    """What became of each step, and what was started."""
    made, builds = plan(text), Builds(results)
    found = [(one.step.package.module, str(one.result), one.cause) for one in run(made, builds, budget, even(made))]
    return found, builds.started


def test_all_is_built_in_order() -> None:
    found, started = outcomes("A; B: A; C: B")
    assert found == [("A", "built", ""), ("B", "built", ""), ("C", "built", "")]
    assert started == ["A", "B", "C"]


@pytest.mark.parametrize("budget", [ALONE, Budget(jobs=4, cores=4)])
def test_a_failure_skips_only_what_depends_on_it(budget: Budget) -> None:
    found, started = outcomes("A; B: A; C: | B; D; E: D", budget, A=Result.FAILED)
    assert sorted(found) == [
        ("A", "failed", ""),
        ("B", "skipped", "needs A"),
        ("C", "skipped", "needs B"),
        ("D", "built", ""),
        ("E", "built", ""),
    ]
    assert sorted(started) == ["A", "D", "E"]


def test_what_another_run_built_blocks_nothing() -> None:
    found, _ = outcomes("A; B: A", A=Result.PRESENT)
    assert [result for _, result, _ in found] == ["present", "built"]


@pytest.mark.parametrize("seed", range(40))
def test_every_step_has_one_outcome_and_none_starts_before_its_needs_are_built(seed: int) -> None:
    made, weights, budget = random_plan(seed)
    dice = random.Random(seed)
    modules = [step.package.module for step in made.steps]
    results = {module: dice.choice([Result.FAILED, Result.PRESENT]) for module in modules if dice.random() < 0.2}
    builds = Builds(results)
    built: set[str] = set()

    def build(step: Step, cores: int) -> Outcome | Busy:
        assert built.issuperset(step.package.needs)
        return builds(step, cores)

    found = []
    for outcome in run(made, build, budget, weights):
        found.append(outcome)
        if outcome.good:
            built.add(outcome.step.package.module)
    assert Counter(one.step.package.module for one in found) == Counter(modules)
    assert len(builds.started) == len(set(builds.started))
    assert builds.most <= budget.jobs
    assert builds.most_cores <= budget.cores
    for one in found:
        missing = [need for need in one.step.package.needs if need not in built]
        assert (one.result is Result.SKIPPED) is bool(missing)
        assert one.result is not Result.SKIPPED or one.cause.removeprefix("needs ") in missing


def test_builds_go_on_side_by_side_and_outcomes_come_as_they_end() -> None:
    both = threading.Barrier(2, timeout=20)
    third = threading.Event()
    made = plan("A; B; C")

    def build(step: Step, cores: int) -> Outcome:
        assert cores >= 1
        if step.package.module == "C":
            third.wait(20)
        else:
            both.wait()
        return Outcome(step=step, result=Result.BUILT)

    found = []
    for outcome in run(made, build, Budget(jobs=3, cores=3), even(made)):
        found.append(outcome.step.package.module)
        if len(found) == 2:
            third.set()
    assert sorted(found[:2]) == ["A", "B"]
    assert found[2] == "C"


def test_all_but_the_builds_happens_in_the_thread_of_the_caller() -> None:
    made, here = plan("A; B: A"), threading.get_ident()
    seen: list[int] = []

    def build(step: Step, _: int) -> Outcome:
        assert threading.get_ident() != here
        return Outcome(step=step, result=Result.BUILT)

    def look() -> bool:
        seen.append(threading.get_ident())
        return False

    assert len(list(run(made, build, ALONE, even(made), tick=look, stopped=look))) == 2
    assert set(seen) == {here}
    assert len(seen) >= 4


def test_time_goes_on_while_a_build_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_TICK", 0.01)
    made, enough = plan("A"), threading.Event()
    ticks: list[int] = []

    def build(step: Step, _: int) -> Outcome:
        assert enough.wait(20)
        return Outcome(step=step, result=Result.BUILT)

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            enough.set()

    assert [one.result for one in run(made, build, ALONE, even(made), tick=tick)] == [Result.BUILT]


def test_what_is_known_before_is_told_first_and_is_not_built() -> None:
    made = plan("A; B: A; C; D: C")
    builds = Builds()
    known = [Outcome(step=made.steps[2], result=Result.FAILED, cause="no source")]
    found = list(run(made, builds, ALONE, even(made), known=known))
    assert [(one.step.package.module, one.result.value) for one in found] == [
        ("C", "failed"),
        ("D", "skipped"),
        ("A", "built"),
        ("B", "built"),
    ]
    assert builds.started == ["A", "B"]
    known = [Outcome(step=step, result=Result.FAILED) for step in made.steps]
    assert list(run(made, builds, ALONE, even(made), known=known)) == known


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_TICK", "_RETRY"):
        monkeypatch.setattr(schedule, name, 0.01)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("budget", [ALONE, Budget(jobs=3, cores=3)])
def test_a_busy_step_is_tried_until_the_other_run_is_done(budget: Budget) -> None:
    made, tries = plan("A; B: A; C"), Counter[str]()

    def build(step: Step, _: int) -> Outcome | Busy:
        module = step.package.module
        tries[module] += 1
        if module == "A" and tries["A"] < 4:
            return Busy(step=step, owner="process 1 on elsewhere")
        return Outcome(step=step, result=Result.PRESENT if module == "A" else Result.BUILT)

    found = [one.step.package.module for one in run(made, build, budget, even(made))]
    assert found.index("C") < found.index("A") < found.index("B"), "others go on meanwhile"
    assert tries == {"A": 4, "B": 1, "C": 1}


@pytest.mark.usefixtures("at_once")
def test_an_interrupt_ends_the_waiting_for_another_run_too() -> None:
    made, asked = plan("A; B: A"), threading.Event()

    def build(step: Step, _: int) -> Busy:
        asked.set()
        return Busy(step=step, owner="process 1 on elsewhere")

    found = list(run(made, build, ALONE, even(made), stopped=asked.is_set))
    assert sorted(one.step.package.module for one in found) == ["A", "B"]
    assert {one.result for one in found} == {Result.SKIPPED}


def test_an_interrupt_starts_nothing_and_waits_for_what_runs() -> None:
    made, asked = plan("A; B; C: A; D"), threading.Event()
    at_work = threading.Barrier(2, timeout=20)

    def build(step: Step, _: int) -> Outcome:
        at_work.wait()
        asked.set()
        return Outcome(step=step, result=Result.INTERRUPTED)

    ended = run(made, build, Budget(jobs=2, cores=2), even(made), stopped=asked.is_set)
    found = {one.step.package.module: one for one in ended}
    assert Counter(one.result for one in found.values()) == {Result.INTERRUPTED: 2, Result.SKIPPED: 2}
    assert len(found) == 4
    assert {one.cause for one in found.values() if one.result is Result.SKIPPED} <= {
        "the run was interrupted",
        "needs A",
    }


def test_an_interrupt_before_anything_skips_all() -> None:
    made, builds = plan("A; B: A; C"), Builds()
    found = list(run(made, builds, ALONE, even(made), stopped=lambda: True))
    assert [one.result for one in found] == [Result.SKIPPED] * 3
    assert builds.started == []


class Broken(Exception):  # noqa: N818 (of a test)
    """A bug of ours."""


def raising(where: str, made: Plan, stop: threading.Event) -> Generator[Outcome, None, None]:
    """Two builds, one of which goes on until it is told to end; something raises meanwhile."""
    both = threading.Barrier(2, timeout=20)

    def build(step: Step, _: int) -> Outcome:
        both.wait()
        if step.package.module == "A":
            if where == "build":
                raise Broken
            return Outcome(step=step, result=Result.BUILT)
        assert stop.wait(20), "nobody told the other build to end"
        return Outcome(step=step, result=Result.INTERRUPTED)

    def fail(*_: object) -> None:
        if where == "tick" and both.broken is False and both.n_waiting == 0:
            raise Broken

    return run(made, build, Budget(jobs=2, cores=2), even(made), tick=fail, stop=stop.set)


@pytest.mark.parametrize("where", ["build", "tick", "caller"])
def test_whatever_is_raised_ends_the_other_builds_and_is_raised(where: str) -> None:
    made, stop = plan("A; B; C: B"), threading.Event()
    outcomes = raising(where, made, stop)

    def consume() -> None:
        for _ in outcomes:
            if where == "caller":
                outcomes.throw(Broken())

    with pytest.raises(Broken):
        consume()
    assert stop.is_set()


@pytest.mark.parametrize(
    ("failed", "expected"),
    [(set(), None), ({"Z"}, None), ({"B"}, "B"), ({"X"}, "X"), ({"B", "X"}, "B"), ({"A"}, None)],
)
def test_blocker(failed: set[str], expected: str | None) -> None:
    package = Package(module="A", dependencies=("B",), build_dependencies=("X",))
    assert blocker(package, failed) == expected
