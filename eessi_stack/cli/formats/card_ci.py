"""The failure card where CI shows it: Markdown, annotations of GitHub, JUnit's XML. Pure."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from eessi_stack.cli.formats.card import WIDEST, Card, excerpt, facts, headline, paths, summary
from eessi_stack.cli.formats.gfm import code, fenced, folded
from eessi_stack.cli.formats.github import command, line_of
from eessi_stack.cli.formats.words import quoted
from eessi_stack.model import Outcome, Result


def markdown(card: Card, *, unfolded: bool = False) -> Iterator[str]:
    """A card to unfold; what is between its title and its end is no HTML of the log's making."""
    yield from folded(_title(card), _details(card), unfolded=unfolded)


def _title(card: Card) -> str:
    """In `<code>`, GitHub makes neither links nor mentions of it."""
    said = escape(summary(card), quote=False)
    return f"❌ <b>{escape(headline(card), quote=False)}</b> <code>{said}</code>"


def _details(card: Card) -> Iterator[str]:
    lines = [line for line, _ in excerpt(card)]
    if lines:
        yield from fenced(lines)
    in_code = {"command", "skipped", *dict(paths(card))}
    for name, value in facts(card):
        yield f"- {name}: {_whole(value) if name in in_code else escape(value, quote=False)}"
    if card.requests:
        yield f"- asked for in: {', '.join(dict.fromkeys(code(one.source) for one in card.requests))}"
    yield ""


def _whole(value: str) -> str:
    """As code, in pieces where it is longer than a piece may be."""
    return " ".join(code(value[at : at + 300]) for at in range(0, len(value), 300))


def annotations(card: Card, folder: Path, workspace: Path | None) -> Iterator[str]:
    """An annotation at each line of an easystack that asked for it; one at no line where none did."""
    message = "\n".join(_said(card))
    places = dict.fromkeys((one.file, one.line) for one in card.requests)
    for file, line in places or {("", 0): None}:
        at = line_of(file, line, folder, workspace) if file else {}
        yield command("error", message, **at, title=headline(card))


def _said(card: Card) -> Iterator[str]:
    """What an annotation has room for."""
    asked = card.outcome.step.package.requests
    yield summary(card) if asked or not card.requests else f"needs {card.module}: {summary(card)}"
    for name, value in facts(card):
        yield f"{name}: {value[:WIDEST]}"


def case(outcome: Outcome, card: Card | None, classname: str) -> Element:
    """What became of one step as a case of JUnit; `card` is there where it could not be built."""
    package = outcome.step.package
    made = Element("testcase", classname=classname, name=quoted(package.module), time=f"{outcome.seconds:.1f}")
    if package.requests:
        made.set("file", quoted(package.requests[0].file))
        made.set("line", str(package.requests[0].line))
    if card is not None:
        failure = SubElement(made, "failure", type=str(card.failure.cause), message=summary(card))
        failure.text = "\n".join(_whole_card(card))
    elif outcome.result is Result.SKIPPED:
        SubElement(made, "skipped", message=quoted(outcome.cause))
    return made


def _whole_card(card: Card) -> Iterator[str]:
    yield f"{headline(card)}: {summary(card)}"
    yield ""
    yield from (f"{'>' if wrong else ' '} {line}" for line, wrong in excerpt(card))
    yield ""
    yield from (f"{name}: {quoted(value)}" for name, value in facts(card))
