"""Step → Outcome: one EasyBuild process a package, in a session of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from eessi_stack.eb import disks, installation, leftovers, supervise
from eessi_stack.eb.evidence import explain
from eessi_stack.eb.installation import Installation
from eessi_stack.eb.options import flags, variable
from eessi_stack.eb.rebuild import Rebuild, can_stage
from eessi_stack.failure.cause import Failure
from eessi_stack.failure.diagnose import Evidence, diagnose
from eessi_stack.machine import out_of_memory_kills
from eessi_stack.model import Action, Outcome, Result, Step

#: How EasyBuild says that a step begins: `== building...`
_EB_STEP = re.compile(r"== (?!Running |\.\.\.)(.+)\.\.\.$")
_EB_LOCKED = re.compile(r"Lock \S+ already exists, aborting")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_POLL = 0.1  # seconds between two looks at the log


@dataclass(frozen=True, slots=True)
class Stop:
    """What a run's builds are told from outside: to end, or to be killed."""

    asked: Event = field(default_factory=Event)
    at_once: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one EasyBuild process gets."""

    step: Step
    environment: Mapping[str, str]
    log: Path
    cores: int
    lock: int  #: descriptor of the intent mark's lock, kept open by the build as long as it lives
    phase: Callable[[str], None]  #: told what EasyBuild is doing
    stop: Stop
    timeout: float | None = None  #: seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an EasyBuild process ended."""

    code: int
    interrupted: bool
    timed_out: bool
    memory: int  #: bytes, the peak of the largest process of the build
    memory_ran_out: bool | None  #: the kernel killed a process for it meanwhile; None where it does not tell
    full: tuple[str, ...] = ()  #: where there was no room left when it had failed


def build(job: Build) -> Outcome:
    """Build one package. What a build that did not end well left in the module tree is taken away again."""
    began = time.monotonic()
    one = installation.of(job.step)
    if found := locked(job.step):
        return found
    job.log.parent.mkdir(parents=True, exist_ok=True)
    replaces = job.step.action is Action.REBUILD and installation.is_written(one.module_file)  # an alias has nothing
    rebuild = Rebuild(installation=one) if replaces else None
    complete, ended = _rebuilt(job, rebuild) if rebuild else _built(job, one)
    result = Result.BUILT if complete else Result.INTERRUPTED if ended.interrupted else Result.FAILED
    failure = None if complete else _failure(job, ended)
    return Outcome(
        step=job.step,
        result=result,
        seconds=time.monotonic() - began,
        exit_code=ended.code,
        log=str(job.log),
        cause=failure.summary if failure else "",
        failure=failure,
        cores=job.cores,
        memory=ended.memory,
    )


def recover(one: Installation, *, rebuild: bool) -> bool:
    """Undo what a build left that was cut off; whether an installation had to be put back.

    The caller holds the module's mark. What was there before a rebuild stays; of any other build, nothing does.
    """
    leftovers.end(one)
    restored = Rebuild(installation=one).restore()
    if not restored and not rebuild:
        one.clear()
    one.unlock()
    return restored


def _built(job: Build, one: Installation) -> tuple[bool, Ended]:
    was_there = one.folder.exists()
    ended = _run(job, command(job.step), job.environment)
    complete, ended = _judged(job, ended, there=one.is_there)
    if not complete and not _locked_out(job.log):
        one.clear(installed=not was_there)
    return complete, ended


def _rebuilt(job: Build, rebuild: Rebuild) -> tuple[bool, Ended]:
    """Build what is there already; what was there stays, or comes back, unless the new one is complete."""
    rebuild.restore()
    try:
        return _rebuilt_beside(job, rebuild) if can_stage() else _rebuilt_in_place(job, rebuild)
    finally:
        rebuild.restore()
        if rebuild.installation.lock.is_dir() and not _locked_out(job.log):
            rebuild.installation.lock.rmdir()


def _rebuilt_beside(job: Build, rebuild: Rebuild) -> tuple[bool, Ended]:
    words, told = rebuild.stage()
    ended = _run(job, (*words, *command(job.step)), {**job.environment, **told})
    complete, ended = _judged(job, ended, there=installation.is_written(rebuild.new_module_file))
    if complete:
        rebuild.swap()
    return complete, ended


def _rebuilt_in_place(job: Build, rebuild: Rebuild) -> tuple[bool, Ended]:
    rebuild.set_aside()
    ended = _run(job, command(job.step), job.environment)
    complete, ended = _judged(job, ended, there=rebuild.installation.is_there)
    if complete:
        rebuild.commit()
    return complete, ended


def _judged(job: Build, ended: Ended, *, there: bool) -> tuple[bool, Ended]:
    """Whether a build is complete; where it is not, the disks are looked at before anything is taken away."""
    if ended.code == 0 and there:
        return True, ended
    prefix, work = job.step.prefix, Path(job.environment.get(variable("prefix"), job.log.parent))
    builds = Path(job.environment.get(variable("buildpath"), work / "build"))
    written = (prefix / "modules", prefix, job.log.parent, work, builds)
    return False, replace(ended, full=disks.without_room(written))


def command(step: Step) -> tuple[str, ...]:
    """How EasyBuild is started: without the `eb` script, which would import EasyBuild twice."""
    rebuild = () if step.action is Action.INSTALL else ("--rebuild",)
    return (sys.executable, "-P", "-m", "easybuild.main", step.package.recipe, *rebuild, *flags(step.package.options))


def _run(job: Build, words: tuple[str, ...], environment: Mapping[str, str]) -> Ended:
    """One EasyBuild process, watched over. It ends when this process does."""
    kills = out_of_memory_kills()
    lifeline, held = os.pipe()
    with job.log.open("wb") as log:
        process = subprocess.Popen(
            (sys.executable, "-I", supervise.__file__, str(lifeline), *words),
            env={**environment, **leftovers.sign(installation.of(job.step))},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lifeline, job.lock),
        )
    os.close(lifeline)
    try:
        interrupted, timed_out, memory = _follow(process, job, held)
    finally:
        _end(process)
    return Ended(
        code=process.returncode,
        interrupted=interrupted,
        timed_out=timed_out,
        memory=memory,
        memory_ran_out=_more(kills, out_of_memory_kills()),
    )


def _more(before: int | None, after: int | None) -> bool | None:
    return None if before is None or after is None else after > before


def _follow(process: "subprocess.Popen[bytes]", job: Build, held: int) -> tuple[bool, bool, int]:
    """Tell the phases that EasyBuild writes to its log until it ends, or is ended.

    Closing `held` has the supervisor end the build: EasyBuild may remove its locks before it is killed.
    """
    began = time.monotonic()
    interrupted = timed_out = False
    with job.log.open(encoding="utf-8", errors="replace") as log, os.fdopen(held, "wb") as lifeline:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            for line in log:
                if step := _EB_STEP.match(line):
                    job.phase(step[1])
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return interrupted, timed_out, usage.ru_maxrss * 1024
            interrupted = interrupted or job.stop.asked.is_set()
            timed_out = timed_out or (job.timeout is not None and time.monotonic() - began > job.timeout)
            if interrupted or timed_out:
                lifeline.close()
            if job.stop.at_once.is_set():
                _end(process)
            time.sleep(_POLL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever is left of the build's process group, such as commands that outlived EasyBuild."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def locked(step: Step) -> Outcome | None:
    """An EasyBuild that is none of ours builds the module, or was cut off: what it has there is not touched."""
    one = installation.of(step)
    if not one.lock.is_dir():
        return None
    advice = f"{installation.age(one.lock)} old; remove it if no EasyBuild runs"
    failure = diagnose(Evidence(lock=f"{one.lock} ({advice})"))
    return Outcome(step=step, result=Result.FAILED, cause=failure.summary, failure=failure)


def _locked_out(log: Path) -> bool:
    """Whether another EasyBuild took the lock between our look and our EasyBuild's: then nothing there is ours."""
    return _EB_LOCKED.search(_text(log)) is not None


def _failure(job: Build, ended: Ended) -> Failure:
    failure = explain(
        ended.code,
        job.log,
        out_of_memory=ended.memory_ran_out,
        interrupted=ended.interrupted,
        timed_out=ended.timed_out,
        full=ended.full,
    )
    if failure.reenter:
        leftovers.leave_alone(Path(failure.reenter))
    return failure


def _text(log: Path) -> str:
    """A log without colours: EasyBuild writes some whatever it is told."""
    return _COLOR.sub("", log.read_text(encoding="utf-8", errors="replace"))
