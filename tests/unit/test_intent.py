"""Another process is played by a second descriptor: locks of separately opened files exclude each other."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eessi_stack import kept
from eessi_stack.intent import FOLDER, BusyError, Mark, easybuild_locks, marks, own, owners
from eessi_stack.intent import hold as hold_only

MODULE = "GROMACS/2024.4-foss-2023b"


@contextmanager
def hold(prefix: Path, module: str, *, rebuild: bool = False, job: str = "") -> Iterator[Mark]:
    """As a build does."""
    with hold_only(prefix, module) as mark:
        own(mark, rebuild=rebuild, job=job)
        yield mark


def mark_of(prefix: Path) -> Path:
    (path,) = (prefix / FOLDER).iterdir()
    return path


def left_by_a_killed_run(prefix: Path, *, rebuild: bool = False, job: str = "") -> None:
    with pytest.raises(KeyError), hold(prefix, MODULE, rebuild=rebuild, job=job):
        raise KeyError


def put_aside(prefix: Path, suffix: str = ".lua") -> Path:
    path = prefix / kept.FOLDER / f"GROMACS%2F2024.4-foss-2023b{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@contextmanager
def no_room(size: int = 0) -> Iterator[None]:
    """No file can become larger than that, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
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
        assert mark.left is None
        assert os.fstat(mark.lock).st_ino == mark_of(tmp_path).stat().st_ino
        with hold(tmp_path, "other/1"):
            assert marks(tmp_path) == {MODULE: True, "other/1": True}
    assert marks(tmp_path) == {}


def test_who_holds_a_mark_only_to_look_builds_nothing(tmp_path: Path) -> None:
    with hold_only(tmp_path, MODULE):
        assert marks(tmp_path) == {}
        assert owners(tmp_path) == {}
    left_by_a_killed_run(tmp_path)
    with hold_only(tmp_path, MODULE) as mark:
        assert mark.left
        assert marks(tmp_path) == {MODULE: True}
    assert marks(tmp_path) == {}


def test_a_mark_stays_when_the_build_does_not_end_well(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    assert marks(tmp_path) == {MODULE: False}


def test_a_mark_that_was_left_says_who_left_it(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path, rebuild=True, job="42")
    with hold(tmp_path, MODULE) as mark:
        assert mark.left
        assert (mark.left.module, mark.left.rebuild, mark.left.job) == (MODULE, True, "42")
        assert (mark.left.host, mark.left.pid) == (os.uname().nodename, os.getpid())
        assert marks(tmp_path) == {MODULE: True}
        assert not owners(tmp_path)[MODULE].rebuild
    assert marks(tmp_path) == {}
    with hold(tmp_path, MODULE) as mark:
        assert mark.left is None


def test_a_rebuild_counts_only_while_the_old_module_is_put_aside(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path, rebuild=True)
    assert marks(tmp_path) == {}
    assert kept.find(tmp_path, MODULE) is None
    for suffix in (".lua", ""):
        path = put_aside(tmp_path, suffix)
        assert kept.find(tmp_path, MODULE) == path
        assert marks(tmp_path) == {MODULE: False}
        path.unlink()
    put_aside(tmp_path)
    with hold(tmp_path, MODULE, rebuild=True):
        assert marks(tmp_path) == {MODULE: True}


def test_a_mark_stays_another_s_when_there_is_no_room_to_write(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with no_room(), pytest.raises(OSError, match="File too large"), hold(tmp_path, MODULE):
        pass
    assert marks(tmp_path) == {MODULE: False}
    with hold(tmp_path, MODULE) as mark:
        assert mark.left


def test_a_new_mark_for_which_there_is_hardly_any_room_says_nothing(tmp_path: Path) -> None:
    with no_room(10), pytest.raises(OSError, match="No space left"), hold(tmp_path, MODULE, rebuild=True):
        pytest.fail("nothing may be built under a mark that could not be written")
    assert marks(tmp_path) == {}
    assert owners(tmp_path) == {}


@pytest.mark.parametrize("after", range(4))
def test_a_rebuild_s_mark_is_one_whenever_its_writing_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """A mark that cannot be read would have what is there removed, and the old installation is there."""
    left_by_a_killed_run(tmp_path, rebuild=True, job="a job with a long name")
    left = [after]

    def counted(name: str) -> None:
        real = getattr(os, name)

        def change(*args: object) -> object:
            if left[0] <= 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return real(*args)

        monkeypatch.setattr(os, name, change)

    for name in ("pwrite", "ftruncate", "fsync"):
        counted(name)
    with pytest.raises(KeyboardInterrupt), hold(tmp_path, MODULE, rebuild=True):
        raise KeyboardInterrupt
    assert owners(tmp_path)[MODULE].rebuild
    assert owners(tmp_path)[MODULE].pid == os.getpid()


def test_who_holds_a_mark_can_be_told(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path, job="77")
    with mark_of(tmp_path).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BusyError) as caught, hold(tmp_path, MODULE):
            pytest.fail("it is held")
    said = str(caught.value)
    assert said.startswith(f"process {os.getpid()} on {os.uname().nodename}, job 77, since 20")
    assert marks(tmp_path) == {MODULE: False}, "who could not have it leaves it as it is"


@pytest.mark.parametrize(("text", "said"), [("", "another process"), ("[", "somebody"), ('{"pid": 1}', "somebody")])
def test_an_owner_that_cannot_be_told(tmp_path: Path, text: str, said: str) -> None:
    left_by_a_killed_run(tmp_path)
    mark_of(tmp_path).write_text(text)
    with mark_of(tmp_path).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match=f"^{said}$"), hold(tmp_path, MODULE):
            pass
    assert marks(tmp_path) == ({MODULE: False} if text else {})


def test_no_descriptor_is_lost_to_a_mark_that_is_held(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with mark_of(tmp_path).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            with pytest.raises(BusyError), hold(tmp_path, MODULE):
                pass
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_mark_taken_away_meanwhile_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_by_a_killed_run(tmp_path)
    path, flock = mark_of(tmp_path), fcntl.flock
    removed: list[int] = []

    def ends_well_just_before(fd: int, how: int) -> None:
        if not removed:
            removed.append(fd)
            path.unlink()
        flock(fd, how)

    monkeypatch.setattr(fcntl, "flock", ends_well_just_before)
    with hold(tmp_path, MODULE) as mark:
        assert mark.left is None
        assert marks(tmp_path) == {MODULE: True}
        assert os.fstat(mark.lock).st_ino == path.stat().st_ino


def test_who_only_looks_at_a_mark_does_not_hold_it(tmp_path: Path) -> None:
    left_by_a_killed_run(tmp_path)
    with mark_of(tmp_path).open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert marks(tmp_path) == {MODULE: False}


def test_easybuild_s_locks_are_of_modules(tmp_path: Path) -> None:
    start = f"{tmp_path}/software/".replace("/", "_")
    for name in (f"{start}A_1.0.lock", "_elsewhere_software_B_1.lock", f"{start}C_1.other"):
        (tmp_path / "software" / ".locks" / name).mkdir(parents=True)
    assert easybuild_locks(tmp_path) == {"A_1.0"}
    assert easybuild_locks(tmp_path / "none") == frozenset()
