"""Graphs are written as in tests/unit/graphs.py: `*A: B C | X`."""

import pytest

from eessi_stack.compare.verdict import compare, why
from eessi_stack.compare.walk import HOLLOW
from eessi_stack.model import Exclusion, State, Target
from tests.unit.graphs import letters, packages, states, tree

TARGET = Target(cpu="x86_64/amd/zen3")

#: A stack as most are: A and D are asked for, X only builds, E is in nobody's way.
STACK = "*A: B | X; B: C; C; X: Y; Y; *D: C"


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


@pytest.mark.parametrize(("graph", "there", "plain", "strict"), CASES.values(), ids=CASES)
def test_states(graph: str, there: str, plain: str, strict: str) -> None:
    found = states(compare(packages(graph), tree(there), TARGET))
    assert found == found | letters(plain)
    found = states(compare(packages(graph), tree(there), TARGET, strict=True))
    assert found == found | letters(strict)


def test_what_is_broken_says_what_is_gone() -> None:
    (verdict,) = compare(packages("*A"), tree("A: B C; B"), TARGET).verdicts
    assert (verdict.state, verdict.reason) == (State.BROKEN, "its module file loads C, which is gone")


def test_an_alias_stands_for_its_module() -> None:
    inventory = tree("A: Java/11; Java/11.0: Gone", aliases={"Java/11": "Java/11.0"})
    assert states(compare(packages("*A: Java/11; Java/11"), inventory, TARGET)) == {"Java/11": "B", "A": "B"}
    inventory = tree("A: Java/11", aliases={"Java/11": "Java/11.0"})
    assert states(compare(packages("*A: Java/11; Java/11"), inventory, TARGET)) == {"Java/11": "M", "A": "B"}


@pytest.mark.parametrize("strict", [False, True])
def test_incomplete_building_and_misplaced_are_missing_and_say_so(*, strict: bool) -> None:
    inventory = tree(incomplete=frozenset({"A"}), building=frozenset({"B"}), misplaced=frozenset({"C"}))
    comparison = compare(packages("*A; *B; *C; *D"), inventory, TARGET, strict=strict)
    assert states(comparison) == {"A": "M", "B": "M", "C": "M", "D": "M"}
    assert [one.reason for one in comparison.verdicts] == [
        "its module file is there, but its build did not end well",
        "being built, or locked by an EasyBuild",
        "it is installed, but in a prefix where it does not belong",
        "",
    ]


def test_an_error_counts_where_the_package_is_needed() -> None:
    graph = packages("*A: B; B; *F.eb", errors={"B": "does not parse", "F.eb": "no easyconfig"})
    comparison = compare(graph, tree(), TARGET)
    assert states(comparison) == {"B": "E", "A": "M", "F.eb": "E"}
    assert [one.reason for one in comparison.of(State.ERROR)] == ["does not parse", "no easyconfig"]


def test_an_error_below_what_is_installed_is_drift_and_says_why() -> None:
    graph = packages("*A: B; B", errors={"B": "does not parse"})
    (drift,) = compare(graph, tree("A"), TARGET).of(State.DRIFT)
    assert drift.reason == "A.eb changed since it was installed; does not parse"
    assert states(compare(graph, tree("A"), TARGET, strict=True)) == {"B": "E", "A": "I"}


def excluded(name: str) -> Exclusion:
    return Exclusion(easyconfig=name, reason="does not build", issue="https://example.org/1")


def test_an_exclusion_blocks_what_needs_it() -> None:
    graph = packages("*A: B; B: C; C; *D: C; *E: | A")
    comparison = compare(graph, tree(), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"C": "M", "B": "X", "A": "X", "D": "M", "E": "X"}
    assert {one.package.module: one.reason for one in comparison.of(State.EXCLUDED)} == {
        "B": "does not build (https://example.org/1)",
        "A": "blocked by B, which is excluded (https://example.org/1)",
        "E": "blocked by A, which is excluded (https://example.org/1)",
    }


def test_what_only_an_excluded_package_needs_is_not_missing() -> None:
    graph = packages("*A: B | Y; B; Y: X; X; *D: X")
    comparison = compare(graph, tree("X"), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"B": "X", "X": "I", "Y": "X", "A": "X", "D": "M"}
    assert [one.reason for one in comparison.verdicts if one.package.module == "Y"] == [
        "only excluded packages want it"
    ]


def test_what_only_an_excluded_package_needs_may_be_there() -> None:
    graph = packages("*A: B; B: Z; Z; *D")
    assert states(compare(graph, tree("Z"), TARGET, exclusions=[excluded("B")])) == letters("Z=I B=X A=X D=M")


def test_an_exclusion_of_what_is_there_blocks_nothing() -> None:
    comparison = compare(packages("*A: B; B"), tree("B"), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"B": "I", "A": "M"}


def test_an_exclusion_counts_though_an_installed_package_loads_what_is_left_out() -> None:
    comparison = compare(packages("*A: B; B"), tree("A: B"), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"B": "X", "A": "B"}


def test_an_exclusion_of_what_only_todays_recipe_wants() -> None:
    comparison = compare(packages("*A: B; B: C; C"), tree("A"), TARGET, exclusions=[excluded("B")])
    assert states(comparison) == {"C": "X", "B": "X", "A": "I"}


def test_exclusions_that_exclude_nothing_are_told() -> None:
    graph = packages("*A: B; B; *D: E; E")
    there, absent, unasked, unknown = (excluded(name) for name in ("B", "A", "E", "F"))
    requests = graph[0].requests
    comparison = compare(
        graph, tree("B"), TARGET, requests=requests, exclusions=[there, absent, unasked, unknown, absent]
    )
    assert comparison.unused == (there, unasked, unknown)


def test_an_exclusion_for_another_target_is_none_and_not_unused() -> None:
    other = Exclusion(easyconfig="A", reason="does not build", targets=("x86_64/amd/zen4",))
    comparison = compare(packages("*A"), tree(), TARGET, exclusions=[other])
    assert (states(comparison), comparison.unused) == ({"A": "M"}, ())


def test_it_says_who_wants_a_package() -> None:
    comparison = compare(packages(STACK), tree("D: C"), TARGET)
    wanted = {one.package.module: one.wanted_by for one in comparison.verdicts}
    assert wanted["C"] == ("D", "B")
    assert wanted["Y"] == ("X",)
    assert wanted["A"] == ()


def test_of_what_is_installed_it_says_so_as_far_as_it_leads_up_to_the_entries() -> None:
    graph = "*A: B E; *D: B; B: C; C: G; G; *E: B C; *F: C"
    there = "A: B E; B: C; C; D: B; E: B"
    requests = tuple(request for one in packages(graph)[:2] for request in one.requests)
    comparison = compare(packages(graph), tree(there), TARGET, requests=requests)
    wanted = {one.package.module: one.wanted_by for one in comparison.verdicts}
    assert wanted == {"G": ("C",), "C": ("B", "E"), "B": ("E", "A", "D"), "E": ("A",), "A": (), "D": ()}
    comparison = compare(packages(graph), tree(f"{there}; G"), TARGET, requests=requests)
    assert not any(one.wanted_by for one in comparison.verdicts)


def test_entries_are_as_far_up_as_it_goes_and_circles_end() -> None:
    comparison = compare(packages("*Z: A; *A: B; B: C G; C: B; G"), tree("Z: A; A: B; B: C; C: B"), TARGET)
    wanted = {one.package.module: one.wanted_by for one in comparison.verdicts}
    assert wanted == {"G": ("B",), "B": ("C", "A"), "C": ("B",), "A": (), "Z": ()}


def test_drift_says_who_wants_it_what_changed_and_what_is_there_instead() -> None:
    graph = packages("*A/1-foss-2022b: L/2-foss-2022b; L/2-foss-2022b")
    inventory = tree("A/1-foss-2022b: L/1-foss-2022b; L/1-foss-2022b")
    (drift,) = compare(graph, inventory, TARGET).of(State.DRIFT)
    assert drift.wanted_by == ("A/1-foss-2022b",)
    assert drift.reason == "A-1-foss-2022b.eb changed since it was installed"
    assert drift.instead == "L/1-foss-2022b"


def test_verdicts_are_in_build_order() -> None:
    assert list(states(compare(packages(STACK), tree(), TARGET))) == ["C", "B", "Y", "X", "A", "D"]


def test_why_gives_the_shortest_path_from_each_request() -> None:
    graph = packages("*A: B; B: C; C; X: C; *D: X C; *E: D; *F")
    assert set(why(graph, "C")) == {("D", "C"), ("A", "B", "C"), ("E", "D", "C")}
    assert why(packages("*A: D N; D: C; N: B; B: C; C"), "C") == (("A", "D", "C"),)
    assert why(graph, "F") == (("F",),)
    assert why(packages("*A: | X; X; Y"), "X") == (("A", "X"),)
    assert why(packages("*A; Y"), "Y") == ()


def test_a_module_whose_installation_is_gone_is_broken_but_not_for_easybuild() -> None:
    graph, seen = packages("*B/1: A/1 | T/1; A/1; T/1"), tree("A/1; B/1: A/1; T/1", hollow=frozenset({"A/1", "T/1"}))
    found = compare(graph, seen, TARGET)
    assert states(found) == letters("A/1=B T/1=B B/1=B")
    assert {one.reason for one in found.of(State.BROKEN) if one.package.module != "B/1"} == {HOLLOW}
    assert states(compare(graph, seen, TARGET, strict=True)) == letters("A/1=I T/1=I B/1=I")
