"""What every command does first on a tree where rebuilds were cut off."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import pytest

from eessi_stack import flow, intent
from eessi_stack.config import load
from eessi_stack.eb.installation import Installation
from eessi_stack.eb.rebuild import Rebuild
from eessi_stack.kept import PutBack
from eessi_stack.model import Target, Tree
from eessi_stack.place import Place
from eessi_stack.recover import recover


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def install(prefix: Path, module: str = "A/1.0") -> Installation:
    write(prefix / "software" / module / "bin/a", "old")
    write(prefix / "modules" / "all" / f"{module}.lua", "old")
    return Installation(prefix=prefix, module=module)


def is_cut_off(one: Installation, *, rebuild: bool = True) -> None:
    """A build, or an in-place rebuild, of which nothing is left but what it did."""
    with suppress(KeyError), intent.hold(one.prefix, one.module) as mark:
        intent.own(mark, rebuild=rebuild)
        if rebuild:
            Rebuild(installation=one).set_aside()
        write(one.folder / "bin/a", "new")
        raise KeyError


def test_a_prefix_where_nothing_was_cut_off(tmp_path: Path) -> None:
    install(tmp_path)
    assert list(recover([tmp_path, tmp_path / "none"])) == []


def test_the_old_installation_is_put_back_and_the_mark_is_gone(tmp_path: Path) -> None:
    first, second = install(tmp_path), install(tmp_path, "B/2")
    is_cut_off(first)
    is_cut_off(second)
    assert intent.marks(tmp_path) == {"A/1.0": False, "B/2": False}
    assert list(recover([tmp_path])) == [PutBack(module="A/1.0"), PutBack(module="B/2")]
    assert (first.folder / "bin/a").read_text() == "old"
    assert not intent.marks(tmp_path)
    assert not intent.owners(tmp_path)
    assert list(recover([tmp_path])) == []


def test_a_first_build_that_was_cut_off_is_left_to_install(tmp_path: Path) -> None:
    is_cut_off(install(tmp_path), rebuild=False)
    assert list(recover([tmp_path])) == []
    assert intent.marks(tmp_path) == {"A/1.0": False}


def test_a_rebuild_that_goes_on_is_not_touched(tmp_path: Path) -> None:
    one = install(tmp_path)
    is_cut_off(one)
    (mark,) = (tmp_path / intent.FOLDER).iterdir()
    with mark.open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert list(recover([tmp_path])) == []
    assert (one.folder / "bin/a").read_text() == "new"


def test_where_nothing_can_be_written_what_is_kept_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_cut_off(install(tmp_path))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        (found,) = recover([tmp_path])
    old = tmp_path / "software" / "A" / ".1.0.eessi-stack-old"
    assert found == PutBack(module="A/1.0", problem="Permission denied", where=old)
    assert (found.where / "bin/a").read_text() == "old"
    assert intent.marks(tmp_path) == {"A/1.0": False}


def test_a_command_puts_back_in_the_prefixes_of_its_targets(tmp_path: Path) -> None:
    settings = load({"repo": str(tmp_path)}, {"HOME": str(tmp_path)})
    tree, target = Tree(repo=tmp_path, version="2023.06"), Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
    place = Place(settings=settings, tree=tree, target=target, why="", runs=(), compat=None, environment={})
    assert flow.put_back([place]) == ()
    is_cut_off(install(tree.prefix(target)))
    is_cut_off(install(tree.prefix(target.cpu_only), "B/2"))
    assert {one.module for one in flow.put_back([place, place])} == {"A/1.0", "B/2"}
    assert flow.put_back([place]) == ()
