"""What tells that a file or folder is still the one that was read: its status, where that can be relied on."""

import os
import time
from collections.abc import Sequence

#: Time stamps, size and inode number; empty for what is not there.
Signature = tuple[int, ...]

#: A signature as it is stored; None for one that cannot be relied on.
Kept = Sequence[int] | None

#: A change this soon after another one may leave the same time stamp behind, on file systems with coarse ones.
_COARSE = 2_000_000_000  # nanoseconds


def signature(path: str) -> Signature:
    """The status of a file or folder as it is now; what cannot be looked at counts as not there.

    Of a path that ends in `/` only that it is this folder, whatever is in it.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (called for thousands of files)
    except (OSError, ValueError):
        return ()
    if path.endswith("/"):
        return (status.st_ino,)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def reliable(found: Signature, now: int | None = None) -> bool:
    """Whether a change after now is sure to show in the signature. `now` is in nanoseconds since the epoch."""
    return not found or max(found[:2]) + _COARSE < (time.time_ns() if now is None else now)


def kept(found: Signature, now: int | None = None) -> Kept:
    """A signature that was taken now, as it can be stored."""
    return list(found) if reliable(found, now) else None


def is_same(before: Kept, now: Signature) -> bool:
    return before is not None and tuple(before) == now
