"""Rows of cells as lines that line up, and that fit where there is an edge. Pure."""

import textwrap
from collections.abc import Iterator, Sequence

INDENT = "  "

#: Where what explains a first cell starts when it stands below it.
BELOW = 3 * len(INDENT)

#: A cell is not padded to more than this, however long another one is.
WIDEST = 50


def rows(cells: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """Rows of cells of which the first starts with its bullet, the others explain it; columns that are empty go."""
    full = [column for column in zip(*cells, strict=True) if any(column)]
    widths = [min(max(map(len, column)), WIDEST) for column in full]
    lines = [_line(row, widths) for row in zip(*full, strict=True)]
    if width is None or all(len(line) <= width for line in lines):
        yield from lines
        return
    edge = len(INDENT) + widths[0] + len(INDENT) if widths[0] <= width // 2 else BELOW
    for row, line in zip(zip(*full, strict=True), lines, strict=True):
        if edge > BELOW and len(line) <= width:
            yield line
        else:
            yield from _folded(row, edge if _widest_word(row) <= width - edge else BELOW, width)


def _widest_word(row: Sequence[str]) -> int:
    return max((len(word) for cell in row[1:] for word in cell.split()), default=0)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True))
    return (INDENT + INDENT.join(padded)).rstrip()


def _folded(row: Sequence[str], edge: int, width: int) -> Iterator[str]:
    """One row over several lines: what explains the first cell stands from the edge on."""
    others = [cell for cell in row[1:] if cell]
    joined = INDENT.join(others)
    wrapped = [joined] if len(joined) <= width - edge else [line for cell in others for line in fit(cell, width, edge)]
    lead = f"{INDENT}{row[0]}"
    if wrapped and len(lead) + len(INDENT) <= edge:
        lead = f"{lead:<{edge}}{wrapped.pop(0)}"
    yield lead
    yield from (f"{'':<{edge}}{line}" for line in wrapped)


def fit(text: str, width: int | None, edge: int = 0) -> list[str]:
    """Text as lines that stand from an edge to that width; words that are longer, paths and links, stay whole."""
    if not width:
        return [text]
    return textwrap.wrap(text, max(width - edge, 20), break_long_words=False, break_on_hyphens=False)


def cut(text: str, width: int, *, unicode: bool) -> str:
    """Text of at most that width; what is left out shows."""
    if len(text) <= width:
        return text
    dots = "…" if unicode else "..."
    return text[: max(width - len(dots), 0)].rstrip() + dots
