"""What the module files of a directory say, read again only where one has changed since it was read last."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from eessi_stack import stored
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.signature import Kept, is_same, kept, signature

SCHEMA = "eessi-stack-modules-1"

#: Files in a modules directory that are no modules.
_NOT_MODULES = (".version", ".nfs", ".lmod", ".DS_Store")

#: Of one file, as it is stored: its signature, and what `_said` makes of it.
_Entry = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFiles:
    """Everything that the files of a modules directory say."""

    loads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: every module → what it loads
    empty: frozenset[str] = frozenset()  #: modules whose file has nothing in it
    aliases: Mapping[str, str] = field(default_factory=dict)  #: `Java/11` → `Java/11.0.20`


def read(layer: Path, cache: Path | None = None) -> ModuleFiles:
    """What a modules directory holds; one that is absent holds nothing.

    StackError `modules-unreadable` for one that is there and cannot be read.
    """
    root = str(layer)
    known = (stored.load(cache, SCHEMA) if cache else None) or {}
    before = known if known.get("root") == root else {}
    now = _read(root, before)
    if cache and now is not before:
        stored.save(cache, SCHEMA, now)
    return _told(now["files"])


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
            entry, changed = [kept(now), *_said(path, name, there=bool(now))], True
        files[name] = entry
    return {"root": root, "folders": folders, "files": files} if changed else before


def _walk(root: str) -> tuple[dict[str, Kept], list[str]]:
    """The folders, each with its signature, and the files in them; links are followed, but not round in a circle."""
    folders: dict[str, Kept] = {root: kept(signature(root))}  # before it is looked into
    names: list[str] = []
    walked: set[tuple[int, int]] = set()
    if not _is_there(root):
        return {}, names
    for folder, below, files in os.walk(root, onerror=_refuse, followlinks=True):
        status = os.stat(folder)  # noqa: PTH116 (called for every folder)
        if (place := (status.st_dev, status.st_ino)) in walked:
            below.clear()
            continue
        walked.add(place)
        below.sort()
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


def _said(path: str, name: str, *, there: bool) -> tuple[str, list[str], bool, dict[str, str]]:
    """Of one file: the module it is, if any; what that loads; whether it is empty; the aliases that it defines."""
    from eessi_stack import module_text  # noqa: PLC0415 (its patterns take time, and only what is new is read)

    base = name.rpartition("/")[2]
    if not there or base.startswith(_NOT_MODULES) or base.endswith("~"):
        return "", [], False, {}
    if base.startswith(".modulerc"):
        return "", [], False, module_text.aliases(_text(path), name)
    text = _text(path)
    if not name.endswith(".lua") and not text.startswith(module_text.TCL_MAGIC):
        return "", [], False, {}
    return name.removesuffix(".lua"), list(module_text.loads(text)), not text.strip("\0 \t\r\n"), {}


def _told(entries: Mapping[str, _Entry]) -> ModuleFiles:
    modules = {entry[1]: tuple(entry[2]) for entry in entries.values() if entry[1]}
    return ModuleFiles(
        loads=modules,
        empty=frozenset(entry[1] for entry in entries.values() if entry[3]),
        aliases={alias: real for entry in entries.values() for alias, real in entry[4].items()},
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StackError(
            "modules-unreadable", f"{path}: cannot be read: {error.strerror}", exit_code=ExitCode.UNDECIDED
        ) from error
