"""Why a package could not be built, as people need to know it. Frozen values, as in `model.py`."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The kinds of causes, all there are."""

    SOURCE = "source missing"
    CHECKSUM = "checksum"
    PATCH = "patch"
    CONFIGURE = "configure"
    COMPILE = "compile"
    TEST = "test"
    SANITY = "sanity check"
    MEMORY = "out of memory"
    DISK = "disk full"
    PERMISSION = "permission"
    HOOK = "hook"
    LOCK = "lock"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong in one build, and where to go on."""

    cause: Cause
    summary: str  #: one sentence
    step: str = ""  #: EasyBuild's own name of the step: `build`
    command: str = ""  #: the command that failed in it
    exit_code: int | None = None  #: of that command
    excerpt: tuple[str, ...] = ()  #: the first real error, with a few lines around it
    error_line: int = -1  #: which line of the excerpt is the error
    output: str = ""  #: path of what that command printed
    reenter: str = ""  #: the command that opens a shell where it failed
