"""The module files of a directory as Lmod's spider sees them, and what a Lua says of a cache of them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eessi_stack.signature import Signature, signature

TCL_MAGIC = b"#%Module"

#: What Lmod never takes for a module.
_IGNORED = frozenset({".git", ".gitignore", ".svn", ".lua", ".DS_Store"})

#: What says which versions are hidden, default or called otherwise: no modules, but the cache has them too.
_SAYS_MORE = frozenset({".modulerc.lua", ".modulerc", ".version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """What a modules directory holds: file, as a path below it → its signature."""

    modules: Mapping[str, Signature] = field(default_factory=dict)
    others: Mapping[str, Signature] = field(default_factory=dict)  #: `.modulerc.lua` and the like

    @property
    def files(self) -> dict[str, Signature]:
        return {**self.modules, **self.others}


def scan(layer: Path) -> OnDisk:
    """The module files of a directory, by Lmod's own rules; OSError where it cannot be looked into."""
    modules: dict[str, Signature] = {}
    others: dict[str, Signature] = {}
    root, as_root = str(layer), os.geteuid() == 0
    folders = [("", frozenset[tuple[int, int]]())]
    while folders:
        below, above = folders.pop()
        with os.scandir(f"{root}/{below}"[:-1]) as entries:
            for entry in entries:
                if _is_ignored(entry.name):
                    continue
                is_default = entry.name == "default" and entry.is_symlink()
                if entry.is_dir() and not is_default:
                    folders += _inside(f"{below}{entry.name}/", entry, above) if _is_seen(entry, as_root) else []
                elif found := _link(entry) if is_default else _kept(entry, as_root):
                    (others if is_default or entry.name in _SAYS_MORE else modules)[f"{below}{entry.name}"] = found
    return OnDisk(modules=_not_hidden(modules), others=others)


def _is_ignored(name: str) -> bool:
    return name in _IGNORED or name.startswith(("#", ".#", "__")) or name.endswith(("~", "#"))


def _is_seen(entry: os.DirEntry[str], as_root: bool) -> bool:  # noqa: FBT001
    """Lmod passes over root's own private files and folders when it runs as root."""
    return not as_root or bool(entry.stat().st_mode & 0o004) or entry.stat().st_uid != 0


def _not_hidden(modules: Mapping[str, Signature]) -> dict[str, Signature]:
    """Of `B.lua` and a folder `B` that has modules in it, Lmod takes the folder."""
    folders = {name.rpartition("/")[0] for name in modules}
    return {name: found for name, found in modules.items() if module_of(name) not in folders}


def _inside(
    name: str, entry: os.DirEntry[str], above: frozenset[tuple[int, int]]
) -> list[tuple[str, frozenset[tuple[int, int]]]]:
    """A folder to look into, but for a link that leads back to one above it."""
    if not entry.is_symlink():
        return [(name, above)]
    status = entry.stat()
    place = (status.st_dev, status.st_ino)
    return [] if place in above else [(name, above | {place})]


def _link(entry: os.DirEntry[str]) -> Signature:
    """The signature of a link that says which version is the default: its name, and not what that leads to."""
    status = entry.stat(follow_symlinks=False)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def _kept(entry: os.DirEntry[str], as_root: bool) -> Signature:  # noqa: FBT001
    """The signature of a file that Lmod takes."""
    found = signature(entry.path) if entry.is_file() else ()
    if not found or not _is_seen(entry, as_root):
        return ()
    if entry.name.endswith(".lua") or says_more(entry.name):
        return found
    try:
        with open(entry.path, "rb") as file:  # noqa: PTH123 (a name)
            return found if file.read(len(TCL_MAGIC)) == TCL_MAGIC else ()
    except OSError:
        return ()


def says_more(name: str) -> bool:
    """Whether a file says something of the modules beside it; a `default` that is no link is a module too."""
    return name in _SAYS_MORE or name == "default"


def module_of(file: str) -> str:
    """`GCC/12.3.0.lua` → `GCC/12.3.0`."""
    return file.removesuffix(".lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the Lua that runs Lmod said of one file or cache."""

    lua: str = ""  #: its version: `5.3`
    reads: str = ""  #: the file that Lmod takes; none where there is no cache
    broken: str = ""  #: why it cannot be read
    twin: str | None = None  #: why the text that goes with a compiled file is another one; empty: it just is
    modules: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: modules directory → files below it
    reached: frozenset[str] = frozenset()  #: modules directories that modules lead to
    entries: tuple[tuple[str, str], ...] = ()  #: (directory, timestamp) of each cache that an lmodrc.lua names


def answers(lines: Iterable[str]) -> dict[tuple[str, str], Answer]:
    """What data/read-cache.lua printed: (`cache`, `rc` or `code`; path) → answer. ValueError where it was cut off."""
    parts: dict[tuple[str, str], list[list[str]]] = {}
    ended = False
    facts: list[list[str]] = []
    for line in lines:
        word, *fields = line.split("\t")
        if word == "for":
            facts = parts.setdefault((fields[0], fields[1]), [])
        elif word == "end":
            ended = True
        else:
            facts.append([word, *fields])
    if not ended:
        raise ValueError("cut off")
    return {asked: _answer(facts) for asked, facts in parts.items()}


def _answer(facts: list[list[str]]) -> Answer:
    modules: dict[str, set[str]] = {}
    reached: set[str] = set()
    single: dict[str, str] = {}
    entries = []
    for word, *fields in facts:
        if word == "module":
            modules.setdefault(fields[0], set()).add(fields[1].removeprefix(f"{fields[0]}/"))
        elif word == "path":
            modules.setdefault(fields[0], set())
        elif word == "reached":
            reached.add(fields[0])
        elif word == "entry":
            entries.append((fields[0], fields[1]))
        else:
            single[word] = fields[0] if fields else ""
    return Answer(
        lua=single.get("lua", ""),
        reads=single.get("reads", ""),
        broken=single.get("broken", ""),
        twin=single.get("twin"),
        modules={path: frozenset(files) for path, files in modules.items()},
        reached=frozenset(reached),
        entries=tuple(entries),
    )
