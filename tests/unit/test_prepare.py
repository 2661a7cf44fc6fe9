"""A plan is made on what the tree, the recipes and the journal say now. What EasyBuild knows is given."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from eessi_stack import config, intent, journal, prepare, survey
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Action, Outcome, Package, Request, Result, Stack, Step, Target, Tree
from eessi_stack.place import Place
from eessi_stack.prepare import Prepared

ZEN3 = Target(cpu="x86_64/amd/zen3")


class Facts:
    """Says what it is given."""

    packages: tuple[Package, ...] = ()

    def __init__(self, *_: object) -> None:
        pass

    def resolve(self, *_: object) -> tuple[Package, ...]:
        return self.packages

    remember = resolve

    def close(self) -> None:
        pass


def write(path: Path, text: str = "help([[x]])") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class World:
    """A stack of App, which needs Lib, and an empty tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.easystack = write(root / "s.yml", "easyconfigs: []")
        settings = config.load({"repo": str(root), "cache-dir": str(root / "cache")}, {"HOME": str(root)})
        tree = Tree(repo=root, version="2023.06")
        self.prefix = tree.prefix(ZEN3)
        self.place = Place(settings=settings, tree=tree, target=ZEN3, why="", runs=(), compat=None, environment={})
        self.entry = Request(easyconfig="App-1.eb", file=str(self.easystack), line=1)
        self.know(self.entry)

    def know(self, entry: Request) -> None:
        self.entry = entry
        recipes = [str(write(self.root / f"{name}-1.eb", "name")) for name in ("App", "Lib")]
        Facts.packages = (
            Package(module="App/1", recipe=recipes[0], dependencies=("Lib/1",), requests=(entry,)),
            Package(module="Lib/1", recipe=recipes[1]),
        )

    def install(self, *names: str, text: str = "help([[x]])") -> None:
        for name in names:
            write(self.prefix / f"modules/all/{name}/1.lua", text.replace("ROOT", f"{self.prefix}/software/{name}/1"))
            write(self.prefix / f"software/{name}/1/easybuild/{name}-1.eb", "name")

    def prepare(self, *rebuild: str, dependents: bool = False) -> Prepared:
        stack = Stack(requests=(self.entry,), files=(str(self.easystack),))
        return prepare.prepare(stack, self.place, rebuild, dependents=dependents)

    def steps(self, *rebuild: str, dependents: bool = False) -> dict[str, str]:
        made = self.prepare(*rebuild, dependents=dependents).plan
        return {step.package.module: f"{step.action}, {step.reason}" for step in made.steps}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(prepare, "refused", lambda *_: {})
    monkeypatch.setattr(survey, "Facts", Facts)
    return World(tmp_path)


NEW = {"Lib/1": "install, new", "App/1": "install, new"}


def test_what_is_missing_is_planned_with_its_critical_path(world: World) -> None:
    assert world.steps() == NEW
    prepared = world.prepare()
    assert prepared.plan.critical == ("Lib/1", "App/1")
    assert set(prepared.weights) == {"Lib/1", "App/1"}
    assert prepared.comparison.target == ZEN3


def test_what_is_there_is_no_step_unless_it_is_asked_for(world: World) -> None:
    world.install("App", "Lib")
    assert world.steps() == {}
    assert world.steps("Lib") == {"Lib/1": "rebuild, rebuild: asked for"}
    assert world.steps("Lib", dependents=True) == {
        "Lib/1": "rebuild, rebuild: asked for",
        "App/1": "rebuild, rebuild: dependency rebuilt",
    }
    with pytest.raises(StackError, match="is called None"):
        world.steps("None")


def test_what_has_changed_is_rebuilt_where_that_is_asked_for(world: World) -> None:
    world.install("App", "Lib")
    write(world.prefix / "software/Lib/1/easybuild/Lib-1.eb", "as it was")
    assert world.steps() == {}
    assert world.steps("changed") == {"Lib/1": "rebuild, rebuild: recipe changed"}
    assert world.steps("changed", "App") == {
        "Lib/1": "rebuild, rebuild: recipe changed",
        "App/1": "rebuild, rebuild: asked for",
    }


@pytest.mark.parametrize("how", [{"rebuild": True}, {"options": (("rebuild", True),)}])
def test_an_entry_that_asks_for_a_rebuild_does_so_until_it_was_rebuilt(world: World, how: dict[str, bool]) -> None:
    world.know(Request(easyconfig="App-1.eb", file=str(world.easystack), line=1, **how))  # type: ignore[arg-type]
    world.install("App", "Lib")
    module = world.prefix / "modules/all/App/1.lua"
    os.utime(module, (1000, 1000))
    assert world.steps() == {"App/1": "rebuild, rebuild: asked for"}
    os.utime(world.easystack, (500, 500))
    assert world.steps() == {}
    world.easystack.unlink()
    assert world.steps() == {}


@pytest.mark.parametrize(
    ("text", "hollow"),
    [
        ('local root = "ROOT"', True),
        ("prepend_path('PATH', 'ROOT/bin')", True),
        ("load('other')", False),
        ('if true then LmodError("no licence") end; root = "ROOT"', False),
    ],
)
def test_a_module_without_its_directory_is_repaired(world: World, text: str, *, hollow: bool) -> None:
    world.install("App", "Lib", text=text)
    (world.prefix / "software/Lib/1/easybuild/Lib-1.eb").unlink()
    (world.prefix / "software/Lib/1/easybuild").rmdir()
    assert world.steps() == {}, "an empty directory is one"
    (world.prefix / "software/Lib/1").rmdir()
    assert world.steps() == ({"Lib/1": "repair, repair: module without directory"} if hollow else {})


def test_a_journal_that_cannot_be_read_decides_nothing(world: World) -> None:
    (world.prefix / journal.PATH).mkdir(parents=True)
    made = world.prepare()
    assert [step.seconds for step in made.plan.steps] == [None] * len(made.plan.steps)
    assert made.plan.steps


def test_what_it_took_the_last_time_comes_from_the_journal(world: World) -> None:
    assert [step.seconds for step in world.prepare().plan.steps] == [None, None]
    lib = Step(package=Facts.packages[1], action=Action.INSTALL, reason="new", prefix=world.prefix)
    for seconds in (50.0, 70.0):
        outcome = Outcome(step=lib, result=Result.BUILT, seconds=seconds)
        journal.record(world.prefix, "step-ended", **journal.ended(outcome))
    prepared = world.prepare()
    assert [step.seconds for step in prepared.plan.steps] == [70.0, None]
    assert prepared.weights["Lib/1"].seconds == 70.0
    assert prepared.weights["App/1"].seconds > 0


def test_a_recipe_that_is_gone_weighs_something_all_the_same(world: World) -> None:
    Path(Facts.packages[0].recipe).unlink()
    assert world.prepare().weights["App/1"].seconds > 0


def test_where_builds_were_cut_off_they_are_repaired(world: World) -> None:
    world.install("Lib")
    with suppress(KeyError), intent.hold(world.prefix, "Lib/1") as mark:
        intent.own(mark)
        raise KeyError
    assert world.steps() == {"Lib/1": "repair, repair: its build was cut off", "App/1": "install, new"}


def test_what_the_hooks_refuse_is_said_before_anything_is_built(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "refused", lambda *_: {"App/1": "of another toolchain"})
    with pytest.raises(StackErrors) as caught:
        world.prepare()
    (error,) = caught.value.errors
    assert (error.reference, error.exit_code) == ("refused", ExitCode.FINDING)
    assert error.message == "App/1: of another toolchain"
    assert error.context == world.entry.source
