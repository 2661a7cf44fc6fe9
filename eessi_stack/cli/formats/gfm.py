"""Pieces of GitHub's Markdown: escaped text, tables, folded parts. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

#: What one cell or sentence may hold.
LONGEST = 300

_SPECIAL = re.compile(r"([\\`*|\[\]~])")
_FENCES = re.compile(r"`+")


def plain(text: str) -> str:
    """Text that is shown as it is."""
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    escaped = cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped)


def code(text: str) -> str:
    """A name as code, in a table too: between more backticks than it has itself."""
    if not text:
        return ""
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    fence = "`" * (max((len(found) for found in _FENCES.findall(cut)), default=0) + 1)
    space = " " if "`" in cut else ""
    return f"{fence}{space}{cut}{space}{fence}".replace("|", "\\|").replace("\n", " ")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], limit: int, *, numbers: bool = False) -> Iterator[str]:
    """A table of at most so many rows, without the columns that are empty in all of them."""
    full = [at for at in range(len(header)) if any(row[at] for row in rows)]
    yield _row(header[at] for at in full)
    yield _row("--:" if numbers and at > 1 and header[at] else "---" for at in full)
    yield from (_row(row[at] for at in full) for row in rows[:limit])
    yield ""
    if len(rows) > limit:
        yield f"and {len(rows) - limit} more"
        yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def folded(title: str, lines: Iterable[str], *, unfolded: bool = False) -> Iterator[str]:
    """Lines under a title that shows them when it is clicked on."""
    yield f"<details{' open' if unfolded else ''}><summary>{title}</summary>"
    yield ""
    yield from lines
    yield "</details>"
    yield ""


def fenced(lines: Sequence[str]) -> Iterator[str]:
    """Lines that are shown as they are, between more backticks than any of them has."""
    fence = "`" * max(3, *(len(found) + 1 for line in lines for found in _FENCES.findall(line)), 3)
    yield f"{fence}text"
    yield from lines
    yield fence
    yield ""
