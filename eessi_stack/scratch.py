"""A folder in $TMPDIR for what a run needs for a while. What a killed run left of its own, the next one takes away.

The folder is locked as long as the run lives, or what it has started there: one that can be locked is nobody's.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A folder, there until the end."""

    path: Path
    lock: int  #: descriptor, for a process to inherit that works in the folder


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Make a folder of one's own, and take it away at the end."""
    import tempfile  # noqa: PLC0415 (slow to import, and a warm run needs none)

    prefix = f"eessi-stack-{os.uname().nodename}-"  # by host: a lock on a shared file system may be seen on one only
    _sweep(Path(tempfile.gettempdir()), prefix)
    made = None
    while made is None:
        made = _locked(Path(tempfile.mkdtemp(prefix=prefix)))
    try:
        yield made
    finally:
        shutil.rmtree(made.path, ignore_errors=True)
        os.close(made.lock)


def _locked(path: Path) -> Scratch | None:
    """None where another run has taken it for a dead one's, before it was locked."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # a file system without locks: nobody sweeps there
        fcntl.flock(lock, fcntl.LOCK_EX)
    if path.exists():
        return Scratch(path=path, lock=lock)
    os.close(lock)
    return None


def _sweep(folder: Path, prefix: str) -> None:
    """Take away what killed runs of this user left on this host."""
    for left in folder.glob(f"{prefix}????????"):  # what `mkdtemp` adds: host-2 is not host
        with suppress(OSError):
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.geteuid():
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)
