"""Nodes of a YAML document that know their line, and checks that collect what is wrong with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from eessi_stack.errors import StackError, StackErrors

MAX_ERRORS = 100
MAX_SHOWN = 80

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
# EasyBuild reads YAML 1.1, where yes and no are booleans too.
_BOOLEANS = {
    spelling: truth
    for word, truth in {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.items()
    for spelling in (word, word.capitalize(), word.upper())
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    text: str
    line: int
    plain: bool = True  #: neither quoted nor tagged: may be a number, a boolean or nothing

    @property
    def value(self) -> str | int | bool | None:
        """What the text means. Fractions stay text, as most of them are versions: `2023.10`."""
        if not self.plain:
            return self.text
        if self.text in _NULL:
            return None
        return int(self.text) if _INTEGER.fullmatch(self.text) else _BOOLEANS.get(self.text, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    items: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    pairs: tuple[tuple["Node", "Node"], ...]
    line: int


Node = Scalar | Sequence | Mapping


def error_at(source: str, line: int, reference: str, cause: str, hint: str = "") -> StackError:
    place = f"{source}:{line}"
    return StackError(reference, f"{place}: {_printable(cause)}", context=place, hint=hint)


def quote(text: str) -> str:
    shown = _printable(text[: MAX_SHOWN + 1])
    return f"`{shown}`" if len(shown) <= MAX_SHOWN else f"`{shown[:MAX_SHOWN]}…`"


def _printable(text: str) -> str:
    """Escape what would not stay on one line of a terminal, or would steer it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def describe(node: Node) -> str:
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar():
            return "nothing" if node.value is None else quote(node.text)


def is_absent(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.value is None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    near = get_close_matches(name[:MAX_SHOWN], sorted(known), n=1)
    return f"did you mean `{near[0]}`?" if near else otherwise


class Findings:
    """Takes nodes for what they should be, and goes on where they are not: all that is wrong is said at once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.errors: list[StackError] = []

    def refuse(self, line: int, reference: str, cause: str, hint: str = "") -> None:
        if len(self.errors) == MAX_ERRORS:
            more = error_at(
                self.source, line, "easystack-errors", f"more than {MAX_ERRORS} errors; the rest is not shown"
            )
            raise StackErrors((*self.errors, more))
        self.errors.append(error_at(self.source, line, f"easystack-{reference}", cause, hint))

    def fields(self, node: Node | None, what: str) -> dict[Scalar, Node]:
        """Take a mapping with names as keys, each once; one that is absent or left empty has none."""
        if node is None or is_absent(node):
            return {}
        if not isinstance(node, Mapping):
            self.refuse(node.line, "kind", f"{what} is {describe(node)}, not a mapping", "write `name: value` under it")
            return {}
        fields: dict[str, tuple[Scalar, Node]] = {}
        for key, value in node.pairs:
            if not isinstance(key, Scalar) or key.value is None:
                self.refuse(key.line, "key", f"a name in {what} is {describe(key)}")
            elif key.text in fields:
                cause = f"{quote(key.text)} stands twice in {what}, first on line {fields[key.text][0].line}"
                self.refuse(key.line, "duplicate", cause, "keep one of them")
            else:
                fields[key.text] = key, value
        return dict(fields.values())

    def known_fields(self, node: Node | None, what: str, known: Iterable[str]) -> dict[str, Node]:
        """Take a mapping whose names are all known."""
        names = tuple(known)
        fields = self.fields(node, what)
        for key in fields:
            if key.text not in names:
                hint = did_you_mean(key.text, names, f"known: {', '.join(f'`{name}`' for name in names)}")
                self.refuse(key.line, "unknown-key", f"unknown key {quote(key.text)} in {what}", hint)
        return {key.text: value for key, value in fields.items() if key.text in names}

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Take a list; one that is absent or left empty has no items."""
        if isinstance(node, Sequence):
            return node.items
        if node is not None and not is_absent(node):
            self.refuse(node.line, "kind", f"{what} is {describe(node)}, not a list", "start each item with `- `")
        return ()

    def text(self, node: Node | None, what: str) -> str:
        """Take a text of one line that can be shown and passed on; empty where there is none."""
        if node is None:
            return ""
        if not isinstance(node, Scalar) or node.value in {None, ""}:
            self.refuse(node.line, "kind", f"{what} is {describe(node)}, not a text")
            return ""
        line = " ".join(node.text.split())
        if not line.isprintable():
            self.refuse(node.line, "character", f"{what} has a character that cannot be printed: {quote(line)}")
        return line

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        return tuple(self.text(item, f"an item of {what}") for item in self.items(node, what))
