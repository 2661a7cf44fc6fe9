"""A line for each build that goes on, in columns. Pure."""

from collections.abc import Sequence

from rich.text import Text

from eessi_stack.cli.output import duration
from eessi_stack.cli.progress.cells import columns, padded
from eessi_stack.cli.progress.state import Running, View
from eessi_stack.cli.progress.words import rough

GAP = "  "
MARK = 2  # cells before the first column
#: A phase of fewer cells says nothing; names are cut to so many for its sake, and to no fewer than the last at all.
LEAST_PHASE, SHORT_MODULE, LEAST_MODULE = 12, 24, 16

#: Module, cores, how long it has taken and will take; what it does comes last, and may be cut.
Cells = tuple[str, str, str, str, str]
STYLES = ("", "dim", "", "", "cyan")
RIGHT = (False, False, True, True, False)


def rows(view: View, shown: Sequence[Running], now: float, width: int) -> list[Text]:
    """One line a build. Where columns do not fit, cores go, then names are cut, then the phase goes."""
    cells = [_cells(one, now) for one in shown]
    widths = _widths(cells, width)
    marks = ["*" if view.is_critical(one) else "" for one in shown]
    return [_line(mark, row, widths) for mark, row in zip(marks, cells, strict=True)]


def _cells(one: Running, now: float) -> Cells:
    cores = f"{one.cores} core" if one.cores == 1 else f"{one.cores} cores"
    return (one.module, cores, duration(now - one.since), _left(one.left(now)), one.phase or "starting")


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{rough(-seconds)} over" if seconds < 0 else f"~{rough(seconds)} left"


def _widths(cells: Sequence[Cells], width: int) -> list[int]:
    """The cells of each column; a column of none is left out."""
    module, cores, took, left, phase = (max(map(columns, column)) for column in zip(*cells, strict=True))
    least = min(phase, LEAST_PHASE)
    for some_cores in (cores, 0):
        room = width - _taken([module, some_cores, took, left]) - len(GAP)
        if room >= least:
            return [module, some_cores, took, left, min(phase, room)]
    room = width - _taken([took, left, least]) - len(GAP)
    if room >= SHORT_MODULE:
        return [room, 0, took, left, least]
    room = width - _taken([took, left]) - len(GAP)
    return [min(module, max(room, LEAST_MODULE)), 0, took, left, 0]


def _taken(widths: Sequence[int]) -> int:
    shown = [size for size in widths if size]
    return MARK + sum(shown) + len(GAP) * (len(shown) - 1)


def _line(mark: str, row: Cells, widths: Sequence[int]) -> Text:
    parts = [
        Text(padded(text, size, right=right), _style(text, style))
        for text, size, style, right in zip(row, widths, STYLES, RIGHT, strict=True)
        if size
    ]
    line = Text.assemble((f"{mark:<{MARK}}", "yellow"), Text(GAP).join(parts))
    line.rstrip()
    return line


def _style(text: str, style: str) -> str:
    return "yellow" if text.endswith(" over") else style
