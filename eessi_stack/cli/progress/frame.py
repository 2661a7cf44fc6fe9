"""What a terminal shows of a running install: a header, a line a build, the last line of one log. Pure."""

from collections.abc import Iterator

from rich.text import Text

from eessi_stack.cli.progress.cells import cut
from eessi_stack.cli.progress.eta import Remainder, remainder
from eessi_stack.cli.progress.rows import rows
from eessi_stack.cli.progress.state import View
from eessi_stack.cli.progress.words import rough
from eessi_stack.model import Result

INDENT = "  "

#: How the time that is left is said: all of it known, some of it; and what comes after.
LONG, SHORT = ("about ", "at least ", " left"), ("~", ">", "")

#: What is said of a header's part, and its style.
Part = tuple[str, str]


def frame(view: View, now: float, width: int, height: int) -> list[Text]:
    """At most `height` lines of at most `width` cells; what is on the critical path goes first."""
    if not view.steps or height < 1:
        return []
    lines = [header(view, now, width), *_builds(view, now, width, height - 1)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _builds(view: View, now: float, width: int, height: int) -> list[Text]:
    """The builds, with the last line of the first one's log where there is room for it."""
    running = view.by_weight
    room = height if len(running) <= height or height <= 1 else height - 1
    shown = running[:room]
    lines = rows(view, shown, now, width) if shown else []
    if view.line and 0 < len(running) < height:
        lines.insert(1, Text(f"{INDENT}{INDENT}{cut(view.line, width - 2 * len(INDENT))}", "dim"))
    if len(running) > room > 1:
        lines.append(Text(f"{INDENT}… and {len(running) - room} more", "dim"))
    return lines


def header(view: View, now: float, width: int) -> Text:
    """`12 of 40 built · 1 failed · 3 running · 24 waiting · about 14m left`, shorter where that is too long."""
    lines = [Text(" · ").join(Text(*part) for part in parts) for parts in _headers(view, remainder(view, now))]
    return next((line for line in lines if line.cell_len <= width), lines[-1])


def _headers(view: View, left: Remainder | None) -> Iterator[list[Part]]:
    """Ways to say it, from the longest to the shortest."""
    good = view.counts[Result.BUILT] + view.counts[Result.PRESENT]
    built, short = (f"{good} of {len(view.steps)} built", "green"), (f"{good}/{len(view.steps)} built", "green")
    bad, running, waiting, state = _bad(view), _running(view), _waiting(view), _state(view)
    yield [built, *bad, *running, *waiting, *state, *_left(left, known=True)]
    yield [built, *bad, *running, *waiting, *state, *_left(left)]
    yield [short, *bad, *running, *waiting, *state, *_left(left, SHORT)]
    yield [short, *bad[:1], *running, *state, *_left(left, SHORT)]
    yield [(f"{good}/{len(view.steps)}", "green"), *bad[:1], *state, *_left(left, SHORT)]


def _bad(view: View) -> list[Part]:
    colors = {Result.FAILED: "red", Result.SKIPPED: "yellow", Result.INTERRUPTED: "yellow"}
    return [(f"{view.counts[result]} {result}", color) for result, color in colors.items() if view.counts[result]]


def _running(view: View) -> list[Part]:
    return [(f"{len(view.running)} running", "cyan")] if view.running else []


def _waiting(view: View) -> list[Part]:
    return [(f"{view.waiting} waiting", "")] if view.waiting else []


def _state(view: View) -> list[Part]:
    if view.stopping:
        return [("stopping", "yellow")]
    return [] if view.running or view.results else [("fetching sources", "")]


def _left(left: Remainder | None, words: tuple[str, str, str] = LONG, *, known: bool = False) -> list[Part]:
    """Nothing where all that is known should have ended by now; on request, of how many steps it is known."""
    if not left or not round(left.seconds):
        return []
    about, at_least, after = words
    text = f"{about if left.whole else at_least}{rough(left.seconds)}{after}"
    return [(f"{text} ({left.known} of {left.steps} known)" if known and not left.whole else text, "bold")]
