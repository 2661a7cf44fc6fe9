"""What tells that a file is still the one that was read."""

import os
import time
from pathlib import Path

import pytest

from eessi_stack.signature import is_same, kept, reliable, signature

SECOND = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    return path


def test_a_file_that_nobody_touched_is_the_same(file: Path) -> None:
    assert signature(str(file)) == signature(str(file))


@pytest.mark.parametrize("change", ["content", "time", "mode", "other file", "gone"])
def test_every_change_shows(file: Path, change: str) -> None:
    before, status = signature(str(file)), file.stat()
    time.sleep(0.02)  # longer than the kernel's tick
    if change == "content":
        file.write_text("two")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "time":
        os.utime(file, ns=(1, 1))
    elif change == "mode":
        file.chmod(0o600)
    elif change == "other file":
        other = file.with_name("other")
        other.write_text("one")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    else:
        file.unlink()
    assert signature(str(file)) != before


def test_a_link_is_what_it_leads_to(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to("gone")
    assert signature(str(link)) == ()
    link.unlink()
    link.symlink_to("file")
    assert signature(str(link)) == signature(str(file))


def test_a_folder_changes_with_what_is_in_it_unless_only_its_being_there_is_asked(tmp_path: Path) -> None:
    whole, only_there = signature(str(tmp_path)), signature(f"{tmp_path}/")
    time.sleep(0.02)
    (tmp_path / "new").mkdir()
    assert signature(str(tmp_path)) != whole
    assert signature(f"{tmp_path}/") == only_there
    assert signature(f"{tmp_path}/gone/") == ()
    assert signature(f"{tmp_path}/new/") != only_there


@pytest.mark.parametrize("name", ["gone", "file/below", "x" * 300, "a\0b"])
def test_what_cannot_be_looked_at_is_not_there(file: Path, name: str) -> None:
    assert signature(f"{file.parent}/{name}") == ()


@pytest.mark.parametrize(
    ("changed", "looked", "expected"),
    [
        ((0, 0), 2 * SECOND, False),  # a second change may leave the same stamp
        ((0, 0), 2 * SECOND + 1, True),
        ((0, SECOND), 2 * SECOND + 1, False),  # written with an old time stamp
        ((SECOND, 0), 2 * SECOND + 1, False),
        ((9 * SECOND, 0), SECOND, False),  # of a clock that is ahead
    ],
)
def test_a_stamp_can_be_relied_on_when_it_was_old_as_it_was_looked_at(
    changed: tuple[int, int], looked: int, *, expected: bool
) -> None:
    found = (*changed, 100, 7)
    assert reliable(found, looked) is expected
    assert kept(found, looked) == (list(found) if expected else None)


def test_now_is_when_nobody_says_otherwise(file: Path) -> None:
    assert not reliable(signature(str(file)))
    assert reliable((SECOND, SECOND, 3, 4))


def test_that_something_is_not_there_can_always_be_relied_on() -> None:
    assert reliable(())
    assert kept(()) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([1, 2], (1, 2), True),
        ([1, 2], (1, 3), False),
        ([], (), True),
        ([], (1,), False),
        (None, (), False),
        (None, (1,), False),
    ],
)
def test_what_was_not_kept_is_never_the_same(before: list[int] | None, now: tuple[int, ...], *, expected: bool) -> None:
    assert is_same(before, now) is expected
