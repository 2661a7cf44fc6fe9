"""From nodes to packages, and what has to be read first."""

from pathlib import Path
from typing import Any

import pytest

from eessi_stack.eb.graph import BUILD_ONLY, HIDDEN, Assembly, packages
from eessi_stack.eb.store import Json, Store, View, lookup_key
from eessi_stack.model import Package


class World:
    """A store that is filled by hand; all that is in it is fresh."""

    def __init__(self) -> None:
        self.store = Store(None)
        self.add("session", {})
        self.add("names", {})

    def add(self, name: str, parts: Json) -> None:
        self.store.nodes[name] = [
            {
                "id": name,
                "environment": {},
                "files": {},
                "uses": {},
                "lookups": [],
                "new": True,
                "sha256": name,
                **parts,
            }
        ]

    def recipe(self, name: str, deps: Json | None = None, **parts: Any) -> str:  # noqa: ANN401 (JSON)
        """A recipe `Name-1` that can be found by name, and by an entry."""
        path = f"/r/{name}-1.eb"
        needs = {lookup_key(dep, "1"): kind for dep, kind in (deps or {}).items()}
        entry = {"module": f"{name}/1", "is": lookup_key(name, "1"), "deps": needs}
        self.add(path, {"entries": [entry], "invalid": "", **parts})
        self.store.roots[f"{name}-1.eb"] = [path, ""]
        self.store.lookups[lookup_key(name, "1")] = path
        return path

    def ask(self, *entries: str) -> tuple[list[list[str]], dict[str, Package], Assembly]:
        assembly = Assembly(self.store, View(self.store, {}))
        roots = [assembly.root(f"{entry}-1.eb" if "." not in entry else entry) for entry in entries]
        return roots, {package.module: package for package in packages(assembly, {})}, assembly


@pytest.fixture
def world() -> World:
    return World()


def test_everything_that_an_entry_needs(world: World) -> None:
    world.recipe("C")
    world.recipe("B", {"C": 0})
    world.recipe("A", {"B": 0, "C": BUILD_ONLY})
    roots, found, assembly = world.ask("A")
    assert roots == [["A/1"]]
    assert not assembly.lacking
    assert not assembly.unanswered
    assert found == {
        "A/1": Package(
            module="A/1", recipe="/r/A-1.eb", sha256="/r/A-1.eb", dependencies=("B/1",), build_dependencies=("C/1",)
        ),
        "B/1": Package(module="B/1", recipe="/r/B-1.eb", sha256="/r/B-1.eb", dependencies=("C/1",)),
        "C/1": Package(module="C/1", recipe="/r/C-1.eb", sha256="/r/C-1.eb"),
    }


def test_needs_in_a_circle_end(world: World) -> None:
    world.recipe("A", {"B": 0})
    world.recipe("B", {"A": 0})
    assert {name: package.dependencies for name, package in world.ask("A")[1].items()} == {
        "A/1": ("B/1",),
        "B/1": ("A/1",),
    }


def test_an_entry_of_which_nothing_is_known_has_to_be_asked_for(world: World) -> None:
    world.recipe("B")
    roots, found, assembly = world.ask("A", "B")
    assert (roots, set(found), list(assembly.unanswered)) == ([[], ["B/1"]], {"B/1"}, ["A-1.eb"])


def test_where_names_are_not_known_every_entry_has_to_be_asked_for(world: World) -> None:
    world.recipe("A")
    del world.store.nodes["names"]
    assert list(world.ask("A")[2].unanswered) == ["A-1.eb"]


@pytest.mark.parametrize("level", [{"entries": []}, {}])
def test_an_entry_whose_recipe_was_not_validated_has_to_be_asked_for(world: World, level: Json) -> None:
    world.add(world.recipe("A"), level)
    assert list(world.ask("A")[2].unanswered) == ["A-1.eb"]


def test_a_dependency_need_not_be_valid(world: World) -> None:
    world.recipe("A", {"B": 0})
    world.recipe("B", invalid="bad")
    assert not world.ask("A")[1]["B/1"].error
    assert world.ask("B")[1]["B-1.eb"].error == "bad"


def test_an_entry_that_no_easyconfig_is_known_for(world: World) -> None:
    world.store.roots["A-1.eb"] = ["", "no such"]
    roots, found, _ = world.ask("A")
    assert roots == [["A-1.eb"]]
    assert found["A-1.eb"] == Package(module="A-1.eb", error="no such")


def test_an_entry_whose_recipe_does_not_parse(world: World) -> None:
    world.add(world.recipe("A"), {"error": "bad"})
    assert world.ask("A")[1]["A-1.eb"] == Package(module="A-1.eb", recipe="/r/A-1.eb", error="bad")


def test_a_path_is_taken_as_it_is_while_it_is_there(world: World, tmp_path: Path) -> None:
    path = tmp_path / "A-1.eb"
    world.add(str(path), {"entries": [{"module": "Other/1", "is": "", "deps": {}}], "invalid": ""})
    world.recipe("A")
    world.store.roots[str(path)] = world.store.roots["A-1.eb"]
    assert world.ask(str(path))[0] == [["A/1"]]
    path.write_text("")
    assert world.ask(str(path))[0] == world.ask(f"{tmp_path}/./{path.name}")[0] == [["Other/1"]]


def test_a_dependency_of_which_nothing_is_known_has_to_be_read(world: World) -> None:
    world.recipe("A", {"B": 0, "C": HIDDEN})
    world.recipe("B", {"D": 0})
    world.add("/r/D-1.eb", {})
    world.store.lookups |= {lookup_key("C", "1"): "/r/C-1.eb", lookup_key("D", "1"): "/r/D-1.eb"}
    _, _, assembly = world.ask("A")
    assert assembly.lacking == {"/r/C-1.eb hidden": ("/r/C-1.eb", True), "/r/D-1.eb": ("/r/D-1.eb", False)}


def test_a_dependency_that_is_hidden_is_another_node(world: World) -> None:
    world.recipe("A", {"B": HIDDEN, "C": BUILD_ONLY | HIDDEN})
    for name in "BC":
        world.recipe(name)
        world.add(
            f"/r/{name}-1.eb hidden", {"entries": [{"module": f".{name}", "is": lookup_key(name, "1"), "deps": {}}]}
        )
    package = world.ask("A")[1]["A/1"]
    assert (package.dependencies, package.build_dependencies) == ((".B",), (".C",))


def test_a_dependency_without_an_easyconfig(world: World) -> None:
    world.recipe("A", {"B": 0}, absent={lookup_key("B", "1"): ["lib/B/1", "no easyconfig"]})
    world.store.lookups[lookup_key("B", "1")] = ""
    _, found, assembly = world.ask("A")
    assert found["A/1"].dependencies == ("lib/B/1",)
    assert found["lib/B/1"] == Package(module="lib/B/1", error="no easyconfig")
    assert not assembly.lacking


def test_a_dependency_that_lost_its_easyconfig_has_its_user_read_again(world: World) -> None:
    """Only EasyBuild can say what its module would be called."""
    world.recipe("A", {"B": 0})
    world.store.lookups[lookup_key("B", "1")] = ""
    assert world.ask("A")[2].lacking == {"/r/A-1.eb": ("/r/A-1.eb", False)}


def test_a_dependency_that_got_an_easyconfig(world: World) -> None:
    world.recipe("A", {"B": 0}, absent={lookup_key("B", "1"): ["B/1", "no easyconfig"]})
    world.recipe("B")
    assert not world.ask("A")[1]["B/1"].error


@pytest.mark.parametrize(
    ("found_as", "path", "error"),
    [
        ("B", "/r/Other-1.eb", "found as B 1, but it is Other-1.eb"),
        ("Wrong", "/r/Wrong-1.eb", "found as Wrong 1, but it is B 1"),
    ],
)
def test_a_dependency_whose_recipe_is_of_something_else(world: World, found_as: str, path: str, error: str) -> None:
    world.recipe("A", {found_as: 0})
    world.store.nodes[path] = world.store.nodes[world.recipe("B")]
    world.store.lookups[lookup_key(found_as, "1")] = path
    name = path.rpartition("/")[2]
    assert world.ask("A")[1][name].error == error


def test_as_an_entry_it_is_what_it_is(world: World) -> None:
    world.store.nodes["/r/Other-1.eb"] = world.store.nodes[world.recipe("B")]
    world.store.roots["Other-1.eb"] = ["/r/Other-1.eb", ""]
    assert world.ask("Other")[0] == [["B/1"]]


def test_a_recipe_that_makes_several_modules(world: World) -> None:
    entries = [{"module": f"A/1-{end}", "is": lookup_key("A", "1"), "deps": {}} for end in ("one", "two")]
    world.add(world.recipe("A"), {"entries": entries, "invalid": ""})
    world.recipe("User", {"A": 0})
    roots, found, _ = world.ask("A", "User")
    assert roots[0] == ["A/1-one", "A/1-two"]
    assert found["User/1"].dependencies == ("A/1-one", "A/1-two")


def test_what_runs_with_a_package_need_not_be_there_to_build_it_only(world: World) -> None:
    """Two names may lead to one module."""
    world.recipe("A", {"B": BUILD_ONLY, "C": 0})
    for name in "BC":
        world.add(world.recipe(name), {"entries": [{"module": "Same/1", "is": lookup_key(name, "1"), "deps": {}}]})
    package = world.ask("A")[1]["A/1"]
    assert (package.dependencies, package.build_dependencies) == (("Same/1",), ())


def test_a_recipe_that_works_goes_before_an_error_of_the_same_name(world: World) -> None:
    world.recipe("A", {"B": 0}, absent={lookup_key("B", "1"): ["B/1", "no easyconfig"]})
    del world.store.lookups[lookup_key("A", "1")]
    other = world.recipe("Other")
    world.add(other, {"entries": [{"module": "B/1", "is": lookup_key("Other", "1"), "deps": {}}], "invalid": ""})
    assert world.ask("A", "Other")[1]["B/1"] == Package(module="B/1", recipe=other, sha256=other)


def test_the_first_of_two_recipes_for_one_module_is_taken(world: World) -> None:
    for name in "AB":
        world.add(world.recipe(name), {"entries": [{"module": "Same/1", "is": "", "deps": {}}], "invalid": ""})
    assert world.ask("A", "B")[1]["Same/1"].recipe == "/r/A-1.eb"
