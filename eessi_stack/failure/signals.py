"""Which signal ended a program, by its exit code. Pure."""

from signal import SIGKILL, SIGTERM

#: A shell gives this number and the signal's as the exit code of what a signal ended.
_SHELL = 128

#: No program ends itself by these.
_FROM_OUTSIDE = (SIGKILL, SIGTERM)


def ended_by(code: int | None) -> int:
    """The signal that an exit code stands for, as Python or a shell gives it; 0 for none."""
    if code is None or 0 <= code <= _SHELL:
        return 0
    return -code if code < 0 else code - _SHELL


def from_outside(code: int | None) -> int:
    """The signal that ended a program and that it cannot have raised itself; 0 for none."""
    number = ended_by(code)
    return number if number in _FROM_OUTSIDE else 0
