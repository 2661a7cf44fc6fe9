"""Graphs are written as `*A: B C | X`: somebody asks for A, it needs B and C at run time, X to be built."""

import pytest

from eessi_stack.compare import build_order, compare, why
from eessi_stack.model import Comparison, Exclusion, Inventory, Package, Request, State, Target

TARGET = Target(cpu="x86_64/amd/zen3")

#: A stack as most are: A and D are asked for, X only builds, E is in nobody's way.
STACK = "*A: B | X; B: C; C; X: Y; Y; *D: C"


def packages(text: str, errors: dict[str, str] | None = None) -> tuple[Package, ...]:
    found = []
    for line, entry in enumerate(text.split(";"), 1):
        name, _, needs = entry.strip().partition(":")
        run, _, build = needs.partition("|")
        module = name.removeprefix("*")
        asked = Request(easyconfig=f"{module}.eb", file="s.yml", line=line)
        found.append(
            Package(
                module=module,
                recipe=f"/r/{module}.eb",
                dependencies=tuple(run.split()),
                build_dependencies=tuple(build.split()),
                requests=(asked,) if name.startswith("*") else (),
                error=(errors or {}).get(module, ""),
            )
        )
    return tuple(found)


def tree(text: str = "", **more: object) -> Inventory:
    """Modules and what their files load: `A: B C; B; C`."""
    entries = [entry.strip().partition(":") for entry in text.split(";") if entry.strip()]
    loads = {name: tuple(needs.split()) for name, _, needs in entries}
    return Inventory(modules=frozenset(loads), loads=loads, **more)  # type: ignore[arg-type]


def states(comparison: Comparison) -> dict[str, str]:
    """Module → the first letter of its state, X where that is excluded."""
    return {
        one.package.module: "X" if one.state is State.EXCLUDED else one.state[0].upper() for one in comparison.verdicts
    }


#: graph, what is there, states (Installed, Missing, Broken, Drift), states if strict
CASES = {
    "all there": (STACK, "A: B; B: C; C; X; Y; D: C", "A=I B=I C=I X=I Y=I D=I", "A=I B=I C=I X=I Y=I D=I"),
    "build dependencies need not stay": (STACK, "A: B; B: C; C; D: C", "A=I B=I C=I X=D Y=D D=I", "X=M Y=M A=I D=I"),
    "nothing there": (STACK, "", "A=M B=M C=M X=M Y=M D=M", "A=M B=M C=M X=M Y=M D=M"),
    "missing with its build dependencies": (STACK, "B: C; C; D: C", "A=M X=M Y=M B=I C=I D=I", "A=M X=M Y=M B=I"),
    "a build dependency's needs are not known to be there": (STACK, "B: C; C; D: C; X", "A=M X=I Y=D", "Y=M"),
    "one of two is missing": (STACK, "A: B; B: C; C", "A=I D=M B=I C=I X=D Y=D", "D=M X=M"),
    "broken: what the module file loads is gone": (STACK, "A: B; B: C; D", "A=B B=B C=M D=I", "A=I B=I C=M D=I"),
    "broken, though today's recipe wants something else": ("*A: B", "A: Old", "A=B", "A=I"),
    "broken further down": ("*A: B; B: C; C: E; E", "A: B; B: C; C: E", "A=B B=B C=B E=M", "C=I E=M"),
    "broken behind a module that no recipe gives": ("*A", "A: Old; Old: Older; Older: Gone", "A=B", "A=I"),
    "whole behind a module that no recipe gives": ("*A", "A: Old; Old: Older; Older", "A=I", "A=I"),
    "a load loop ends": ("*A: B; B", "A: B; B: A Old; Old: Old", "A=I B=I", "A=I B=I"),
    "drift: only the recipe wants it": ("*A: B; B: C; C", "A", "A=I B=D C=D", "A=I B=M C=M"),
    "drift is what another one misses": ("*A: B; B; *D: B", "A", "A=I D=M B=M", "D=M B=M"),
    "a load without a version means any": ("*A: GCC/12; GCC/12", "A: GCC; GCC/12", "A=I GCC/12=I", "A=I GCC/12=I"),
    "but not none": ("*A: GCC/12; GCC/12", "A: GCC; GCCcore/12", "A=B GCC/12=D", "A=I GCC/12=M"),
}


def expected(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


@pytest.mark.parametrize(("graph", "there", "plain", "strict"), CASES.values(), ids=CASES)
def test_states(graph: str, there: str, plain: str, strict: str) -> None:
    found = states(compare(packages(graph), tree(there), TARGET))
    assert found == found | expected(plain)
    found = states(compare(packages(graph), tree(there), TARGET, strict=True))
    assert found == found | expected(strict)


def test_what_is_broken_says_what_is_gone() -> None:
    (verdict,) = compare(packages("*A"), tree("A: B C; B"), TARGET).verdicts
    assert (verdict.state, verdict.reason) == (State.BROKEN, "its module file loads C, which is gone")


def test_an_alias_stands_for_its_module() -> None:
    inventory = tree("A: Java/11; Java/11.0: Gone", aliases={"Java/11": "Java/11.0"})
    assert states(compare(packages("*A: Java/11; Java/11"), inventory, TARGET)) == {"Java/11": "B", "A": "B"}
    inventory = tree("A: Java/11", aliases={"Java/11": "Java/11.0"})
    assert states(compare(packages("*A: Java/11; Java/11"), inventory, TARGET)) == {"Java/11": "M", "A": "B"}


@pytest.mark.parametrize("strict", [False, True])
def test_incomplete_and_building_are_missing_and_say_so(*, strict: bool) -> None:
    inventory = tree(incomplete=frozenset({"A"}), building=frozenset({"B"}))
    comparison = compare(packages("*A; *B"), inventory, TARGET, strict=strict)
    assert states(comparison) == {"A": "M", "B": "M"}
    assert [one.reason for one in comparison.verdicts] == [
        "its module file is there, but its build did not end well",
        "being built by a live process",
    ]


def test_an_error_counts_where_the_package_is_needed() -> None:
    graph = packages("*A: B; B; *F.eb", errors={"B": "does not parse", "F.eb": "no easyconfig"})
    comparison = compare(graph, tree(), TARGET)
    assert states(comparison) == {"B": "E", "A": "M", "F.eb": "E"}
    assert [one.reason for one in comparison.of(State.ERROR)] == ["does not parse", "no easyconfig"]


def test_an_error_below_what_is_installed_is_drift_and_says_why() -> None:
    graph = packages("*A: B; B", errors={"B": "does not parse"})
    assert [one.reason for one in compare(graph, tree("A"), TARGET).of(State.DRIFT)] == ["does not parse"]
    assert states(compare(graph, tree("A"), TARGET, strict=True)) == {"B": "E", "A": "I"}


def excluded(name: str, targets: tuple[str, ...] = (), issue: str = "") -> Exclusion:
    return Exclusion(easyconfig=name, reason="does not build", issue=issue, targets=targets)


@pytest.mark.parametrize("name", ["B", "B.eb"])
def test_an_exclusion_blocks_what_needs_it(name: str) -> None:
    graph = packages("*A: B; B: C; C; *D: C; *E: | A")
    comparison = compare(graph, tree(), TARGET, exclusions=[excluded(name, issue="https://example.org/1")])
    assert states(comparison) == {"C": "M", "B": "X", "A": "X", "D": "M", "E": "X"}
    assert {one.package.module: one.reason for one in comparison.of(State.EXCLUDED)} == {
        "B": "does not build (https://example.org/1)",
        "A": "blocked by B, which is excluded",
        "E": "blocked by A, which is excluded",
    }


def test_what_only_an_excluded_package_needs_is_not_missing() -> None:
    graph = packages("*A: B | Y; B; Y: X; X; *D: X")
    assert states(compare(graph, tree("X"), TARGET, exclusions=[excluded("B")])) == {
        "B": "X",
        "X": "I",
        "Y": "X",
        "A": "X",
        "D": "M",
    }


def test_an_exclusion_of_what_is_there_blocks_nothing() -> None:
    comparison = compare(packages("*A: B; B"), tree("B"), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"B": "I", "A": "M"}


def test_an_exclusion_names_a_module_too_and_is_nothing_for_what_is_there() -> None:
    graph = (Package(module="lang/B/1.0", requests=packages("*B")[0].requests),)
    assert states(compare(graph, tree(), TARGET, exclusions=[excluded("lang-B-1.0")])) == {"lang/B/1.0": "X"}
    there = tree("lang/B/1.0")
    assert states(compare(graph, there, TARGET, exclusions=[excluded("lang-B-1.0")])) == {"lang/B/1.0": "I"}


@pytest.mark.parametrize(
    ("targets", "state"),
    [
        (("x86_64",), "X"),
        (("x86_64/amd/zen3", "aarch64"), "X"),
        (("x86_64/amd/zen2",), "M"),
        (("x86_64/amd",), "M"),
        (("aarch64",), "M"),
    ],
)
def test_an_exclusion_can_be_for_some_targets(targets: tuple[str, ...], state: str) -> None:
    comparison = compare(packages("*A"), tree(), TARGET, exclusions=[excluded("A", targets)])
    assert states(comparison) == {"A": state}


def test_it_says_who_wants_a_package() -> None:
    comparison = compare(packages(STACK), tree("D: C"), TARGET)
    wanted = {one.package.module: one.wanted_by for one in comparison.verdicts}
    assert wanted["C"] == ("D", "B")
    assert wanted["Y"] == ("X",)
    assert wanted["A"] == ()


def test_every_request_has_the_verdict_of_its_package_in_order() -> None:
    one, two, three = (Request(easyconfig=name, file="s.yml", line=line) for line, name in enumerate("aba", 1))
    graph = (Package(module="A/1", requests=(one, three)), Package(module="B/1", requests=(two,)))
    comparison = compare(graph, tree("B/1"), TARGET, requests=(two, three, one))
    assert [request for request, _ in comparison.requests] == [two, three, one]
    comparison = compare(graph, tree("B/1"), TARGET)
    assert [(request, verdict.state) for request, verdict in comparison.requests] == [
        (one, State.MISSING),
        (two, State.INSTALLED),
        (three, State.MISSING),
    ]


def test_verdicts_are_in_build_order() -> None:
    assert list(states(compare(packages(STACK), tree(), TARGET))) == ["C", "B", "Y", "X", "A", "D"]


@pytest.mark.parametrize(
    ("graph", "order"),
    [
        ("*A: B C; B: C; C", "C B A"),
        ("*A: C B; B: C; C", "C B A"),
        ("*B; *A: B", "B A"),
        ("*A: | X; X: Z; Z; *D", "Z X A D"),
        ("*A: Unknown", "A"),
        ("*A: B; B: A", "B A"),
    ],
)
def test_build_order(graph: str, order: str) -> None:
    assert build_order({package.module: package for package in packages(graph)}) == order.split()


def test_why_gives_the_shortest_path_from_each_request() -> None:
    graph = packages("*A: B; B: C; C; X: C; *D: X C; *E: D; *F")
    assert set(why(graph, "C")) == {("D", "C"), ("A", "B", "C"), ("E", "D", "C")}
    assert why(packages("*A: D N; D: C; N: B; B: C; C"), "C") == (("A", "D", "C"),)
    assert why(graph, "F") == (("F",),)
    assert why(packages("*A: | X; X; Y"), "X") == (("A", "X"),)
    assert why(packages("*A; Y"), "Y") == ()


@pytest.mark.parametrize(
    ("there", "state"),
    [
        ("Z3/4.12-GCCcore-12.3.0-Python-3.11.3", State.INSTALLED),
        ("Z3/4.12-GCCcore-12.3.0-Python-3.11.3: Gone", State.BROKEN),
        ("Z3/4.12-GCCcore-12.3.0", State.ERROR),
        ("Z/3-4.12-GCCcore-12.3.0-Python-3.11.3", State.ERROR),
    ],
)
def test_an_entry_without_a_recipe_is_known_by_its_module(there: str, state: State) -> None:
    name = "Z3-4.12-GCCcore-12.3.0-Python-3.11.3.eb"
    asked = Request(easyconfig=name, file="s.yml", line=1)
    graph = (Package(module=name, error=f"no easyconfig {name} in the robot path", requests=(asked,)),)
    assert [verdict.state for _, verdict in compare(graph, tree(there), TARGET).requests] == [state]
    assert [verdict.state for _, verdict in compare(graph, tree(there), TARGET, strict=True).requests] == [State.ERROR]
