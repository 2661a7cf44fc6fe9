"""The answer for people: a matrix where there are several targets, what was found, and one last line. Pure."""

from collections.abc import Iterator, Sequence

import click

from eessi_stack.cli.formats import findings, layout, words
from eessi_stack.cli.formats.findings import Finding
from eessi_stack.cli.formats.matrix import Row, matrix
from eessi_stack.cli.formats.naming import named
from eessi_stack.cli.formats.report import Report, Screen, verdict
from eessi_stack.errors import ExitCode
from eessi_stack.model import State, Target

#: How a target's verdict shows, with and without Unicode; None means that nothing is asked of it.
MARKS = {
    ExitCode.OK: ("✓", "ok", "green"),
    ExitCode.FINDING: ("✗", "no", "red"),
    ExitCode.UNDECIDED: ("?", "??", "red"),
    None: ("·", "-", "bright_black"),
}

#: On a terminal, a package's targets are named in at most so many terms.
MOST = 4

#: State → what its list is called; what is bad comes first.
TITLES = {
    State.ERROR: "ERROR: could not be decided:",
    State.BROKEN: "FAILED: installed, but broken:",
    State.EXCLUDED: "excluded:",
    State.DRIFT: "drift (recipes that changed since the stack was built; not counted as missing):",
}


def render(report: Report) -> str:
    return "\n".join(lines(report))


def lines(report: Report) -> Iterator[str]:
    if len(report.answers) > 1:
        yield from table(report)
        yield ""
    else:
        yield from (f"{one.target}: {words.quoted(one.note)}" for one in report.answers if one.note)
    empty = findings.bare(report)
    found = findings.find(report, leave_out=empty)
    yield from missing(report, found[State.MISSING], empty)
    yield from undecided(report, found[State.ERROR])
    for state in (State.BROKEN, State.EXCLUDED, State.DRIFT):
        yield from section(report, state, found[state])
    yield from left_over(report)
    yield from _folded(words.summary(report), report.screen, "green" if verdict(report) is ExitCode.OK else "red")


def table(report: Report) -> Iterator[str]:
    """The matrix of targets. On a terminal, what does not fit is cut: the lists below say it in full."""
    states, rows = matrix(report)
    screen = report.screen
    marks = [MARKS[row.code][0 if screen.unicode else 1] for row in rows]
    margin = max(map(len, marks)) + 1
    edge = max(len("target"), *(len(row.label) for row in rows))
    sizes = [len(state) for state in states]
    yield style(" " * margin + _whole(_cells("target", states, edge, sizes), screen, margin), screen, "bold")
    for mark, row in zip(marks, rows, strict=True):
        cells = _with_remark(_cells(row.label, row.counts, edge, sizes), row, screen, margin)
        yield style(mark, screen, MARKS[row.code][2]) + " " * (margin - len(mark)) + cells


def _cells(label: str, counts: Sequence[str], edge: int, sizes: Sequence[int]) -> str:
    numbers = (f"{count:>{size}}" for count, size in zip(counts, sizes, strict=True))
    return "  ".join((f"{label:<{edge}}", *numbers))


def _with_remark(cells: str, row: Row, screen: Screen, margin: int) -> str:
    """A remark stands behind the last column; on a narrow terminal, behind the last count."""
    line = f"{cells}  {row.remark}".rstrip()
    if screen.width and margin + len(line) > screen.width:
        line = f"{cells.rstrip()}  {row.remark}".rstrip()
    return _whole(line, screen, margin)


def _whole(line: str, screen: Screen, margin: int) -> str:
    return layout.cut(line, screen.width - margin, unicode=screen.unicode) if screen.width else line


def missing(report: Report, found: Sequence[Finding], empty: Sequence[Target]) -> Iterator[str]:
    """What is missing, in build order; a target that has nothing at all takes one line."""
    title = words.headline(report)
    if not title:
        return
    yield style(title, report.screen, "red")
    yield ""
    cells = [_missing_row(report, one) for one in found]
    if empty:
        cells.append(("* everything", among(report, empty), "", "", ""))
    yield from layout.rows(cells, report.screen.width)
    yield ""


def _missing_row(report: Report, one: Finding) -> tuple[str, ...]:
    filename = "" if len(report.answers) > 1 else one.package.filename
    return f"* {one.package.module}", targets(report, one), filename, words.wanted(one), words.quoted(one.reason)


def undecided(report: Report, found: Sequence[Finding] | None = None) -> Iterator[str]:
    """What could not be told, of whole targets and of packages."""
    troubles = findings.problems(report)
    for why, where in troubles:
        yield from _folded(words.problem(why, where, report), report.screen, "red")
        yield from (f"  {line}" for line in words.parts(why)[1:])
    yield from ("",) if troubles else ()
    yield from section(report, State.ERROR, findings.find(report)[State.ERROR] if found is None else found)


def section(report: Report, state: State, found: Sequence[Finding]) -> Iterator[str]:
    if not found:
        return
    yield from _folded(TITLES[state], report.screen, "red" if state in findings.BAD else "yellow")
    yield ""
    yield from layout.rows([_row(report, one) for one in found], report.screen.width)
    yield ""


def _row(report: Report, one: Finding) -> tuple[str, ...]:
    module, where = f"* {one.package.module}", targets(report, one)
    if one.state is State.DRIFT:
        return module, where, words.drifted(one)
    return module, where, words.quoted(one.reason), words.wanted(one)


def targets(report: Report, one: Finding) -> str:
    """Where something was found; nothing where there is one target only."""
    return among(report, one.targets)


def among(report: Report, some: Sequence[Target]) -> str:
    if len(report.answers) == 1:
        return ""
    return named(some, report.targets, MOST if report.screen.width else None)


def left_over(report: Report) -> Iterator[str]:
    """What of the stack itself said nothing: exclusions without effect, entries that nobody asked about."""
    useless = findings.unused(report)
    if useless:
        yield style("exclusions that exclude nothing any more:", report.screen, "yellow")
        yield ""
        cells = [
            (f"* {one.easyconfig}", among(report, where), one.source, words.excluding(one)) for one, where in useless
        ]
        yield from layout.rows(cells, report.screen.width)
        yield ""
    for unasked in (words.elsewhere(report), words.for_others(report)):
        if unasked:
            yield from _folded(unasked, report.screen, "")


def _folded(text: str, screen: Screen, color: str) -> Iterator[str]:
    """A sentence, on a terminal over as many lines as it takes."""
    lines = layout.fit(text, screen.width)
    yield from (style(line, screen, color) for line in lines)


def style(text: str, screen: Screen, look: str) -> str:
    if not screen.color or not look:
        return text
    return click.style(text, bold=True) if look == "bold" else click.style(text, fg=look)
