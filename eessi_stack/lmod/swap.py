"""Puts new files and folders in the place of old ones, at once, as the owner of the modules would."""

import contextlib
import ctypes
import errno
import os
import shutil
import tempfile
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISGID, S_IWGRP, S_IWOTH

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2

#: What a file system says that cannot swap two names: NFS, some overlays.
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV)

#: In this order there is a whole cache at any moment: Lmod takes the compiled file first, the timestamp makes it valid.
_ORDER = (".luac_", "spiderT.lua", ".json", "timestamp")


def hand_over(path: Path, like: Path) -> None:
    """Let all read it; root gives it to the owner of the modules, and where their group may write, it may here too."""
    status, wanted = path.stat(), like.stat()
    is_folder = S_ISDIR(status.st_mode)
    if (status.st_uid, status.st_gid) != (wanted.st_uid, wanted.st_gid):
        with contextlib.suppress(PermissionError):  # not root: then it stays this user's
            os.chown(path, wanted.st_uid if os.geteuid() == 0 else -1, wanted.st_gid)
    shared = wanted.st_mode & (S_IWGRP | S_ISGID if is_folder else S_IWGRP)
    more = (0o755 if is_folder else 0o644) | shared
    mode = S_IMODE(status.st_mode)
    if mode != (mode | more) & ~S_IWOTH:
        path.chmod((mode | more) & ~S_IWOTH)


def put_in_place(draft: Path, place: Path) -> None:
    """A folder in the place of another, which is then where the draft was."""
    _flush(draft)
    if not os.path.lexists(place):
        draft.rename(place)
        return
    try:
        _exchange(draft, place)
    except OSError as error:
        if error.errno not in _CANNOT or not place.is_dir():
            raise
        _file_by_file(draft, place)


def _exchange(one: Path, other: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(other))
    names = os.fsencode(one), os.fsencode(other)
    if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _file_by_file(draft: Path, place: Path) -> None:
    names = sorted((path.name for path in draft.iterdir()), key=_rank)
    for name in names:
        os.replace(draft / name, place / name)  # noqa: PTH105 (two paths)
    for path in place.glob("spiderT.*"):
        if path.name not in names:  # of another Lua or time: users would see another cache
            path.unlink()


def _rank(name: str) -> int:
    return next((at for at, part in enumerate(_ORDER) if part in name), len(_ORDER))


def _flush(folder: Path) -> None:
    """Have the files on disk before their names are: a machine that fails must not leave empty ones behind."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def discard(folder: Path) -> None:
    """Take a folder away, as far as this user may."""
    shutil.rmtree(folder, ignore_errors=True)


def put_text(path: Path, text: str, like: Path) -> None:
    """A text file in the place of another one, whole or not at all."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 (a descriptor)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        hand_over(Path(draft), like)
        os.replace(draft, path)  # noqa: PTH105 (a name)
    finally:
        Path(draft).unlink(missing_ok=True)
