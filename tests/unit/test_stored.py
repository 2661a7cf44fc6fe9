"""What is stored comes back whole or not at all, whatever happens to the file."""

import os
import threading
from pathlib import Path

import pytest

from eessi_stack import stored

DOCUMENT = {"a": [1, 2.5, True, None, "x\ny"], "ü\udc80": {"b": []}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "folder" / "facts.json"
    assert stored.save(path, "facts 1", DOCUMENT)
    return path


def test_what_is_saved_is_loaded(path: Path) -> None:
    assert stored.load(path, "facts 1") == DOCUMENT


def test_a_later_document_takes_its_place_and_leaves_nothing_behind(path: Path) -> None:
    assert stored.save(path, "facts 1", [])
    assert stored.load(path, "facts 1") == []
    assert list(path.parent.iterdir()) == [path]


def test_a_file_cut_at_any_byte_is_not_believed(path: Path) -> None:
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert stored.load(path, "facts 1") is None


def test_a_file_with_any_byte_altered_added_or_taken_away_is_not_believed(path: Path) -> None:
    content = path.read_bytes()
    for place in range(len(content)):
        for altered in (bytes([content[place] ^ 1]), b"", content[place : place + 1] + b" "):
            path.write_bytes(content[:place] + altered + content[place + 1 :])
            assert stored.load(path, "facts 1") is None


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"facts 1\n{}", b"\xff" * 100, b"facts 1 \n" + b"[" * 10**5])
def test_foreign_files_are_not_believed(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert stored.load(path, "facts 1") is None


@pytest.mark.parametrize("schema", ["facts 2", "facts", "facts 1 ", "", "facts 1\n"])
def test_a_document_of_another_schema_is_not_believed(path: Path, schema: str) -> None:
    assert stored.load(path, schema) is None


def test_a_place_that_cannot_be_used_is_not_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path in (file / "facts.json", tmp_path / ("x" * 300), tmp_path / "a\0b", tmp_path):
        assert stored.load(path, "facts 1") is None
    assert not stored.save(file / "facts.json", "facts 1", DOCUMENT)
    assert not stored.save(tmp_path / ("x" * 300), "facts 1", DOCUMENT)
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_to_is_not_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    for function in ("replace", "unlink"):
        monkeypatch.setattr(os, function, refuse)
        assert stored.save(path, "facts 1", []) is (function == "unlink")
        monkeypatch.undo()
    assert stored.load(path, "facts 1") == []


def test_a_save_that_is_interrupted_leaves_the_earlier_document(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stored.save(path, "facts 1", [])
    assert stored.load(path, "facts 1") == DOCUMENT
    assert list(path.parent.iterdir()) == [path]


def test_several_writers_and_a_reader_never_see_half_a_document(path: Path) -> None:
    documents = [[number] * 1000 for number in range(4)]
    stored.save(path, "facts 1", documents[0])

    def write(document: list[int]) -> None:
        for _ in range(50):
            assert stored.save(path, "facts 1", document)

    writers = [threading.Thread(target=write, args=(document,)) for document in documents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert stored.load(path, "facts 1") in documents
    assert stored.load(path, "facts 1") in documents
    assert list(path.parent.iterdir()) == [path]


def test_the_oldest_are_taken_away_and_nothing_else(tmp_path: Path) -> None:
    names = [f"facts-{at:024x}.json" for at in range(4)]
    others = ["facts-1.json", "notes-of-mine.json", f"facts-{7:024x}.json.bak"]
    for age, name in enumerate([*names, f".answer-{8:024x}.json-x_1", *others]):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    stored.tidy(tmp_path, 2)
    assert {path.name for path in tmp_path.iterdir()} == {*names[:2], *others}
    stored.tidy(tmp_path / "absent", 2)


def test_a_new_document_has_the_oldest_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored.tidy, "__defaults__", (1,))
    for at in range(3):
        assert stored.save(tmp_path / f"facts-{at:024x}.json", "facts 1", at)
    assert len(list(tmp_path.iterdir())) == 1
