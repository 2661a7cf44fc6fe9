"""How long an install still takes, from how long its steps took the last time. Pure."""

from dataclasses import dataclass

from eessi_stack.cli.progress.state import View
from eessi_stack.forecast import forecast
from eessi_stack.model import Result, Step
from eessi_stack.schedule import Start, Weight


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
    """None where of most steps nobody knows how long they take; those that nobody knows take no time."""
    waiting = buildable(view)
    steps = [*(one.step for one in view.running), *waiting]
    known = sum(step.seconds is not None for step in steps)
    if view.stopping or not steps or 2 * known < len(steps):
        return None
    weights = {step.package.module: Weight(seconds=step.seconds or 0.0) for step in steps}
    left = {Start(step=one.step, cores=one.cores): max(0.0, one.left(now) or 0.0) for one in view.running}
    paper = forecast(waiting, view.budget, weights, left)
    return Remainder(seconds=paper.seconds, known=known, steps=len(steps))


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
