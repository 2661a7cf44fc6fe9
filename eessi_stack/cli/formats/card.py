"""The failure card: what went wrong with one package, for a terminal. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eessi_stack.cli.formats import layout
from eessi_stack.cli.formats.report import Screen
from eessi_stack.cli.formats.text import style
from eessi_stack.cli.formats.words import PROOF, quoted
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.model import Outcome, Request, Result, Step

#: Columns of a card where nobody says how wide the place is.
WIDTH = 80

#: So much of one line of a log is shown where there is room for any.
WIDEST = 500

#: So many lines of a command, and so many names, are shown.
LINES, NAMES = 3, 6

#: What a card is drawn with: corner, side, end, and the mark of the error.
STROKES = {True: ("┌─", "│", "└─", "─", "▶"), False: ("+-", "|", "+-", "-", ">")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One failed package, and what could not be built because of it."""

    outcome: Outcome
    skipped: tuple[Step, ...] = ()

    @property
    def module(self) -> str:
        return self.outcome.step.package.module

    @property
    def failure(self) -> Failure:
        """What went wrong; as far as the outcome itself says it where nobody looked closer."""
        outcome = self.outcome
        if outcome.failure is not None:
            return outcome.failure
        cause = Cause.INTERRUPTED if outcome.result is Result.INTERRUPTED else Cause.UNKNOWN
        return Failure(cause=cause, summary=outcome.cause or "nobody knows why")

    @property
    def requests(self) -> tuple[Request, ...]:
        """The entries that asked for it; else those that asked for what was skipped because of it."""
        own = self.outcome.step.package.requests
        return own or tuple(dict.fromkeys(one for step in self.skipped for one in step.package.requests))


def cards(outcomes: Sequence[Outcome]) -> tuple[Card, ...]:
    """A card for each package that could not be built, with what was skipped because of it."""
    skipped = [one.step for one in outcomes if one.result is Result.SKIPPED]
    bad = (one for one in outcomes if one.result in (Result.FAILED, Result.INTERRUPTED))
    return tuple(Card(outcome=one, skipped=tuple(_because_of(one.step, skipped))) for one in bad)


def _because_of(step: Step, skipped: Iterable[Step]) -> Iterator[Step]:
    """The steps that need it, directly or by others of them: they are in build order."""
    lost = {step.package.module}
    for one in skipped:
        if lost & set(one.package.needs):
            lost.add(one.package.module)
            yield one


def headline(card: Card) -> str:
    return f"{card.module}: {card.failure.cause}"


def summary(card: Card) -> str:
    return quoted(card.failure.summary)


def facts(card: Card) -> Iterator[tuple[str, str]]:
    """What one must know besides the error, each under its name; paths and commands are given whole."""
    failure, outcome = card.failure, card.outcome
    code = "" if outcome.exit_code is None else f"EasyBuild's exit code {outcome.exit_code}"
    if failure.step or code:
        yield "step", f"{failure.step} ({code})" if failure.step and code else failure.step or code
    if failure.command:
        yield "command", quoted(failure.command)
    if failure.exit_code is not None:
        yield "exit code", str(failure.exit_code)
    yield from ((name, value) for name, value in paths(card) if value)
    if card.skipped:
        yield "skipped", some([step.package.module for step in card.skipped])


def paths(card: Card) -> tuple[tuple[str, str], ...]:
    """Where to go on from."""
    failure = card.failure
    return (("log", card.outcome.log), ("output", failure.output), ("re-enter", failure.reenter))


def some(names: Sequence[str], most: int = NAMES) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def excerpt(card: Card) -> Iterator[tuple[str, bool]]:
    """The lines of the excerpt without what would disturb the place they are shown in, and whether one is the error."""
    for at, line in enumerate(card.failure.excerpt):
        yield layout.cut(clean(line), WIDEST, unicode=True), at == card.failure.error_line


def clean(line: str) -> str:
    """One line of a log: no control characters, and not the words that only our own verdict may say."""
    text = line.expandtabs().replace(PROOF, PROOF.lower()).rstrip()
    return (
        text
        if text.isprintable()
        else "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    )


def panel(card: Card, screen: Screen) -> Iterator[str]:
    """The card as lines for a terminal or a log. Paths are never cut, so that they can be copied."""
    corner, side, end, rule, mark = STROKES[screen.unicode]
    said = f"{card.outcome.result.upper()}: {headline(card)}"
    edge = screen.width or WIDTH
    yield f"{corner} {style(said, screen, 'red')} " + rule * max(edge - len(f"{corner} {said} "), 0)
    for line in _inside(card, screen, mark):
        yield f"{side} {line}".rstrip()
    yield end + rule * max(edge - len(end), 0)


def _inside(card: Card, screen: Screen, mark: str) -> Iterator[str]:
    yield from (style(line, screen, "bold") for line in _folded(_encoded(summary(card), screen), screen, margin=2))
    yield ""
    for line, wrong in excerpt(card):
        room = screen.width - 4 if screen.width else WIDEST
        shown = layout.cut(_encoded(line, screen), room, unicode=screen.unicode)
        yield style(f"{mark} {shown}", screen, "red") if wrong else f"  {shown}"
    if card.failure.excerpt:
        yield ""
    whole = dict(paths(card))
    for name, value in facts(card):
        if name in whole and screen.width and len(value) > screen.width - 13:  # a line of its own, to be copied
            yield from (f"{name}:", value)
            continue
        lines = [value] if name in whole else _folded(_encoded(value, screen), screen, margin=13)
        yield from (f"{'' if at else f'{name}:':<10} {line}" for at, line in enumerate(_first(lines)))


def _folded(text: str, screen: Screen, margin: int) -> list[str]:
    return layout.fit(text, screen.width, margin)


def _first(lines: list[str]) -> list[str]:
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1]} ..."]


def _encoded(text: str, screen: Screen) -> str:
    """Text with nothing that the place cannot show."""
    if screen.unicode:
        return text
    return text.translate(_PLAIN).encode("ascii", errors="replace").decode("ascii")


_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "│": "|", "─": "-", "\ufffd": "?"})  # noqa: RUF001
