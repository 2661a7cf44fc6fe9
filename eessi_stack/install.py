"""Runs a plan: sources first, then one package after the other. Every outcome is reported and recorded."""

from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

from eessi_stack import intent, journal, schedule, target
from eessi_stack.eb import builder, environment, options
from eessi_stack.eb.session import Session, new_logs
from eessi_stack.eb.sources import Fetched
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Outcome, Plan, Result, Step
from eessi_stack.place import Place


class Reporter(Protocol):
    """Who is told what an install does while it does it."""

    def note(self, text: str) -> None: ...
    def planned(self, plan: Plan) -> None: ...
    def fetched(self, result: Fetched) -> None: ...
    def started(self, step: Step, cores: int, log: Path) -> None: ...
    def phase(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def stopping(self) -> None: ...
    def tick(self) -> None: ...


def install(made: Plan, place: Place, reporter: Reporter) -> tuple[Outcome, ...]:
    """Run a plan: sources first, then one package after the other. Every outcome is reported and recorded."""
    if not made.steps:
        return ()
    session = _session(place)
    _check_writable({step.prefix for step in made.steps} | {session.work_dir, session.sources})
    reporter.planned(made)
    lacking = session.fetch([step.package for step in made.steps], reporter.fetched)

    def started(step: Step) -> None:
        journal.record(step.prefix, "step-started", **journal.started(step))
        reporter.started(step, session.cores, session.log_of(step))

    def build(step: Step) -> Outcome:
        return _build(step, session, lacking, reporter)

    outcomes = []
    for outcome in schedule.run(made, build, started):
        journal.record(outcome.step.prefix, "step-ended", **journal.ended(outcome))
        reporter.ended(outcome)
        outcomes.append(outcome)
    return tuple(outcomes)


def _session(place: Place) -> Session:
    """StackError where this machine cannot build for the target: its CPU cannot run it, or there is no Lmod."""
    cpu = target.resolve_alias(place.target.cpu)
    if cpu not in place.runs:
        raise _cannot_run(place)
    lmod = environment.find_lmod(place.settings.lmod, place.compat)
    if lmod is None:
        raise _no_lmod()
    return Session(
        environment=environment.with_compat(place.environment, place.compat),
        family=place.target.family,
        layers=place.layers,
        optarch=options.optarch(cpu, place.runs[0], target.gcc_flag(cpu)),
        lmod=lmod,
        sources=place.settings.sources,
        work_dir=place.settings.work_dir,
        cores=place.settings.cores,
        logs=new_logs(place.settings.work_dir),
    )


def _check_writable(folders: Collection[Path]) -> None:
    """StackError, before anything is fetched, where a build could not write."""
    for folder in sorted(folders):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise StackError(
                "not-writable",
                f"{folder}: cannot be written to: {error.strerror}",
                hint="--repo, --work-dir and --sources name other folders; nothing was built",
            ) from error


def _build(step: Step, session: Session, lacking: Mapping[str, tuple[str, ...]], reporter: Reporter) -> Outcome:
    """Build one package under its intent mark, unless another run has built it meanwhile."""
    module = step.package.module
    if module in lacking:
        return Outcome(step=step, result=Result.FAILED, cause="a source cannot be had", tail=lacking[module])

    def waiting(owner: str) -> None:
        reporter.note(f"{module} is being built by {owner}: waiting")

    try:
        with intent.hold(step.prefix, module, waiting) as mark:
            if not mark.stale and builder.is_there(step):
                return Outcome(step=step, result=Result.PRESENT, cause="built by another run meanwhile")
            intent.own(mark)
            return session.build(step, mark.lock, lambda text: reporter.phase(step, text), stale=mark.stale)
    except OSError as error:
        return Outcome(step=step, result=Result.FAILED, cause=str(error))


def _cannot_run(place: Place) -> StackError:
    return StackError(
        "target-foreign",
        f"this machine cannot run what is built for {place.target.cpu}",
        context=f"it can run {', '.join(place.runs)}",
        hint="build on a machine of that CPU; `missing` and `install --dry-run` answer for it here",
    )


def _no_lmod() -> StackError:
    return StackError(
        "lmod-missing",
        "Lmod is not there, and EasyBuild needs it to build",
        context="looked for libexec/lmod in the compat layer and on the host",
        hint="install Lmod (Debian: `apt-get install lmod`), or name its command with --lmod",
        exit_code=ExitCode.UNDECIDED,
    )
