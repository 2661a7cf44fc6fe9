import pytest

from eessi_stack.compare.excluded import exclude
from eessi_stack.model import Exclusion, Package, Target
from tests.unit.graphs import packages, unresolved

ZEN3 = Target(cpu="x86_64/amd/zen3")
ZEN3_CC90 = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
ISSUE = "https://example.org/1"


def left_out(name: str, *targets: str, reason: str = "does not build", issue: str = "") -> Exclusion:
    return Exclusion(easyconfig=name, reason=reason, issue=issue, targets=targets)


@pytest.mark.parametrize("name", ["B-1-foss-2023a", "B-1-foss-2023a.eb"])
@pytest.mark.parametrize(
    "package",
    [
        Package(module="B/1", recipe="/r/b/B-1-foss-2023a.eb"),
        Package(module="B/1-foss-2023a", recipe="/r/other.eb"),
        Package(module="B/1-foss-2023a", error="no easyconfig"),
        unresolved("B-1-foss-2023a.eb"),
    ],
)
def test_a_package_is_named_by_its_easyconfig_or_its_module(package: Package, name: str) -> None:
    assert exclude([package], [left_out(name)], ZEN3).reasons == {package.module: "does not build"}


@pytest.mark.parametrize(
    "name", ["B", "B-1", "B/1-foss-2023a", "B-1-foss-2023", "B-1-foss-2023a-extra", "b-1-foss-2023a"]
)
def test_what_is_named_otherwise_is_not_meant(name: str) -> None:
    package = Package(module="B/1-foss-2023a", recipe="/r/B-1-foss-2023a.eb")
    exclusion = left_out(name)
    assert exclude([package], [exclusion], ZEN3).reasons == {}
    assert exclude([package], [exclusion], ZEN3).unused == (exclusion,)


def test_the_issue_is_told_to_all_that_is_blocked() -> None:
    absent = packages("B; A: B; E: | A; C; F: C")
    reasons = exclude(absent, [left_out("B", issue=ISSUE), left_out("C")], ZEN3).reasons
    assert reasons == {
        "B": f"does not build ({ISSUE})",
        "A": f"blocked by B, which is excluded ({ISSUE})",
        "E": f"blocked by A, which is excluded ({ISSUE})",
        "C": "does not build",
        "F": "blocked by C, which is excluded",
    }


def test_its_own_reason_counts_more_than_what_blocks_it() -> None:
    assert exclude(packages("B; A: B"), [left_out("B"), left_out("A", reason="slow")], ZEN3).reasons["A"] == "slow"


def test_of_two_for_the_same_package_the_first_is_told_and_both_are_used() -> None:
    found = exclude(packages("B"), [left_out("B.eb", reason="first"), left_out("B", reason="second")], ZEN3)
    assert (found.reasons, found.unused) == ({"B": "first"}, ())


@pytest.mark.parametrize("target", [ZEN3, ZEN3_CC90])
@pytest.mark.parametrize(
    ("selectors", "fits"),
    [
        ((), "both"),
        (("x86_64",), "both"),
        (("x86_64/amd",), "both"),
        (("aarch64", "x86_64/amd/zen3"), "both"),
        (("x86_64/amd/zen3/accel/nvidia",), "accelerator"),
        (("accel/nvidia/cc90",), "accelerator"),
        (("accel/nvidia/cc80",), "none"),
        (("x86_64/amd/zen2", "aarch64"), "none"),
    ],
)
def test_an_exclusion_is_for_the_targets_that_its_selectors_fit(
    target: Target, selectors: tuple[str, ...], fits: str
) -> None:
    used, unused = left_out("B", *selectors), left_out("Unknown", *selectors)
    found = exclude(packages("B"), [used, unused], target)
    applies = fits == "both" or (fits == "accelerator" and target == ZEN3_CC90)
    assert found.reasons == ({"B": "does not build"} if applies else {})
    assert found.unused == ((unused,) if applies else ())
