from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from eessi_stack import model
from eessi_stack.model import (
    Action,
    Comparison,
    Inventory,
    Outcome,
    Package,
    Request,
    Result,
    State,
    Step,
    Target,
    Tree,
    Verdict,
)

NOUNS = [noun for noun in vars(model).values() if hasattr(noun, "__dataclass_fields__")]
ZEN3 = Target(cpu="x86_64/amd/zen3")
ZEN3_H100 = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
TREE = Tree(repo=Path("/repo"), version="2023.06")


@pytest.mark.parametrize("noun", NOUNS)
def test_nouns_are_frozen_slotted_and_keyword_only(noun: type) -> None:
    assert "__dict__" not in dir(noun)
    one: Any = object.__new__(noun)
    with pytest.raises(FrozenInstanceError):
        setattr(one, fields(one)[0].name, None)
    assert all(field.kw_only for field in fields(one))


def test_all_nouns_are_looked_at() -> None:
    assert {"Target", "Tree", "Request", "Stack", "Package", "Inventory", "Comparison", "Plan", "Outcome"} <= {
        noun.__name__ for noun in NOUNS
    }


@pytest.mark.parametrize(
    ("cpu", "family"), [("x86_64/amd/zen3", "x86_64"), ("aarch64/generic", "aarch64"), ("riscv64/generic", "riscv64")]
)
def test_target_knows_its_family(cpu: str, family: str) -> None:
    target = Target(cpu=cpu)
    assert (target.family, str(target)) == (family, cpu)


def test_target_with_accelerator() -> None:
    assert str(ZEN3_H100) == "x86_64/amd/zen3/accel/nvidia/cc90"
    assert ZEN3_H100.cpu_only == ZEN3
    assert ZEN3_H100 != ZEN3


def test_tree_gives_every_path() -> None:
    root = Path("/repo/versions/2023.06")
    assert TREE.root == root
    assert TREE.prefix(ZEN3) == root / "software/linux/x86_64/amd/zen3"
    assert TREE.prefix(ZEN3_H100) == root / "software/linux/x86_64/amd/zen3/accel/nvidia/cc90"
    assert TREE.modules(ZEN3_H100) == TREE.prefix(ZEN3_H100) / "modules/all"
    assert TREE.compat(ZEN3_H100) == root / "compat/linux/x86_64"
    assert TREE.host_injections == Path("/repo/host_injections")


@pytest.mark.parametrize("written", ["a-1.0", "a-1.0.eb", "/some/where/a-1.0.eb", "some/where/a-1.0"])
def test_request_has_one_file_name_however_it_was_written(written: str) -> None:
    assert Request(easyconfig=written, file="s.yml", line=3).filename == "a-1.0.eb"


def test_request_says_where_it_is_and_what_it_wants() -> None:
    request = Request(easyconfig="a", file="dir/s.yml", line=3, options=(("rebuild", True),))
    assert request.source == "dir/s.yml:3"
    assert request.option("rebuild") is True
    assert request.option("force") is None


def test_package_needs_both_kinds_of_dependencies() -> None:
    package = Package(module="A/1", recipe="/r/A-1.eb", dependencies=("B/1",), build_dependencies=("C/1",))
    assert package.needs == ("B/1", "C/1")
    assert package.filename == "A-1.eb"
    assert Package(module="A/1").filename == ""


def test_inventory_has_modules_and_aliases_of_complete_ones() -> None:
    inventory = Inventory(
        modules=frozenset({"Java/11.0.20"}),
        incomplete=frozenset({"Java/17.0.1"}),
        aliases={"Java/11": "Java/11.0.20", "Java/17": "Java/17.0.1"},
    )
    assert inventory.has("Java/11.0.20")
    assert inventory.has("Java/11")
    assert not inventory.has("Java/17")
    assert not inventory.has("Java/17.0.1")
    assert not inventory.has("Java")


def test_comparison_selects_by_state_in_order() -> None:
    states = (State.MISSING, State.INSTALLED, State.BROKEN, State.MISSING)
    verdicts = tuple(Verdict(package=Package(module=f"M/{n}"), state=state) for n, state in enumerate(states))
    comparison = Comparison(target=ZEN3, verdicts=verdicts, requests=())
    selected = comparison.of(State.MISSING, State.BROKEN)
    assert [verdict.package.module for verdict in selected] == ["M/0", "M/2", "M/3"]
    assert comparison.of(State.EXCLUDED) == ()


@pytest.mark.parametrize("result", Result)
def test_only_built_and_present_are_good(result: Result) -> None:
    step = Step(package=Package(module="A/1"), action=Action.INSTALL, reason="new", prefix=Path("/p"))
    assert Outcome(step=step, result=result).good is (result in (Result.BUILT, Result.PRESENT))
