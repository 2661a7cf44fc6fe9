"""Why a build failed: what is known for certain first, then EasyBuild's own words, then what its command printed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from signal import SIGKILL

from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.failure.complaints import KILLED, complaint
from eessi_stack.failure.exit_codes import ANYTHING, CAUSES_OF_STEPS, CODES, LATE, MACHINE, STEPS_OF_CODES
from eessi_stack.failure.first_error import AFTER, BEFORE, Reading, first_error
from eessi_stack.failure.signals import ended_by, from_outside
from eessi_stack.failure.transcript import Transcript

#: So much of a line a person reads at once.
LONGEST = 300

#: What a build says itself, and no want of memory makes it say.
_OWN = frozenset({Cause.COMPILE, Cause.CONFIGURE, Cause.PATCH, Cause.SOURCE})

_LOCK = re.compile(r"Lock (\S+) already exists|Maximum wait time for lock (\S+)")
_RULE = re.compile(r"raised for \S+ at (\S+) by the hook rule: (.*)")
_PREFIX = re.compile(r"^Sanity check failed: ")
_WHERE = re.compile(r" in /\S+$")
_PATCH = re.compile(r"Couldn't apply patch file (?:\S*/)?(\S+)\. Process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of a build that failed."""

    exit_code: int | None = None  #: EasyBuild's own
    told: Transcript = field(default_factory=Transcript)  #: what EasyBuild printed
    output: Iterable[str] = ()  #: what the failed command printed, line by line; read once
    out_of_memory: bool | None = None  #: whether the cgroup counts a process killed for it; None: it could not be read
    interrupted: bool = False
    timed_out: bool = False
    lock: str = ""  #: another EasyBuild's, that the build was not begun for
    full: tuple[str, ...] = ()  #: folders that it writes to and that had no room left when it ended
    unavailable: tuple[str, ...] = ()  #: why its sources cannot be had, where it was not begun for that


def diagnose(evidence: Evidence) -> Failure:
    """Tell the cause, the step and command, and the first real error."""
    if evidence.unavailable:
        return _not_fetched(evidence.unavailable)
    if evidence.lock:
        return Failure(cause=Cause.LOCK, summary=f"another EasyBuild has a lock: {evidence.lock}")
    told = evidence.told
    step = told.step if told.signal else STEPS_OF_CODES.get(evidence.exit_code or 0, told.step)
    read = first_error(evidence.output if told.of_command else told.message)
    cause, summary = _judge(evidence, step, read)
    excerpt, at = _excerpt(told, read)
    command, code = _command(told)
    return Failure(
        cause=cause,
        summary=summary,
        step=step,
        command=command,
        exit_code=code,
        excerpt=excerpt,
        error_line=at,
        output=told.output if command else "",
        reenter=told.script if command or step in LATE else "",
    )


def _judge(evidence: Evidence, step: str, read: Reading) -> tuple[Cause, str]:
    """The first of: what was done to it, what EasyBuild says, where there is no room, what its command says."""
    return (
        _from_outside(evidence, step, read)
        or _from_easybuild(evidence, step, read)
        or _from_disks(evidence, step, read)
        or _from_signal(evidence, step, read)
        or (_cause_of(step, read), _summary(evidence, step, read))
    )


def _from_outside(evidence: Evidence, step: str, read: Reading) -> tuple[Cause, str] | None:
    where = _in(step)
    if evidence.interrupted:
        return Cause.INTERRUPTED, "its build was ended"
    if evidence.timed_out:
        return Cause.TIMEOUT, f"it took longer than it may, and was ended{where}"
    if evidence.out_of_memory and (_was_killed(evidence, read) or not _says_itself(evidence, read)):
        which = "a process of it" if _was_killed(evidence, read) else "some process beside it or of it"
        return Cause.MEMORY, f"the kernel killed {which} for want of memory{where}"
    if evidence.told.signal:
        return Cause.INTERRUPTED, f"somebody ended EasyBuild by signal {evidence.told.signal}{where}"
    if killed := ended_by(evidence.exit_code):
        return Cause.UNKNOWN, f"EasyBuild was killed by signal {killed}{where}"
    return None


def _was_killed(evidence: Evidence, read: Reading) -> bool:
    """Whether a process of this very build was: the cgroup counts those of all builds that run beside it."""
    said = read.error is not None and read.error.complaint.why == KILLED
    return said or SIGKILL in (ended_by(evidence.exit_code), from_outside(_command(evidence.told)[1]))


def _says_itself(evidence: Evidence, read: Reading) -> bool:
    if not evidence.told.of_command and evidence.exit_code in CODES:
        return True
    return read.error is not None and not read.error.complaint.weight and read.error.complaint.cause in _OWN


def _from_easybuild(evidence: Evidence, step: str, read: Reading) -> tuple[Cause, str] | None:
    """What EasyBuild's message or exit code says for certain."""
    told = evidence.told
    cause = Cause.SANITY if step == "sanitycheck" else CODES.get(evidence.exit_code or 0)
    if by_name := _lock_or_hook(told):
        return by_name
    if told.of_command or cause is None or (read.error and read.error.complaint.cause is Cause.DISK):
        return None
    first = told.message[0] if told.message else f"EasyBuild's exit code is {evidence.exit_code}"
    if cause is Cause.SANITY:
        return cause, _unwell(told.message)
    if cause is Cause.PATCH and read.error and (patch := _PATCH.search(first)):
        return cause, f"{patch[1]} does not fit: {read.error.line}"
    return cause, _sentence(first.partition("... Paths attempted")[0])


def _lock_or_hook(told: Transcript) -> tuple[Cause, str] | None:
    message = "\n".join(told.message)
    if found := _LOCK.search(message):
        return Cause.LOCK, f"another EasyBuild has a lock: {found[1] or found[2]}"
    if found := _RULE.search(message):
        return Cause.HOOK, _sentence(f"the hook rule `{found[2]}` ended it: {told.message[0]}")
    if told.in_hook and not told.failed:
        return Cause.HOOK, _sentence(f"a hook ended it: {(told.message or ('it does not say why',))[0]}")
    return None


def _from_disks(evidence: Evidence, step: str, read: Reading) -> tuple[Cause, str] | None:
    """Where nothing says why, and no more could be written: EasyBuild keeps the reason to itself at some places."""
    if not evidence.full or read.error:
        return None
    return Cause.DISK, _sentence(f"no space is left in {', '.join(evidence.full)}: {_silent(evidence, step)}")


def _from_signal(evidence: Evidence, step: str, read: Reading) -> tuple[Cause, str] | None:
    """A command that was killed did not give up, whatever it was about."""
    number = from_outside(_command(evidence.told)[1])
    if not number or (read.error and read.error.complaint.cause in MACHINE):
        return None
    return Cause.UNKNOWN, f"{_name(evidence.told)} was killed by signal {number}{_in(step)}, {_why_killed(evidence)}"


def _why_killed(evidence: Evidence) -> str:
    counted = evidence.out_of_memory is False
    return "the cgroup counts none killed for want of memory" if counted else "for what is not known"


def _name(told: Transcript) -> str:
    return told.command.split(maxsplit=1)[0] if told.command.strip() else "a command"


def _in(step: str) -> str:
    return f" in its {step} step" if step else ""


def _cause_of(step: str, read: Reading) -> Cause:
    usual = CAUSES_OF_STEPS.get(step, Cause.UNKNOWN)
    said = read.error.complaint.cause if read.error else None
    if read.error and read.error.complaint.why == KILLED:
        return Cause.UNKNOWN  # nobody said that it was for want of memory
    if said is Cause.DISK or (said in MACHINE and usual not in (Cause.TEST, Cause.SANITY)):
        return said or usual
    if said and (step in ANYTHING or usual is Cause.UNKNOWN):
        return said
    return usual


def _summary(evidence: Evidence, step: str, read: Reading) -> str:
    """One sentence: the first error, or that there is none."""
    error = read.error
    if error is None:
        return _silent(evidence, step)
    if read.failed_tests and (error.complaint.cause is Cause.TEST or CAUSES_OF_STEPS.get(step) is Cause.TEST):
        return _tests(read)
    if error.complaint.why == KILLED:
        return _sentence(f"a process was killed, {_why_killed(evidence)}: {error.line}")
    if error.complaint.weight and evidence.told.of_command:
        return _sentence(error.whole)
    return _sentence(f"{error.complaint.why}: {error.whole}")


def _tests(read: Reading) -> str:
    more = read.failed_tests - len(read.tests)
    names = ", ".join(read.tests) + (f" and {more} more" if more else "")
    return _sentence(f"{read.failed_tests} {'test fails' if read.failed_tests == 1 else 'tests fail'}: {names}")


def _silent(evidence: Evidence, step: str) -> str:
    """What is left to say where nothing says why."""
    told, code = evidence.told, evidence.exit_code
    where = _in(step)
    if told.failed:
        return f"{_name(told)} ended with exit code {told.exit_code}{where}, and does not say why"
    if told.message and told.message[0]:
        return _sentence(told.message[0])
    if code == 0:
        return "EasyBuild ended well, but there is no module file"
    return f"EasyBuild ended with exit code {code}{where}, and does not say why"


def _unwell(message: tuple[str, ...]) -> str:
    """What a sanity check misses, in one sentence."""
    problems = [_WHERE.sub("", _PREFIX.sub("", line)) for line in message]
    missing = [line for line in problems if line.startswith(("no ", "sanity check command "))] or [
        *problems,
        "it says nothing",
    ][:1]
    first = missing[0].split(" (output: ")[0]
    return _sentence(first + (f", and {len(missing) - 1} more" if len(missing) > 1 else ""))


def _not_fetched(why: tuple[str, ...]) -> Failure:
    """Why there is no source, from what each place that was asked said."""
    told = ((at, complaint(f"error: {line}")) for at, line in enumerate(why))
    machine = next(((at, row.cause) for at, found in told if found and (row := found[0]).cause in MACHINE), None)
    other = next(((at, Cause.CHECKSUM) for at, line in enumerate(why) if "has another checksum" in line), None)
    at, cause = machine or other or (0, Cause.SOURCE)
    return Failure(
        cause=cause or Cause.SOURCE,
        summary=_sentence(f"a source cannot be had: {why[at]}"),
        step="fetch",
        excerpt=why[: BEFORE + AFTER],
        error_line=at if at < BEFORE + AFTER else -1,
    )


def _command(told: Transcript) -> tuple[str, int | None]:
    """The command that failed, and its exit code; where EasyBuild hid it, its message or detailed log has it."""
    if told.of_command or told.exit_code is not None:
        return told.command.strip(), told.exit_code
    return told.hidden or ("", None)


def _excerpt(told: Transcript, read: Reading) -> tuple[tuple[str, ...], int]:
    """The lines around the first error; without one, the last of the output, or EasyBuild's message."""
    if read.error:
        return _trimmed(read.error.lines, read.error.at)
    if told.of_command:
        return read.last, -1
    lines = tuple(line for line in told.message if line.strip())[: BEFORE + AFTER]
    return lines, 0 if lines else -1


def _trimmed(lines: list[str], at: int) -> tuple[tuple[str, ...], int]:
    """Lines without the empty ones before the first and after the last."""
    full = [number for number, line in enumerate(lines) if line.strip()]
    return tuple(lines[full[0] : full[-1] + 1]), at - full[0]


def _sentence(text: str) -> str:
    """At most so much of a line as a person reads at once."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
