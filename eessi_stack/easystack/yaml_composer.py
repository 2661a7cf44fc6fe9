"""YAML text → nodes. What is too large, too deep or no YAML is refused early, before it costs time or memory.

Importing ruamel takes longer than all else that a light command does: import this module only where YAML is read.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from eessi_stack.easystack.sheet import MAX_BYTES
from eessi_stack.easystack.yaml_nodes import Mapping, Node, Scalar, Sequence, error_at, quote

MAX_NODES = 50_000  # the easystacks of EESSI 2023.06 have some 12 000 all together
MAX_DEPTH = 20

_TAB = re.compile(r"^ *\t[ \t]*[^\s#]", re.MULTILINE)
_TAGS = frozenset({"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})


def compose(content: str | bytes, source: str) -> Node:
    """Turn a YAML text that holds one document into nodes."""
    text = _decode(content, source)
    if tab := _TAB.search(text):
        hint = "indent with spaces only"
        raise error_at(source, _line(text, tab.start()), "easystack-tab", "a tab in the indentation", hint)
    try:
        return _Composer(YAML(typ="safe", pure=True).parse(text), source).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        cause = " ".join(part for part in (error.problem, error.context) if part)
        raise error_at(source, mark.line + 1 if mark else 1, "easystack-yaml", f"not valid YAML: {cause}") from error
    except ReaderError as error:
        cause = f"the character U+{error.character:04X} is not allowed in YAML"
        raise error_at(source, _line(text, error.position), "easystack-yaml", cause) from error
    except ValueError as error:  # "\U00110000" goes from ruamel straight into chr()
        raise error_at(source, 1, "easystack-yaml", f"not valid YAML: {error}") from error


def _decode(content: str | bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        raise error_at(source, 1, "easystack-too-large", f"more than {MAX_BYTES // 1024} KiB: this is no easystack")
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8, for example by `iconv -f latin1 -t utf-8`"
        raise error_at(
            source, line, "easystack-encoding", f"not UTF-8: byte 0x{content[error.start]:02x}", hint
        ) from error


def _beside(key: Node, value: Node) -> Node:
    """Put an absent value on the line of its key: the parser says where the next token is."""
    absent = isinstance(value, Scalar) and value.plain and not value.text
    return replace(value, line=key.line) if absent else value


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


class _Composer:
    """Builds nodes from the parser's events; an alias counts as if it was written out, so no bomb goes off."""

    def __init__(self, events: Iterator[Event], source: str) -> None:
        self.events = events
        self.source = source
        self.count = 0
        self.anchors: dict[str, tuple[Node, int]] = {}

    def document(self) -> Node:
        next(self.events)  # the stream starts
        if isinstance(event := next(self.events), StreamEndEvent):
            self.refuse(event, "easystack-empty", "the file holds nothing", "name what to build under `easyconfigs:`")
        root = self.node(next(self.events), depth=1)
        next(self.events)  # the document ends
        if not isinstance(event := next(self.events), StreamEndEvent):
            hint = "one document a file: split it at `---`"
            self.refuse(event, "easystack-documents", "a second YAML document", hint)
        return root

    def node(self, event: Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.refuse(event, "easystack-too-deep", f"nested deeper than {MAX_DEPTH} levels: this is no easystack")
        assert isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent):
            return self.alias(event)
        before = self.count
        self.grow(1, event)
        node = self.build(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node, self.count - before
        return node

    def alias(self, event: AliasEvent) -> Node:
        if event.anchor not in self.anchors:
            self.refuse(event, "easystack-yaml", f"the alias {quote(event.anchor)} has no anchor above it")
        node, size = self.anchors[event.anchor]
        self.grow(size, event)
        return node

    def build(self, event: NodeEvent, depth: int) -> Node:
        assert isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent)
        if event.tag is not None and event.tag not in _TAGS:
            self.refuse(
                event, "easystack-tag", f"the YAML tag {quote(event.tag)}", "an easystack holds plain values only"
            )
        line = event.start_mark.line + 1
        if isinstance(event, ScalarEvent):
            return Scalar(text=event.value, line=line, plain=event.implicit[0])
        items = tuple(self.children(depth + 1))
        if isinstance(event, SequenceStartEvent):
            return Sequence(items=items, line=line)
        pairs = zip(items[::2], items[1::2], strict=True)
        return Mapping(pairs=tuple((key, _beside(key, value)) for key, value in pairs), line=line)

    def children(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), CollectionEndEvent):
            yield self.node(event, depth)

    def grow(self, size: int, event: Event) -> None:
        self.count += size
        if self.count > MAX_NODES:
            cause = f"more than {MAX_NODES} values, aliases written out: this is no easystack"
            self.refuse(event, "easystack-too-large", cause)

    def refuse(self, event: Event, reference: str, cause: str, hint: str = "") -> NoReturn:
        raise error_at(self.source, event.start_mark.line + 1, reference, cause, hint)
