from dataclasses import replace

import pytest

from eessi_stack.compare.drift import Drift, explain
from eessi_stack.compare.packages import graph_of
from eessi_stack.model import Inventory
from tests.unit.graphs import packages, tree


def explained(
    graph: str, there: Inventory, drifted: str, closure: str = "", errors: dict[str, str] | None = None
) -> dict[str, Drift]:
    stack = graph_of(packages(graph, errors))
    return explain(drifted.split(), closure.split() or stack.packages.keys(), stack, there)


def test_nothing_drifted_needs_no_explanation() -> None:
    assert explained("*A", tree("A"), "") == {}


def test_wanted_by_what_is_installed_in_build_order() -> None:
    graph = "*Z: | L; *A: L; *M: L; L; *N: Z"
    assert explained(graph, tree("A; M; N; Z"), "L")["L"].wanted_by == ("Z", "A", "M")
    assert explained(graph, tree("A; N; Z"), "L")["L"].wanted_by == ("Z", "A")
    assert explained(graph, tree("A; M; Z"), "L", closure="A L M")["L"].wanted_by == ("A", "M")


def test_an_alias_wants_too() -> None:
    there = tree("Java/11.0", aliases={"Java/11": "Java/11.0"})
    assert explained("*Java/11: L; L", there, "L")["L"].wanted_by == ("Java/11",)


def test_what_only_something_drifted_wants_has_drifted_with_it() -> None:
    found = explained("*A/1: B; B: C | C; C; *D/1: C", tree("A/1; D/1"), "B C")
    assert found["B"] == Drift(wanted_by=("A/1",), reason="A-1.eb changed since it was installed")
    assert found["C"] == Drift(wanted_by=("B", "D/1"), reason="D-1.eb and 1 more changed since they were installed")
    found = explained("*A/1: B; B: C; C: E; E", tree("A/1"), "B C E")
    assert [found[name].wanted_by for name in ("B", "C", "E")] == [("A/1",), ("B",), ("C",)]
    assert {one.reason for one in found.values()} == {"A-1.eb changed since it was installed"}


def test_a_circle_of_drift_ends() -> None:
    found = explained("*A/1: C; B: C; C: B", tree("A/1"), "B C")
    assert (found["B"].wanted_by, found["C"].wanted_by) == (("C",), ("B", "A/1"))
    assert {one.reason for one in found.values()} == {"A-1.eb changed since it was installed"}


@pytest.mark.parametrize(
    ("wanters", "reason"),
    [
        ("A/1", "A-1.eb changed since it was installed"),
        ("A/1 B/1", "A-1.eb and 1 more changed since they were installed"),
        ("A/1 B/1 C/1 D/1", "A-1.eb and 3 more changed since they were installed"),
    ],
)
def test_the_reason_names_the_recipe_that_changed(wanters: str, reason: str) -> None:
    names = wanters.split()
    graph = "; ".join((*(f"*{name}: L" for name in names), "L"))
    assert explained(graph, tree("; ".join(names)), "L")["L"].reason == reason


def test_a_package_without_recipe_is_named_itself() -> None:
    stack = [replace(one, recipe="") for one in packages("*A/1: L; L")]
    assert (
        explain(["L"], ["L", "A/1"], graph_of(stack), tree("A/1"))["L"].reason == "A/1 changed since it was installed"
    )


def test_the_reason_says_what_is_wrong_with_the_drifted_one_itself() -> None:
    found = explained("*A/1: L; L", tree("A/1"), "L", errors={"L": "no easyconfig L.eb"})
    assert found["L"].reason == "A-1.eb changed since it was installed; no easyconfig L.eb"


#: what the wanter loads, what else is installed, what stands in the place of Bio/1.81-gfbf-2022b
WANTER = "App/1-foss-2022b"
IN_PLACE = {
    "nothing of that software": ("Other/1.81-foss-2022b", "Bio-extra/1.81-foss-2022b", ""),
    "what the wanter loads": ("Bio/1.79-GCC-12.3.0", "Bio/1.81-foss-2022b", "Bio/1.79-GCC-12.3.0"),
    "the nearest of what it loads": ("Bio/1.7-foss-2022b Bio/1.80-foss-2022b", "", "Bio/1.80-foss-2022b"),
    "what it loads by an alias": ("Bio/1", "Bio/1.81-foss-2022b Bio/1.2-foss-2022b", "Bio/1.2-foss-2022b"),
    "not what its recipe needs besides": ("Bio/1.85-foss-2022b", "Bio/1.81-foss-2022b", "Bio/1.81-foss-2022b"),
    "that, where there is nothing better": ("Bio/1.85-foss-2022b", "Bio/1.90-foss-2022b", "Bio/1.85-foss-2022b"),
    "the same version in the wanter's toolchain": (
        "",
        "Bio/1.81-foss-2022b Bio/1.80-gfbf-2022b",
        "Bio/1.81-foss-2022b",
    ),
    "the same version in one below": ("", "Bio/1.81-GCC-12.2.0 Bio/1.80-gfbf-2022b", "Bio/1.81-GCC-12.2.0"),
    "the same version without toolchain": ("", "Bio/1.81 Bio/1.80-gfbf-2022b", "Bio/1.81"),
    "with a suffix": ("", "Bio/1.81-gfbf-2022b-avx2 Bio/1.80-gfbf-2022b", "Bio/1.81-gfbf-2022b-avx2"),
    "no other generation": ("", "Bio/1.81-GCC-12.3.0 Bio/1.81-gfbf-2023a", ""),
    "another version in the same toolchain": ("", "Bio/1.82-foss-2022b Bio/1.9-gfbf-2022b", "Bio/1.9-gfbf-2022b"),
    "the nearest version": ("", "Bio/1.8-foss-2022b Bio/1.82-foss-2022b Bio/2-foss-2022b", "Bio/1.82-foss-2022b"),
    "the nearest version, not the longest": (
        "",
        "Bio/1.81.0-foss-2022b Bio/1.81.1-foss-2022b",
        "Bio/1.81.0-foss-2022b",
    ),
    "the first of those that are as near": (
        "",
        " ".join(f"Bio/1.81-foss-2022b-{suffix}" for suffix in "hgfedcba"),
        "Bio/1.81-foss-2022b-a",
    ),
    "one of two as near": ("", "Bio/1.82-foss-2022b Bio/1.80-foss-2022b", "Bio/1.80-foss-2022b"),
}


@pytest.mark.parametrize(("loads", "others", "instead"), IN_PLACE.values(), ids=IN_PLACE)
def test_what_stands_in_its_place(loads: str, others: str, instead: str) -> None:
    graph = (
        f"*{WANTER}: Bio/1.81-gfbf-2022b Bio/1.85-foss-2022b; Bio/1.81-gfbf-2022b: gfbf/2022b; Bio/1.85-foss-2022b;"
        "gfbf/2022b: GCC/12.2.0; GCC/12.2.0"
    )
    installed = [name for name in loads.split() if name != "Bio/1"] + others.split()
    there = tree("; ".join((f"{WANTER}: {loads}", *installed)), aliases={"Bio/1": "Bio/1.2-foss-2022b"})
    assert explained(graph, there, "Bio/1.81-gfbf-2022b")["Bio/1.81-gfbf-2022b"].instead == instead


def test_an_alias_has_what_it_stands_for_in_the_place() -> None:
    there = tree("Java/21.0.7; Java/21.0.5", aliases={"Java/21": "Java/21.0.5"})
    assert explained("*Java/21: Java/21.0.8; Java/21.0.8", there, "Java/21.0.8")["Java/21.0.8"].instead == "Java/21.0.5"
    there = tree("Java/21; Java/21.0.7")
    assert explained("*Java/21: Java/21.0.8; Java/21.0.8", there, "Java/21.0.8")["Java/21.0.8"].instead == "Java/21.0.7"


def test_software_may_have_a_category() -> None:
    there = tree("App/1; lang/Python/3.10; lib/Python/3.11")
    assert (
        explained("*App/1: lang/Python/3.11; lang/Python/3.11", there, "lang/Python/3.11")["lang/Python/3.11"].instead
        == "lang/Python/3.10"
    )
