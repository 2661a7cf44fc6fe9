"""Which disks are full: a build that failed there may have failed for that."""

import errno
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

_FILES, _FILE_SIZE = 16, 1 << 16  # of as many bytes: where these do not fit, a disk is full


def without_room(folders: Iterable[Path]) -> tuple[str, ...]:
    """Those of some folders in which no file can be written for want of space, inodes or quota; one a file system."""
    disks = {folder.stat().st_dev: folder for folder in folders if folder.is_dir()}
    return tuple(str(folder) for folder in disks.values() if _is_full(folder))


def _is_full(folder: Path) -> bool:
    """It is tried, as what is free may be others'; with more than one file, as what failed may have tidied up a bit."""
    try:
        with ExitStack() as files:
            for file in (files.enter_context(TemporaryFile(dir=folder)) for _ in range(_FILES)):
                file.write(bytes(_FILE_SIZE))
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return False
