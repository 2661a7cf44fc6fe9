"""What is tried on a disk, and which errors mean that it is full."""

import errno
import os
from pathlib import Path

import pytest

from eessi_stack.eb import disks


@pytest.mark.parametrize(
    ("reason", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False), (errno.EROFS, False)]
)
def test_where_no_file_can_be_written_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int, *, full: bool
) -> None:
    (tmp_path / "beside").mkdir()
    folders = [tmp_path, tmp_path / "beside", tmp_path / "none"]
    assert disks.without_room(folders) == ()

    def refuse(_: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "fsync", refuse)
    assert len(disks.without_room(folders)) == full, "both are on one disk"
