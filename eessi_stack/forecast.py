"""How steps would go if each took what is expected: they are run on paper, by the rules of the schedule. Pure."""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from eessi_stack.model import Step
from eessi_stack.schedule import Budget, Start, Weight, choose, paths_to_the_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long it takes, and what each step gets."""

    seconds: float
    cores: Mapping[str, int]  #: module → cores


def forecast(
    steps: Sequence[Step], budget: Budget, weights: Mapping[str, Weight], running: Mapping[Start, float] | None = None
) -> Forecast:
    """What becomes of steps in build order; `running` are builds that go on, with the seconds that each still takes."""
    paper = _Paper(after=paths_to_the_end(steps, weights))
    for start, left in (running or {}).items():
        paper.begin(start, left)
    paper.wait(steps)
    cores: dict[str, int] = {}
    while paper.ready or paper.running:
        for start in choose(paper.ready, paper.running.values(), budget, weights):
            module = start.step.package.module
            cores[module] = start.cores
            paper.ready.remove(start.step)
            paper.begin(start, weights[module].seconds)
        paper.end_first()
    return Forecast(seconds=paper.now, cores=cores)


@dataclass(slots=True, kw_only=True)
class _Paper:
    """How far it is; what needs itself never gets ready."""

    after: Mapping[str, float]  #: module → the longest way from it to the end
    now: float = 0.0
    running: dict[str, Start] = field(default_factory=dict)
    ends: list[tuple[float, str]] = field(default_factory=list)  #: a heap: when each of them ends
    ready: list[Step] = field(default_factory=list)  #: the most urgent first
    needs: dict[str, set[str]] = field(default_factory=dict)  #: module → what it still waits for
    users: dict[str, list[Step]] = field(default_factory=dict)

    def wait(self, steps: Sequence[Step]) -> None:
        for step in steps:
            open_needs = {need for need in step.package.needs if need in self.after or need in self.running}
            self.needs[step.package.module] = open_needs
            for need in open_needs:
                self.users.setdefault(need, []).append(step)
            if not open_needs:
                self._is_ready(step)

    def _is_ready(self, step: Step) -> None:
        insort(self.ready, step, key=lambda one: -self.after[one.package.module])

    def begin(self, start: Start, seconds: float) -> None:
        module = start.step.package.module
        self.running[module] = start
        heappush(self.ends, (self.now + seconds, module))

    def end_first(self) -> None:
        """Go on to when the next build ends."""
        self.now, ended = heappop(self.ends)
        del self.running[ended]
        for user in self.users.get(ended, ()):
            open_needs = self.needs[user.package.module]
            open_needs.discard(ended)
            if not open_needs:
                self._is_ready(user)
