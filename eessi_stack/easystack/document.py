"""The text of one easystack → what it says: EasyBuild's own format, and our header under the one key `eessi-stack`.

Importing ruamel takes longer than all else that a light command does: import this module only where YAML is read.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table

from eessi_stack import easybuild_options
from eessi_stack.easystack.sheet import Entry, Remark, Sheet, SheetErrors
from eessi_stack.easystack.yaml_composer import compose
from eessi_stack.easystack.yaml_exclusions import Exclusions, are_known_issues
from eessi_stack.easystack.yaml_nodes import Mapping, Node, Scalar, Sequence, describe, did_you_mean, is_absent, quote
from eessi_stack.errors import StackError
from eessi_stack.model import OptionValue

# EasyBuild reads `easybuild_version` and `robot`, and makes nothing of them.
TOP_LEVEL = ("easyconfigs", "eessi-stack", "easybuild_version", "robot")
HEADER = ("eessi-version", "easybuild-version", "filter-deps", "targets", "rebuild", "exclude")

_EASYCONFIG = re.compile(r"(?!-)\S*[^\s/]")
_VERSION = re.compile(r"[0-9A-Za-z][\w.+-]*")


def parse(text: str | bytes, source: str, options: Table[str, str]) -> Sheet:
    """Read the text of one easystack; errors call it `source`. SheetErrors with all that is wrong."""
    try:
        root = compose(text, source)
    except StackError as error:
        raise SheetErrors((error,), Sheet()) from error
    document = _Document(source, options)
    sheet = document.sheet(root)
    if document.errors:
        raise SheetErrors(tuple(sorted(document.errors, key=_line)), sheet)
    return sheet


def _line(error: StackError) -> int:
    return int(error.context.rpartition(":")[2])


class _Document(Exclusions):
    def __init__(self, source: str, options: Table[str, str]) -> None:
        super().__init__(source)
        self.options = options
        self.remarks: list[Remark] = []

    def sheet(self, root: Node) -> Sheet:
        if are_known_issues(root):
            return Sheet(left_out=tuple(self.known_issues(root)))
        if isinstance(root, Sequence):
            self.refuse(root.line, "kind", "an easystack is a list, not a mapping", "write `easyconfigs:` above it")
            return Sheet()
        top = self.known_fields(root, "an easystack", TOP_LEVEL)
        header = self.known_fields(top.get("eessi-stack"), "`eessi-stack`", HEADER)
        ignored = top.get("easybuild_version")
        return Sheet(
            entries=tuple(self.entries(root, top.get("easyconfigs"))),
            left_out=tuple(self.exclusion(item) for item in self.items(header.get("exclude"), "`exclude`")),
            eessi_version=self.version(header, "eessi-version"),
            easybuild_version=self.version(header, "easybuild-version"),
            filter_deps=self.texts(header.get("filter-deps"), "`filter-deps`"),
            targets=self.selectors(header.get("targets")),
            rebuild=self.truth(header.get("rebuild"), "`rebuild`"),
            ignored_version=ignored.text if isinstance(ignored, Scalar) else "",
            lines={key: node.line for key, node in (top | header).items()},
            remarks=tuple(self.remarks),
        )

    def entries(self, root: Node, entries: Node | None) -> Iterator[Entry]:
        hint = "name what to build, each on a line: `- NAME.eb`"
        if entries is None:
            if not self.errors:
                self.refuse(root.line, "no-easyconfigs", "no `easyconfigs`", hint)
            return
        items = self.items(entries, "`easyconfigs`")
        if not items and (is_absent(entries) or isinstance(entries, Sequence)):
            self.refuse(entries.line, "empty", "`easyconfigs` names nothing to build", hint)
        for item in items:
            yield from (entry for entry in self.entry(item) if entry.easyconfig)

    def entry(self, node: Node) -> Iterator[Entry]:
        match node:
            case Scalar():
                yield Entry(self.name(node), node.line, {})
            case Mapping(pairs=((Scalar() as name, details),)):
                yield Entry(self.name(name), name.line, self.details(details))
            case Mapping():
                names = ", ".join(quote(key.text) for key in self.fields(node, "an entry")) or "none"
                hint = "start each easyconfig with `- `, and indent its `options:` deeper than its name"
                self.refuse(node.line, "entry", f"an entry has one key, the easyconfig's name, not: {names}", hint)
            case Sequence():
                self.refuse(node.line, "entry", "an entry is a list, not an easyconfig", "write `- NAME.eb`")

    def name(self, name: Scalar) -> str:
        valid = isinstance(name.value, str) and name.text.isprintable() and _EASYCONFIG.fullmatch(name.text)
        if not valid:
            cause = f"an entry is {describe(name)}, not the name of an easyconfig"
            self.refuse(name.line, "entry", cause, "write `- NAME-VERSION-TOOLCHAIN.eb`")
        return name.text if valid else ""

    def details(self, node: Node) -> dict[str, OptionValue]:
        """Take what stands under an easyconfig's name."""
        options: Node | None = None
        for key, value in self.fields(node, "an entry").items():
            if key.text == "options":
                options = value
            else:
                moved = "put it under `options:`" if key.text in self.options else "only `options` is known"
                self.refuse(key.line, "unknown-key", f"unknown key {quote(key.text)}", moved)
        given = self.fields(options, "`options`")
        lines = {key.text: key.line for key in given}
        for pair in easybuild_options.EXCLUSIVE:
            if lines.keys() >= {*pair}:
                cause = " and ".join(f"`{name}`" for name in pair)
                self.remark(max(lines[name] for name in pair), cause, "EasyBuild takes one of them")
        return {key.text: self.option(key, value) for key, value in given.items()}

    def option(self, key: Scalar, node: Node) -> OptionValue:
        if key.text not in self.options:
            hint = did_you_mean(key.text, self.options, "`eb --help` lists them")
            self.refuse(key.line, "unknown-option", f"unknown option {quote(key.text)}", hint)
        if isinstance(node, Sequence):
            value: OptionValue = self.texts(node, f"option {quote(key.text)}")
        elif isinstance(node, Scalar) and node.text.isprintable():
            value = True if node.value is None else node.value  # as EasyBuild does: `rebuild:` is `--rebuild`
        else:
            self.refuse(node.line, "kind", f"option {quote(key.text)} is {describe(node)}, not a text or list")
            return ""
        self.check(key.text, node, value)
        return value

    def check(self, name: str, node: Node, value: OptionValue) -> None:
        if name not in self.options:
            return
        if wanted := easybuild_options.wanted(name, value, self.options):
            self.remark(node.line, f"option {quote(name)} is {describe(node)}, not {wanted}")
        elif value == 1 and type(value) is int:
            self.remark(node.line, f"option {quote(name)} is 1, which EasyBuild takes for true", "quote it: `'1'`")

    def remark(self, line: int, cause: str, hint: str = "") -> None:
        self.remarks.append(Remark(line, cause, hint))

    def truth(self, node: Node | None, what: str) -> bool | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.refuse(node.line, "kind", f"{what} is {describe(node)}, not true or false")
        return None

    def version(self, header: dict[str, Node], key: str) -> str | None:
        version = self.text(header.get(key), f"`{key}`")
        if version and not _VERSION.fullmatch(version):
            self.refuse(header[key].line, "version", f"`{key}` is {quote(version)}, not a version")
        return version or None
