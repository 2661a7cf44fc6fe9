"""How what an install does is said: durations, and a line for what has ended. Pure."""

import click

from eessi_stack.cli.output import duration
from eessi_stack.model import Outcome, Result

MARKS = {
    Result.BUILT: ("[+]", "green"),
    Result.PRESENT: ("[=]", "green"),
    Result.FAILED: ("[x]", "red"),
    Result.SKIPPED: ("[-]", "yellow"),
    Result.INTERRUPTED: ("[!]", "yellow"),
}

STOPPING = "interrupted: what is being built is ended, nothing new is begun; once more ends at once"

#: What becomes of builds whose easyblock wants config.guess, and there is none.
WITHOUT_GUESS = "EasyBuild tries to download it itself, and most builds go on without it"

_MINUTE = 60
_HOUR = 60 * _MINUTE


def rough(seconds: float) -> str:
    """A duration that is a guess: `50s`, `14m`, `1h05m`."""
    if round(seconds) < _MINUTE:
        return f"{round(seconds)}s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes}m" if minutes < _HOUR / _MINUTE else f"{minutes // 60}h{minutes % 60:02}m"


def finished(outcome: Outcome) -> str:
    mark, color = MARKS[outcome.result]
    line = f"{click.style(mark, fg=color)} {outcome.step.package.module}"
    if outcome.seconds:
        line += f" {duration(outcome.seconds)}"
    return line + (f": {outcome.cause}" if outcome.cause else "")
