"""What can go wrong, as data, and the exit codes that say so."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit status of every command means."""

    OK = 0
    FINDING = 1
    USAGE = 2
    UNDECIDED = 3
    INTERRUPTED = 130


#: The one table of exit codes: shown by `--help` and in the README.
EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.OK: "done, and proven: nothing is missing, everything asked for was built",
    ExitCode.FINDING: "a finding: something missing, stale, invalid, or a build failed",
    ExitCode.USAGE: "wrong usage or configuration, or an easystack that does not parse",
    ExitCode.UNDECIDED: "could not decide: EasyBuild or Lmod failed, a recipe is not there or cannot be parsed, a bug",
    ExitCode.INTERRUPTED: "interrupted",
}


class StackError(Exception):
    """An expected failure: what happened, where, and what to do next.

    `reference` is a stable kebab-case name that scripts can match, `context` says where and why
    (one fact a line), `hint` what to do next.
    """

    def __init__(
        self,
        reference: str,
        message: str,
        *,
        context: str = "",
        hint: str = "",
        exit_code: ExitCode = ExitCode.USAGE,
    ) -> None:
        super().__init__(message)
        self.reference = reference
        self.message = message
        self.context = context
        self.hint = hint
        self.exit_code = exit_code


class StackErrors(StackError):  # noqa: N818 (several of them)
    """Several failures found in one go, so that nobody mends them one run at a time."""

    def __init__(self, errors: tuple[StackError, ...]) -> None:
        worst = max(error.exit_code for error in errors)
        super().__init__("several", f"{len(errors)} errors", exit_code=worst)
        self.errors = errors
