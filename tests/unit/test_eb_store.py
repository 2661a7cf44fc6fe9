"""What of a store still holds, by what it rests on. The real EasyBuild fills it in tests/e2e/test_facts*.py."""

import os
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from eessi_stack import signature, stored
from eessi_stack.eb import store as store_module
from eessi_stack.eb.store import (
    PARSED,
    SCHEMA,
    UNPARSED,
    VALIDATED,
    Json,
    Store,
    View,
    level,
    lookup_folders,
    lookup_key,
    lookup_places,
)
from eessi_stack.signature import kept

ENVIRONMENT = {"EESSI_SOFTWARE_SUBDIR": "x86_64/generic"}
OTHER = {"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3"}
LIB = lookup_key("Lib", "1")


@pytest.fixture(autouse=True)
def _fine_time_stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "_COARSE", 0)


def recipe(folder: Path, name: str, text: str = "one") -> str:
    path = folder / f"{name}.eb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def node(path: str = "", *others: str, **parts: Any) -> Json:  # noqa: ANN401 (JSON)
    """A node of a recipe, as the reader gives it, which also read some other files."""
    made: Json = {"id": "1", "environment": {}, "lookups": [], "uses": {}, "files": {}, **parts}
    if path:
        made["sha256"] = sha256(Path(path).read_bytes()).hexdigest()
    made["files"] |= {file: kept(signature.signature(file)) for file in (*((path,) if path else ()), *others)}
    return made


def answer(nodes: Mapping[str, Json], **parts: object) -> Json:
    return {
        "nodes": {"session": node(), **nodes},
        "roots": [],
        "lookups": {},
        "watched": {},
        "code": {},
        "robot_path": [],
        **parts,
    }


def filled(nodes: Mapping[str, Json], environment: Mapping[str, str] = ENVIRONMENT, **parts: object) -> Store:
    store = Store(None)
    add(store, answer(nodes, **parts), environment)
    return store


def add(store: Store, told: Json, environment: Mapping[str, str] = ENVIRONMENT, *recipes: str) -> None:
    store.add(told, recipes, View(store, environment))


def later(store: Store) -> Store:
    """The store as the next run has it."""
    with TemporaryDirectory() as folder:
        store.path = Path(folder, "store.json")
        store.changed = True
        assert store.save()
        return Store(store.path)


def knows(store: Store, name: str, environment: Mapping[str, str] = ENVIRONMENT) -> bool:
    return View(store, environment).node(name) is not None


# ------------------------------------------------------------------------------------------------ files


def test_a_recipe_that_nobody_touched_is_known(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = filled({path: node(path)})
    assert knows(store, path)
    assert knows(later(store), path)


def test_a_recipe_that_was_touched_is_known_by_its_content_and_need_not_be_read_each_time(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = later(filled({path: node(path)}))
    os.utime(path, ns=(1, 1))
    assert knows(store, path)
    assert store.changed
    again = later(store)
    assert knows(again, path)
    assert not again.changed


@pytest.mark.parametrize("text", ["two", "", None])
def test_a_recipe_that_was_edited_is_not_known(tmp_path: Path, text: str | None) -> None:
    path = recipe(tmp_path, "A")
    store = later(filled({path: node(path)}))
    time.sleep(0.02)
    if text is None:
        Path(path).unlink()
    else:
        before = Path(path).stat()
        Path(path).write_text(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not knows(store, path)


def test_a_recipe_that_may_have_changed_unseen_is_known_by_its_content(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    young = node(path)
    young["files"][path] = None
    store = later(filled({path: young}))
    assert knows(store, path)
    Path(path).write_text("two")
    young["files"][path] = None
    assert not knows(later(filled({path: young})), path)


def test_another_file_is_not_known_by_its_content(tmp_path: Path) -> None:
    path, other = recipe(tmp_path, "A"), recipe(tmp_path, "other")
    store = later(filled({path: node(path, other)}))
    assert knows(store, path)
    time.sleep(0.02)
    os.utime(other)
    assert not knows(store, path)
    young = node(path, other)
    young["files"][other] = None
    assert not knows(later(filled({path: young})), path)


def test_that_a_file_was_not_there_is_something_to_rest_on(tmp_path: Path) -> None:
    path, other = recipe(tmp_path, "A"), tmp_path / "gone"
    store = later(filled({path: node(path, str(other))}))
    assert knows(store, path)
    other.write_text("")
    assert not knows(store, path)


def test_a_recipe_that_could_not_be_read_is_read_when_it_can_be(tmp_path: Path) -> None:
    path = str(tmp_path / "A.eb")
    store = later(filled({path: {**node("", path), "sha256": "", "error": "no such file"}}))
    assert knows(store, path)
    Path(path).write_text("")
    assert not knows(store, path)


def test_a_recipe_that_nobody_could_read_can_go(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = later(filled({path: {**node(path), "sha256": "", "error": "not readable"}}))
    assert knows(store, path)
    Path(path).unlink()
    assert not knows(store, path)


def test_a_hidden_recipe_is_known_by_its_content_too(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = later(filled({f"{path} hidden": node(path)}))
    os.utime(path, ns=(1, 1))
    assert knows(store, f"{path} hidden")


# ------------------------------------------------------------------------------------------------ what a run believes


def test_a_run_believes_what_it_has_read_itself(tmp_path: Path) -> None:
    """Else a file that is young, or in the future, would be asked for again and again."""
    path, other = recipe(tmp_path, "A"), recipe(tmp_path, "other")
    young = node(path, other, volatile=True, until=1.0, uses={"toolchain": "gone"})
    young["files"] = {path: None, other: None}
    store = filled({path: young})
    assert knows(store, path)
    assert not knows(later(store), path)


def test_what_changed_while_it_was_read_is_read_again_at_once(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = filled({path: node(path, moving=True)})
    assert not knows(store, path)
    assert not later(store).nodes.get(path)


def test_what_can_be_anything_each_time_is_not_kept(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    assert not later(filled({path: node(path, volatile=True)})).nodes.get(path)


def test_what_is_kept_does_not_say_that_it_is_new(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    assert "new" not in later(filled({path: node(path)})).nodes[path][0]


def test_an_index_is_believed_until_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    store = later(filled({"names": node(until=1000.0)}))
    monkeypatch.setattr(time, "time", lambda: 999.0)
    assert knows(store, "names")
    monkeypatch.setattr(time, "time", lambda: 1001.0)
    assert not knows(store, "names")


# ------------------------------------------------------------------------------------------------ uses


def test_what_was_used_must_be_what_it_was(tmp_path: Path) -> None:
    used, user = recipe(tmp_path, "used"), recipe(tmp_path, "user")
    store = later(filled({used: node(used, id="1"), user: node(user, uses={used: "1"})}))
    assert knows(store, user)
    Path(used).write_text("two")
    assert not knows(store, user)


def test_what_used_something_that_was_read_again_meanwhile_is_not_known(tmp_path: Path) -> None:
    """By a run that did not ask for the user."""
    used, user = recipe(tmp_path, "used"), recipe(tmp_path, "user")
    store = later(filled({used: node(used, id="1"), user: node(user, uses={used: "1"})}))
    Path(used).write_text("two")
    add(store, answer({used: node(used, id="2")}))
    assert not knows(store, user)
    assert not knows(later(store), user)
    assert knows(later(store), used)


def test_what_used_something_that_is_not_kept_is_not_known(tmp_path: Path) -> None:
    user = recipe(tmp_path, "user")
    assert not knows(later(filled({user: node(user, uses={"toolchain": "1"})})), user)


def test_what_uses_itself_is_not_believed(tmp_path: Path) -> None:
    one, two = recipe(tmp_path, "one"), recipe(tmp_path, "two")
    store = later(filled({one: node(one, uses={two: "1"}), two: node(two, uses={one: "1"})}))
    assert not knows(store, one)
    assert not knows(store, two)


# ------------------------------------------------------------------------------------------------ environments


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ({}, (True, True)),
        ({"EESSI_SOFTWARE_SUBDIR": "x86_64/generic"}, (True, False)),
        ({"FOO": None}, (True, True)),
        ({"FOO": "1"}, (False, False)),
        ({"FOO": ""}, (False, False)),
    ],
)
def test_a_variant_is_for_the_environments_that_are_as_it_was(
    tmp_path: Path, read: dict[str, str | None], expected: tuple[bool, bool]
) -> None:
    path = recipe(tmp_path, "A")
    store = filled({path: node(path, environment=read)})
    assert (knows(store, path), knows(store, path, OTHER)) == expected


def test_each_environment_has_its_variant_and_replaces_no_other(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store = filled({path: node(path, environment=dict(ENVIRONMENT), entries=["one"])})
    add(store, answer({path: node(path, environment=dict(OTHER), entries=["two"])}), OTHER)
    add(store, answer({path: node(path, environment=dict(ENVIRONMENT), entries=["three"])}))
    found = [View(store, environment).node(path) for environment in (ENVIRONMENT, OTHER)]
    assert [one and one["entries"] for one in found] == [["three"], ["two"]]
    assert len(store.nodes[path]) == 2


def test_no_more_variants_are_kept_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "VARIANTS", 3)
    path = recipe(tmp_path, "A")
    store = filled({})
    for number in range(5):
        add(store, answer({path: node(path, environment={"FOO": str(number)})}), {"FOO": str(number)})
    assert [one["environment"]["FOO"] for one in store.nodes[path]] == ["4", "3", "2"]


def test_the_nodes_that_read_a_variable(tmp_path: Path) -> None:
    one, two = recipe(tmp_path, "one"), recipe(tmp_path, "two")
    store = filled({one: node(one, environment={"FOO": None}), two: node(two)})
    assert store.reading(["FOO", "BAR"]) == [one]
    assert store.reading(["BAR"]) == []


# ------------------------------------------------------------------------------------------------ the session and names


def test_where_the_session_rested_on_something_else_nothing_is_known(tmp_path: Path) -> None:
    path, settings = recipe(tmp_path, "A"), recipe(tmp_path, "settings")
    store = later(filled({path: node(path), "session": node("", settings)}))
    assert knows(store, path)
    time.sleep(0.02)
    Path(settings).write_text("two")
    assert not knows(store, path)
    assert View(store, ENVIRONMENT).known() == {}


def test_what_an_earlier_session_found_is_forgotten_where_it_rested_on_something_else(tmp_path: Path) -> None:
    path, other = recipe(tmp_path, "A"), recipe(tmp_path, "B")
    store = filled({path: node(path), "session": node(environment={"FOO": "1"})}, {"FOO": "1"})
    add(store, answer({other: node(other), "session": node(environment={"FOO": "2"})}), {"FOO": "2"})
    for environment in ({"FOO": "1"}, {"FOO": "2"}):
        assert not knows(later(store), path, environment)
    assert knows(later(store), other, {"FOO": "2"})


def test_what_sessions_rested_on_adds_up(tmp_path: Path) -> None:
    one, two = recipe(tmp_path, "one"), recipe(tmp_path, "two")
    early, late = recipe(tmp_path, "early"), recipe(tmp_path, "late")
    both = {"FOO": "1", "BAR": "1"}
    store = filled({one: node(one), "session": node("", early, environment={"FOO": "1"}, lookups=["a"])}, both)
    add(store, answer({two: node(two), "session": node("", late, environment={"BAR": "1"}, lookups=["b"])}), both)
    (session,) = store.nodes["session"]
    assert (session["environment"], session["files"].keys()) == (both, {early, late})
    assert session["lookups"] == ["a", "b"]
    for name in both:
        assert not knows(later(store), one, {**both, name: "2"})


def test_a_file_that_sessions_saw_is_as_the_first_saw_it(tmp_path: Path) -> None:
    path = recipe(tmp_path, "settings")
    store = filled({"session": node("", path)})
    before = store.nodes["session"][0]["files"][path]
    time.sleep(0.02)
    Path(path).write_text("two")
    add(store, answer({"session": node("", path)}))
    assert store.nodes["session"][0]["files"][path] == before


def test_entries_are_forgotten_with_the_names(tmp_path: Path) -> None:
    store = later(filled({"names": node("", str(tmp_path))}))
    add(store, answer({}, roots=[["/a/A.eb", ""]]), ENVIRONMENT, "A.eb")
    assert store.roots == {"A.eb": ["/a/A.eb", ""]}
    add(store, answer({"names": node()}, roots=[["/b/B.eb", ""]]), ENVIRONMENT, "B.eb")
    assert store.roots == {"B.eb": ["/b/B.eb", ""]}
    add(store, answer({}, roots=[["", "no such"]]), ENVIRONMENT, "C.eb")
    assert store.roots.keys() == {"B.eb", "C.eb"}


# ------------------------------------------------------------------------------------------------ code


def test_where_the_code_has_changed_nothing_is_known(tmp_path: Path) -> None:
    path, code, gone = recipe(tmp_path, "A"), recipe(tmp_path, "code"), str(tmp_path / "gone")
    files = {one: kept(signature.signature(one)) for one in (code, gone)}
    store = later(filled({path: node(path)}, code=files))
    assert store.nodes
    assert not later(filled({path: node(path)}, code={code: None})).nodes
    time.sleep(0.02)
    os.utime(code)
    assert not later(store).nodes


def test_code_that_an_earlier_session_used_still_counts() -> None:
    store = filled({}, code={"/one": [1]})
    add(store, answer({}, code={"/two": [2]}))
    assert store.code == {"/one": [1], "/two": [2]}


@pytest.mark.parametrize("parts", [{"code": {"/one": [2]}}, {"code": {"/one": None}}, {"robot_path": ["/b"]}])
def test_code_that_changed_since_the_store_was_opened_ends_it(tmp_path: Path, parts: dict[str, Any]) -> None:
    path, other = recipe(tmp_path, "A"), recipe(tmp_path, "B")
    world: dict[str, Any] = {"code": {"/one": [1]}, "robot_path": ["/a"]}
    store = filled({path: node(path)}, ENVIRONMENT, lookups={LIB: "/a/Lib"}, **world)
    add(store, answer({other: node(other)}, **{**world, **parts}))
    assert (path in store.nodes, other in store.nodes, store.lookups) == (False, True, {})


# ------------------------------------------------------------------------------------------------ look-ups


def looked_up(root: Path, *nodes: str, lookups: Mapping[str, str]) -> Store:
    """A store in which some nodes rest on where Lib is."""
    watched = {folder: kept(signature.signature(folder)) for folder in lookup_folders([str(root)], LIB)}
    made = {path: node(path, lookups=[LIB]) for path in nodes}
    return filled(made, lookups=dict(lookups), watched=watched, robot_path=[str(root)])


def test_a_look_up_that_now_leads_elsewhere_makes_stale_what_rests_on_it(tmp_path: Path) -> None:
    user, other = recipe(tmp_path / "recipes", "user"), recipe(tmp_path / "recipes", "other")
    root = tmp_path / "robot"
    lib = recipe(root / "l" / "Lib", "Lib-1")
    store = looked_up(root, user, lookups={LIB: lib})
    add(store, answer({other: node(other)}, robot_path=[str(root)]))
    assert knows(later(store), user)
    new = recipe(root / "Lib", "1")
    found = later(store)
    assert found.lookups == {LIB: new}
    assert not knows(found, user)
    assert knows(found, other)
    assert found.changed


def test_what_was_not_there_is_looked_for_again_where_it_can_turn_up(tmp_path: Path) -> None:
    user, root = recipe(tmp_path, "user"), tmp_path / "robot"
    store = looked_up(root, user, lookups={LIB: ""})
    assert knows(later(store), user)
    recipe(root, "Other-1")
    assert knows(later(store), user), "another recipe is none of its concern"
    new = recipe(root / "l" / "Lib", "Lib-1")
    assert later(store).lookups == {LIB: new}
    assert not knows(later(store), user)


def test_what_was_there_can_go(tmp_path: Path) -> None:
    user, root = recipe(tmp_path, "user"), tmp_path / "robot"
    lib = recipe(root, "Lib-1")
    store = looked_up(root, user, lookups={LIB: lib})
    time.sleep(0.02)
    Path(lib).unlink()
    assert later(store).lookups == {LIB: ""}
    assert not knows(later(store), user)


def test_only_what_can_have_moved_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, far = tmp_path / "robot", lookup_key("Far", "1")
    recipe(root / "l" / "Lib", "Lib-1")
    store = looked_up(root, lookups={LIB: str(root / "l" / "Lib" / "Lib-1.eb"), far: ""})
    store = later(store)
    time.sleep(0.02)
    recipe(root / "l" / "Lib", "Lib-2")
    asked: list[str] = []
    find = Store.find

    def noting(store: Store, key: str) -> str:
        asked.append(key)
        return find(store, key)

    monkeypatch.setattr(Store, "find", noting)
    store = later(store)
    assert asked == [LIB]
    later(store)
    assert asked == [LIB], "as it was looked for when it was last touched"


def test_a_link_that_is_looked_at_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    user, root = recipe(tmp_path, "user"), tmp_path / "robot"
    root.mkdir()
    (root / "Lib-1.eb").symlink_to(tmp_path / "target.eb")
    store = looked_up(root, user, lookups={LIB: ""})
    store.watched[str(root / "Lib-1.eb")] = []
    assert knows(later(store), user)
    recipe(tmp_path, "target")
    assert later(store).lookups == {LIB: str(root / "Lib-1.eb")}


def test_a_folder_that_may_have_changed_unseen_is_looked_at_again(tmp_path: Path) -> None:
    user, root = recipe(tmp_path, "user"), tmp_path / "robot"
    store = looked_up(root, user, lookups={LIB: ""})
    store.watched = dict.fromkeys(store.watched)
    recipe(root, "Lib-1")
    assert later(store).lookups == {LIB: str(root / "Lib-1.eb")}


def test_what_was_looked_up_before_rests_on_what_was_seen_then() -> None:
    store = filled({}, watched={"/a": [1]})
    add(store, answer({}, watched={"/a": [2], "/b": [3]}))
    assert store.watched == {"/a": [1], "/b": [3]}


def test_a_look_up_that_moved_while_the_reader_looked(tmp_path: Path) -> None:
    old, new = recipe(tmp_path, "old"), recipe(tmp_path, "new")
    store = filled({old: node(old, lookups=[LIB])}, lookups={LIB: "/a"})
    add(store, answer({new: node(new, lookups=[LIB])}, lookups={LIB: "/b"}))
    assert store.lookups == {LIB: "/b"}
    assert (old in store.nodes, new in store.nodes) == (False, True)


def test_easyconfigs_are_looked_for_in_the_order_of_easybuild(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    store = filled({}, robot_path=[str(one), f"{two}/."])
    places = [*lookup_places([str(one), str(two)], LIB)]
    assert [place.removeprefix(f"{tmp_path}/") for place in places] == [
        f"{root}/{place}.eb" for root in ("one", "two") for place in ("Lib/1", "Lib/Lib-1", "l/Lib/Lib-1", "Lib-1")
    ]
    assert store.find(LIB) == ""
    for place in reversed(places):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text("")
        assert store.find(LIB) == place
    Path(places[0]).unlink()
    Path(places[0]).mkdir()
    assert store.find(LIB) == places[1]


@pytest.mark.parametrize(
    ("name", "letter"),
    [("Lib", "l"), ("3proxy", "0"), ("Éclair", "0"), ("_x", "0"), ("", "0"), ("İx", "i"), ("z", "z")],
)
def test_the_folder_of_a_letter(name: str, letter: str) -> None:
    assert lookup_folders(["/r"], lookup_key(name, "1")) == ["/r", f"/r/{name}", f"/r/{letter}/{name}"]


def test_names_may_have_spaces() -> None:
    assert next(iter(lookup_places(["/r"], lookup_key("a b", "1 2")))) == "/r/a b/1 2.eb"


# ------------------------------------------------------------------------------------------------ the document


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, UNPARSED),
        ({"sha256": "x"}, UNPARSED),
        ({"entries": []}, PARSED),
        ({"entries": [], "invalid": ""}, VALIDATED),
        ({"entries": [], "invalid": "bad"}, VALIDATED),
        ({"error": "bad"}, VALIDATED),
    ],
)
def test_how_much_is_known_of_a_recipe(parts: Json, expected: int) -> None:
    assert level(parts) == expected


def test_known_says_how_much_and_what(tmp_path: Path) -> None:
    path, stale = recipe(tmp_path, "A"), recipe(tmp_path, "B")
    store = filled({path: node(path, entries=[], id="7"), stale: node(stale, moving=True)})
    assert View(store, ENVIRONMENT).known() == {"session": (UNPARSED, "1"), path: (PARSED, "7")}


def test_a_document_of_another_schema_is_foreign(tmp_path: Path) -> None:
    path = recipe(tmp_path, "A")
    store, place = filled({path: node(path)}), tmp_path / "store.json"
    store.path = place
    assert store.save()
    assert Store(place).nodes
    document = stored.load(place, SCHEMA)
    assert document
    assert stored.save(place, "eessi-stack-facts-0", document)
    assert not Store(place).nodes


def test_nothing_is_saved_where_nothing_changed_or_there_is_no_place(tmp_path: Path) -> None:
    assert Store(None).save()
    store = Store(tmp_path / "never.json")
    assert store.save()
    assert not (tmp_path / "never.json").exists()
    changed = filled({})
    assert changed.save()
    changed.path = tmp_path / "never.json" / "below"
    (tmp_path / "never.json").write_text("")
    assert not changed.save()
