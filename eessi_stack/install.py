"""Runs a plan: sources first, then its steps side by side. Every outcome is reported and recorded."""

import errno
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

from eessi_stack import __version__, intent, journal, schedule, workplace
from eessi_stack.config import Settings
from eessi_stack.eb import builder, environment, installation, sources
from eessi_stack.eb.session import Session
from eessi_stack.eb.sources import Fetched
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.failure.diagnose import Evidence, diagnose
from eessi_stack.model import Action, Outcome, Plan, Result, Step
from eessi_stack.place import Place
from eessi_stack.schedule import Budget, Busy, Weight

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Reporter(Protocol):
    """Who is told what an install does while it does it, always from one thread."""

    def note(self, text: str) -> None: ...
    def planned(self, plan: Plan) -> None: ...
    def fetched(self, result: Fetched) -> None: ...
    def started(self, step: Step, cores: int, log: Path) -> None: ...
    def phase(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def stopping(self) -> None: ...
    def tick(self) -> None: ...


def install(
    made: Plan,
    place: Place,
    weights: Mapping[str, Weight],
    reporter: Reporter,
    *,
    offline: bool = False,
) -> tuple[Outcome, ...]:
    """Run a plan, `offline` with those sources only that are there.

    One interrupt ends what is being built, a second one at once; both leave nothing half done.
    """
    if not made.steps:
        return ()
    session = workplace.session(place)
    workplace.check_writable({step.prefix for step in made.steps} | {session.work_dir, session.sources})
    reporter.planned(made)
    lacking = fetch(made, place, reporter.fetched, offline=offline)
    run = Run(made, session, reporter, lacking)
    with _signals(session.stop, run.tell(reporter.stopping)):
        return tuple(run.through(budget_of(place.settings), weights))


def fetch(
    made: Plan, place: Place, done: Callable[[Fetched], object], *, offline: bool = False
) -> dict[str, tuple[str, ...]]:
    """Have the sources of a plan in place; module → why its sources cannot be had, for those where they cannot."""
    folder = place.settings.sources
    workplace.check_writable({folder})
    packages = [step.package for step in made.steps]
    build_environment = environment.with_compat(place.environment, place.compat)
    return sources.obtain(packages, place.target.family, build_environment, folder, done, offline=offline)


def budget_of(settings: Settings) -> Budget:
    """What all builds together may use."""
    return Budget(jobs=settings.jobs, cores=settings.cores, memory=settings.memory)


class Run:
    """One run of a plan, in whatever threads its builds are."""

    def __init__(
        self, plan: Plan, session: Session, reporter: Reporter, lacking: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._lacking = lacking
        self._plan = plan
        self._session = session
        self._reporter = reporter
        self._told: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._waited_for: set[str] = set()
        self._began = time.time()
        self._prefix = plan.steps[-1].prefix

    def tell(self, say: Callable[..., object], *what: object) -> Callable[[], None]:
        """Have something said in the thread of the reporter, the next time it has a moment."""
        return lambda: self._told.put(lambda: say(*what))

    def through(self, budget: Budget, weights: Mapping[str, Weight]) -> Iterator[Outcome]:
        self._record(self._prefix, "run-started", **_about(self._plan, budget, self._session))
        steps, lacking = self._plan.steps, self._lacking
        outcomes = schedule.run(
            self._plan,
            self._build,
            budget,
            weights,
            known=[
                _without_source(step, lacking[step.package.module]) for step in steps if step.package.module in lacking
            ],
            tick=self._tick,
            stopped=self._session.stop.asked.is_set,
            stop=self._session.stop.asked.set,
        )
        results = []
        try:
            for outcome in outcomes:
                self._ended(outcome)
                results.append(outcome.result)
                yield outcome
        finally:
            outcomes.close()  # whatever was raised: no build goes on without us
            self._record(self._prefix, "run-ended", results=dict(Counter(results)))
            self._tick()

    def _record(self, prefix: Path, event: str, **facts: Any) -> None:  # noqa: ANN401 (whatever JSON can hold)
        journal.record(prefix, event, run=self._session.logs.name, **facts)

    def _started(self, step: Step, cores: int) -> None:
        """From the thread of a build: now that it holds the mark, and not each time that it tried."""
        self._record(step.prefix, "step-started", **journal.started(step, cores))
        self.tell(self._reporter.started, step, cores, self._session.log_of(step))()

    def _ended(self, outcome: Outcome) -> None:
        self._tick()
        self._record(outcome.step.prefix, "step-ended", **journal.ended(outcome))
        self._reporter.ended(outcome)

    def _tick(self) -> None:
        while not self._told.empty():
            self._told.get()()
        self._reporter.tick()

    def _build(self, step: Step, cores: int) -> Outcome | Busy:
        """Build one package under its intent mark, unless another run builds it, or has built it meanwhile."""
        module = step.package.module
        try:
            with intent.hold(step.prefix, module) as mark:
                restored = mark.left is not None and self._recover(step, mark.left)
                if lock := builder.locked(step):
                    return lock
                if (restored and step.action is not Action.REBUILD) or (not mark.left and self._is_there(step)):
                    cause = "put back" if restored else "built by another run meanwhile"
                    return Outcome(step=step, result=Result.PRESENT, cause=cause)
                rebuild = step.action is Action.REBUILD and installation.of(step).is_there
                intent.own(mark, rebuild=rebuild, job=environment.batch_job())
                self._started(step, cores)
                return self._session.build(step, cores, mark.lock, self._phase_of(step))
        except intent.BusyError as error:
            if module not in self._waited_for:
                self._waited_for.add(module)
                self.tell(self._reporter.note, f"{module} is being built by {error}: waiting")()
            return Busy(step=step, owner=str(error))
        except OSError as error:
            return _system_failure(step, error)

    def _phase_of(self, step: Step) -> Callable[[str], None]:
        return lambda text: self.tell(self._reporter.phase, step, text)()

    def _recover(self, step: Step, left: intent.Owner) -> bool:
        """Whether what a rebuild that was cut off had moved aside is in its place again."""
        return builder.recover(installation.of(step), rebuild=left.rebuild)

    def _is_there(self, step: Step) -> bool:
        """Whether another run has done the step since this one began."""
        module_file = installation.of(step).module_file
        if not module_file or not installation.of(step).is_there:
            return False
        return step.action is Action.INSTALL or module_file.stat().st_mtime > self._began


def _about(plan: Plan, budget: Budget, session: Session) -> dict[str, Any]:
    """What one wants to know of a run later."""
    return {
        "eessi-stack": __version__,
        "easybuild": session.easybuild_version,
        "host": os.uname().nodename,
        "pid": os.getpid(),
        "job": environment.batch_job(),
        "target": str(plan.target),
        "steps": len(plan.steps),
        "jobs": budget.jobs,
        "cores": budget.cores,
        "memory": budget.memory,
        "logs": str(session.logs),
    }


def _without_source(step: Step, problems: tuple[str, ...]) -> Outcome:
    failure = diagnose(Evidence(unavailable=problems))
    return Outcome(step=step, result=Result.FAILED, cause=failure.summary, failure=failure)


def _system_failure(step: Step, error: OSError) -> Outcome:
    """The tree itself could not be written to, before or after EasyBuild ran."""
    causes = {errno.ENOSPC: Cause.DISK, errno.EDQUOT: Cause.DISK, errno.EROFS: Cause.PERMISSION}
    kind = Cause.PERMISSION if isinstance(error, PermissionError) else causes.get(error.errno or 0, Cause.UNKNOWN)
    failure = Failure(cause=kind, summary=str(error))
    return Outcome(step=step, result=Result.FAILED, cause=failure.summary, failure=failure)


@contextmanager
def _signals(stop: builder.Stop, told: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, or whatever else asks a run to end: the first time nicely, the second time at once."""

    def ask(*_: Any) -> None:  # noqa: ANN401 (what signal handlers get)
        if stop.asked.is_set():
            stop.at_once.set()
        else:
            told()
        stop.asked.set()

    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # `nohup` stays one
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
