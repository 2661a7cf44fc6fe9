"""What is wrong with easystacks that can be read, and beside it what keeps others from being read. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from eessi_stack.easystack import scope, selector
from eessi_stack.easystack.sheet import Easystack
from eessi_stack.easystack.toolchains import unsupported
from eessi_stack.easystack.yaml_nodes import quote
from eessi_stack.errors import StackError
from eessi_stack.model import OptionValue, Request

#: More names than that are not misspelt: the robot path is another one.
MAX_NEAREST = 50

_VERSION_IN_PATH = re.compile(r"/versions/(\d{4}\.\d{2}[^/]*)/")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    file: str
    line: int
    kind: str  #: kebab-case, for scripts
    cause: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.cause}" + (f"; {self.hint}" if self.hint else "")


def lint(
    easystacks: Collection[Easystack],
    errors: Iterable[StackError] = (),
    names: Collection[str] | None = None,
    *,
    any_toolchain: bool = False,
) -> tuple[Finding, ...]:
    """All findings, by file and line.

    `errors` are of files that do not parse, `names` of the easyconfigs there are; `any_toolchain`: a site has its own.
    """
    checks = (remarks, easybuild_versions, eessi_versions, targets, *(() if any_toolchain else (toolchains,)))
    every = chain(
        map(of_error, errors),
        (finding for one in easystacks for check in checks for finding in check(one)),
        headers(easystacks),
        folders(easystacks),
        duplicates(easystacks),
        absent(easystacks, names or ()),
    )
    return tuple(sorted(set(every)))


def of_error(error: StackError) -> Finding:
    """What kept a file from being read; its context is `file:line`."""
    file, _, line = error.context.rpartition(":")
    kind = error.reference.removeprefix("easystack-")
    cause = error.message.removeprefix(f"{error.context}: ")
    return Finding(file=file, line=int(line), kind=kind, cause=cause, hint=error.hint)


def remarks(one: Easystack) -> Iterator[Finding]:
    for line, cause, hint in one.sheet.remarks:
        yield Finding(file=one.file, line=line, kind="option", cause=cause, hint=hint)


def easybuild_versions(one: Easystack) -> Iterator[Finding]:
    """The file's name, our header and EasyBuild's own key must not contradict each other."""
    said = (
        ("the file's name", scope.easybuild_version_of(one.file)),
        ("`easybuild-version`", one.sheet.easybuild_version),
        ("`easybuild_version`", one.sheet.ignored_version),
    )
    yield from _contradictions(one, "easybuild-version", said)


def eessi_versions(one: Easystack) -> Iterator[Finding]:
    """The folder, the file's name, the header and the paths of entries must be of one EESSI version."""
    yield from _contradictions(one, "eessi-version", _said_versions(one))
    version = _version(one)
    for request in one.stack.requests:
        other = _version_in_paths(request)
        if other and version and not _agree(other, version):
            cause = f"{quote(request.filename)} is from EESSI {other}, the easystack for {version}"
            yield Finding(file=request.file, line=request.line, kind="eessi-version", cause=cause)


def toolchains(one: Easystack) -> Iterator[Finding]:
    """An EESSI version has its toolchains: what is built with others cannot be loaded with the rest."""
    version = _version(one)
    for request in one.stack.requests if version else ():
        if found := unsupported(request.filename, version or ""):
            wrong, tops = found
            cause = f"{quote(request.filename)} is of toolchain {wrong}, which EESSI {version} does not have"
            hint = f"it has {', '.join(tops)}, and what they are made of"
            yield Finding(file=request.file, line=request.line, kind="toolchain", cause=cause, hint=hint)


def _said_versions(one: Easystack) -> tuple[tuple[str, str | None], ...]:
    return (
        ("the folder", scope.version_of(one.folders)),
        ("the file's name", scope.eessi_version_of(one.file)),
        ("`eessi-version`", one.sheet.eessi_version),
    )


def _version(one: Easystack) -> str | None:
    """The EESSI version that an easystack is for."""
    return next((version for _, version in reversed(_said_versions(one)) if version), None)


def _version_in_paths(request: Request) -> str | None:
    texts = [request.easyconfig, *(str(value) for _, value in request.options)]
    return next((found[1] for text in texts if (found := _VERSION_IN_PATH.search(text))), None)


def _contradictions(one: Easystack, kind: str, said: Iterable[tuple[str, str | None]]) -> Iterator[Finding]:
    given = [(who, version) for who, version in said if version]
    for who, version in given[1:]:
        first, expected = given[0]
        if not _agree(version, expected):
            line = one.sheet.lines.get(who.strip("`"), 1)
            yield Finding(file=one.file, line=line, kind=kind, cause=f"{who} says {version}, {first} {expected}")


def headers(easystacks: Iterable[Easystack]) -> Iterator[Finding]:
    """Easystacks for one EESSI version are read together: their headers must not contradict each other."""
    first: dict[str | None, tuple[str, str]] = {}
    for one in easystacks:
        if version := one.sheet.easybuild_version:
            expected, file = first.setdefault(_version(one), (version, one.file))
            if version != expected:
                cause = f"`easybuild-version` is {version}, but {expected} in {file}"
                line = one.sheet.lines["easybuild-version"]
                yield Finding(file=one.file, line=line, kind="easybuild-version", cause=cause)


def _agree(version: str, other: str) -> bool:
    """`5.1` is less exact than `5.1.2`, and no contradiction; nor is `2023.06-1` to `2023.06`."""
    short, long = sorted((version, other), key=len)
    return re.fullmatch(rf"{re.escape(short)}(?:[^\d].*)?", long) is not None


def targets(one: Easystack) -> Iterator[Finding]:
    """The header must not contradict the folders, and a target in the file's name only says something to people."""
    said, own = one.scope.targets, one.sheet.targets
    yield from _of_other_versions(one)
    if own is not None and not scope.overlap(own, said):
        cause = f"`targets` is {_list(own)}, but the folders say {_list(said)}"
        yield Finding(file=one.file, line=one.sheet.lines.get("targets", 1), kind="targets", cause=cause)
    for request in one.stack.requests[:1]:
        meant = request.targets
        for word, target in scope.named_in(one.file).items():
            if not request.rebuild and not scope.within(meant, target):
                cause = f"the file's name says `{word}`, but its entries are for {_list(meant) or 'all targets'}"
                hint = f"say in its header: `targets: [{target}]`"
                yield Finding(file=one.file, line=1, kind="targets", cause=cause, hint=hint)


def _of_other_versions(one: Easystack) -> Iterator[Finding]:
    """A target that the EESSI version does not have is of no use in the header."""
    version = _version(one) or ""
    for name in (one.sheet.targets or ()) if selector.is_version(version) else ():
        having = selector.versions_with(name)
        if version not in having:
            cause = f"{quote(name)} in `targets` is no target of EESSI {version}"
            hint = f"{' and '.join(having)} {'has' if len(having) == 1 else 'have'} it" if having else ""
            yield Finding(file=one.file, line=one.sheet.lines.get("targets", 1), kind="targets", cause=cause, hint=hint)


def _list(selectors: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in selectors)


def folders(easystacks: Iterable[Easystack]) -> Iterator[Finding]:
    """A folder that is almost a target's: said once, at its first file."""
    seen: set[str] = set()
    for one in easystacks:
        words = one.scope.unknown if one.sheet.targets is None else ()
        for word in {*words} - seen:
            seen.add(word)
            if near := get_close_matches(word, selector.words(), n=1, cutoff=0.8):
                cause = f"the folder {quote(word)} says nothing of targets"
                yield Finding(file=one.file, line=1, kind="targets", cause=cause, hint=f"did you mean `{near[0]}`?")


def duplicates(easystacks: Iterable[Easystack]) -> Iterator[Finding]:
    """The same easyconfig asked for again by files for the same targets; what is to be built again, by the same file.

    That a file for one target repeats what a file for more of them asks for is EESSI's way of adding a target.
    """
    first: dict[tuple[object, ...], Request] = {}
    for one in easystacks:
        shared = (_version(one), *sorted(scope.named_in(one.file)))
        for request in one.stack.requests:
            again = request.rebuild or request.option("rebuild") is True
            place = request.file if again else shared
            earlier = first.setdefault((request.filename, frozenset(request.targets), place), request)
            if earlier is not request:
                yield _duplicate(request, earlier)


def _duplicate(request: Request, earlier: Request) -> Finding:
    place = f"on line {earlier.line}" if earlier.file == request.file else f"in {earlier.source}"
    there, here = _said(earlier), _said(request)
    other = {name: value for name, value in there.items() if here.get(name) != value}
    own = {name: value for name, value in here.items() if there.get(name) != value}
    options = {"there": other, "here": own}
    differ = "".join(f", {where} with {_shown(given)}" for where, given in options.items() if given)
    return Finding(
        file=request.file,
        line=request.line,
        kind="duplicate",
        cause=f"{quote(request.filename)} is asked for {place} already{differ}",
        hint="keep one of them",
    )


def _said(request: Request) -> dict[str, OptionValue]:
    folder = request.easyconfig.rpartition("/")[0]
    return dict(request.options) | ({"easyconfig": request.easyconfig} if folder else {})


def _shown(options: dict[str, OptionValue]) -> str:
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()}
    return " and ".join(quote(f"{name}: {text}") for name, text in texts.items())


def absent(easystacks: Iterable[Easystack], names: Collection[str]) -> Iterator[Finding]:
    """Entries whose easyconfig is none of these."""
    wanted = [request for one in easystacks for request in one.stack.requests if request.filename not in names]
    if not names or not wanted:
        return
    nearest = Nearest(names)
    for place, request in enumerate(wanted):
        name = _of_module(request, names) or request.filename
        near = name if name in names else nearest(name) if place < MAX_NEAREST else None
        yield Finding(
            file=request.file,
            line=request.line,
            kind="easyconfig",
            cause=_why_absent(request, is_module=name != request.filename),
            hint=f"did you mean `{near}`?" if near else "is its folder in the robot path?",
        )


def _why_absent(request: Request, *, is_module: bool) -> str:
    if is_module:
        return f"{quote(request.easyconfig)} is called as a module is, not as an easyconfig"
    origin = next((f"`{name}`" for name, _ in request.options if name in ("from-commit", "from-pr")), "")
    return f"there is no {quote(request.filename)}" + (f", and its {origin} is not followed" if origin else "")


def _of_module(request: Request, names: Collection[str]) -> str:
    """The easyconfig that makes the module which an entry names; nothing where it names none: `folder/NAME-1.0`."""
    name = f"{request.easyconfig.replace('/', '-')}.eb"
    is_module = re.fullmatch(r"[^/.][^/]*/[^/]+", request.easyconfig) and not request.easyconfig.endswith(".eb")
    return name if is_module and (name in names or re.search(r"/\d", request.easyconfig)) else ""


class Nearest:
    """Finds the most similar name of an easyconfig: of the same software, or of one that is called alike."""

    def __init__(self, names: Iterable[str]) -> None:
        self.software: dict[str, dict[str, str]] = {}
        for name in names:
            self.software.setdefault(_software(name), {})[name.casefold()] = name

    def __call__(self, name: str) -> str | None:
        wanted = _software(name)
        alike = [one for one in self.software if one[:1] == wanted[:1]]
        for software in [wanted, *get_close_matches(wanted, alike, n=1)]:
            names = self.software.get(software, {})
            if near := get_close_matches(name.casefold(), sorted(names), n=1):
                return names[near[0]]
        return None


def _software(name: str) -> str:
    return re.split(r"-\d", name, maxsplit=1)[0].casefold()
