import errno
import os
from pathlib import Path

import pytest

from eessi_stack.lmod import swap


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text)
    return path


def read(path: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in path.iterdir()}


def test_a_folder_takes_the_place_of_another_at_once(tmp_path: Path) -> None:
    new, old = folder(tmp_path / "new", a="1"), folder(tmp_path / "old", a="0", b="0")
    swap.put_in_place(new, old)
    assert read(old) == {"a": "1"}
    assert read(new) == {"a": "0", "b": "0"}


def test_a_first_one_is_just_put_there(tmp_path: Path) -> None:
    swap.put_in_place(folder(tmp_path / "new", a="1"), tmp_path / "old")
    assert read(tmp_path / "old") == {"a": "1"}


def test_where_names_cannot_be_swapped_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    replace = os.replace

    def refuse(_: Path, other: Path) -> None:
        raise OSError(errno.EINVAL, "no", str(other))

    def seen(one: Path, other: Path) -> None:
        order.append(one.name)
        replace(one, other)

    monkeypatch.setattr(swap, "_exchange", refuse)
    monkeypatch.setattr(os, "replace", seen)
    names = {"timestamp": "1", "spiderT__lua": "1", "modules__json": "1", "spiderT__luac_5__3": "1"}
    new = folder(tmp_path / "new", **{name.replace("5__3", "5.3"): text for name, text in names.items()})
    old = folder(tmp_path / "old", **{"spiderT.old.lua": "0", "spiderT.luac_5.1": "0", "mine": "0", "timestamp": "0"})
    swap.put_in_place(new, old)
    assert order == ["spiderT.luac_5.3", "spiderT.lua", "modules.json", "timestamp"]
    assert set(read(old)) == {*order, "mine"}
    assert read(old)["timestamp"] == "1"


def test_what_may_not_be_swapped_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path, other: Path) -> None:
        raise OSError(errno.EACCES, "no", str(other))

    monkeypatch.setattr(swap, "_exchange", refuse)
    new, old = folder(tmp_path / "new", a="1"), folder(tmp_path / "old", a="0")
    with pytest.raises(PermissionError):
        swap.put_in_place(new, old)
    assert read(old) == {"a": "0"}


def test_all_may_read_and_the_group_may_write_where_it_may_write_modules(tmp_path: Path) -> None:
    like = folder(tmp_path / "like")
    private = folder(tmp_path / "private", a="1")
    private.chmod(0o700)
    (private / "a").chmod(0o602)
    swap.hand_over(private, like)
    swap.hand_over(private / "a", like)
    assert private.stat().st_mode & 0o777 == 0o755
    assert (private / "a").stat().st_mode & 0o777 == 0o644
    like.chmod(0o2775)
    swap.hand_over(private, like)
    assert private.stat().st_mode & 0o7777 == 0o2775


def test_a_text_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.lua"
    swap.put_text(path, "one\n", tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        swap.put_text(path, "two\n", tmp_path)
    assert read(tmp_path) == {"a.lua": "one\n"}
