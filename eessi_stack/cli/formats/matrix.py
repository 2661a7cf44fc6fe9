"""A row a target: what it has, lacks and left out, as cells for a text or a table. Pure."""

from collections import Counter
from dataclasses import dataclass

from eessi_stack.cli.formats.naming import under_their_cpu
from eessi_stack.cli.formats.report import Report, trouble, verdict_on
from eessi_stack.cli.formats.words import asked, remark
from eessi_stack.errors import ExitCode
from eessi_stack.model import Answer, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is said of one target."""

    answer: Answer
    label: str  #: the target; of an accelerator below its CPU, only what it adds to that
    code: ExitCode | None  #: None where nothing was asked
    counts: tuple[str, ...]  #: of modules, one a state of the header
    remark: str


def matrix(report: Report) -> tuple[tuple[State, ...], tuple[Row, ...]]:
    """The states that occur on any target, and the rows: accelerators below their CPU."""
    counts = [_counts(answer) for answer in report.answers]
    states = tuple(state for state in State if any(one[state] for one in counts))
    rows = []
    for at, label in under_their_cpu(report.targets):
        answer = report.answers[at]
        shown = tuple(str(counts[at][state] or "") for state in states)
        rows.append(Row(answer=answer, label=label, code=_code(answer), counts=shown, remark=remark(answer)))
    return states, tuple(rows)


def _counts(answer: Answer) -> Counter[State]:
    return Counter(one.state for one in answer.comparison.verdicts) if answer.comparison else Counter()


def _code(answer: Answer) -> ExitCode | None:
    return verdict_on(answer) if trouble(answer) or asked(answer) else None
