"""A plan that was kept is run only where and while it holds."""

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest

from eessi_stack.cli import saved_plan
from eessi_stack.cli.plan import document
from eessi_stack.cli.saved_plan import SavedPlan
from eessi_stack.config import load
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Plan, Stack
from tests.unit.test_cli_plan import GPU, A, B, place, prepared


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    made = document(prepared(), Stack(requests=(), files=("s.yml",)), place(), ("Bee",), dependents=True)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def read(path: Path) -> SavedPlan:
    return saved_plan.read(path, ())


def test_a_kept_plan_says_what_was_asked(kept: Path) -> None:
    found = read(kept)
    assert found.easystacks == (str(Path.cwd() / "s.yml"),)
    assert (found.rebuild, found.dependents) == (("Bee",), True)


def test_its_place_is_taken_from_it(kept: Path) -> None:
    found = read(kept).settings(load({"cores": "3"}, {"EESSI_STACK_ACCEL": "amd/gfx90a", "EESSI_STACK_REPO": "/x"}))
    assert (found.repo, found.eessi_version) == (Path("/repo"), "2023.06")
    assert (found.targets, found.accelerator) == (("x86_64/amd/zen3",), "nvidia/cc90")
    assert found.cores == 3


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("repo", "/repo", "/elsewhere"),
        ("eessi-version", "2023.06", "2025.06"),
        ("target", ("x86_64/amd/zen3",), ("x86_64/amd/zen4",)),
        ("accel", "nvidia/cc90", "nvidia/cc80"),
        ("robot-paths", "", "/r"),
        ("filter-deps", "", "zlib"),
    ],
)
def test_a_flag_that_says_another_place_is_refused(kept: Path, name: str, same: object, other: object) -> None:
    if same:
        read(kept).settings(load({name: same}, {}))
    with pytest.raises(StackError) as caught:
        read(kept).settings(load({name: other}, {}))
    assert caught.value.reference == "plan-elsewhere"
    assert f"--{name}" in caught.value.message


def test_a_plan_that_holds_is_run(kept: Path) -> None:
    read(kept).check(prepared().plan)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((A,), "Bee/1.0 is not to be built any more"),
        ((A, replace(B, package=replace(B.package, sha256="cc"))), "Bee/1.0: its recipe has changed"),
        ((A, replace(B, reason="new")), "Bee/1.0: was rebuild: asked for in /cpu/accel, is new in"),
        ((A, B, replace(A, package=replace(A.package, module="C/1"))), "C/1 is to be built too: new"),
    ],
)
def test_a_plan_that_is_stale_is_refused_and_says_why(kept: Path, steps: tuple[object, ...], said: str) -> None:
    with pytest.raises(StackError) as caught:
        read(kept).check(Plan(target=GPU, steps=steps))  # type: ignore[arg-type]
    assert caught.value.reference == "plan-stale"
    assert caught.value.exit_code is ExitCode.FINDING
    assert said in caught.value.context


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "{}", '{"format": "other"}', '{"format": "eessi-stack-plan", "version": 2}'],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan").write_text(text)
    with pytest.raises(StackErrors) as caught:
        read(tmp_path / "plan")
    assert caught.value.errors[0].reference == "plan-unusable"


@pytest.mark.parametrize("without", ["filter_deps", "easystacks", "rebuild", "tree", "target", "steps", "dependents"])
def test_a_plan_of_which_something_was_taken_away_is_refused(kept: Path, without: str) -> None:
    said = json.loads(kept.read_text())
    del said[without]
    kept.write_text(json.dumps(said))
    with pytest.raises(StackErrors) as caught:
        read(kept)
    assert caught.value.errors[0].reference == "plan-unusable"


@pytest.mark.parametrize(("within", "without"), [("steps", "sha256"), ("tree", "version")])
def test_a_plan_with_half_a_step_or_tree_is_refused(kept: Path, within: str, without: str) -> None:
    said = json.loads(kept.read_text())
    del (said[within][0] if within == "steps" else said[within])[without]
    kept.write_text(json.dumps(said))
    with pytest.raises(StackErrors):
        read(kept)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        read(tmp_path / "none")
    assert caught.value.reference == "plan-unusable"


def test_a_plan_names_its_easystacks_itself(kept: Path) -> None:
    with pytest.raises(click.UsageError):
        saved_plan.read(kept, ["s.yml"])
