"""Another process is played by a second descriptor: locks of separately opened files exclude each other."""

import fcntl
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eessi_stack.intent import FOLDER, Mark, _lock, marks, own
from eessi_stack.intent import hold as hold_only

MODULE = "GROMACS/2024.4-foss-2023b"


@contextmanager
def hold(prefix: Path, module: str, waiting: Callable[[str], Any] = lambda _: None) -> Iterator[Mark]:
    """As a build does."""
    with hold_only(prefix, module, waiting) as mark:
        own(mark)
        yield mark


def mark_of(prefix: Path) -> Path:
    (path,) = (prefix / FOLDER).iterdir()
    return path


def left_by_a_killed_run(prefix: Path) -> None:
    with pytest.raises(KeyError), hold(prefix, MODULE):
        raise KeyError


@contextmanager
def no_room() -> Iterator[None]:
    """No file can be written, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_prefix_without_marks(tmp_path: Path) -> None:
    assert marks(tmp_path) == {}
    assert marks(tmp_path / "none") == {}


def test_a_mark_is_there_and_held_while_the_build_goes_on(tmp_path: Path) -> None:
    with hold(tmp_path, MODULE) as mark:
        assert marks(tmp_path) == {MODULE: True}
        assert not mark.stale
        assert os.fstat(mark.lock).st_ino == mark_of(tmp_path).stat().st_ino
        with hold(tmp_path, "other/1"):
            assert marks(tmp_path) == {MODULE: True, "other/1": True}
    assert marks(tmp_path) == {}


def test_who_holds_a_mark_only_to_look_builds_nothing(tmp_path: Path) -> None:
    with hold_only(tmp_path, MODULE):
        assert marks(tmp_path) == {}
    left_by_a_killed_run(tmp_path)
    with hold_only(tmp_path, MODULE) as mark:
        assert mark.stale
        assert marks(tmp_path) == {MODULE: True}


def test_a_mark_stays_when_the_build_does_not_end_well(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    assert marks(tmp_path) == {MODULE: False}


def test_a_mark_that_was_left_is_taken_over_as_stale(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with hold(tmp_path, MODULE) as mark:
        assert mark.stale
        assert marks(tmp_path) == {MODULE: True}
    assert marks(tmp_path) == {}
    with hold(tmp_path, MODULE) as mark:
        assert not mark.stale


def test_a_stale_mark_stays_stale_when_there_is_no_room_to_write(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with no_room(), pytest.raises(OSError, match="File too large"), hold(tmp_path, MODULE):
        pass
    assert marks(tmp_path) == {MODULE: False}
    with hold(tmp_path, MODULE) as mark:
        assert mark.stale


def test_it_waits_for_who_holds_the_mark_and_tells_once(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    other = os.open(mark_of(tmp_path), os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    told: list[str] = []

    def waiting(who: str) -> None:
        assert not told
        told.append(who)
        threading.Timer(0.3, os.close, [other]).start()

    with hold(tmp_path, MODULE, waiting) as mark:
        assert mark.stale
    assert told[0].startswith(f"process {os.getpid()} on {os.uname().nodename} since 20")


def test_a_mark_taken_away_meanwhile_is_made_anew_and_is_not_stale(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    path = mark_of(tmp_path)
    other = os.open(path, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)

    def ends_well(_: str) -> None:
        path.unlink()
        os.close(other)

    with hold(tmp_path, MODULE, ends_well) as mark:
        assert not mark.stale
        assert marks(tmp_path) == {MODULE: True}


def test_who_only_looks_at_a_mark_does_not_hold_it(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with mark_of(tmp_path).open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert marks(tmp_path) == {MODULE: False}


def test_a_lock_on_a_file_that_was_taken_away_or_replaced_is_none(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    with path.open("w") as file:
        assert _lock(file.fileno(), path)
        path.unlink()
        assert not _lock(file.fileno(), path)
        path.touch()
        assert not _lock(file.fileno(), path)


def test_an_owner_that_cannot_be_told_is_waited_for_too(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    mark_of(tmp_path).write_text("[")
    other = os.open(mark_of(tmp_path), os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    threading.Timer(0.2, os.close, [other]).start()
    told: list[str] = []
    with hold(tmp_path, MODULE, told.append) as mark:
        assert mark.stale
    assert told == []
