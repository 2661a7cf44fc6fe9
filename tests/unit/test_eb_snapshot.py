"""An earlier answer is given again only while nothing at all has changed."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eessi_stack.eb import snapshot
from eessi_stack.eb.snapshot import Witnesses
from eessi_stack.eb.store import Store, View
from eessi_stack.model import Package, Request
from eessi_stack.signature import signature

A, B = (Request(easyconfig=f"{name}-1.eb", file="s.yml", line=line) for line, name in enumerate("AB", 1))
PACKAGES = (
    Package(
        module="A/1", recipe="/r/A-1.eb", sha256="ab", dependencies=("C/1",), build_dependencies=("D/1",), requests=(A,)
    ),
    Package(module="B-1.eb", requests=(B, A), error="no such easyconfig"),
)
ENVIRONMENT = {"FOO": "1", "OTHER": "x"}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "A-1.eb"
    path.write_text("name = 'A'\n")
    return path


def witnesses(recipe: Path, **changed: Any) -> Witnesses:  # noqa: ANN401
    found = Witnesses()
    found.files = {str(recipe): list(signature(str(recipe))), str(recipe.parent / "absent"): []}
    found.environment = {"FOO": "1", "UNSET": None}
    for name, value in changed.items():
        setattr(found, name, value)
    return found


def ask(path: Path, environment: dict[str, str] = ENVIRONMENT) -> tuple[Package, ...] | None:
    return snapshot.load(path, (A, B), environment)


def test_the_same_packages_come_back(tmp_path: Path, recipe: Path) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe))
    assert ask(tmp_path / "s") == PACKAGES
    assert ask(tmp_path / "absent") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "A-1.eb").write_text("name = 'B'\n"),
        lambda folder: (folder / "A-1.eb").touch(),
        lambda folder: (folder / "A-1.eb").unlink(),
        lambda folder: (folder / "absent").touch(),
    ],
)
def test_any_change_of_a_file_is_seen(tmp_path: Path, recipe: Path, change: Callable[[Path], Any]) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe))
    time.sleep(0.02)  # more than a tick of the file system's clock
    change(tmp_path)
    assert ask(tmp_path / "s") is None


@pytest.mark.parametrize("environment", [{"FOO": "2"}, {}, {"FOO": "1", "UNSET": ""}])
def test_variables_count_if_they_were_read(tmp_path: Path, recipe: Path, environment: dict[str, str]) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe))
    assert ask(tmp_path / "s", environment) is None
    assert ask(tmp_path / "s", {"FOO": "1", "OTHER": "y"}) == PACKAGES


def test_what_ends_ends(tmp_path: Path, recipe: Path) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe, until=time.time() + 100))
    assert ask(tmp_path / "s") == PACKAGES
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe, until=time.time() - 100))
    assert ask(tmp_path / "s") is None


@pytest.mark.parametrize("changed", [{"until": 0}, {"files": {"/young": None}}])
def test_what_nobody_could_tell_a_change_of_is_not_kept(tmp_path: Path, recipe: Path, changed: dict[str, Any]) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe, **changed))
    assert not (tmp_path / "s").exists()


def node(**parts: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{"id": "1", "environment": {}, "files": {}, "uses": {}, "lookups": [], **parts}]


def test_an_answer_rests_on_all_that_the_store_does(recipe: Path) -> None:
    store = Store(None)
    store.code, store.watched = {"/code": [1]}, {"/watched": []}
    before = list(signature(str(recipe)))
    store.nodes = {
        "session": node(),
        str(recipe): node(files={str(recipe): before}, environment={"FOO": "1"}, until=math.inf),
        "stale": node(environment={"FOO": "another"}),
    }
    found = Witnesses()
    found.add(store, View(store, ENVIRONMENT))
    assert found.files == {"/code": [1], "/watched": [], str(recipe): before}
    assert found.environment == {"FOO": "1"}
    assert found.until == math.inf


def test_an_answer_with_something_that_is_never_the_same_holds_no_time() -> None:
    store = Store(None)
    store.nodes = {"session": node(), "a": node(volatile=True, new=True)}
    found = Witnesses()
    found.add(store, View(store, {}))
    assert found.until == 0


def test_the_first_that_ends_ends_it() -> None:
    store = Store(None)
    store.nodes = {
        "session": node(),
        "a": node(until=5.0, new=True),
        "b": node(until=7.0, new=True),
        "c": node(new=True),
    }
    found = Witnesses()
    found.add(store, View(store, {}))
    assert found.until == 5.0


def test_what_changed_while_the_answer_was_worked_out_ends_it_at_once() -> None:
    found = Witnesses()
    found.see({"/a": [1]})
    found.see({"/a": [1], "/b": []})
    assert found.until == math.inf
    found.see({"/b": [3]})
    assert found.until == 0


def test_entries_that_were_told_different_things_by_their_options_end_it_at_once() -> None:
    found = Witnesses()
    for value in ("8.0", "9.0"):
        store = Store(None)
        store.nodes = {"session": node(environment={"CUDA": value})}
        found.add(store, View(store, {"CUDA": value}))
    assert found.until == 0


def test_every_node_counts(recipe: Path) -> None:
    store = Store(None)
    store.nodes = {"session": node(), "0": node(files={str(recipe): [1]}, new=True)}
    found = Witnesses()
    found.add(store, View(store, {}))
    assert found.files == {str(recipe): [1]}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"eessi-stack-snapshot-0 0\n{}"])
def test_what_is_damaged_or_foreign_is_not_believed(tmp_path: Path, recipe: Path, content: bytes) -> None:
    snapshot.save(tmp_path / "s", PACKAGES, (A, B), witnesses(recipe))
    (tmp_path / "s").write_bytes(content)
    assert ask(tmp_path / "s") is None
