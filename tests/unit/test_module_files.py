"""A modules directory that was read before says what it would say if it were read for the first time."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eessi_stack import module_files, signature, stored
from eessi_stack.errors import StackError
from eessi_stack.module_files import ModuleFiles, read
from eessi_stack.signature import Kept, Signature

RC = 'module_version("A/1.0", "1")\n'


@pytest.fixture(autouse=True)
def _fine_time_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "_COARSE", 20_000_000)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    layer = tmp_path / "modules" / "all"
    for name in ("A/1.0", "A/2.0", "B/1.0", "lang/C/1.0"):
        write(layer / f"{name}.lua", 'depends_on("GCC/12")\n')
    write(layer / "A" / ".modulerc.lua", RC)
    (layer / "A" / "3.0.lua").symlink_to("nowhere.lua")
    (layer / "D").symlink_to("../elsewhere")
    (layer / "E").symlink_to("B")
    return layer


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "modules.json"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def in_place(path: Path, text: str) -> None:
    """Change a file and leave its time and size as they were."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (before.st_mtime_ns, before.st_size) == (path.stat().st_mtime_ns, path.stat().st_size)


def settle() -> None:
    time.sleep(0.04)


def a_link_gets_a_folder_and_a_file_before_it_is_edited(layer: Path) -> None:
    write(layer / "A" / "1.0.lua", "")
    write(layer.parent / "elsewhere" / "1.0.lua", 'load("X/1")')


def a_link_leads_elsewhere(layer: Path) -> None:
    (layer / "E").unlink()
    (layer / "E").symlink_to("A")


def a_file_becomes_a_folder(layer: Path) -> None:
    (layer / "B" / "1.0.lua").unlink()
    write(layer / "B" / "1.0.lua" / "2.0.lua", "")


def a_folder_becomes_a_link(layer: Path) -> None:
    (layer / "lang").rename(layer.parent / "moved")
    (layer / "lang").symlink_to("../moved")


def a_folder_goes(layer: Path) -> None:
    (layer / "B" / "1.0.lua").unlink()
    (layer / "B").rmdir()


def the_directory_is_another_one(layer: Path) -> None:
    layer.rename(layer.parent / "gone")
    write(layer / "Z" / "1.0.lua", 'load("X/1")')


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a file is added": lambda layer: write(layer / "B" / "2.0.lua", ""),
    "a folder is added": lambda layer: write(layer / "New" / "1.0.lua", 'load("X/1")'),
    "a file goes": lambda layer: (layer / "B" / "1.0.lua").unlink(),
    "a file is edited in place": lambda layer: in_place(layer / "B" / "1.0.lua", 'depends_on("GCC/13")\n'),
    "a file is emptied": lambda layer: write(layer / "B" / "1.0.lua", ""),
    "a file is zeros": lambda layer: (layer / "B" / "1.0.lua").write_bytes(b"\0" * 21),
    "a file is cut": lambda layer: write(layer / "B" / "1.0.lua", "depends_on("),
    "a file gets another name": lambda layer: (layer / "B" / "1.0.lua").rename(layer / "B" / "1.1.lua"),
    "an alias is edited": lambda layer: in_place(layer / "A" / ".modulerc.lua", RC.replace('"1"', '"2"')),
    "an alias goes": lambda layer: (layer / "A" / ".modulerc.lua").unlink(),
    "a link gets a target": lambda layer: write(layer / "A" / "nowhere.lua", ""),
    "a link far away gets a file": lambda layer: write(layer.parent / "elsewhere", "#%Module"),
    "a link far away gets a folder": lambda layer: write(layer.parent / "elsewhere" / "1.0.lua", 'load("X/1")'),
    "a link gets a folder, and a file before it is edited": a_link_gets_a_folder_and_a_file_before_it_is_edited,
    "a link leads elsewhere": a_link_leads_elsewhere,
    "a file becomes a folder": a_file_becomes_a_folder,
    "a folder becomes a link": a_folder_becomes_a_link,
    "a folder goes": a_folder_goes,
    "the directory goes": lambda layer: layer.rename(layer.parent / "gone"),
    "the directory is another one": the_directory_is_another_one,
}


@pytest.mark.parametrize("old", [True, False], ids=["old", "young"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_kept_is_what_is_there(layer: Path, cache: Path, change: str, *, old: bool) -> None:
    if old:
        settle()
    assert read(layer, cache) == read(layer)
    CHANGES[change](layer)
    expected = read(layer)
    for _ in range(2):
        assert read(layer, cache) == expected
    settle()
    for _ in range(2):
        assert read(layer, cache) == expected


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read."""
    seen: list[str] = []
    text_of = module_files._text

    def noting(path: str) -> str:
        seen.append(Path(path).name)
        return text_of(path)

    monkeypatch.setattr(module_files, "_text", noting)
    return seen


def test_only_what_has_changed_is_read_again(layer: Path, cache: Path, texts: list[str]) -> None:
    settle()
    read(layer, cache)
    texts.clear()
    read(layer, cache)
    assert texts == []
    write(layer / "A" / "2.0.lua", "")
    write(layer / "A" / "4.0.lua", "")
    read(layer, cache)
    assert texts == ["2.0.lua", "4.0.lua"]


def test_where_nothing_has_changed_nothing_is_written(layer: Path, cache: Path) -> None:
    settle()
    read(layer, cache)
    before = cache.stat()
    read(layer, cache)
    assert cache.stat() == before


def test_what_was_kept_of_another_directory_is_not_believed(layer: Path, cache: Path) -> None:
    settle()
    read(layer, cache)
    moved = layer.rename(layer.parent / "moved")
    assert read(layer, cache) == ModuleFiles()
    assert read(moved, cache) == read(moved)


def test_what_was_kept_of_another_directory_that_is_still_there_is_not_believed(layer: Path, cache: Path) -> None:
    write(layer.parent / "other" / "New" / "1.0.lua", "")
    settle()
    read(layer, cache)
    assert read(layer.parent / "other", cache).loads == {"New/1.0": ()}


def test_what_may_have_changed_unseen_is_read_again(
    layer: Path, cache: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "_COARSE", 10**18)
    for _ in range(2):
        read(layer, cache)
    assert texts[: len(texts) // 2] == texts[len(texts) // 2 :]


@pytest.mark.parametrize("young", ["", "B", "lang/C"])
def test_a_folder_that_may_have_changed_unseen_is_looked_into_again(
    layer: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, young: str
) -> None:
    settle()
    status = signature.signature(str(layer / young))

    def keep(found: Signature) -> Kept:
        return None if found == status else signature.kept(found)

    monkeypatch.setattr(module_files, "kept", keep)
    read(layer, cache)
    document = stored.load(cache, module_files.schema())
    assert document
    assert [path for path, found in document["folders"].items() if found is None][:1] == [str(layer / young)]


def test_a_link_to_a_link_that_leads_elsewhere(layer: Path, cache: Path) -> None:
    """The second name of a folder is not walked through; it may be the first of another one tomorrow."""
    (layer.parent / "middle").symlink_to(layer / "B")
    (layer / "F").symlink_to("../middle")
    settle()
    read(layer, cache)
    (layer.parent / "middle").unlink()
    (layer.parent / "middle").symlink_to(layer.parent / "other")
    write(layer.parent / "other" / "5.0.lua", "")
    assert "F/5.0" in read(layer, cache).loads


def test_a_file_that_comes_while_the_folder_is_read_is_not_lost(
    layer: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    walk = os.walk

    def walking(root: str, **kwargs: Any) -> Iterator[tuple[str, list[str], list[str]]]:  # noqa: ANN401
        for folder, below, files in walk(root, **kwargs):
            if folder == str(layer / "B"):
                write(layer / "B" / "late.lua", "")
            yield folder, below, files

    monkeypatch.setattr(os, "walk", walking)
    read(layer, cache)
    monkeypatch.undo()
    assert "B/late" in read(layer, cache).loads


def test_what_cannot_be_read_is_no_answer_and_is_not_kept(layer: Path, cache: Path) -> None:
    settle()
    read(layer, cache)
    path = layer / "B" / "1.0.lua"
    path.unlink()
    path.symlink_to("/proc/self/mem")
    for _ in range(2):
        with pytest.raises(StackError, match="cannot be read"):
            read(layer, cache)
    path.unlink()
    assert read(layer, cache) == read(layer)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}"])
def test_a_damaged_cache_is_not_believed(layer: Path, cache: Path, content: bytes) -> None:
    read(layer, cache)
    cache.write_bytes(content)
    assert read(layer, cache) == read(layer)


def test_a_cache_that_cannot_be_written_is_not_missed(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read(layer, tmp_path / "file" / "cache.json") == read(layer)


def test_what_decides_what_a_text_means_is_all_there() -> None:
    folder = Path(module_files.__file__).parent
    code = [(folder / name).read_text() for name in module_files.MEANING]
    assert "def loads" in "".join(code)
    assert "def _said" in "".join(code)


def test_a_cache_of_another_schema_is_not_believed(layer: Path, cache: Path) -> None:
    assert stored.save(cache, "eessi-stack-modules-0", {"root": str(layer), "folders": {}, "files": {"A/1.lua": [[]]}})
    assert read(layer, cache) == read(layer)
