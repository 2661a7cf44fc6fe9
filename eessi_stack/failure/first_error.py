"""Finds the first real error in what a command printed. Pure: one pass over its lines, a bounded number kept."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile

from eessi_stack.failure.complaints import COMMAND, EXCUSED, IGNORED, WORTH, Complaint, complaint

#: Lines of an excerpt before and after the error.
BEFORE, AFTER = 4, 6

#: So much of a line is judged: no pattern is slow on it, and no program says later what is wrong.
JUDGED = 1000

#: Make's `(ignored)` speaks of an error at most so many lines above it.
REACH = 20

#: So many names of failed tests are given, and so many are counted.
MOST_TESTS, MOST_COUNTED = 5, 1000


@dataclass(slots=True, kw_only=True)
class Found:
    """A line that tells of an error, and the lines around it."""

    complaint: Complaint
    number: int
    lines: list[str]
    at: int  #: which of the lines it is

    @property
    def line(self) -> str:
        return self.lines[self.at].strip()

    @property
    def whole(self) -> str:
        """The line, and the paragraph that it introduces."""
        below = (line.strip() for line in self.lines[self.at + 1 :]) if self.complaint.below else iter(())
        paragraph = takewhile(bool, dropwhile(lambda line: not line, below))
        return " ".join((self.line, *paragraph))


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one pass over the lines has found."""

    error: Found | None = None
    tests: list[str] = field(default_factory=list)  #: the first that failed
    failed_tests: int = 0
    last: tuple[str, ...] = ()  #: the last lines that say something


def first_error(lines: Iterable[str]) -> Reading:
    """Find the first line that says what is wrong; where none does, the first that says that something is."""
    search = _Search()
    for line in lines:
        search.take(line)
    return search.reading()


class _Search:
    def __init__(self) -> None:
        self.number = 0
        self.command = 0  # the number of the last command's own line
        self.excused = False  # whether that command may fail
        self.before: deque[str] = deque(maxlen=BEFORE)
        self.last: deque[str] = deque(maxlen=BEFORE + AFTER)
        self.found: dict[int, Found] = {}  # weight → the first
        self.forgiven: dict[int, Found] = {}  # the same, of errors that did not matter
        self.open: list[Found] = []  # whose lines below are still to come
        self.tests: dict[str, None] = {}

    def take(self, line: str) -> None:
        self.number += 1
        if self.open:
            self._continue(line)
        if WORTH.search(line) or COMMAND.match(line):
            self._judge(line)
        if line.strip():
            self.last.append(line)
        self.before.append(line)

    def _continue(self, line: str) -> None:
        for one in self.open:
            one.lines.append(line)
        self.open = [one for one in self.open if len(one.lines) <= one.at + AFTER]

    def _judge(self, whole: str) -> None:
        line = whole[:JUDGED]
        if COMMAND.match(line) or EXCUSED.search(line):
            self.command, self.excused = self.number, EXCUSED.search(line) is not None
        elif IGNORED.match(line):
            self._forgive(max(self.command, self.number - REACH))
        elif told := complaint(line):
            self._keep(whole, *told)

    def _keep(self, line: str, kind: Complaint, match: re.Match[str]) -> None:
        groups = match.groupdict()
        if groups.get("test") and len(self.tests) < MOST_COUNTED:
            self.tests.setdefault(groups["test"])
        excused = self.excused and self.number - self.command <= REACH
        kept = self.forgiven if excused else self.found
        if kind.weight not in kept:
            one = Found(complaint=kind, number=self.number, lines=[*self.before, line], at=len(self.before))
            kept[kind.weight] = one
            self.open.append(one)

    def _forgive(self, since: int) -> None:
        for weight, one in list(self.found.items()):
            if one.number > since:
                self.forgiven.setdefault(weight, self.found.pop(weight))

    def reading(self) -> Reading:
        candidates = self.found or self.forgiven
        error = candidates[min(candidates)] if candidates else None
        names = list(self.tests)
        return Reading(error=error, tests=names[:MOST_TESTS], failed_tests=len(names), last=tuple(self.last))
