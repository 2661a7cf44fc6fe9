"""What is asked of EasyBuild, how often, and what is made of it; its process runs in tests/e2e."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from eessi_stack import signature
from eessi_stack.eb import facts as facts_module
from eessi_stack.eb.facts import Facts, _asked, _groups, _merged, _recipe, _text
from eessi_stack.eb.store import Json, Store, lookup_key
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import OptionValue, Package, Request

HOOKS = Path("/hooks/eb_hooks.py")
GENERIC = {"EASYBUILD_HOOKS": str(HOOKS), "EESSI_SOFTWARE_SUBDIR": "x86_64/generic"}
ZEN3 = {"EASYBUILD_HOOKS": str(HOOKS), "EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3"}


def request(name: str, line: int = 1, **options: OptionValue) -> Request:
    given = tuple((option.replace("_", "-"), value) for option, value in options.items())
    return Request(easyconfig=name, file="s.yml", line=line, options=given)


# ------------------------------------------------------------------------------------------------ a reader


class World:
    """Easyconfigs in a folder, each with the names that it needs, and readers that tell of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.questions: list[Json] = []
        self.readers: list[FakeReader] = []
        self.by_target: set[str] = set()  #: easyconfigs that read what is built for
        self.failures: list[StackError] = []  #: of the next questions
        self.filtered: list[str] = []  #: names that the last reader was told to leave out
        self.moving = 0  #: how often an easyconfig changes while it is read

    def recipe(self, name: str, *needs: str) -> Path:
        path = self.folder / f"{name}-1.eb"
        path.write_text(" ".join(needs))
        return path

    def answer(self, question: Json) -> Json:
        self.questions.append(question)
        if self.failures:
            raise self.failures.pop(0)
        nodes: dict[str, Json] = {"session": self._node(None, question), "names": self._node(None, question)}
        entries = [self._place(name) for name in question["recipes"]]
        paths = entries + [Path(path) for path, _ in question["stale"]]
        todo = [path for path in paths if path.exists()]
        while todo:
            path = todo.pop()
            if str(path) not in nodes and (str(path) not in question["known"] or path in paths):
                nodes[str(path)] = self._node(path, question)
                todo += [one for name in path.read_text().split() if (one := self.folder / f"{name}-1.eb").exists()]
        names = {name for path in self.folder.glob("*.eb") for name in path.read_text().split()}
        places = {name: self.folder / f"{name}-1.eb" for name in names}
        return {
            "roots": [[str(entry), ""] for entry in entries],
            "nodes": {name: node for name, node in nodes.items() if name not in question["known"] or name[0] == "/"},
            "lookups": {lookup_key(name, "1"): str(path) if path.exists() else "" for name, path in places.items()},
            "watched": {str(self.folder): signature.kept(signature.signature(str(self.folder)))},
            "code": {},
            "robot_path": [str(self.folder)],
        }

    def _place(self, name: str) -> Path:
        return Path(name) if name[0] == "/" and Path(name).exists() else self.folder / name.rpartition("/")[2]

    def _node(self, path: Path | None, question: Json) -> Json:
        node: Json = {"id": "1", "environment": {}, "uses": {}, "lookups": [], "files": {}}
        if path is None:
            return node
        name, target = path.name.removesuffix("-1.eb"), question["environment"]["EESSI_SOFTWARE_SUBDIR"]
        module, environment = f"{name}/1", {}
        if name in self.by_target:
            module, environment = f"{name}/1-{target}", {"EESSI_SOFTWARE_SUBDIR": target}
        self.moving -= 1
        needs = [need for need in path.read_text().split() if need not in self.filtered]
        gone = [need for need in needs if not (self.folder / f"{need}-1.eb").exists()]
        return {
            **node,
            "absent": {lookup_key(need, "1"): [f"{need}/1", "no easyconfig"] for need in gone},
            "environment": environment,
            "files": {str(path): signature.kept(signature.signature(str(path)))},
            "sha256": "x",
            "moving": self.moving >= 0,
            "invalid": "",
            "entries": [
                {
                    "module": module,
                    "is": lookup_key(name, "1"),
                    "deps": {lookup_key(need, "1"): 0 for need in needs},
                }
            ],
        }


class FakeReader:
    world: World

    def __init__(self, _: str, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.closed = False
        self.world.readers.append(self)
        self.world.filtered = environment.get("EASYBUILD_FILTER_DEPS", "").split(",")

    def ask(self, question: Json) -> Json:
        assert not self.closed
        return self.world.answer(question)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    (tmp_path / "recipes").mkdir()
    world = World(tmp_path / "recipes")
    monkeypatch.setattr(FakeReader, "world", world, raising=False)
    monkeypatch.setattr(facts_module, "Reader", FakeReader)
    monkeypatch.setattr(signature, "_COARSE", 0)
    return world


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Facts]:
    with Facts(tmp_path / "cache", HOOKS) as facts:
        yield facts


def again(tmp_path: Path) -> Facts:
    """The next run."""
    return Facts(tmp_path / "cache", HOOKS)


def modules(packages: tuple[Package, ...]) -> list[str]:
    return [package.module for package in packages]


APP = [request("App-1.eb")]


def test_a_warm_run_asks_nobody(world: World, tmp_path: Path) -> None:
    world.recipe("App", "Lib")
    world.recipe("Lib")
    for _ in range(2):
        with again(tmp_path) as facts:
            assert modules(facts.resolve(APP, "x86_64", GENERIC)) == ["App/1", "Lib/1"]
    assert len(world.questions) == 1
    assert [reader.closed for reader in world.readers] == [True]


def test_without_a_place_for_it_there_is_no_store(world: World) -> None:
    world.recipe("App")
    for _ in range(2):
        with Facts(None, HOOKS) as facts:
            facts.resolve(APP, "x86_64", GENERIC)
    assert len(world.questions) == 2


def test_only_what_is_lacking_is_asked_for(world: World, tmp_path: Path) -> None:
    world.recipe("App", "Lib")
    world.recipe("Lib")
    with again(tmp_path) as facts:
        facts.resolve(APP, "x86_64", GENERIC)
    path = world.recipe("Lib", "New")
    world.recipe("New")
    with again(tmp_path) as facts:
        assert modules(facts.resolve(APP, "x86_64", GENERIC)) == ["App/1", "Lib/1", "New/1"]
    question = world.questions[-1]
    assert (question["recipes"], question["stale"]) == ([], [(str(path), False)])
    assert question["known"].keys() == {"session", "names", str(world.folder / "App-1.eb")}
    assert question["family"] == "x86_64"
    assert question["environment"] == {
        "EESSI_SOFTWARE_SUBDIR": "x86_64/generic",
        "EESSI_ACCELERATOR_TARGET": None,
        "EESSI_EPREFIX": None,
        "EPREFIX": None,
        "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": None,
        "EASYBUILD_AMDGCN_CAPABILITIES": None,
    }


def test_what_lost_a_dependency_is_read_again(world: World, tmp_path: Path) -> None:
    world.recipe("App", "Lib")
    path = world.recipe("Lib")
    with again(tmp_path) as facts:
        facts.resolve(APP, "x86_64", GENERIC)
    path.unlink()
    with again(tmp_path) as facts:
        assert [one.error for one in facts.resolve(APP, "x86_64", GENERIC)] == ["", "no easyconfig"]
    assert str(world.folder / "App-1.eb") not in world.questions[-1]["known"]


def test_it_is_asked_as_long_as_each_answer_leads_on(world: World, tmp_path: Path) -> None:
    """Every second easyconfig is known, and what is known is not looked behind by the reader."""
    for number in range(20):
        world.recipe(f"N{number}", f"N{number + 1}")
    world.recipe("N20")
    with again(tmp_path) as facts:
        facts.resolve([request("N0-1.eb")], "x86_64", GENERIC)
    for number in range(1, 20, 2):
        world.recipe(f"N{number}", f"N{number + 1}", "N20")
    with again(tmp_path) as facts:
        assert len(facts.resolve([request("N0-1.eb")], "x86_64", GENERIC)) == 21
    assert len(world.questions) == 11


@pytest.mark.parametrize(("times", "changing"), [(2, False), (3, True)])
def test_an_easyconfig_that_changes_while_it_is_read(world: World, facts: Facts, times: int, *, changing: bool) -> None:
    world.recipe("App")
    world.moving = times
    if not changing:
        assert modules(facts.resolve(APP, "x86_64", GENERIC)) == ["App/1"]
        return
    with pytest.raises(StackError, match="change while they are read") as failure:
        facts.resolve(APP, "x86_64", GENERIC)
    assert failure.value.exit_code is ExitCode.UNDECIDED


def test_targets_for_which_nothing_is_different_share_one_graph(world: World, facts: Facts) -> None:
    world.recipe("App", "Lib")
    world.recipe("Lib")
    assert facts.resolve(APP, "x86_64", GENERIC) is facts.resolve(APP, "x86_64", ZEN3)
    assert len(world.questions) == len(world.readers) == 1


def test_targets_for_which_something_is_different_do_not(world: World, tmp_path: Path) -> None:
    world.recipe("App", "Lib")
    world.recipe("Lib")
    world.by_target = {"Lib"}
    for _ in range(2):
        with again(tmp_path) as facts:
            for environment in (GENERIC, ZEN3, GENERIC):
                found = modules(facts.resolve(APP, "x86_64", environment))
                assert found == ["App/1", f"Lib/1-{environment['EESSI_SOFTWARE_SUBDIR']}"]
            assert facts.resolve(APP, "x86_64", ZEN3) is facts.resolve(APP, "x86_64", ZEN3)
    assert (len(world.questions), len(world.readers)) == (2, 1)


def test_each_family_has_a_store_and_a_reader_of_its_own(world: World, tmp_path: Path) -> None:
    world.recipe("App")
    with again(tmp_path) as facts:
        for family in ("x86_64", "aarch64"):
            facts.resolve(APP, family, GENERIC)
    assert [question["family"] for question in world.questions] == ["x86_64", "aarch64"]
    assert len(list((tmp_path / "cache").glob("facts-*.json"))) == len(world.readers) == 2


def test_an_option_that_changes_the_graph_is_given_to_a_reader_of_its_own(world: World, facts: Facts) -> None:
    world.recipe("App")
    world.recipe("Other")
    entries = [request("App-1.eb", 1), request("Other-1.eb", 2, filter_deps=("zlib", "XZ"))]
    found = facts.resolve(entries, "x86_64", GENERIC)
    assert [(package.module, package.requests) for package in found] == [
        ("App/1", (entries[0],)),
        ("Other/1", (entries[1],)),
    ]
    assert [reader.environment.get("EASYBUILD_FILTER_DEPS") for reader in world.readers] == [None, "zlib,XZ"]


def failure(message: str) -> StackError:
    return StackError("easybuild-failed", message, exit_code=ExitCode.UNDECIDED)


def test_a_reader_that_never_answered_is_not_tried_for_each_target(world: World, facts: Facts) -> None:
    world.recipe("App")
    world.failures = [failure("no EasyBuild")]
    for environment in (GENERIC, ZEN3):
        with pytest.raises(StackError, match="no EasyBuild"):
            facts.resolve(APP, "x86_64", environment)
    assert [reader.closed for reader in world.readers] == [True]


def test_a_reader_that_ends_in_the_middle_is_started_anew_for_the_next_target(world: World, facts: Facts) -> None:
    world.recipe("App")
    world.by_target = {"App"}
    facts.resolve(APP, "x86_64", GENERIC)
    world.failures = [failure("it crashed")]
    with pytest.raises(StackError, match="it crashed"):
        facts.resolve(APP, "x86_64", ZEN3)
    assert modules(facts.resolve(APP, "x86_64", ZEN3)) == ["App/1-x86_64/amd/zen3"]
    assert [reader.closed for reader in world.readers] == [True, False]


def test_what_was_read_before_a_failure_is_kept(world: World, tmp_path: Path) -> None:
    world.recipe("App")
    world.recipe("Bad")
    with again(tmp_path) as facts:
        facts.resolve(APP, "x86_64", GENERIC)
        world.failures = [failure("it crashed")]
        with pytest.raises(StackError, match="it crashed"):
            facts.resolve([request("Bad-1.eb")], "x86_64", GENERIC)
    with again(tmp_path) as facts:
        facts.resolve(APP, "x86_64", GENERIC)
    assert len(world.questions) == 2


# ------------------------------------------------------------------------------------------------ answers that are kept


def remembered(tmp_path: Path, asked: list[Request], environment: dict[str, str] = GENERIC) -> tuple[Package, ...]:
    with again(tmp_path) as facts:
        return facts.remember(asked, "x86_64", environment)


@pytest.fixture
def no_stores(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """The stores that are opened."""
    opened: list[Path | None] = []

    def noting(path: Path | None) -> Store:
        opened.append(path)
        return Store(path)

    monkeypatch.setattr(facts_module, "Store", noting)
    return opened


def test_an_answer_is_given_again_where_nothing_has_changed(
    world: World, tmp_path: Path, no_stores: list[Path | None]
) -> None:
    world.recipe("App", "Lib")
    world.recipe("Lib")
    before = remembered(tmp_path, APP)
    no_stores.clear()
    assert remembered(tmp_path, APP) == before
    assert no_stores == []
    world.recipe("Lib", "New")
    world.recipe("New")
    assert modules(remembered(tmp_path, APP)) == ["App/1", "Lib/1", "New/1"]


def test_it_is_the_answer_to_this_question_only(world: World, tmp_path: Path, no_stores: list[Path | None]) -> None:
    world.recipe("App", "Other")
    world.recipe("Other")
    world.by_target = {"App"}
    app, other = request("App-1.eb"), request("Other-1.eb")
    asked = (
        ([app], GENERIC),
        ([app], ZEN3),
        ([app, other], GENERIC),
        ([other, app], GENERIC),
        ([app, app], GENERIC),
        ([app], {**GENERIC, "EASYBUILD_FILTER_DEPS": "Other"}),
    )
    expected = []
    for requests, environment in asked:
        with Facts(None, HOOKS) as fresh:
            expected.append(fresh.resolve(requests, "x86_64", environment))
    for run in range(3):
        no_stores.clear()
        assert [remembered(tmp_path, requests, environment) for requests, environment in asked] == expected
        assert bool(no_stores) is (run == 0)


def test_entries_with_options_of_their_own_keep_their_places(world: World, tmp_path: Path) -> None:
    """They are asked apart from the others."""
    for name in ("A", "B", "C"):
        world.recipe(name)
    a, b, c = request("A-1.eb", 1), request("B-1.eb", 2, filter_deps="zlib"), request("C-1.eb", 3)
    for order in ([a, b, c], [a, c, b], [b, a, c]):
        found = remembered(tmp_path, order)
        assert {package.module: package.requests for package in found} == {"A/1": (a,), "B/1": (b,), "C/1": (c,)}


def test_an_option_that_is_another_one_is_another_question(world: World, tmp_path: Path) -> None:
    world.recipe("A")
    one, two = (request("A-1.eb", 1, cuda_compute_capabilities=value) for value in ("8.0", "9.0"))
    remembered(tmp_path, [one])
    assert len(list((tmp_path / "cache").glob("answer-*"))) == 1
    remembered(tmp_path, [two])
    assert len(list((tmp_path / "cache").glob("answer-*"))) == 2


def test_what_changes_while_it_is_worked_out_is_not_kept(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.recipe("App")
    asked = [request(str(path))]
    resolve = Facts.resolve

    def slowly(facts: Facts, *question: object) -> object:
        answer = resolve(facts, *question)  # type: ignore[arg-type]
        world.recipe("App", "Lib")
        world.recipe("Lib")
        return answer

    monkeypatch.setattr(Facts, "resolve", slowly)
    assert modules(remembered(tmp_path, asked)) == ["App/1"]
    monkeypatch.undo()
    monkeypatch.setattr(facts_module, "Reader", FakeReader)
    monkeypatch.setattr(FakeReader, "world", world, raising=False)
    assert modules(remembered(tmp_path, asked)) == ["App/1", "Lib/1"]


def test_a_path_that_comes_or_goes(world: World, tmp_path: Path) -> None:
    path = world.recipe("App")
    other = tmp_path / "App-1.eb"
    asked = [request(str(other))]
    assert remembered(tmp_path, asked)[0].recipe == str(path)
    other.write_text("")
    assert remembered(tmp_path, asked)[0].recipe == str(other)
    other.unlink()
    assert remembered(tmp_path, asked)[0].recipe == str(path)


def test_without_a_place_for_it_no_answer_is_kept(world: World) -> None:
    world.recipe("App")
    with Facts(None, HOOKS) as facts:
        assert modules(facts.remember(APP, "x86_64", GENERIC)) == ["App/1"]


# ------------------------------------------------------------------------------------------------ requests


def test_requests_are_asked_together_unless_their_options_change_the_graph() -> None:
    plain = request("a", 1)
    origin = request("b", 2, from_pr=123, include_easyblocks_from_commit="0ab")
    build = request("c", 3, cuda_sanity_check_strict=True, parallel_extensions_install=False, skip_test_step=True)
    other = request("d", 4, filter_deps="zlib", rebuild=True)
    same = request("e", 5, filter_deps="zlib")
    third = request("f", 6, filter_deps="XZ")
    assert _groups([plain, other, origin, build, same, third]) == {
        (): (plain, origin, build),
        (("filter-deps", "zlib"),): (other, same),
        (("filter-deps", "XZ"),): (third,),
    }
    assert _groups([]) == {}


@pytest.mark.parametrize(
    ("value", "text"), [(True, "1"), (False, "0"), (4, "4"), ("zlib", "zlib"), (("zlib", "XZ"), "zlib,XZ")]
)
def test_an_option_as_a_variable(value: OptionValue, text: str) -> None:
    assert _text(value) == text


@pytest.mark.parametrize(
    ("written", "recipe"), [("a-1", "a-1.eb"), ("a-1.eb", "a-1.eb"), ("/x/a-1.eb", "/x/a-1.eb"), ("/x/a", "/x/a.eb")]
)
def test_a_recipe_has_its_ending(written: str, recipe: str) -> None:
    assert _recipe(request(written)) == recipe


def test_packages_know_who_asked_for_them() -> None:
    one, two, both = request("one.eb", 1), request("two", 2), request("/x/both.eb", 3)
    modules = {"one.eb": ["A/1"], "two.eb": ["B/1"], "/x/both.eb": ["A/1", "B/1"]}
    assert _asked([one, two, both], modules) == {"A/1": [one, both], "B/1": [two, both]}


def package(name: str, needs: str, *requests: Request) -> Package:
    return Package(module=name, dependencies=tuple(needs.split()), requests=requests)


def test_one_graph_of_all_answers() -> None:
    graphs = [[package("A", "B"), package("B", "C")], [package("D", "B"), package("B", "other")]]
    assert _merged(graphs) == (package("A", "B"), package("B", "C other"), package("D", "B"))
    assert _merged([]) == ()


def test_what_one_graph_runs_with_and_another_builds_with_is_needed_to_run() -> None:
    graphs = [
        [Package(module="A", build_dependencies=("B", "C"))],
        [Package(module="A", dependencies=("B",), build_dependencies=("D",))],
    ]
    assert _merged(graphs) == (Package(module="A", dependencies=("B",), build_dependencies=("C", "D")),)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_entry_that_asks_for_a_module_decides_what_it_needs(*, swapped: bool) -> None:
    asked = request("a", 1, filter_deps="zlib")
    graphs = [[package("A", "zlib")], [package("A", "", asked)]]
    assert _merged(graphs[::-1] if swapped else graphs) == (package("A", "", asked),)


def test_all_who_ask_are_remembered_and_the_last_decides() -> None:
    one, two = request("a", 1), request("a", 2, filter_deps="zlib")
    assert _merged([[package("A", "zlib", one)], [package("A", "", two)]]) == (package("A", "", one, two),)
