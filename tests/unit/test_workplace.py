from dataclasses import replace
from pathlib import Path

import pytest

from eessi_stack.config import load
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target, Tree
from eessi_stack.place import Place
from eessi_stack.workplace import check_writable, session


@pytest.fixture
def place(tmp_path: Path) -> Place:
    lmod = tmp_path / "lmod"
    lmod.write_text("")
    lmod.chmod(0o755)
    return Place(
        settings=load({"repo": str(tmp_path), "lmod": str(lmod), "timeout": "2h", "work-dir": str(tmp_path)}, {}),
        tree=Tree(repo=tmp_path, version="2023.06"),
        target=Target(cpu="x86_64/amd/zen3"),
        why="",
        runs=("x86_64/amd/zen4", "x86_64/amd/zen3", "x86_64/generic"),
        compat=None,
        environment={"PATH": "/bin"},
    )


def test_a_session_is_what_all_builds_share(place: Place, tmp_path: Path) -> None:
    made = session(place)
    assert made.lmod == tmp_path / "lmod"
    assert made.layers == (place.tree.modules(place.target),)
    assert (made.timeout, made.environment["PATH"]) == (7200.0, "/bin")
    assert made.logs.parent == tmp_path / "logs"
    assert not made.logs.exists()


def test_a_machine_that_cannot_run_what_it_would_build(place: Place) -> None:
    with pytest.raises(StackError) as caught:
        session(replace(place, target=Target(cpu="aarch64/generic")))
    assert caught.value.reference == "target-foreign"


def test_a_machine_without_lmod(place: Place, tmp_path: Path) -> None:
    (tmp_path / "lmod").unlink()
    with pytest.raises(StackError) as caught:
        session(place)
    assert (caught.value.reference, caught.value.exit_code) == ("lmod-missing", ExitCode.UNDECIDED)


def test_folders_that_can_be_written_to_are_made_and_left_empty(tmp_path: Path) -> None:
    check_writable({tmp_path / "a/b", tmp_path / "c"})
    assert list((tmp_path / "a/b").iterdir()) == []
    check_writable(set())


def test_a_folder_that_cannot_be_is_named_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError) as caught:
        check_writable({tmp_path / "a", tmp_path / "file/b"})
    assert caught.value.reference == "not-writable"
    assert str(tmp_path / "file/b") in caught.value.message
