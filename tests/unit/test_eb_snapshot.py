"""An answer is given again only where nothing that it rests on has changed at all."""

import time
from pathlib import Path

import pytest

from eessi_stack import signature, stored
from eessi_stack.eb.snapshot import SCHEMA, Witnesses, load, save
from eessi_stack.eb.store import Json, Store, View
from eessi_stack.model import Package, Request
from eessi_stack.signature import kept

ONE, TWO = (Request(easyconfig=name, file="s.yml", line=line) for line, name in enumerate(("One.eb", "Two.eb")))
PACKAGES = (
    Package(module="One/1", recipe="/r/One.eb", sha256="x", dependencies=("Lib/1",), requests=(ONE, ONE)),
    Package(module="Lib/1", build_dependencies=("Tool/1",)),
    Package(module="Two.eb", error="no easyconfig", requests=(TWO,)),
)


@pytest.fixture(autouse=True)
def _fine_time_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "_COARSE", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "answer.json"


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    path = tmp_path / "witness"
    path.write_text("one")
    return path


def seen(*paths: Path) -> dict[str, signature.Kept]:
    return {str(path): kept(signature.signature(str(path))) for path in paths}


def witnesses(*nodes: Json, **files: dict[str, signature.Kept]) -> Witnesses:
    """Those of a store with these nodes."""
    store = Store(None)
    empty: Json = {"id": "1", "environment": {}, "files": {}, "uses": {}, "lookups": [], "new": True}
    store.nodes = {str(number): [{**empty, **node}] for number, node in enumerate(nodes)}
    store.nodes["session"] = [empty]
    store.code, store.watched = files.get("code", {}), files.get("watched", {})
    found = Witnesses()
    found.add(store, View(store, {"FOO": "1"}))
    return found


def test_what_is_kept_comes_back_with_todays_requests(path: Path) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses())
    assert load(path, [ONE, TWO], {}) == PACKAGES
    moved = [Request(easyconfig=request.easyconfig, file="s.yml", line=9) for request in (ONE, TWO)]
    found = load(path, moved, {})
    assert found
    assert found[0].requests == (moved[0], moved[0])


@pytest.mark.parametrize("where", ["node", "code", "watched"])
@pytest.mark.parametrize("change", ["edited", "gone"])
def test_any_file_that_changes_ends_it(path: Path, witness: Path, where: str, change: str) -> None:
    nodes = [{"files": seen(witness)}] if where == "node" else []
    save(path, PACKAGES, [ONE, TWO], witnesses(*nodes, **({} if nodes else {where: seen(witness)})))
    assert load(path, [ONE, TWO], {})
    time.sleep(0.02)
    if change == "edited":
        witness.write_text("two")
    else:
        witness.unlink()
    assert load(path, [ONE, TWO], {}) is None


def test_a_file_that_comes_ends_it(path: Path, tmp_path: Path) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses({"files": seen(tmp_path / "new")}))
    assert load(path, [ONE, TWO], {})
    (tmp_path / "new").write_text("")
    assert load(path, [ONE, TWO], {}) is None


@pytest.mark.parametrize(
    ("environment", "holds"),
    [({"FOO": "1"}, True), ({"FOO": "1", "BAR": "2"}, True), ({"FOO": "2"}, False), ({}, False)],
)
def test_a_variable_that_changes_ends_it(path: Path, environment: dict[str, str], *, holds: bool) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses({"environment": {"FOO": "1", "GONE": None}}))
    assert (load(path, [ONE, TWO], environment) is not None) is holds


def test_an_index_ends_it_when_it_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 60
    save(path, PACKAGES, [ONE, TWO], witnesses({"until": later}, {}))
    assert load(path, [ONE, TWO], {})
    monkeypatch.setattr(time, "time", lambda: later + 1)
    assert load(path, [ONE, TWO], {}) is None


@pytest.mark.parametrize(
    "nodes",
    [
        [{"volatile": True}],
        [{"files": {"/young": None}}],
        [{"files": {"/twice": [1]}}, {"files": {"/twice": [2]}}],
        [{"until": 1.0, "volatile": True}],
    ],
)
def test_what_cannot_be_told_to_hold_is_not_kept(path: Path, nodes: list[Json]) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses(*nodes))
    assert not path.exists()


def test_entries_whose_options_say_different_things_are_not_kept(path: Path) -> None:
    found = Witnesses()
    for value in ("8.0", "9.0"):
        store = Store(None)
        store.nodes["session"] = [
            {"id": "1", "environment": {"CUDA": value}, "files": {}, "uses": {}, "lookups": [], "new": True}
        ]
        found.add(store, View(store, {"CUDA": value}))
    save(path, PACKAGES, [ONE, TWO], found)
    assert not path.exists()


def test_what_changed_while_the_answer_was_worked_out_is_not_kept(path: Path) -> None:
    found = Witnesses()
    found.see({"/a": [1]})
    found.see({"/a": [1], "/b": [2]})
    assert found.until
    found.see({"/b": [3]})
    save(path, PACKAGES, [ONE, TWO], found)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}"])
def test_what_is_damaged_is_not_believed(path: Path, content: bytes) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses())
    path.write_bytes(content)
    assert load(path, [ONE, TWO], {}) is None


def test_what_is_foreign_is_not_believed(path: Path) -> None:
    save(path, PACKAGES, [ONE, TWO], witnesses())
    document = stored.load(path, SCHEMA)
    assert document
    stored.save(path, "eessi-stack-snapshot-0", document)
    assert load(path, [ONE, TWO], {}) is None
