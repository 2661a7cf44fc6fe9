"""Which step may start now, within the budgets (pure), and the loop that runs a Plan through any builder."""

import math
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from eessi_stack.model import Outcome, Package, Plan, Result, Step

_TICK = 0.25  # seconds between two looks at the clock
_RETRY = 1.0  # seconds until a step is tried again that another run was building


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all builds of a run may use together."""

    jobs: int  #: packages side by side
    cores: int
    memory: int | None = None  #: bytes; None where there is no limit


#: One build after the other.
ALONE = Budget(jobs=1, cores=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one step is expected to take."""

    seconds: float = 60.0
    memory_per_core: int = 0  #: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A step to start now, with so many cores."""

    step: Step
    cores: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Another run is building the module of a step: it is tried again later."""

    step: Step
    owner: str


Build = Callable[[Step, int], Outcome | Busy]


def paths_to_the_end(steps: Sequence[Step], weights: Mapping[str, Weight]) -> dict[str, float]:
    """Module → seconds of the longest chain of steps from it to the end of the plan. Steps are in build order."""
    after: dict[str, float] = {}
    longest = {step.package.module: 0.0 for step in steps}
    for step in reversed(steps):
        module = step.package.module
        after[module] = longest[module] + weights[module].seconds
        for need in step.package.needs:
            if need in longest:
                longest[need] = max(longest[need], after[module])
    return after


def critical_path(steps: Sequence[Step], weights: Mapping[str, Weight]) -> tuple[str, ...]:
    """The modules of the longest chain of steps, in build order."""
    after = paths_to_the_end(steps, weights)
    path: list[str] = []
    candidates = [step for step in steps if not any(need in after for need in step.package.needs)]
    while candidates:
        longest = max(candidates, key=lambda step: after[step.package.module])
        path.append(longest.package.module)
        candidates = [step for step in steps if path[-1] in step.package.needs]
    return tuple(path)


def choose(
    ready: Sequence[Step], running: Collection[Start], budget: Budget, weights: Mapping[str, Weight]
) -> list[Start]:
    """Which of the ready steps start now, the first ones first, and how the free cores are shared out among them.

    What is expected to take longer gets more of them. One that needs more memory than is free waits, unless nothing
    else runs: then it gets one core, as nothing would ever become free for it.
    """
    cores = budget.cores - sum(start.cores for start in running)
    memory = _free_memory(running, budget, weights)
    started: list[Start] = []
    fitting = (
        step
        for step in ready
        if memory is None or weights[step.package.module].memory_per_core <= memory or not (running or step != ready[0])
    )
    candidates = list(islice(fitting, max(0, min(budget.jobs - len(running), cores))))
    while candidates:
        step = candidates.pop(0)
        weight = weights[step.package.module]
        rest = [weights[one.package.module].seconds for one in candidates]
        whole = weight.seconds + sum(rest)
        part = weight.seconds / whole if whole else 1 / (1 + len(rest))
        share = max(1, min(cores - len(rest), round(cores * part)))
        if memory is not None and weight.memory_per_core:
            share = min(share, int(memory // weight.memory_per_core))
        if share < 1 and (running or started):
            continue
        share = max(1, share)
        started.append(Start(step=step, cores=share))
        cores -= share
        memory = None if memory is None else memory - share * weight.memory_per_core
    return started


def _free_memory(running: Collection[Start], budget: Budget, weights: Mapping[str, Weight]) -> int | None:
    if budget.memory is None:
        return None
    return budget.memory - sum(one.cores * weights[one.step.package.module].memory_per_core for one in running)


def blocker(package: Package, failed: Collection[str]) -> str | None:
    """The failed or skipped module that a package cannot be built without."""
    return next((module for module in package.needs if module in failed), None)


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a plan is."""

    waiting: list[Step]  #: the most urgent first
    running: dict[str, Start] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    later: dict[str, float] = field(default_factory=dict)  #: busy module → when it is tried again

    def ready(self, now: float) -> list[Step]:
        """What could start, its dependencies being there."""
        unfinished = {step.package.module for step in self.waiting} | self.running.keys()
        return [
            step
            for step in self.waiting
            if unfinished.isdisjoint(step.package.needs) and self.later.get(step.package.module, now) <= now
        ]

    def begin(self, start: Start) -> None:
        self.waiting.remove(start.step)
        self.running[start.step.package.module] = start

    def put_back(self, busy: Busy, now: float) -> None:
        del self.running[busy.step.package.module]
        self.waiting.insert(0, busy.step)
        self.later[busy.step.package.module] = now + _RETRY

    def end(self, outcome: Outcome) -> None:
        module = outcome.step.package.module
        self.running.pop(module, None)
        if not outcome.good:
            self.failed.add(module)

    def skip(self, *, interrupted: bool) -> Iterator[Outcome]:
        """What cannot be built any more, each with what it needs, or because the run was interrupted."""
        circle = self._circle()
        while hopeless := [one for one in self.waiting if interrupted or blocker(one.package, self.failed | circle)]:
            for step in hopeless:
                self.waiting.remove(step)
                needed = blocker(step.package, self.failed | circle)
                cause = f"needs {needed}" if needed else "the run was interrupted"
                outcome = Outcome(step=step, result=Result.SKIPPED, cause=cause)
                self.end(outcome)
                yield outcome

    def _circle(self) -> set[str]:
        """What is left when nothing runs and nothing ever could: it needs itself."""
        if self.running or self.ready(math.inf):
            return set()
        return {step.package.module for step in self.waiting}


def begin(plan: Plan, weights: Mapping[str, Weight]) -> Progress:
    """A plan before anything is done: what has the longest way to its end comes first."""
    after = paths_to_the_end(plan.steps, weights)
    return Progress(waiting=sorted(plan.steps, key=lambda step: -after[step.package.module]))


def run(  # noqa: PLR0913
    plan: Plan,
    build: Build,
    budget: Budget,
    weights: Mapping[str, Weight],
    *,
    known: Sequence[Outcome] = (),
    tick: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
    stop: Callable[[], object] = lambda: None,
) -> Generator[Outcome, None, None]:
    """The outcome of every step, as it becomes known. `build` runs in threads, all else in the caller's.

    `known` outcomes are known before anything is built; `stop` ends what is being built, whatever was raised.
    """
    progress = begin(plan, weights)
    for outcome in known:
        progress.waiting.remove(outcome.step)
        progress.end(outcome)
        yield outcome
    builds: dict[Future[Outcome | Busy], Step] = {}
    with ThreadPoolExecutor(budget.jobs) as pool, _stopping(stop):
        while progress.waiting or builds:
            yield from progress.skip(interrupted=stopped())
            ready = progress.ready(time.monotonic())
            for start in choose(ready, progress.running.values(), budget, weights):
                progress.begin(start)
                builds[pool.submit(build, start.step, start.cores)] = start.step
            ended = wait(builds, timeout=_TICK, return_when=FIRST_COMPLETED).done if builds else _pause(progress)
            tick()
            for future in ended:
                del builds[future]
                result = future.result()
                if isinstance(result, Busy):
                    progress.put_back(result, time.monotonic())
                else:
                    progress.end(result)
                    yield result


@contextmanager
def _stopping(stop: Callable[[], object]) -> Iterator[None]:
    try:
        yield
    finally:
        stop()


def _pause(progress: Progress) -> set[Future[Outcome | Busy]]:
    """Nothing runs: all that is left waits for another run."""
    if progress.waiting:
        time.sleep(_TICK)
    return set()
