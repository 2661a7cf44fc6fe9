"""Step → Outcome: one EasyBuild process a package, in a session of its own."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.eb import supervise
from eessi_stack.eb.options import flags
from eessi_stack.model import Action, Outcome, Result, Step

#: How EasyBuild says that a step begins: `== building...`
_EB_STEP = re.compile(r"== (?!Running |\.\.\.)(.+)\.\.\.$")
#: Where EasyBuild says that the output of a failed command is.
_EB_OUTPUT = re.compile(r"^\s+output \(stdout \+ stderr\)\s+->\s+(\S.*)$", re.MULTILINE)
_EB_LOCKED = re.compile(r"Lock \S+ already exists, aborting")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
#: What every process of a build has in its environment: the installation that it works on.
_BUILD_OF = "EESSI_BUILD_OF"
_POLL = 0.1  # seconds between two looks at the log
_TAIL = 20  # lines of the log that an outcome carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one EasyBuild process gets."""

    step: Step
    environment: Mapping[str, str]
    log: Path
    lock: int  #: descriptor of the intent mark's lock, kept open by the build as long as it lives
    stale: bool  #: an earlier build of this module was cut off: what it left is removed first
    phase: Callable[[str], None]  #: told what EasyBuild is doing


def build(job: Build) -> Outcome:
    """Build one package. What a build that did not end well left in the module tree is taken away again."""
    began = time.monotonic()
    if job.stale:
        end_leftovers(job.step)
        clear(job.step)
    if lock := easybuild_lock(job.step):
        return Outcome(step=job.step, result=Result.FAILED, cause=f"another EasyBuild has a lock: {lock} ({age(lock)})")
    kept = installation(job.step).exists()
    job.log.parent.mkdir(parents=True, exist_ok=True)
    code, interrupted = _run(job)
    complete = code == 0 and is_there(job.step)
    if not complete and not _locked_out(job.log):
        clear(job.step, installed=not kept)
    result = Result.BUILT if complete else Result.INTERRUPTED if interrupted else Result.FAILED
    return Outcome(
        step=job.step,
        result=result,
        seconds=time.monotonic() - began,
        exit_code=code,
        log=str(job.log),
        cause="" if complete else _cause(code, job.log, interrupted=interrupted),
        tail=() if complete else what_failed(job.log),
    )


def command(step: Step) -> tuple[str, ...]:
    """How EasyBuild is started: without the `eb` script, which would import EasyBuild twice."""
    options = step.package.requests[-1].options if step.package.requests else ()
    rebuild = () if step.action is Action.INSTALL else ("--rebuild",)
    return (sys.executable, "-P", "-m", "easybuild.main", step.package.recipe, *rebuild, *flags(options))


def _run(job: Build) -> tuple[int, bool]:
    """EasyBuild's exit code, and whether the run was interrupted. The build ends when this process does."""
    lifeline, held = os.pipe()
    words = (sys.executable, "-I", supervise.__file__, str(lifeline), *command(job.step))
    with job.log.open("wb") as log:
        process = subprocess.Popen(
            words,
            env={**job.environment, _BUILD_OF: str(installation(job.step))},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lifeline, job.lock),
        )
    os.close(lifeline)
    try:
        _follow(process, job)
    except KeyboardInterrupt:
        os.close(held)
        return process.wait(), True
    else:
        os.close(held)
        return process.returncode, False
    finally:
        _end(process)


def _follow(process: "subprocess.Popen[bytes]", job: Build) -> None:
    """Tell the phases that EasyBuild writes to its log until it ends."""
    with job.log.open(encoding="utf-8", errors="replace") as log:
        while process.poll() is None:
            for line in log:
                if step := _EB_STEP.match(line):
                    job.phase(step[1])
            time.sleep(_POLL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever is left of the build's process group, such as commands that outlived EasyBuild."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end_leftovers(step: Step) -> None:
    """End what a build of this module left running on this host when all that watched over it was killed."""
    mark = f"{_BUILD_OF}={installation(step)}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def module_path(step: Step) -> Path | None:
    base = step.prefix / "modules" / "all" / step.package.module
    return next((path for path in (base.with_name(f"{base.name}.lua"), base) if path.is_file()), None)


def is_there(step: Step) -> bool:
    """Whether there is a module file; an empty one, or one of zeros, is what a full disk or a power cut leaves."""
    path = module_path(step)
    return path is not None and bool(path.read_bytes().strip(b"\0 \t\r\n"))


def installation(step: Step) -> Path:
    return step.prefix / "software" / step.package.module


def lock_directory(step: Step) -> Path:
    """EasyBuild's own lock: an empty directory, without an owner."""
    return step.prefix / "software" / ".locks" / f"{str(installation(step)).replace('/', '_')}.lock"


def easybuild_lock(step: Step) -> Path | None:
    """The lock that an EasyBuild which is none of ours has on the module: what it builds is not touched."""
    lock = lock_directory(step)
    return lock if lock.is_dir() else None


def age(path: Path) -> str:
    return f"{(time.time() - path.stat().st_mtime) / 60:.0f} minutes old; remove it if no EasyBuild runs"


def clear(step: Step, *, installed: bool = True) -> None:
    """Take away what an unfinished build of ours left: module file, its links, directory, EasyBuild's lock.

    The caller holds the module's intent mark, and knows that no other EasyBuild had a lock when the build began.
    `installed` is whether the directory is the build's own.
    """
    modules = step.prefix / "modules"
    for name in (f"{step.package.module}.lua", step.package.module):
        for category in sorted(modules.iterdir()) if modules.is_dir() else ():
            path = category / name
            if path.is_symlink() or path.is_file():
                path.unlink()
    folder = installation(step)
    if installed and folder.is_dir() and not folder.is_symlink():
        remove_tree(folder)
    if lock_directory(step).is_dir():
        shutil.rmtree(lock_directory(step))


def remove_tree(folder: Path) -> None:
    """Remove a directory whose parts may be read-only, as installations are."""
    for path, _, _ in os.walk(folder):
        Path(path).chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


def _cause(code: int, log: Path, *, interrupted: bool) -> str:
    if interrupted:
        return "its build was ended; run again to go on"
    if code == 0:
        return "EasyBuild ended well, but there is no module file"
    lines = [line for line in tail(log, 200) if line.startswith("ERROR")]
    return lines[-1].removeprefix("ERROR: ").strip() if lines else f"EasyBuild ended with exit code {code}"


def _locked_out(log: Path) -> bool:
    """Whether another EasyBuild took the lock between our look and our EasyBuild's: then nothing there is ours."""
    return _EB_LOCKED.search(_text(log)) is not None


def what_failed(log: Path) -> tuple[str, ...]:
    """The last lines of the failed command's own output, which EasyBuild keeps apart; else of the log."""
    named = _EB_OUTPUT.findall(_text(log))
    output = Path(named[-1]) if named else log
    return tail(output if output.is_file() else log)


def tail(log: Path, count: int = _TAIL) -> tuple[str, ...]:
    """The last lines of a log that say something."""
    return tuple([line for line in _text(log).splitlines() if line.strip()][-count:])


def _text(log: Path) -> str:
    """A log without colours: EasyBuild writes some whatever it is told."""
    return _COLOR.sub("", log.read_text(encoding="utf-8", errors="replace"))
