"""What was tried, and how it went. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was tried, how it went, and what to do about it."""

    name: str
    level: Level
    message: str
    hint: str = ""


def ok(name: str, message: str) -> Check:
    return Check(name=name, level=Level.OK, message=message)


def warning(name: str, message: str, hint: str = "") -> Check:
    return Check(name=name, level=Level.WARNING, message=message, hint=hint)


def error(name: str, message: str, hint: str = "") -> Check:
    return Check(name=name, level=Level.ERROR, message=message, hint=hint)
