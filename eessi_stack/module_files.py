"""What the module files of a directory say, read again only where one has changed since it was read last."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NoReturn

from eessi_stack import stored
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.signature import Kept, is_same, kept, signature

#: The code that decides what a text means: where it changes, nothing kept is believed.
MEANING = ("module_files.py", "module_text.py")

#: Files in a modules directory that are no modules.
_NOT_MODULES = (".version", ".nfs", ".lmod", ".DS_Store")

#: Of one file, as it is stored: its signature, and what `_said` makes of it.
_Entry = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFiles:
    """Everything that the files of a modules directory say."""

    loads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: every module → what it loads
    empty: frozenset[str] = frozenset()  #: modules whose file has nothing in it, or only half of what it had
    aliases: Mapping[str, str] = field(default_factory=dict)  #: `Java/11` → `Java/11.0.20`
    installed: frozenset[str] = frozenset()  #: modules whose file names their own folder in the prefix


def read(layer: Path, cache: Path | None = None) -> ModuleFiles:
    """What a modules directory holds; one that is absent holds nothing.

    StackError `modules-unreadable` for one that is there and cannot be read.
    """
    root = str(layer)
    known = (stored.load(cache, schema()) if cache else None) or {}
    before = known if known.get("root") == root else {}
    now = _read(root, before)
    if cache and now is not before:
        stored.save(cache, schema(), now)
    return _told(now["files"])


@functools.cache
def schema() -> str:
    digest = blake2b(digest_size=16)
    for name in MEANING:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return f"eessi-stack-modules {digest.hexdigest()}"


def _read(root: str, before: dict[str, Any]) -> dict[str, Any]:
    """The document to keep: the same one where nothing has changed."""
    known: dict[str, _Entry] = before.get("files", {})
    folders: dict[str, Kept] = before.get("folders", {})
    walked = not folders or not all(is_same(found, signature(path)) for path, found in folders.items())
    if walked:
        folders, names = _walk(root)
    else:
        names = list(known)
    files, changed = {}, walked
    for name in names:
        path = f"{root}/{name}"
        now, entry = signature(path), known.get(name)
        if entry is None or not is_same(entry[0], now):
            if not walked and os.path.isdir(path):  # noqa: PTH112 (a link that leads to a folder now)
                return _read(root, {})
            entry, changed = [kept(now), *_said(root, name, there=bool(now))], True
        files[name] = entry
    return {"root": root, "folders": folders, "files": files} if changed else before


def _walk(root: str) -> tuple[dict[str, Kept], list[str]]:
    """The folders, each with its signature, and the files in them; links are followed, but not round in a circle."""
    folders: dict[str, Kept] = {root: kept(signature(root))}  # before it is looked into
    names: list[str] = []
    above: dict[str, frozenset[tuple[int, int]]] = {}  #: folder → what it is in, to see a link that leads back
    if not _is_there(root):
        return {}, names
    for folder, below, files in os.walk(root, onerror=_refuse, followlinks=True):
        status = os.stat(folder)  # noqa: PTH116 (called for every folder)
        place, outside = (status.st_dev, status.st_ino), above.pop(folder, frozenset())
        if place in outside:
            below.clear()
            continue
        below.sort()
        above |= dict.fromkeys((f"{folder}/{name}" for name in below), outside | {place})
        folders |= {path: kept(signature(path)) for name in below for path in [f"{folder}/{name}"]}
        names += [f"{folder}/{name}"[len(root) + 1 :] for name in sorted(files)]
    return folders, names


def _is_there(root: str) -> bool:
    try:
        os.lstat(root)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        _refuse(error)
    return True


def _refuse(error: OSError) -> NoReturn:
    raise StackError(
        "modules-unreadable",
        f"{error.filename}: cannot be read: {error.strerror}",
        hint="what is installed there cannot be told; give this user read access",
        exit_code=ExitCode.UNDECIDED,
    )


def _said(root: str, name: str, *, there: bool) -> tuple[str, list[str], bool, dict[str, str], bool]:
    """Of one file: the module it is, what that loads, whether it ends too early, its aliases, if it has a folder."""
    from eessi_stack import module_text  # noqa: PLC0415 (its patterns take time, and only what is new is read)

    path, base = f"{root}/{name}", name.rpartition("/")[2]
    if not there:
        _check_gone(path)
    if not there or base.startswith(_NOT_MODULES) or base.endswith("~"):
        return "", [], False, {}, False
    if base.startswith(".modulerc"):
        return "", [], False, module_text.aliases(_text(path), name), False
    text = _text(path)
    if not name.endswith(".lua") and not text.startswith(module_text.TCL_MAGIC):
        return "", [], False, {}, False
    module = name.removesuffix(".lua")
    installed = module_text.has_folder(text, str(folder_of(Path(root), module)))
    return module, list(module_text.loads(text)), not module_text.is_whole(text), {}, installed


def _told(entries: Mapping[str, _Entry]) -> ModuleFiles:
    modules = {entry[1]: tuple(entry[2]) for entry in entries.values() if entry[1]}
    return ModuleFiles(
        loads=modules,
        empty=frozenset(entry[1] for entry in entries.values() if entry[3]),
        installed=frozenset(entry[1] for entry in entries.values() if entry[5]),
        aliases=_real({alias: real for entry in entries.values() for alias, real in entry[4].items()}),
    )


def folder_of(layer: Path, module: str) -> Path:
    """Where a module of a modules directory, `<prefix>/modules/all`, is installed."""
    return layer.parent.parent / "software" / module


def _real(aliases: dict[str, str]) -> dict[str, str]:
    """Aliases of aliases lead to modules too; those that lead in a circle to none."""
    found = {}
    for alias, module in aliases.items():
        seen = {alias}
        while module in aliases and module not in seen:
            seen.add(module)
            module = aliases[module]  # noqa: PLW2901 (goes on from where it leads)
        found[alias] = module
    return found


def _check_gone(path: str) -> None:
    """A link may lead nowhere; a file in a folder that may be listed but not entered is there all the same."""
    try:
        os.stat(path)  # noqa: PTH116 (a text)
    except PermissionError as error:
        _refuse(error)
    except OSError:
        pass


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StackError(
            "modules-unreadable", f"{path}: cannot be read: {error.strerror}", exit_code=ExitCode.UNDECIDED
        ) from error
