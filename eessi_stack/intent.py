"""Intent marks: a file a module in the prefix, there while it is built, locked by the kernel while its builder lives.

EasyBuild writes a module file before its last steps, so a killed run or a full disk leaves one behind that nothing
stands behind. A module whose mark is there and held by nobody is not complete.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

_POLL = 0.1  # seconds between two tries for a mark that another process holds

FOLDER = Path(".eessi-stack") / "intent"


class Mark(NamedTuple):
    """A mark that this process holds."""

    lock: int  #: descriptor that holds the lock, for the builder to inherit
    stale: bool  #: somebody else left it: what is there of the module cannot be trusted


def _path(prefix: Path, module: str) -> Path:
    return prefix / FOLDER / quote(module, safe="")


def marks(prefix: Path) -> dict[str, bool]:
    """Module → whether a live process holds its mark, of one prefix."""
    try:
        paths = sorted((prefix / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {unquote(path.name): _held(path) for path in paths if _has_owner(path)}


def owners(prefix: Path) -> dict[str, str]:
    """Module → who builds it, or left its mark behind, of one prefix; empty where that cannot be told."""
    found = {}
    for module in marks(prefix):
        try:
            fd = os.open(_path(prefix, module), os.O_RDONLY)
        except FileNotFoundError:  # it has ended meanwhile
            continue
        try:
            found[module] = _read_owner(fd)
        finally:
            os.close(fd)
    return found


def _has_owner(path: Path) -> bool:
    """Whether anybody ever built under a mark: who has not written into it only wanted to look, or to wait."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def easybuild_locks(prefix: Path) -> frozenset[str]:
    """The modules that EasyBuild has a lock for, with `_` for `/`, as in the names of its lock directories."""
    start = f"{prefix / 'software'}/".replace("/", "_")
    names = (path.name for path in prefix.glob("software/.locks/*.lock"))
    return frozenset(name.removeprefix(start).removesuffix(".lock") for name in names if name.startswith(start))


def _held(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextmanager
def hold(prefix: Path, module: str, waiting: Callable[[str], Any] = lambda _: None) -> Iterator[Mark]:
    """Hold the mark of a module, waiting while another process does; `waiting` is told who that is.

    It counts from `own` on. It stays when the body raises: then nobody knows what was left behind.
    """
    path = _path(prefix, module)
    fd, stale = _open_locked(path, waiting)
    try:
        yield Mark(fd, stale)
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def _open_locked(path: Path, waiting: Callable[[str], Any]) -> tuple[int, bool]:
    """The locked file, and whether it was there before: its last owner did not take it away."""
    told = False
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if _lock(fd, path):
            return fd, os.fstat(fd).st_size > 0
        owner = _read_owner(fd)
        os.close(fd)
        if owner and not told:
            waiting(owner)
            told = True
        time.sleep(_POLL)


def _lock(fd: int, path: Path) -> bool:
    """Lock the file, if it still is the one at its path: its last owner may have taken it away meanwhile."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(fd), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _owner() -> dict[str, object]:
    return {"host": os.uname().nodename, "pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


def own(mark: Mark) -> None:
    """Say in a mark that its module is being built from now on, and by whom.

    It is written over what a former owner left, which is not emptied first: on a full disk the mark must not look new.
    """
    fd = mark.lock
    text = json.dumps(_owner()).encode()
    os.pwrite(fd, text, 0)
    os.ftruncate(fd, len(text))
    os.fsync(fd)


def _read_owner(fd: int) -> str:
    """Who holds a mark; empty while it cannot be told."""
    try:
        owner = json.loads(os.pread(fd, 4096, 0))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        return ""
