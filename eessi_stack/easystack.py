"""Easystack files → Stack: EasyBuild's own format, and our header under the one key `eessi-stack`."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from eessi_stack.errors import StackError, StackErrors
from eessi_stack.model import Exclusion, OptionValue, Request, Stack
from eessi_stack.yaml_nodes import (
    MAX_BYTES,
    Findings,
    Mapping,
    Node,
    Scalar,
    Sequence,
    describe,
    did_you_mean,
    is_absent,
    quote,
)

# EasyBuild reads `easybuild_version` and `robot`, and makes nothing of them.
TOP_LEVEL = ("easyconfigs", "eessi-stack", "easybuild_version", "robot")
HEADER = ("eessi-version", "easybuild-version", "filter-deps", "exclude")
EXCLUSION = ("easyconfig", "reason", "issue", "targets")

_EASYCONFIG = re.compile(r"(?!-)\S*[^\s/]")
_VERSION = re.compile(r"[0-9A-Za-z][\w.+-]*")
_VERSION_IN_NAME = re.compile(r"(?:^|[-_])eb-(\d+(?:\.\d+)+)")


@cache
def known_options() -> frozenset[str]:
    """Name the options of EasyBuild that an entry can have; `dev/easybuild-options.py` writes the list.

    Those that say where, how or whether EasyBuild runs are no entry's to decide.
    """
    every, steering = (
        frozenset(files("eessi_stack").joinpath(f"data/{name}-options.txt").read_text(encoding="utf-8").split())
        for name in ("easybuild", "steering")
    )
    return every - steering - {f"{word}-{name}" for word in ("enable", "disable") for name in steering}


def easybuild_version_of(filename: str) -> str | None:
    """Find the EasyBuild version where EESSI puts it: `eessi-2023.06-eb-4.8.2-2022b.yml`."""
    found = _VERSION_IN_NAME.search(filename.rsplit("/", 1)[-1])
    return found[1] if found else None


def read(paths: Iterable[Path | str], options: frozenset[str] | None = None) -> Stack:
    """Read easystack files, and those in folders, into one stack; say all that is wrong in all of them at once."""
    known = known_options() if options is None else options
    errors: list[StackError] = []
    found = [file for path in paths for file in _easystacks(Path(path), errors)]
    stacks = [stack for file in dict.fromkeys(found) if (stack := _load(file, known, errors))]
    if not found and not errors:
        errors.append(StackError("easystack-none", "no easystack given", hint="name a file, or a folder of them"))
    if errors:
        raise StackErrors(tuple(errors))
    return merge(stacks)


def _easystacks(path: Path, errors: list[StackError]) -> list[Path]:
    """Find the easystacks that a path stands for, in a fixed order."""
    try:
        if not path.is_dir():
            return [path]
    except OSError as error:
        errors.append(_unreadable(path, error))
        return []
    found = []
    for folder, folders, names in os.walk(path, onerror=lambda error: errors.append(_unreadable(path, error))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if _is_easystack(name)]
    if not found:
        errors.append(
            _error(path, "easystack-none", "a folder without easystacks", "they are named `*.yml` or `*.yaml`")
        )
    return sorted(found)


def _is_easystack(name: str) -> bool:
    return name.endswith((".yml", ".yaml")) and not name.startswith(".") and "known-issues" not in name


def _load(path: Path, known: frozenset[str], errors: list[StackError]) -> Stack | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return parse(content, str(path), known)
    except OSError as error:
        errors.append(_unreadable(path, error))
    except StackErrors as several:
        errors += several.errors
    return None


def _unreadable(path: Path, error: OSError) -> StackError:
    path = Path(error.filename or path)
    absent = isinstance(error, FileNotFoundError)
    hint = did_you_mean(path.name, [near.name for near in path.parent.glob("*")]) if absent else ""
    return _error(path, "easystack-unreadable", (error.strerror or str(error)).lower(), hint)


def _error(path: Path, reference: str, cause: str, hint: str) -> StackError:
    return StackError(reference, f"{path}: {cause}", context=str(path), hint=hint)


def merge(stacks: Iterable[Stack]) -> Stack:
    """Join stacks, in order; their headers may add to each other but not contradict."""
    parts = tuple(stacks)
    errors: list[StackError] = []
    eessi = _agreed("eessi-version", [(part.eessi_version, part.files) for part in parts], errors)
    easybuild = _agreed("easybuild-version", [(part.easybuild_version, part.files) for part in parts], errors)
    if errors:
        raise StackErrors(tuple(errors))
    return Stack(
        requests=tuple(request for part in parts for request in part.requests),
        files=tuple(file for part in parts for file in part.files),
        eessi_version=eessi,
        easybuild_version=easybuild,
        filter_deps=tuple(dict.fromkeys(name for part in parts for name in part.filter_deps)),
        exclusions=tuple(dict.fromkeys(one for part in parts for one in part.exclusions)),
    )


def _agreed(key: str, said: list[tuple[str | None, tuple[str, ...]]], errors: list[StackError]) -> str | None:
    given = [(version, ", ".join(names)) for version, names in said if version is not None]
    for version, names in given[1:]:
        if version != given[0][0]:
            cause = f"`{key}` is {version}, but {given[0][0]} in {given[0][1]}"
            errors.append(_error(Path(names), "easystack-contradiction", cause, "use them apart, or make them agree"))
    return given[0][0] if given else None


def parse(text: str | bytes, source: str, known_options: frozenset[str]) -> Stack:
    """Read the text of one easystack; `source` is what errors and requests call it."""
    from eessi_stack.yaml_composer import compose  # noqa: PLC0415 (imports ruamel)

    try:
        root = compose(text, source)
    except StackError as error:
        raise StackErrors((error,)) from error
    document = _Document(source, known_options)
    stack = document.stack(root)
    if document.errors:
        raise StackErrors(tuple(sorted(document.errors, key=_line)))
    return stack


def _line(error: StackError) -> int:
    return int(error.context.rpartition(":")[2])


class _Document(Findings):
    def __init__(self, source: str, known_options: frozenset[str]) -> None:
        super().__init__(source)
        self.known_options = known_options

    def stack(self, root: Node) -> Stack:
        top = self.known_fields(root, "an easystack", TOP_LEVEL)
        header = self.known_fields(top.get("eessi-stack"), "`eessi-stack`", HEADER)
        return Stack(
            requests=tuple(self.requests(root, top.get("easyconfigs"))),
            files=(self.source,),
            eessi_version=self.version(header, "eessi-version"),
            easybuild_version=self.version(header, "easybuild-version"),
            filter_deps=self.texts(header.get("filter-deps"), "`filter-deps`"),
            exclusions=tuple(self.exclusion(item) for item in self.items(header.get("exclude"), "`exclude`")),
        )

    def requests(self, root: Node, entries: Node | None) -> Iterator[Request]:
        hint = "name what to build, each on a line: `- NAME.eb`"
        if entries is None:
            if not self.errors:
                self.refuse(root.line, "no-easyconfigs", "no `easyconfigs`", hint)
            return
        items = self.items(entries, "`easyconfigs`")
        if not items and (is_absent(entries) or isinstance(entries, Sequence)):
            self.refuse(entries.line, "empty", "`easyconfigs` names nothing to build", hint)
        for item in items:
            yield from self.entry(item)

    def entry(self, node: Node) -> Iterator[Request]:
        match node:
            case Scalar():
                yield self.request(node, ())
            case Mapping(pairs=((Scalar() as name, details),)):
                yield self.request(name, self.details(details))
            case Mapping():
                names = ", ".join(quote(key.text) for key in self.fields(node, "an entry")) or "none"
                hint = "start each easyconfig with `- `, and indent its `options:` deeper than its name"
                self.refuse(node.line, "entry", f"an entry has one key, the easyconfig's name, not: {names}", hint)
            case Sequence():
                self.refuse(node.line, "entry", "an entry is a list, not an easyconfig", "write `- NAME.eb`")

    def request(self, name: Scalar, options: tuple[tuple[str, OptionValue], ...]) -> Request:
        valid = isinstance(name.value, str) and name.text.isprintable() and _EASYCONFIG.fullmatch(name.text)
        if not valid:
            cause = f"an entry is {describe(name)}, not the name of an easyconfig"
            self.refuse(name.line, "entry", cause, "write `- NAME-VERSION-TOOLCHAIN.eb`")
        return Request(easyconfig=name.text, file=self.source, line=name.line, options=options)

    def details(self, node: Node) -> tuple[tuple[str, OptionValue], ...]:
        """Take what stands under an easyconfig's name."""
        options: Node | None = None
        for key, value in self.fields(node, "an entry").items():
            if key.text == "options":
                options = value
            else:
                moved = "put it under `options:`" if key.text in self.known_options else "only `options` is known"
                self.refuse(key.line, "unknown-key", f"unknown key {quote(key.text)}", moved)
        given = self.fields(options, "`options`")
        return tuple((key.text, self.option(key, value)) for key, value in given.items())

    def option(self, key: Scalar, node: Node) -> OptionValue:
        if key.text not in self.known_options:
            hint = did_you_mean(key.text, self.known_options, "`eb --help` lists them")
            self.refuse(key.line, "unknown-option", f"unknown option {quote(key.text)}", hint)
        if isinstance(node, Sequence):
            return self.texts(node, f"option {quote(key.text)}")
        if isinstance(node, Scalar) and node.text.isprintable():
            return True if node.value is None else node.value  # as EasyBuild does: `rebuild:` is `--rebuild`
        self.refuse(node.line, "kind", f"option {quote(key.text)} is {describe(node)}, not a text or list")
        return ""

    def version(self, header: dict[str, Node], key: str) -> str | None:
        version = self.text(header.get(key), f"`{key}`")
        if version and not _VERSION.fullmatch(version):
            self.refuse(header[key].line, "version", f"`{key}` is {quote(version)}, not a version")
        return version or None

    def exclusion(self, node: Node) -> Exclusion:
        fields = self.known_fields(node, "an exclusion", EXCLUSION)
        for key in ("easyconfig", "reason"):
            if key not in fields and (isinstance(node, Mapping) or is_absent(node)):
                self.refuse(node.line, "exclusion", f"an exclusion without `{key}`", "say what is left out, and why")
        issue = self.text(fields.get("issue"), "`issue`")
        if issue and not issue.startswith(("https://", "http://")):
            self.refuse(fields["issue"].line, "exclusion", f"`issue` is {quote(issue)}, not a URL")
        return Exclusion(
            easyconfig=self.text(fields.get("easyconfig"), "`easyconfig`"),
            reason=self.text(fields.get("reason"), "`reason`"),
            issue=issue,
            targets=self.texts(fields.get("targets"), "`targets`"),
        )
