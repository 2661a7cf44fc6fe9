import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eessi_stack.compare.verdict import compare
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import (
    Action,
    Comparison,
    Exclusion,
    Inventory,
    OptionValue,
    Package,
    Plan,
    Request,
    State,
    Target,
    Tree,
    Verdict,
)
from eessi_stack.plan import differences, make_plan, options, rebuilds
from tests.unit.graphs import packages, tree

TREE = Tree(repo=Path("/repo"), version="2023.06")
CPU = Target(cpu="x86_64/amd/zen3")
GPU = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")


def package(module: str, needs: str = "", build: str = "", line: int = 0) -> Package:
    asked = (Request(easyconfig=module, file="s.yml", line=line),) if line else ()
    return Package(
        module=module, dependencies=tuple(needs.split()), build_dependencies=tuple(build.split()), requests=asked
    )


#: The CUDA packages come before others that need no GPU.
STACK = (
    package("GROMACS/1-CUDA", "UCX-CUDA/1 FFTW/3", line=1),
    package("UCX-CUDA/1", "CUDA/12"),
    package("CUDA/12"),
    package("FFTW/3"),
    package("R/4", "FFTW/3", line=2),
    package("magma/2", build="CUDA/12", line=3),
)


def compared(target: Target = GPU, **inventory: frozenset[str]) -> tuple[Comparison, Inventory]:
    seen = Inventory(**inventory)  # type: ignore[arg-type]
    return compare(STACK, seen, target), seen


def test_the_cpu_prefix_comes_first_and_each_package_goes_into_its_own() -> None:
    plan = make_plan(*compared(), TREE)
    assert plan.target == GPU
    assert [step.package.module for step in plan.steps] == [
        "FFTW/3",
        "R/4",
        "CUDA/12",
        "UCX-CUDA/1",
        "GROMACS/1-CUDA",
        "magma/2",
    ]
    assert [step.prefix for step in plan.steps] == [TREE.prefix(CPU)] * 2 + [TREE.prefix(GPU)] * 4


def test_only_what_is_missing_is_built() -> None:
    there = frozenset({"FFTW/3", "CUDA/12", "UCX-CUDA/1", "magma/2"})
    plan = make_plan(*compared(modules=there), TREE)
    assert [step.package.module for step in plan.steps] == ["R/4", "GROMACS/1-CUDA"]
    assert {(step.action, step.reason) for step in plan.steps} == {(Action.INSTALL, "new")}


def test_no_state_but_missing_makes_a_step() -> None:
    verdicts = tuple(Verdict(package=package(f"{state}/1"), state=state) for state in State)
    plan = make_plan(Comparison(target=CPU, verdicts=verdicts, requests=()), Inventory(), TREE)
    assert [step.package.module for step in plan.steps] == ["missing/1"]


def test_nothing_missing_is_an_empty_plan_and_a_gpu_package_that_is_there_asks_for_no_gpu() -> None:
    there = frozenset(one.module for one in STACK)
    assert make_plan(*compared(CPU, modules=there), TREE).steps == ()


def test_software_for_accelerators_needs_one() -> None:
    with pytest.raises(StackError) as caught:
        make_plan(*compared(CPU, modules=frozenset({"CUDA/12", "UCX-CUDA/1", "magma/2"})), TREE)
    assert caught.value.reference == "accelerator-needed"
    assert caught.value.exit_code is ExitCode.FINDING
    assert caught.value.message.startswith("GROMACS/1-CUDA ")
    assert "s.yml:1" in caught.value.context
    assert "--accel" in caught.value.hint


def entries(count: int, *, rebuild: bool = False) -> tuple[Request, ...]:
    return tuple(Request(easyconfig="/x/CUDA-12", file="s.yml", line=line, rebuild=rebuild) for line in range(count))


@pytest.mark.parametrize(
    ("count", "context"),
    [
        (1, "asked for in s.yml:0"),
        (3, "asked for in s.yml:0, s.yml:1, s.yml:2"),
        (4, "asked for in s.yml:0, s.yml:1, s.yml:2 and 1 more"),
        (5, "asked for in s.yml:0, s.yml:1, s.yml:2 and 2 more"),
    ],
)
def test_an_entry_for_accelerators_needs_one(count: int, context: str) -> None:
    comparison = compare((package("R/4", line=9),), Inventory(), CPU, elsewhere=entries(count))
    with pytest.raises(StackError) as caught:
        make_plan(comparison, Inventory(), TREE)
    assert caught.value.reference == "accelerator-needed"
    assert caught.value.exit_code is ExitCode.FINDING
    assert caught.value.message == "CUDA-12.eb is software for accelerators, and the target has none"
    assert caught.value.context == context


def test_what_an_accelerator_package_needs_is_asked_for_nowhere() -> None:
    with pytest.raises(StackError) as caught:
        make_plan(*compared(CPU), TREE)
    assert (caught.value.message.split()[0], caught.value.context) == ("CUDA/12", "")


def test_a_rebuild_for_accelerators_needs_none() -> None:
    comparison = compare((package("R/4", line=9),), Inventory(), CPU, elsewhere=entries(2, rebuild=True))
    assert [step.package.module for step in make_plan(comparison, Inventory(), TREE).steps] == ["R/4"]


def test_excluded_software_for_accelerators_needs_none() -> None:
    no_gpu = [Exclusion(easyconfig="CUDA-12", reason="no GPU here")]
    plan = make_plan(compare(STACK, Inventory(), CPU, exclusions=no_gpu), Inventory(), TREE)
    assert [step.package.module for step in plan.steps] == ["FFTW/3", "R/4"]


def test_what_was_left_behind_is_repaired() -> None:
    steps = make_plan(*compared(incomplete=frozenset({"FFTW/3"})), TREE).steps
    assert steps[0].package.module == "FFTW/3"
    assert steps[0].action is Action.REPAIR
    assert steps[0].reason == "repair: its build was cut off"
    assert {step.action for step in steps[1:]} == {Action.INSTALL}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "new"),
        ((("rebuild", True),), "new"),
        ((("from-pr", 123),), "new, with the recipe of the robot path instead of from-pr 123"),
        ((("from-commit", "0ab"),), "new, with the recipe of the robot path instead of from-commit 0ab"),
    ],
)
def test_a_recipe_from_elsewhere_is_said(options: tuple[tuple[str, OptionValue], ...], reason: str) -> None:
    asked = Request(easyconfig="A.eb", file="s.yml", line=1, options=options)
    graph = (Package(module="A/1", requests=(asked,)),)
    (step,) = make_plan(compare(graph, Inventory(), CPU), Inventory(), TREE).steps
    assert step.reason == reason


def test_only_entries_for_the_target_say_how_to_build() -> None:
    own, other = (Request(easyconfig="A.eb", file="s.yml", line=line, options=(("from-pr", line),)) for line in (1, 2))
    graph = (
        Package(module="A/1", dependencies=("B/1",), requests=(own, other)),
        Package(module="B/1", requests=(other,)),
    )
    steps = make_plan(compare(graph, Inventory(), CPU, requests=[own]), Inventory(), TREE).steps
    assert [step.package.requests for step in steps] == [(), (own,)]
    assert [step.reason for step in steps] == ["new", "new, with the recipe of the robot path instead of from-pr 1"]


def test_what_needs_a_package_that_nobody_can_build_is_no_step() -> None:
    graph = (
        package("A/1", "B/1", line=1),
        package("B/1", build="C/1"),
        Package(module="C/1", error="does not parse"),
        package("D/1", line=2),
    )
    plan = make_plan(compare(graph, Inventory(), CPU), Inventory(), TREE)
    assert [step.package.module for step in plan.steps] == ["D/1"]


def rebuilt(names: tuple[str, ...] = (), *, dependents: bool = False, **more: object) -> dict[str, str]:
    """What is built again of A, B: A, C: B, D: A at build time only, E. `since` are the modules whose entries ask."""
    graph = packages("*A/1; *B/1: A/1; *C/1: B/1; *D/1: | A/1; *E/1")
    comparison = compare(graph, tree("A/1; B/1: A/1; C/1: B/1; D/1; E/1"), CPU)
    since = [request for one in graph if one.module in more.get("since", ()) for request in one.requests]  # type: ignore[operator]
    return rebuilds(comparison, names, more.get("changed", {}), since, dependents=dependents)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["B/1", "B", "B-1.eb"])
def test_a_rebuild_is_asked_for_by_module_software_or_easyconfig(name: str) -> None:
    assert rebuilt((name,)) == {"B/1": "asked for"}


def test_a_rebuild_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(StackError) as caught:
        rebuilt(("B", "Z"))
    assert caught.value.reference == "rebuild-unknown"
    assert "called Z" in caught.value.message


def test_what_has_changed_and_what_an_entry_asks_for_is_rebuilt() -> None:
    assert rebuilt() == {}
    assert rebuilt(changed={"A/1": "recipe changed"}) == {"A/1": "recipe changed"}
    assert rebuilt(since=("E/1",)) == {"E/1": "asked for"}
    assert rebuilt(("A",), changed={"A/1": "recipe changed"}) == {"A/1": "asked for"}


def test_what_is_broken_can_be_rebuilt_by_name() -> None:
    graph = packages("*A/1; *B/1: A/1")
    comparison = compare(graph, tree("B/1: A/1"), CPU)
    assert [one.package.module for one in comparison.of(State.BROKEN)] == ["B/1"]
    assert rebuilds(comparison, ["B"], {}, (), dependents=False) == {"B/1": "asked for"}


def test_dependents_are_those_that_need_it_at_run_time_and_what_needs_them() -> None:
    assert rebuilt(("A",), dependents=True) == {
        "A/1": "asked for",
        "B/1": "dependency rebuilt",
        "C/1": "dependency rebuilt",
    }
    assert rebuilt(("A", "C"), dependents=True)["C/1"] == "asked for"
    assert rebuilt(dependents=True) == {}


def steps(*, hollow: tuple[str, ...] = (), **rebuild: str) -> list[tuple[str, Action, str]]:
    graph = packages("*A/1; *B/1: A/1; *C/1: B/1")
    seen = replace(tree("A/1; B/1: A/1"), hollow=frozenset(hollow))
    asked = {f"{name}/1": why for name, why in rebuild.items()}
    made = make_plan(compare(graph, seen, CPU), seen, TREE, asked)
    return [(step.package.module, step.action, step.reason) for step in made.steps]


def test_every_step_says_why_in_build_order() -> None:
    new = ("C/1", Action.INSTALL, "new")
    assert steps() == [new]
    assert steps(A="recipe changed") == [("A/1", Action.REBUILD, "rebuild: recipe changed"), new]
    assert steps(C="asked for") == [new], "what is missing is built anyway"
    assert steps(hollow=("B/1",)) == [("B/1", Action.REPAIR, "repair: module without directory"), new]
    repair = ("A/1", Action.REPAIR, "repair: module without directory")
    assert steps(hollow=("A/1",)) == [repair, new], "what is broken for want of it is not built again"
    assert steps(hollow=("B/1",), B="asked for") == [("B/1", Action.REPAIR, "repair: module without directory"), new]


def test_what_has_no_recipe_cannot_be_rebuilt() -> None:
    graph = (replace(packages("*A/1")[0], recipe=""),)
    comparison = compare(graph, tree("A/1"), CPU)
    assert make_plan(comparison, tree("A/1"), TREE, {"A/1": "asked for"}).steps == ()


def saved(made: Plan) -> list[dict[str, Any]]:
    return [
        {
            "module": step.package.module,
            "sha256": step.package.sha256,
            "options": options(step.package),
            "reason": step.reason,
            "prefix": str(step.prefix),
        }
        for step in made.steps
    ]


def planned(text: str, there: str = "", **rebuild: str) -> Plan:
    seen = tree(there)
    asked = {f"{name}/1": why for name, why in rebuild.items()}
    return make_plan(compare(packages(text), seen, CPU), seen, TREE, asked)


def test_a_plan_that_still_holds_differs_in_nothing() -> None:
    made = planned("*A/1; *B/1: A/1")
    assert list(differences(saved(made), made)) == []
    assert list(differences([], planned("*A/1", "A/1"))) == []


def test_what_is_there_by_now_what_came_to_it_and_what_changed() -> None:
    before = saved(planned("*A/1; *B/1: A/1"))
    assert list(differences(before, planned("*A/1; *B/1: A/1", "A/1"))) == [
        "A/1 is not to be built any more: it is there, or nothing needs it"
    ]
    assert list(differences(before, planned("*A/1; *B/1: A/1 C/1; C/1"))) == ["C/1 is to be built too: new"]
    changed = planned("*A/1; *B/1: A/1")
    first, *rest = changed.steps
    changed = replace(changed, steps=(replace(first, package=replace(first.package, sha256="other")), *rest))
    assert list(differences(before, changed)) == ["A/1: its recipe has changed: /r/A-1.eb"]


def test_what_easybuild_is_told_besides_is_a_difference_too() -> None:
    made = planned("*A/1")
    before = json.loads(json.dumps(saved(_told(made, ("skip-test-step", True), ("filter-deps", ("M4", "zlib"))))))
    assert list(differences(before, _told(made, ("skip-test-step", True), ("filter-deps", ("M4", "zlib"))))) == []
    (said,) = differences(before, made)
    assert said.startswith("A/1: its entry had the options {'skip-test-step': True, ")
    assert said.endswith(", and has {}")


def _told(made: Plan, *options: tuple[str, OptionValue]) -> Plan:
    (step,) = made.steps
    asked = Request(easyconfig="A-1.eb", file="s.yml", line=2, options=options)
    return replace(made, steps=(replace(step, package=replace(step.package, requests=(asked,))),))


def test_another_reason_or_prefix_is_a_difference_too() -> None:
    made = planned("*A/1", "A/1", A="recipe changed")
    (said,) = differences(saved(made), planned("*A/1"))
    assert said.startswith("A/1: was rebuild: recipe changed in ")
    assert ", is new in " in said
    elsewhere = [{**saved(made)[0], "prefix": "/elsewhere"}]
    assert next(iter(differences(elsewhere, made))).startswith("A/1: was rebuild: recipe changed in /elsewhere, is ")
