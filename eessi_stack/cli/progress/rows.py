"""A line for each build that goes on, in columns. Pure."""

from collections.abc import Sequence

from rich.text import Text

from eessi_stack.cli.progress.cells import columns, padded
from eessi_stack.cli.progress.state import Running, View
from eessi_stack.cli.progress.words import duration, rough

GAP = "  "
MARK = 2  # cells before the first column
#: A phase of fewer cells says nothing, a module's name of fewer cells not which one it is.
LEAST_PHASE, LEAST_MODULE = 12, 16

#: Module, cores, how long it has taken and will take; what it does comes last, and may be cut.
Cells = tuple[str, str, str, str, str]
STYLES = ("", "dim", "", "", "cyan")


def rows(view: View, shown: Sequence[Running], now: float, width: int) -> list[Text]:
    """One line a build. Where columns do not fit, cores go first, then the phase; then names are cut."""
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
    for some_cores in (cores, 0):
        room = width - _taken([module, some_cores, took, left]) - len(GAP)
        if room >= min(phase, LEAST_PHASE):
            return [module, some_cores, took, left, min(phase, room)]
    over = max(_taken([module, took, left]) - width, 0)
    return [max(module - over, min(module, LEAST_MODULE)), 0, took, left, 0]


def _taken(widths: Sequence[int]) -> int:
    shown = [size for size in widths if size]
    return MARK + sum(shown) + len(GAP) * (len(shown) - 1)


def _line(mark: str, row: Cells, widths: Sequence[int]) -> Text:
    shown = [one for one in zip(row, widths, STYLES, strict=True) if one[1]]
    parts = [Text(padded(text, size), _style(text, style)) for text, size, style in shown]
    line = Text.assemble((f"{mark:<{MARK}}", "yellow"), Text(GAP).join(parts))
    line.rstrip()
    return line


def _style(text: str, style: str) -> str:
    return "yellow" if text.endswith(" over") else style
