"""What one easystack file says: plain values, as JSON can hold them; and what that means where the file is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from eessi_stack.easystack.scope import Scope
from eessi_stack.errors import StackError, StackErrors
from eessi_stack.model import Exclusion, OptionValue, Request, Stack

MAX_BYTES = 1 << 20  #: of one easystack; a longer one is refused

#: The scope of a text that is in no folder.
ANYWHERE = Scope()


class Entry(NamedTuple):
    easyconfig: str
    line: int
    options: Mapping[str, OptionValue | list[str]]


class LeftOut(NamedTuple):
    easyconfig: str
    reason: str
    issue: str
    targets: Sequence[str] | None  #: none means all; None where nothing is said
    line: int


class Remark(NamedTuple):
    """Something that is wrong, but keeps nobody from reading on."""

    line: int
    cause: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One easystack, wherever it is. What comes from JSON has lists where the parser gives tuples."""

    entries: Sequence[Entry] = ()
    left_out: Sequence[LeftOut] = ()
    eessi_version: str | None = None
    easybuild_version: str | None = None
    filter_deps: Sequence[str] = ()
    targets: Sequence[str] | None = None  #: none means all; None where the header says nothing, and the folders do
    rebuild: bool | None = None  #: likewise
    ignored_version: str = ""  #: the key `easybuild_version` of EasyBuild's own format, which it ignores
    lines: Mapping[str, int] = field(default_factory=dict)  #: where the keys stand
    remarks: Sequence[Remark] = ()


class SheetErrors(StackErrors):
    """What keeps an easystack from being used, and what it says all the same."""

    def __init__(self, errors: tuple[StackError, ...], sheet: Sheet) -> None:
        super().__init__(errors)
        self.sheet = sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Easystack:
    """One easystack file."""

    file: str  #: as it was named
    folders: tuple[str, ...]  #: above it
    scope: Scope  #: what they say
    sheet: Sheet
    stack: Stack


def placed(sheet: Sheet, file: str, folders: tuple[str, ...] = (), scope: Scope = ANYWHERE) -> Easystack:
    """An easystack in its place. What its header says of targets and rebuilds is stronger than what its folders say."""
    targets = scope.targets if sheet.targets is None else tuple(sheet.targets)
    rebuild = scope.rebuild if sheet.rebuild is None else sheet.rebuild
    stack = Stack(
        requests=tuple(
            Request(
                easyconfig=easyconfig,
                file=file,
                line=line,
                options=_options(options) if options else (),
                targets=targets,
                rebuild=rebuild,
            )
            for easyconfig, line, options in sheet.entries
        ),
        files=(file,),
        eessi_version=sheet.eessi_version,
        easybuild_version=sheet.easybuild_version,
        filter_deps=tuple(sheet.filter_deps),
        exclusions=tuple(
            Exclusion(
                easyconfig=easyconfig,
                reason=reason,
                issue=issue,
                targets=targets if own is None else tuple(own),
                file=file,
                line=line,
            )
            for easyconfig, reason, issue, own, line in sheet.left_out
        ),
    )
    return Easystack(file=file, folders=folders, scope=scope, sheet=sheet, stack=stack)


def _options(options: Mapping[str, OptionValue | list[str]]) -> tuple[tuple[str, OptionValue], ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in options.items())
