"""The answer as GitHub's workflow commands, which show at the lines of the easystacks, and plain last lines. Pure."""

import os.path
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from eessi_stack.cli.formats import findings, words
from eessi_stack.cli.formats.naming import named
from eessi_stack.cli.formats.report import Report
from eessi_stack.errors import StackError
from eessi_stack.model import Request, State, Target, Verdict

#: So many lines of one annotation, and names in one of the last lines; the other formats have them all.
MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is to be said of one package at one line of an easystack."""

    verdict: Verdict
    asked: bool  #: whether that line asks for the package; else it needs it
    targets: list[Target] = field(default_factory=list)


def render(report: Report) -> str:
    return "\n".join((*_errors(report), *_warnings(report), *_last(report)))


def refused(errors: Iterable[StackError], folder: Path, workspace: Path | None) -> str:
    """Easystacks that cannot be read, at the lines where that is."""
    said = []
    for error in errors:
        file, _, line = error.context.partition("\n")[0].rpartition(":")
        place = line_of(file, line, folder, workspace) if file and line.isdecimal() else {}
        message = words.quoted("; ".join(part for part in (error.message, error.hint) if part))
        said.append(command("error", message, **place, title="easystack"))
    return "\n".join(said)


def _errors(report: Report) -> Iterator[str]:
    for why, where in findings.problems(report):
        yield command("error", "\n".join(words.parts(why)), title=named(where, report.targets))
    for place, remarks in _by_line(report, *findings.BAD).items():
        said = [*_own(remarks, report), *_needed(remarks, report)]
        yield command("error", _lines(said), title=_title(remarks), **_at(place, report))


def _warnings(report: Report) -> Iterator[str]:
    for place, remarks in _by_line(report, State.DRIFT).items():
        said = [_drifted(one, report) for one in remarks]
        yield command("warning", _lines(said), title="drift", **_at(place, report))
    for one, where in findings.unused(report):
        message = f"{one.easyconfig} need not be excluded any more on {named(where, report.targets)}"
        yield command("warning", message, title="exclusion without effect", **_at((one.file, one.line), report))


def _by_line(report: Report, *states: State) -> dict[tuple[str, int], list[Remark]]:
    """What is to be said at each line of the easystacks, in their order; the same of several targets once."""
    found: dict[tuple[str, int], dict[tuple[str, State, str], Remark]] = {}
    for answer, told in report.told:
        for entry, one in findings.at_entries(told, *states):
            line = found.setdefault(_place(entry), {})
            remark = Remark(verdict=one, asked=entry in one.requests)
            line.setdefault((one.package.module, one.state, one.reason), remark).targets.append(answer.target)
    files = {file: at for at, file in enumerate(report.stack.files)}
    ordered = sorted(found, key=lambda place: (files.get(place[0], len(files)), place))
    return {place: list(found[place].values()) for place in ordered}


def _place(entry: Request | None) -> tuple[str, int]:
    return (entry.file, entry.line) if entry else ("", 0)


def _own(remarks: list[Remark], report: Report) -> Iterator[str]:
    """What is wrong with what the line asks for."""
    for one in remarks:
        if one.asked:
            yield f"{one.verdict.package.module} is {_state(one, report)}"


def _needed(remarks: list[Remark], report: Report) -> Iterator[str]:
    """What is wrong with what that needs: the same of several packages once."""
    alike: dict[str, list[str]] = {}
    for one in remarks:
        if not one.asked:
            alike.setdefault(_state(one, report), []).append(one.verdict.package.module)
    yield from (f"needs {_names(modules)}: {said}" for said, modules in alike.items())


def _state(one: Remark, report: Report) -> str:
    state = "undecided" if one.verdict.state is State.ERROR else one.verdict.state
    reason = words.quoted(one.verdict.reason)
    return f"{state} on {named(one.targets, report.targets)}" + (f": {reason}" if reason else "")


def _drifted(one: Remark, report: Report) -> str:
    where = named(one.targets, report.targets)
    return f"{one.verdict.package.module} drifted on {where}: {words.drifted(one.verdict)}"


def _names(names: list[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def _lines(said: list[str]) -> str:
    more = len(said) - MOST
    return "\n".join([*said[:MOST], f"and {more} more"] if more > 0 else said)


def _title(remarks: list[Remark]) -> str:
    """The worst of what is said: `GROMACS/2024.4-foss-2023b: missing`."""
    worst = max(remarks, key=lambda one: (one.asked, one.verdict.state is State.ERROR))
    return f"{worst.verdict.package.module if worst.asked else 'a dependency'}: {worst.verdict.state}"


def _at(place: tuple[str, int], report: Report) -> dict[str, str]:
    file, line = place
    return {"file": path(file, report), "line": str(line)} if file else {}


def path(file: str, report: Report) -> str:
    """A file as GitHub knows it: relative to the workspace where it is in there."""
    return _relative(file, report.folder, report.workspace)


def line_of(file: str, line: int | str, folder: Path, workspace: Path | None) -> dict[str, str]:
    """Where an annotation shows: `folder` is where the command was run, which a relative file is relative to."""
    return {"file": _relative(file, folder, workspace), "line": str(line)}


def _relative(file: str, folder: Path, workspace: Path | None) -> str:
    workspace_path = os.path.normpath(workspace or folder)
    whole = os.path.normpath(folder / file)
    return os.path.relpath(whole, workspace_path) if whole.startswith(os.path.join(workspace_path, "")) else whole  # noqa: PTH118


def command(name: str, message: str, **properties: str) -> str:
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _last(report: Report) -> Iterator[str]:
    """The summary as an annotation, and plain lines for who searches the log."""
    yield command("notice", words.summary(report), title="eessi-stack missing")
    empty = findings.bare(report)
    found = findings.find(report, leave_out=empty)
    names = {state: list(dict.fromkeys(one.package.module for one in found[state])) for state in findings.BAD}
    if empty:
        names[State.MISSING].insert(0, f"everything on {named(empty, report.targets)}")
    for title, state in (
        (words.headline(report), State.MISSING),
        ("FAILED: installed, but broken:", State.BROKEN),
        ("ERROR: could not be decided:", State.ERROR),
    ):
        if names[state]:
            yield f"{title} {_names(names[state])}"
    yield from (words.problem(why, where, report) for why, where in findings.problems(report))
    unasked = words.elsewhere(report)
    if unasked:
        yield unasked
    yield words.summary(report)
