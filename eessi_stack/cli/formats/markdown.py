"""The answer as Markdown for a pull request or a job's summary: a matrix, and lists to unfold. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eessi_stack.cli.formats import findings, words
from eessi_stack.cli.formats.findings import Finding
from eessi_stack.cli.formats.gfm import code, folded, plain, table
from eessi_stack.cli.formats.matrix import Row, matrix
from eessi_stack.cli.formats.naming import named
from eessi_stack.cli.formats.report import Report, verdict
from eessi_stack.errors import ExitCode
from eessi_stack.model import State, Target

#: GitHub refuses a comment of more than 65,536 characters.
LONGEST = 60_000

#: How many rows each list may have, tried in turn until the whole is short enough.
LIMITS = (1000, 300, 100, 30, 10, 3)

#: A list of more rows than this is folded; a matrix of more than twice as many shows what is not well.
FOLD = 10

#: In how many terms a list says which targets it means, and how many easystacks are named.
MOST = 6

MARKS = {ExitCode.OK: "✅", ExitCode.FINDING: "❌", ExitCode.UNDECIDED: "⚠️", None: "⚪"}

TITLES = {
    State.ERROR: "ERROR: could not be decided",
    State.BROKEN: "FAILED: installed, but broken",
    State.EXCLUDED: "excluded",
    State.DRIFT: "drift: recipes that changed since the stack was built, not counted as missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table, under a title to unfold it where it has one."""

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    title: str = ""
    unfolded: bool = False
    numbers: bool = False

    def lines(self, limit: int) -> Iterator[str]:
        made = table(self.header, self.rows, limit, numbers=self.numbers)
        return folded(self.title, made, unfolded=self.unfolded) if self.title else made


def render(report: Report) -> str:
    """The whole where it is short enough, else with shorter lists."""
    first, last = list(_first(report)), plain(words.elsewhere(report))
    sections = [one for one in (*_matrix(report), *_lists(report), _unused(report)) if one.rows]
    text = ""
    for limit in LIMITS:
        lines = (line for one in sections for line in one.lines(max(limit, 2 * FOLD) if one.numbers else limit))
        text = "\n".join((*first, *lines, last)).rstrip()
        if len(text) <= LONGEST:
            break
    return text


def _first(report: Report) -> Iterator[str]:
    yield f"### {MARKS[verdict(report)]} {plain(words.summary(report))}"
    yield ""
    files = report.stack.files
    more = f" and {len(files) - MOST} more" if len(files) > MOST else ""
    yield f"{', '.join(code(file) for file in files[:MOST])}{more} in {code(str(report.root))}"
    yield ""
    troubles = findings.problems(report)
    for why, where in troubles[:FOLD]:
        yield f"> {plain(words.problem(why, where, report))}"
        yield ""
    if len(troubles) > FOLD:
        yield f"> and {len(troubles) - FOLD} more"
        yield ""


def _matrix(report: Report) -> Iterator[Section]:
    """A row a target; of many, those that are well are folded."""
    states, rows = matrix(report)
    header = ("", "target", *states, "")
    if len(rows) <= 2 * FOLD:
        yield Section(header=header, rows=[_row(row, row.label) for row in rows], numbers=True)
        return
    whole = [_row(row, str(row.answer.target)) for row in rows]
    good = [cells for row, cells in zip(rows, whole, strict=True) if row.code is ExitCode.OK]
    others = [cells for row, cells in zip(rows, whole, strict=True) if row.code is not ExitCode.OK]
    title = f"{MARKS[ExitCode.OK]} {len(good)} targets without anything missing"
    yield Section(header=header, rows=others, numbers=True)
    yield Section(header=header, rows=good, numbers=True, title=title)


def _row(row: Row, label: str) -> tuple[str, ...]:
    indent = "&emsp;" if label.startswith(" ") else ""
    return MARKS[row.code], indent + code(label.strip()), *row.counts, plain(row.remark)


def _lists(report: Report) -> Iterator[Section]:
    """What is missing, then what else was found; what bears on the verdict is unfolded where it is short."""
    empty = findings.bare(report)
    found = findings.find(report, leave_out=empty)
    for state in (State.MISSING, *TITLES):
        rows = [_cells(report, one) for one in found[state]]
        if state is State.MISSING and empty:
            rows.append(("everything", _where(report, empty), "", ""))
        title = words.headline(report) if state is State.MISSING else f"{TITLES[state]}: {len(rows)}"
        unfolded = state in findings.BAD and len(rows) <= FOLD
        yield Section(header=("module", "targets", "why", "wanted by"), rows=rows, title=title, unfolded=unfolded)


def _cells(report: Report, one: Finding) -> tuple[str, ...]:
    drift = one.state is State.DRIFT
    why = words.drifted(one) if drift else words.quoted(one.reason)
    return code(one.package.module), _where(report, one.targets), plain(why), "" if drift else plain(words.wanted(one))


def _unused(report: Report) -> Section:
    rows = [
        (code(one.easyconfig), _where(report, where), plain(words.excluding(one)), plain(one.source))
        for one, where in findings.unused(report)
    ]
    title = f"exclusions that exclude nothing any more: {len(rows)}"
    return Section(header=("easyconfig", "targets", "why", "where"), rows=rows, title=title)


def _where(report: Report, some: Sequence[Target]) -> str:
    return plain(named(some, report.targets, MOST)) if len(report.answers) > 1 else ""
