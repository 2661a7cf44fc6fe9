"""How a tree is, target by target: what is there, whether users see it, who builds what, what the last runs did."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eessi_stack import caches, contents, intent, journal, machine, runs
from eessi_stack.differ import Side
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.lmod.check import Report
from eessi_stack.model import Answer, Stack, State, Target
from eessi_stack.observe import Observer
from eessi_stack.place import Place
from eessi_stack.runs import Event, Run
from eessi_stack.survey import Survey

#: What is true of what a stack asks for and is not there.
LACKING = (State.MISSING, State.BROKEN, State.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Something that keeps others from building a module: who, and whether they live."""

    module: str
    owner: str
    held: bool | None  #: None where that cannot be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Where a prefix is, or would be."""

    there: bool
    writable: bool
    free: int  #: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one target is."""

    place: Place
    disk: Disk
    side: Side | None = None  #: None where that could not be told
    incomplete: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    events: tuple[Event, ...] = ()  #: builds that ended, the last one last
    latest: frozenset[str] = frozenset()  #: the names of the runs that count as the last
    runs: tuple[Run, ...] = ()  #: the last one last
    answer: Answer | None = None  #: where a stack was asked for
    cache: Report | None = None  #: of its CPU target
    problem: str = ""

    @property
    def built(self) -> tuple[Event, ...]:
        """The last builds that ended well."""
        return tuple(event for event in self.events if event.result == "built")

    @property
    def failed(self) -> tuple[Event, ...]:
        """What went wrong the last time and is not there since: of the stack, else of the last run.

        What a stack does not ask for any more is nobody's loss.
        """
        last = {event.module: event for event in self.events}
        there = self.side.modules if self.side else {}
        failed = (event for name, event in last.items() if event.result == "failed" and name not in there)
        if self.answer is None or self.answer.comparison is None:
            return tuple(event for event in failed if event.run in self.latest)
        lacking = {one.package.module for one in self.answer.comparison.of(*LACKING)}
        return tuple(event for event in failed if event.module in lacking)


def status(
    places: Sequence[Place], stack: Stack | None = None, *, extensions: bool = False, with_caches: bool = True
) -> tuple[Status, ...]:
    """How each of these is; what cannot be told of one keeps none of the others from it."""
    observer = Observer(places[0].settings.cache_dir)
    reports = _caches(places) if with_caches else {}
    answers = _answers(places, stack) if stack else {}
    return tuple(
        _look(place, observer, reports.get(place.target.cpu), answers.get(place.target), extensions=extensions)
        for place in places
    )


def _caches(places: Sequence[Place]) -> dict[str, Report]:
    """CPU target → what is to be said of its cache; those that are not there have none."""
    there = [place for place in places if os.path.isdir(place.tree.prefix(place.target.cpu_only))]  # noqa: PTH112
    if not there:
        return {}
    try:
        return {report.home.target.cpu: report for report in caches.checked(there)}
    except StackError as error:
        homes = caches.homes(there)
        return {home.target.cpu: Report(home=home, problem=error.message) for home in homes}


def _answers(places: Sequence[Place], stack: Stack) -> dict[Target, Answer]:
    asked = [place.target for place in places]
    with Survey(stack, places[0].settings, alone=len(places) == 1) as survey:
        return {place.target: survey.answer(place, asked) for place in places}


def _look(place: Place, observer: Observer, cache: Report | None, answer: Answer | None, *, extensions: bool) -> Status:
    prefix = place.tree.prefix(place.target)
    events = journal.events_if_readable(prefix)
    status = Status(
        place=place,
        disk=_disk(prefix),
        events=runs.ended(events),
        latest=runs.latest(events),
        runs=runs.runs(events, os.uname().nodename, machine.is_ours),
        answer=answer,
        cache=cache,
    )
    try:
        side = contents.look(place, observer, extensions=extensions)
        seen = observer.layer(place.tree.modules(place.target))
        return replace(status, side=side, incomplete=tuple(sorted(seen.incomplete)), locks=_locks(prefix))
    except StackError as error:
        if error.exit_code is not ExitCode.UNDECIDED:
            raise
        return replace(status, problem=error.message)
    except OSError as error:
        return replace(status, problem=f"{error.filename}: cannot be read: {error.strerror}")


def _disk(prefix: Path) -> Disk:
    existing = next(path for path in (prefix, *prefix.parents) if path.exists())
    found = os.statvfs(existing)
    writable = os.access(existing, os.W_OK) and not found.f_flag & os.ST_RDONLY
    return Disk(there=prefix.is_dir(), writable=writable, free=found.f_bavail * found.f_frsize)


def _locks(prefix: Path) -> tuple[Lock, ...]:
    """Our marks, and EasyBuild's own locks, of which nobody knows who made them."""
    ours = intent.owners(prefix)
    locks = [
        Lock(module=name, owner=str(owner), held=intent.is_held(prefix, name)) for name, owner in sorted(ours.items())
    ]
    known = {name.replace("/", "_") for name in ours}
    others = sorted(intent.easybuild_locks(prefix) - known)
    return (*locks, *(Lock(module=name, owner="EasyBuild", held=None) for name in others))
