"""Whatever happens to the store, the answer is the same: a store that is not as it was written is not believed."""

import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eessi_stack import stored
from eessi_stack.eb.store import SCHEMA, Store
from tests.e2e.conftest import Tree
from tests.e2e.facts_world import World, a_world

CUTS = 200
RUNS = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("store")) as world:
        world.recipe("App-1", dependencies=[("Dep", "1")])
        world.recipe("Dep-1")
        world.settle()
        yield world


@pytest.fixture
def store(world: World) -> Path:
    """The file with everything in it, and no answer kept beside it."""
    forget_answers(world)
    world.ask("App-1.eb")
    forget_answers(world)
    (path,) = world.cache.glob("facts-*.json")
    return path


@pytest.fixture
def answer_file(world: World) -> Path:
    world.ask("App-1.eb")
    world.ask("App-1.eb")
    (path,) = world.cache.glob("answer-*.json")
    return path


def forget_answers(world: World) -> None:
    for path in world.cache.glob("answer-*.json"):
        path.unlink()


def put_folder(path: Path) -> None:
    path.unlink()
    (path / "full").mkdir(parents=True)


def put_other_version(path: Path) -> None:
    head, payload = path.read_bytes().split(b"\n", 1)
    path.write_bytes(re.sub(rb"-\d+ ", b"-0 ", head) + b"\n" + payload)


def put_nonsense_of_todays_version(path: Path) -> None:
    document = stored.load(path, SCHEMA)
    assert document
    assert stored.save(path, SCHEMA, {**document, "code": {"/nowhere": [1, 2, 3, 4]}, "lookups": {"Dep\t1": "/x"}})


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [put_folder, put_other_version, put_nonsense_of_todays_version, cut, empty])
def test_a_damaged_or_foreign_store_is_made_anew(world: World, store: Path, damage: Callable[[Path], None]) -> None:
    expected = world.ask("App-1.eb")
    forget_answers(world)
    damage(store)
    world.started = 0
    assert world.ask("App-1.eb") == expected
    assert world.started == 1
    if store.is_dir():
        (store / "full").rmdir()
        store.rmdir()


@pytest.mark.parametrize("damage", [put_folder, put_other_version, cut, empty])
def test_a_damaged_or_foreign_answer_is_worked_out_anew(
    world: World, answer_file: Path, damage: Callable[[Path], None]
) -> None:
    expected = world.ask("App-1.eb")
    damage(answer_file)
    world.started = 0
    assert world.ask("App-1.eb") == expected
    assert not world.started, "the store still has it all"
    if answer_file.is_dir():
        (answer_file / "full").rmdir()
        answer_file.rmdir()


def test_a_store_that_is_cut_or_altered_anywhere_has_nothing_in_it(store: Path) -> None:
    content = store.read_bytes()
    assert Store(store).nodes
    chance = random.Random(3)
    for _ in range(CUTS):
        place = chance.randrange(len(content))
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]):
            store.write_bytes(damaged)
            assert not Store(store).nodes
    store.write_bytes(content)


def test_nothing_is_written_where_nothing_has_changed(world: World, store: Path) -> None:
    world.settle()
    world.ask("App-1.eb")
    world.ask("App-1.eb")
    before = [path.stat() for path in world.cache.iterdir()]
    world.ask("App-1.eb")
    assert [path.stat() for path in world.cache.iterdir()] == before
    assert store.exists()


def test_a_full_disk(world: World, store: Path) -> None:
    """A file can be made, and not be written to the end."""
    expected = world.ask("App-1.eb")
    forget_answers(world)
    store.unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with world.facts() as facts:
        assert world.resolve(facts, ["App-1.eb"]) == expected
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(world.cache.iterdir()) == []
    assert world.ask("App-1.eb") == expected


# ------------------------------------------------------------------------------------------------ the command line


def answer(tree: Tree, **variables: str) -> tuple[object, ...]:
    run = tree.run("missing", "--json", tree.stack("App"), **variables)
    assert "Traceback" not in run.stderr, run.stderr
    document = json.loads(run.stdout)
    return run.returncode, {package["module"]: package["state"] for package in document["packages"]}


EXPECTED = (1, {"App/1.0": "missing", "Lib/1.0": "missing"})


@pytest.fixture
def app(tree: Tree) -> Tree:
    tree.recipe("Lib")
    tree.recipe("App", needs=["Lib"])
    return tree


def test_a_cache_that_cannot_be_written_to(app: Tree) -> None:
    (app.base / "file").write_text("")
    for folder in ("/proc/eessi-stack", str(app.base / "file")):
        assert answer(app, EESSI_STACK_CACHE_DIR=folder) == EXPECTED


def test_several_runs_at_once_on_an_empty_store(app: Tree) -> None:
    stack = app.stack("App")
    command = [sys.executable, "-m", "eessi_stack", "missing", "--json", stack]
    runs = [
        subprocess.Popen(command, cwd=app.base, env=app.environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(RUNS)
    ]
    documents = [json.loads(run.communicate()[0]) for run in runs]
    assert {run.returncode for run in runs} == {1}
    assert all(document == documents[0] for document in documents)
    assert answer(app) == EXPECTED


WRITER = """
import sys
from pathlib import Path
from eessi_stack import stored
number = 0
while True:
    number += 1
    stored.save(Path(sys.argv[1]), "schema", [number] * 300_000)
"""


def test_a_run_that_is_killed_while_it_writes_leaves_a_whole_document(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    for pause in (0.15, 0.17, 0.19, 0.21, 0.23):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
        while not path.exists():
            time.sleep(0.01)
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        document = stored.load(path, "schema")
        assert document
        assert len(set(document)) == 1
        assert len(document) == 300_000
        path.unlink()
