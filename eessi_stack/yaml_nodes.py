"""YAML text → nodes that know their line. What is too large, too deep or no YAML is refused before it costs anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from eessi_stack.errors import StackError

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

MAX_BYTES = 1 << 20
MAX_NODES = 50_000  # all of EESSI's 259 easystacks together have fewer than 20 000
MAX_DEPTH = 20

_TAB = re.compile(r"^ *\t[ \t]*[^\s#]", re.MULTILINE)
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    text: str
    line: int
    plain: bool = True  #: neither quoted nor tagged: may be a number, a boolean or nothing

    @property
    def empty(self) -> bool:
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


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
    return StackError(reference, f"{place}: {cause}", context=place, hint=hint)


def compose(content: str | bytes, source: str) -> Node:
    """The one document of a YAML text, as nodes."""
    from ruamel.yaml import YAML  # noqa: PLC0415 (takes as long as the rest of a light command)
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415

    text = _decode(content, source)
    if tab := _TAB.search(text):
        hint = "indent with spaces only"
        raise error_at(source, _line(text, tab.start()), "easystack-tab", "a tab in the indentation", hint)
    try:
        return _Composer(YAML(typ="safe", pure=True).parse(text), source).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise error_at(source, mark.line + 1 if mark else 1, "easystack-yaml", _cause(error)) from error
    except ReaderError as error:
        cause = f"the character U+{ord(error.character):04X} is not allowed in YAML"
        raise error_at(source, _line(text, error.position), "easystack-yaml", cause) from error


def _cause(error: Exception) -> str:
    parts = (getattr(error, "problem", None), getattr(error, "context", None))
    return f"not valid YAML: {' '.join(part for part in parts if part)}"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _decode(content: str | bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        cause = f"larger than {MAX_BYTES // 1024} KiB: this is no easystack"
        raise error_at(source, 1, "easystack-too-large", cause)
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        cause = f"not UTF-8: byte 0x{content[error.start]:02x}"
        hint = "save it as UTF-8, for example by `iconv -f latin1 -t utf-8`"
        raise error_at(source, line, "easystack-encoding", cause, hint) from error


class _Composer:
    """Builds nodes from the parser's events; an alias counts as if it was written out, so no bomb goes off."""

    def __init__(self, events: "Iterator[Event]", source: str) -> None:
        self.events = events
        self.source = source
        self.count = 0
        self.anchors: dict[str, tuple[Node, int]] = {}

    def document(self) -> Node:
        next(self.events)  # the stream starts
        if _kind(next(self.events)) == "StreamEnd":
            raise error_at(self.source, 1, "easystack-empty", "the file holds nothing", "name what to build: `easyconfigs:`")
        root = self.node(next(self.events), depth=1)
        next(self.events)  # the document ends
        if _kind(event := next(self.events)) != "StreamEnd":
            self.refuse(event, "easystack-documents", "a second YAML document", "one document a file: split it at `---`")
        return root

    def node(self, event: "Event", depth: int) -> Node:
        if _kind(event) == "Alias":
            return self.alias(event)
        if depth > MAX_DEPTH:
            self.refuse(event, "easystack-too-deep", f"nested deeper than {MAX_DEPTH} levels: this is no easystack")
        if event.ctag is not None and str(event.ctag) not in _TAGS:
            self.refuse(event, "easystack-tag", f"the YAML tag `{event.ctag}`", "easystacks hold plain values only")
        before = self.count
        self.grow(1, event)
        node = self.build(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node, self.count - before
        return node

    def build(self, event: "Event", depth: int) -> Node:
        line = event.start_mark.line + 1
        if _kind(event) == "Scalar":
            return Scalar(text=event.value, line=line, plain=event.implicit[0])
        items = tuple(self.children(depth + 1))
        if _kind(event) == "SequenceStart":
            return Sequence(items=items, line=line)
        return Mapping(pairs=tuple(zip(items[::2], items[1::2], strict=True)), line=line)

    def children(self, depth: int) -> Iterator[Node]:
        while _kind(event := next(self.events)) not in {"SequenceEnd", "MappingEnd"}:
            yield self.node(event, depth)

    def alias(self, event: "Event") -> Node:
        if event.anchor not in self.anchors:
            self.refuse(event, "easystack-yaml", f"the alias `*{event.anchor}` has no anchor `&{event.anchor}` above it")
        node, size = self.anchors[event.anchor]
        self.grow(size, event)
        return node

    def grow(self, size: int, event: "Event") -> None:
        self.count += size
        if self.count > MAX_NODES:
            cause = f"more than {MAX_NODES} values, those of aliases included: this is no easystack"
            self.refuse(event, "easystack-too-large", cause)

    def refuse(self, event: "Event", reference: str, cause: str, hint: str = "") -> NoReturn:
        raise error_at(self.source, event.start_mark.line + 1, reference, cause, hint)


def _kind(event: "Event") -> str:
    """The event's class by its name, so that ruamel is imported where YAML is read and nowhere else."""
    return type(event).__name__.removesuffix("Event")
