"""How long an install still takes, from how long its steps took the last time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from eessi_stack.cli.progress.state import View
from eessi_stack.model import Result, Step
from eessi_stack.schedule import Weight, paths_to_the_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """A guess, and what it rests on."""

    seconds: float
    known: int  #: steps of which the duration is known
    steps: int  #: steps that have not ended, those left out that cannot be built any more

    @property
    def whole(self) -> bool:
        return self.known == self.steps


def remainder(view: View, now: float) -> Remainder | None:
    """None where of most steps nobody knows how long they take."""
    waiting = buildable(view)
    steps = [*(one.step for one in view.running), *waiting]
    known = sum(step.seconds is not None for step in steps)
    if view.stopping or not steps or 2 * known < len(steps):
        return None
    left = {one.module: max(0.0, one.left(now) or 0.0) for one in view.running}
    return Remainder(seconds=makespan(left, waiting, view.jobs), known=known, steps=len(steps))


def buildable(view: View) -> tuple[Step, ...]:
    """What has not begun and can be built: a plan is in build order, so one look finds all that is blocked."""
    good = (Result.BUILT, Result.PRESENT)
    bad = {module for module, result in view.results.items() if result not in good}
    begun = {one.module for one in view.running} | view.results.keys()
    found = []
    for step in view.steps:
        if bad.intersection(step.package.needs):
            bad.add(step.package.module)
        elif step.package.module not in begun:
            found.append(step)
    return tuple(found)


def makespan(running: Mapping[str, float], waiting: Sequence[Step], jobs: int) -> float:
    """When the last step ends if so many builds go on at once, the longest chains first; unknown ones take no time."""
    weights = paths_to_the_end(waiting, {step.package.module: Weight(seconds=step.seconds or 0.0) for step in waiting})
    seconds = {step.package.module: step.seconds or 0.0 for step in waiting}
    open_needs = {step.package.module: set(step.package.needs) & {*running, *weights} for step in waiting}
    users = _users(open_needs)
    ready = [(-weights[module], module) for module, needs in open_needs.items() if not needs]
    ends = [(left, module) for module, left in running.items()]
    heapify(ready)
    heapify(ends)
    now = 0.0
    while ready or ends:
        while ready and len(ends) < max(jobs, 1):
            module = heappop(ready)[1]
            heappush(ends, (now + seconds[module], module))
        now, ended = heappop(ends)
        for user in users.get(ended, ()):
            open_needs[user].discard(ended)
            if not open_needs[user]:
                heappush(ready, (-weights[user], user))
    return now


def _users(needs: Mapping[str, set[str]]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for module, names in needs.items():
        for name in names:
            users.setdefault(name, []).append(module)
    return users
