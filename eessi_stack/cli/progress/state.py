"""What is known of an install while it runs: a value that each event makes anew. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eessi_stack.model import Outcome, Plan, Result, Step
from eessi_stack.schedule import ALONE, Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A build that goes on."""

    step: Step
    cores: int
    log: Path
    since: float  #: of the view's clock
    phase: str = ""  #: EasyBuild's own name of what it does: `configuring`

    @property
    def module(self) -> str:
        return self.step.package.module

    def left(self, now: float) -> float | None:
        """Seconds to go, below zero where it takes longer than the last time; None where that is not known."""
        return None if self.step.seconds is None else self.step.seconds - (now - self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a live view shows."""

    steps: tuple[Step, ...] = ()
    critical: frozenset[str] = frozenset()
    budget: Budget = ALONE
    running: tuple[Running, ...] = ()  #: in the order in which they began
    results: Mapping[str, Result] = field(default_factory=dict)  #: of the modules that have ended
    line: str = ""  #: the last one in the log of the build that is followed
    stopping: bool = False

    def planned(self, plan: Plan) -> "View":
        return replace(self, steps=plan.steps, critical=frozenset(plan.critical))

    def started(self, one: Running) -> "View":
        now = replace(self, running=(*self.running, one))
        return now if now.followed == self.followed else replace(now, line="")

    def phase(self, module: str, text: str) -> "View":
        told = (replace(one, phase=text) if one.module == module else one for one in self.running)
        return replace(self, running=tuple(told))

    def ended(self, outcome: Outcome) -> "View":
        module = outcome.step.package.module
        running = tuple(one for one in self.running if one.module != module)
        return replace(self, running=running, results={**self.results, module: outcome.result}, line="")

    def read(self, line: str) -> "View":
        return replace(self, line=line)

    def stopped(self) -> "View":
        return replace(self, stopping=True)

    def is_critical(self, one: Running) -> bool:
        return one.module in self.critical

    @property
    def by_weight(self) -> tuple[Running, ...]:
        """What runs, on the critical path first: so many lines as there are show what matters."""
        return tuple(sorted(self.running, key=self.is_critical, reverse=True))

    @property
    def followed(self) -> Running | None:
        return next(iter(self.by_weight), None)

    @property
    def counts(self) -> Counter[Result]:
        return Counter(self.results.values())

    @property
    def waiting(self) -> int:
        return len(self.steps) - len(self.results) - len(self.running)
