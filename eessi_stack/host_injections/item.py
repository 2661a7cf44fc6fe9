"""What was looked at in `host_injections`, and what is true of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from eessi_stack.errors import ExitCode


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was looked at, what is true of it, and what to do about it."""

    name: str
    state: State
    message: str
    hint: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)  #: for programs


def verdict(items: Iterable[Item]) -> ExitCode:
    """What could not be told weighs more than what is missing: with it, nothing is proven."""
    states = {item.state for item in items}
    if State.UNDECIDED in states:
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if State.MISSING in states else ExitCode.OK
