"""Does an Lmod cache say what is there? Everything that would mislead a user, by name."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from stat import S_ISDIR, S_IWGRP, S_IWOTH

from eessi_stack.lmod import record, site, spider
from eessi_stack.lmod.home import Home
from eessi_stack.lmod.reader import Answers
from eessi_stack.lmod.spider import Answer, OnDisk, module_of


class Kind(StrEnum):
    """What can be wrong."""

    NOTHING_THERE = "nothing-there"
    ABSENT = "absent"
    BROKEN = "broken"
    IGNORED = "ignored"
    OTHER_LUA = "other-lua"
    TWIN = "twin"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    ELSEWHERE = "elsewhere"
    ACCESS = "access"
    OWNER = "owner"
    LMODRC = "lmodrc"
    SITE_PACKAGE = "site-package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and what it is wrong with."""

    kind: Kind
    message: str
    names: tuple[str, ...] = ()

    def said(self, most: int | None = None) -> str:
        """In a line; of many names the first."""
        shown = self.names[:most]
        more = len(self.names) - len(shown)
        names = ", ".join(shown) + (f" and {more} more" if more else "")
        return f"{self.message}: {names}" if names else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said of one CPU target."""

    home: Home
    modules: int = 0  #: on disk; none where no build of any has ended well, and there is no cache
    findings: tuple[Finding, ...] = ()
    problem: str = ""  #: why it could not be told


def check(home: Home, answers: Answers, incomplete: Collection[str] = ()) -> Report:
    """Everything that is wrong with Lmod's files of one target; `incomplete` are modules whose build has not ended.

    As long as a prefix has no other modules, a cache is not wanted yet.
    """
    try:
        disk = {layer: spider.scan(layer) for layer in home.layers if os.path.isdir(layer)}  # noqa: PTH112
        files = sum(len(seen.modules) for seen in disk.values())
        answer = answers["cache", str(home.cache)]
        if not answer.reads and home.tree.prefix(home.target).is_dir() and not _complete(disk.values(), incomplete):
            return Report(home=home)
        if not files:
            nothing = Finding(kind=Kind.NOTHING_THERE, message=f"no modules in {home.layers[0]}")
            return Report(home=home, findings=(nothing, *contents(home.cache, answer, disk)))
        findings = [
            *usable(home.cache, answer),
            *contents(home.cache, answer, disk),
            *_access(home),
            *_lmodrc(home, answers["rc", str(home.lmodrc)]),
            *_site_package(home, answers["code", str(home.site_package)]),
        ]
    except OSError as error:
        return Report(home=home, problem=f"{error.filename}: cannot be read: {error.strerror}")
    return Report(home=home, modules=files, findings=tuple(findings))


def _complete(disk: Iterable[OnDisk], incomplete: Collection[str]) -> bool:
    return any(module_of(file) not in incomplete for seen in disk for file in seen.modules)


def usable(cache: Path, answer: Answer) -> Iterable[Finding]:
    """Why Lmod does not take a cache, or not all of it."""
    if not answer.reads:
        others = sorted(path.name for path in _entries(cache) if path.name.startswith("spiderT.luac_"))
        if others:
            message = f"no cache for this Lmod's Lua {answer.lua}, only {', '.join(others)}"
            yield Finding(kind=Kind.OTHER_LUA, message=message)
        else:
            yield Finding(kind=Kind.ABSENT, message=f"no cache in {cache}")
        return
    if answer.broken:
        yield Finding(kind=Kind.BROKEN, message=f"Lmod cannot read the cache: {answer.broken}")
    if ".old." in answer.reads:
        yield Finding(kind=Kind.IGNORED, message=f"Lmod takes the last but one cache, {answer.reads}")
    elif answer.reads.endswith(".lua"):
        message = f"no compiled cache for this Lmod's Lua {answer.lua}: it reads {answer.reads}, more slowly"
        yield Finding(kind=Kind.OTHER_LUA, message=message)
    yield from _stamped(cache, Path(answer.reads))
    if answer.twin is not None:
        message = f"spiderT.lua and {Path(answer.reads).name} differ" + (f": {answer.twin}" if answer.twin else "")
        yield Finding(kind=Kind.TWIN, message=message)
    yield from _older_twins(cache, answer)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stamped(cache: Path, reads: Path) -> Iterable[Finding]:
    """Lmod takes no cache that is older than its timestamp, nor, where there is none, one that is a day old."""
    try:
        stamp = (cache / "timestamp").stat().st_mtime
    except FileNotFoundError:
        message = f"no {cache / 'timestamp'}: Lmod ignores the cache when it is a day old"
        yield Finding(kind=Kind.IGNORED, message=message)
        return
    if int(reads.stat().st_mtime) < int(stamp):  # Lmod compares whole seconds
        message = f"Lmod ignores the cache: {cache / 'timestamp'} is newer than {reads.name}"
        yield Finding(kind=Kind.IGNORED, message=message)


def _older_twins(cache: Path, answer: Answer) -> Iterable[Finding]:
    """Compiled files for another Lua cannot be read here; one that is older than the text is not made of it."""
    text = cache / "spiderT.lua"
    if not text.exists():
        return
    made = text.stat().st_mtime
    for entry in sorted(_entries(cache), key=lambda entry: entry.name):
        own = entry.name == f"spiderT.luac_{answer.lua}"
        if entry.name.startswith("spiderT.luac_") and not own and entry.stat().st_mtime < made:
            message = f"{entry.name} is older than spiderT.lua: users of that Lua see another cache"
            yield Finding(kind=Kind.TWIN, message=message)


def contents(cache: Path, answer: Answer, disk: dict[Path, OnDisk]) -> Iterable[Finding]:
    """The modules that a cache lacks, has too many, or knows as they were."""
    if not answer.reads or answer.broken:
        return
    known = {path: frozenset(map(module_of, files)) for path, files in answer.modules.items()}
    present = {str(layer): _on_disk(seen) for layer, seen in disk.items()}
    present |= {path: _on_disk(_looked_into(path)) for path in known.keys() & answer.reached - present.keys()}
    unknown = [path for path in present if path not in known and present[path]]
    if unknown and known:
        yield Finding(kind=Kind.ELSEWHERE, message=f"it is for {', '.join(sorted(known))}, not for", names=(*unknown,))
    added = _names(present, known)
    if added:
        yield Finding(kind=Kind.ADDED, message="not in the cache", names=added)
    if removed := _names(known, present):
        yield Finding(kind=Kind.REMOVED, message="in the cache, but gone", names=removed)
    changed = set(record.changed(cache, Path(answer.reads), disk)) - set(added)
    if changed:
        yield Finding(kind=Kind.CHANGED, message="changed since the cache was made", names=tuple(sorted(changed)))


def _on_disk(seen: OnDisk) -> frozenset[str]:
    return frozenset(map(module_of, seen.modules))


def _looked_into(path: str) -> OnDisk:
    return spider.scan(Path(path)) if os.path.isdir(path) else OnDisk()  # noqa: PTH112 (a name)


def _names(these: dict[str, frozenset[str]], those: dict[str, frozenset[str]]) -> tuple[str, ...]:
    """The modules of these that those do not have, whichever directory they are in."""
    found = {name for path, names in these.items() for name in names - those.get(path, frozenset())}
    return tuple(sorted(found))


def _access(home: Home) -> Iterable[Finding]:
    """Who may read the modules must be able to read Lmod's files; who owns the modules, to make them anew."""
    modules = next(layer for layer in home.layers if layer.is_dir()).stat()
    found = [home.lmodrc, home.site_package, *(Path(entry.path) for entry in _entries(home.cache))]
    unreadable, writable, foreign = [], [], []
    for path in (home.folder, home.cache, *(path for path in found if not path.name.startswith("."))):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        wanted = modules.st_mode & (0o055 if S_ISDIR(status.st_mode) else 0o044)
        unreadable += [str(path)] if status.st_mode & wanted != wanted else []
        writable += [str(path)] if status.st_mode & S_IWOTH else []
        foreign += [] if _is_shared(status, modules) else [f"{path} ({_user(status.st_uid)})"]
    if unreadable:
        yield Finding(kind=Kind.ACCESS, message="not readable for all who may read the modules", names=(*unreadable,))
    if writable:
        yield Finding(kind=Kind.ACCESS, message="anybody may write to what all users' Lmod runs", names=(*writable,))
    if foreign:
        message = f"not owned by {_user(modules.st_uid)}, as the modules are"
        yield Finding(kind=Kind.OWNER, message=message, names=(*foreign,))


def _is_shared(status: os.stat_result, modules: os.stat_result) -> bool:
    """Whether who may write the modules may make it anew too: their owner, or their group where it is shared."""
    if status.st_uid == modules.st_uid:
        return True
    by_group = modules.st_mode & S_IWGRP and status.st_gid == modules.st_gid
    return bool(by_group and (status.st_mode & S_IWGRP or not S_ISDIR(status.st_mode)))


def _user(number: int) -> str:
    import pwd  # noqa: PLC0415 (may ask a server, and hardly ever needed)

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _lmodrc(home: Home, answer: Answer) -> Iterable[Finding]:
    wanted = (str(home.cache), str(home.cache / "timestamp"))
    if not home.lmodrc.exists():
        message = f"no {home.lmodrc}: Lmod does not know of the cache"
    elif answer.broken:
        message = f"Lmod cannot read {home.lmodrc}: {answer.broken}"
    elif wanted not in answer.entries:
        named = ", ".join(folder for folder, _ in answer.entries) or "no cache"
        message = f"{home.lmodrc} names {named}, not {home.cache} with its timestamp"
    else:
        return
    yield Finding(kind=Kind.LMODRC, message=message)


def _site_package(home: Home, answer: Answer) -> Iterable[Finding]:
    """What eessi-stack made must be as it makes it today; what EESSI or a site made must run, and have its hook."""
    if message := outdated(home, broken=answer.broken):
        yield Finding(kind=Kind.SITE_PACKAGE, message=message)


def outdated(home: Home, *, broken: str = "") -> str:
    """Why SitePackage.lua is to be made anew; nothing where it need not be."""
    path = home.site_package
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return f"no {path}: users are not told what does not work here"
    if text.startswith(site.MARK) and text != home.texts[path]:
        return f"{path} is not what this eessi-stack makes"
    if broken:
        return f"Lmod cannot read {path}: {broken}"
    return "" if "eessi_load_hook" in text else f"{path} is not EESSI's: it has no eessi_load_hook"
