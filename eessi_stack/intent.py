"""Intent marks: a file a module in the prefix, there while it is built, locked by the kernel while its builder lives.

EasyBuild writes a module file before its last steps, so a killed run or a full disk leaves one behind that nothing
stands behind. A module whose mark is there and held by nobody is not complete. A rebuild is different: as long as the
old module is where it was, it is whole; when it is not, it is kept aside, where `kept.py` finds it.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from eessi_stack import kept

FOLDER = Path(".eessi-stack") / "intent"


class Mark(NamedTuple):
    """A mark that this process holds."""

    lock: int  #: descriptor that holds the lock, for the builder to inherit
    left: "Owner | None"  #: who left it behind, so that what is there of the module cannot be trusted


def _path(prefix: Path, module: str) -> Path:
    return prefix / FOLDER / quote(module, safe="")


def marks(prefix: Path) -> dict[str, bool]:
    """Module → whether a live process holds its mark, of one prefix: the modules that are not complete."""
    return {module: is_held(prefix, module) for module, owner in owners(prefix).items() if _counts(prefix, owner)}


def _counts(prefix: Path, owner: "Owner") -> bool:
    return not owner.rebuild or kept.find(prefix, owner.module) is not None


def owners(prefix: Path) -> dict[str, "Owner"]:
    """Module → who builds it or was the last to, of one prefix; one without an owner was only looked at."""
    try:
        paths = sorted((prefix / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = {unquote(path.name): _read_owner(path, unquote(path.name)) for path in paths}
    return {module: owner for module, owner in found.items() if owner}


def easybuild_locks(prefix: Path) -> frozenset[str]:
    """The modules that EasyBuild has a lock for, with `_` for `/`, as in the names of its lock directories."""
    start = f"{prefix / 'software'}/".replace("/", "_")
    names = (path.name for path in prefix.glob("software/.locks/*.lock"))
    return frozenset(name.removeprefix(start).removesuffix(".lock") for name in names if name.startswith(start))


def is_held(prefix: Path, module: str) -> bool:
    """Whether a live process holds the mark of a module."""
    try:
        fd = os.open(_path(prefix, module), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


class BusyError(Exception):
    """Another process holds a mark; says who, where that can be told."""


@contextmanager
def hold(prefix: Path, module: str) -> Iterator[Mark]:
    """Hold the mark of a module. BusyError where another process does.

    It counts from `own` on. It stays when the body raises: then nobody knows what was left behind.
    """
    path = _path(prefix, module)
    fd = _open_locked(path, module)
    try:
        yield Mark(fd, _read_owner(path, module))
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def _open_locked(path: Path, module: str) -> int:
    """The locked file; what it says was said by who did not take it away."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(fd), path.stat()):  # else its last owner has taken it away meanwhile
                return fd
        except BlockingIOError as error:
            owner = _read_owner(path, module)
            os.close(fd)
            raise BusyError(str(owner or "another process")) from error
        except FileNotFoundError:
            pass
        os.close(fd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who builds a module, or was the last to."""

    module: str
    rebuild: bool = False  #: the module was there before
    host: str = ""
    pid: int = 0
    since: str = ""
    job: str = ""  #: of the batch system

    def __str__(self) -> str:
        job = f", job {self.job}" if self.job else ""
        return f"process {self.pid} on {self.host}{job}, since {self.since}" if self.pid and self.host else "somebody"


def own(mark: Mark, *, rebuild: bool = False, job: str = "") -> None:
    """Say in a mark that its module is being built from now on, and by whom.

    It is written over what a former owner left, at once and not emptied first: wherever it is cut off, on a full disk
    too, the mark must neither look new nor hide that it is of a rebuild.
    """
    said = {"host": os.uname().nodename, "pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    before = os.fstat(mark.lock).st_size
    text = json.dumps({**said, "rebuild": rebuild, "job": job}).encode().ljust(before)
    if os.pwrite(mark.lock, text, 0) != len(text):
        os.ftruncate(mark.lock, before)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(mark.lock)


def _read_owner(path: Path, module: str) -> Owner | None:
    """Who a mark is of; one that was cut off while it was written is somebody's too."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:  # somebody else's: it counts
        return Owner(module=module)
    try:
        said = json.loads(text)
        known = {name: said[name] for name in ("rebuild", "host", "pid", "since", "job") if name in said}
        return Owner(module=module, **known)
    except (ValueError, TypeError):
        return Owner(module=module) if text else None
