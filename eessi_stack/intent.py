"""Intent marks: a file a module in the prefix, there while it is built, locked by the kernel while its builder lives.

EasyBuild writes a module file before its last steps, so a killed run or a full disk leaves one behind that nothing
stands behind. A module whose mark is there and held by nobody is not complete.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from eessi_stack.errors import ExitCode, StackError

FOLDER = Path(".eessi-stack") / "intent"


class Busy(StackError):
    """Another live process builds the same module."""

    def __init__(self, module: str, owner: str) -> None:
        super().__init__("busy", f"{module} is being built by {owner}", exit_code=ExitCode.FINDING)


def _path(prefix: Path, module: str) -> Path:
    return prefix / FOLDER / quote(module, safe="")


def marks(prefix: Path) -> dict[str, bool]:
    """Module → whether a live process holds its mark, of one prefix."""
    try:
        paths = sorted((prefix / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {unquote(path.name): _held(path) for path in paths}


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
def hold(prefix: Path, module: str, *, patience: float = 2.0) -> Iterator[int]:
    """Mark a module as being built; gives the descriptor that holds the lock, for the builder to inherit.

    The mark stays when the body raises: then nobody knows what was left behind. Busy where somebody else holds it
    for longer than `patience` seconds (a look at the marks holds one for an instant).
    """
    path = _path(prefix, module)
    fd = _open_locked(path, module, time.monotonic() + patience)
    try:
        os.ftruncate(fd, 0)
        os.write(fd, json.dumps(_owner()).encode())
        os.fsync(fd)
        yield fd
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def _open_locked(path: Path, module: str, until: float) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        except FileNotFoundError:
            pass  # its last owner finished and took it away between our open and our lock
        except BlockingIOError:
            if time.monotonic() > until:
                owner = _read_owner(fd)
                os.close(fd)
                raise Busy(module, owner) from None
        os.close(fd)
        time.sleep(0.05)


def _owner() -> dict[str, object]:
    return {"host": os.uname().nodename, "pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


def _read_owner(fd: int) -> str:
    try:
        owner = json.loads(os.pread(fd, 4096, 0))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
