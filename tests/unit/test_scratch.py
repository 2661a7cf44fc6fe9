"""A scratch folder is there as long as somebody works in it, whoever is killed."""

import fcntl
import os
from pathlib import Path

import pytest

from eessi_stack.scratch import scratch


@pytest.fixture
def left(temporary: Path) -> Path:
    """What a killed run left: nobody has a lock on it."""
    with scratch() as made:
        name = made.path.name
    folder = temporary / name
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "file").touch()
    return folder


def test_a_folder_is_gone_at_the_end_with_all_that_is_in_it() -> None:
    with scratch() as made:
        (made.path / "below").mkdir()
        (made.path / "below" / "file").touch()

    assert not made.path.exists()


def test_it_is_gone_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), scratch() as made:
        raise KeyboardInterrupt

    assert not made.path.exists()


def test_what_a_killed_run_left_is_taken_away(left: Path) -> None:
    with scratch():
        assert not left.exists()


def test_what_somebody_works_in_stays() -> None:
    with scratch() as one:
        with scratch() as other:
            assert one.path.is_dir()
            assert other.path != one.path
        assert one.path.is_dir()


def test_what_a_killed_run_has_started_goes_on(left: Path) -> None:
    inherited = os.open(left, os.O_RDONLY)
    fcntl.flock(inherited, fcntl.LOCK_EX)
    with scratch():
        assert left.is_dir()
    os.close(inherited)

    with scratch():
        assert not left.exists()


def test_what_is_somebody_elses_stays(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with scratch():
        assert left.is_dir()

    monkeypatch.undo()
    with scratch():
        assert not left.exists()


@pytest.mark.parametrize("host", ["elsewhere", f"{os.uname().nodename}-2"])
def test_what_another_host_left_stays(left: Path, host: str) -> None:
    elsewhere = left.with_name(left.name.replace(os.uname().nodename, host))
    left.rename(elsewhere)

    with scratch():
        assert elsewhere.is_dir()

    elsewhere.rename(left)
    with scratch():
        assert not left.exists()


def test_files_and_links_are_not_ours(left: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    left.rename(kept)
    left.symlink_to(kept)
    file = left.with_name(f"{left.name[:-4]}file")
    file.touch()

    with scratch():
        assert left.is_symlink()
        assert kept.is_dir()
        assert file.is_file()

    left.unlink()
    file.unlink()
