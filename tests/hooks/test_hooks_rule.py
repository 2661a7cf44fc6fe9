from dataclasses import replace

import pytest
from eessi_hooks.actions import assign
from eessi_hooks.rule import ANY, Facts, Rule, matches, why_not
from eessi_hooks.target import A64FX, GRACE, BuildTarget

BARE = Rule(software=("GROMACS",), at="pre_test", do=assign("runtest", value=False), why="a test")
TARGET = BuildTarget(eessi_version="2025.06", cpu=GRACE, family="aarch64", eprefix="/compat")
FACTS = Facts(point="pre_test", software="GROMACS", version="2026.10", toolchain=("foss", "2025b"), target=TARGET)
OUTSIDE = replace(FACTS, target=BuildTarget())


@pytest.mark.parametrize(
    ("rule", "facts", "reason"),
    [
        (BARE, FACTS, None),
        (BARE, OUTSIDE, None),
        (BARE, replace(FACTS, point="pre_build"), "acts at pre_test, not at pre_build"),
        (BARE, replace(FACTS, software="LAMMPS"), "is for GROMACS, not for LAMMPS"),
        (replace(BARE, software=ANY), replace(FACTS, software="LAMMPS"), None),
        (replace(BARE, versions=("2026.10", "1")), FACTS, None),
        (replace(BARE, versions=("2026.1", "1")), FACTS, "is for versions 2026.1, 1, not for 2026.10"),
        (replace(BARE, before="2026.3"), FACTS, "is for versions before 2026.3, not for 2026.10"),
        (replace(BARE, before="2026.10"), FACTS, "is for versions before 2026.10, not for 2026.10"),
        (replace(BARE, before="2026.11"), FACTS, None),
        (replace(BARE, since="2026.3"), FACTS, None),
        (replace(BARE, since="2026.10"), FACTS, None),
        (replace(BARE, since="2026.11"), FACTS, "is for 2026.11 and later, not for 2026.10"),
        (replace(BARE, toolchain=("foss", "2025b")), FACTS, None),
        (replace(BARE, toolchain=("foss", "2025a")), FACTS, "is for toolchain foss/2025a, not for foss/2025b"),
        (replace(BARE, cpus=(A64FX, GRACE)), FACTS, None),
        (replace(BARE, cpus=(A64FX,)), FACTS, f"is for CPU {A64FX}, not for {GRACE}"),
        (replace(BARE, cpus=(A64FX,)), OUTSIDE, f"is for CPU {A64FX}, not for an unknown one"),
        (replace(BARE, families=("aarch64",)), FACTS, None),
        (replace(BARE, families=("x86_64",)), FACTS, "is for CPU family x86_64, not for aarch64"),
        (replace(BARE, families=("x86_64",)), OUTSIDE, "is for CPU family x86_64, not for an unknown one"),
        (replace(BARE, since_eessi="2025.06"), FACTS, None),
        (replace(BARE, since_eessi="2026.06"), FACTS, "is for EESSI 2026.06 and later, not for 2025.06"),
        (
            replace(BARE, since_eessi="2023.06"),
            OUTSIDE,
            "is for EESSI 2023.06 and later, not for a build outside EESSI",
        ),
        (replace(BARE, only_eessi=("2023.06", "2025.06")), FACTS, None),
        (replace(BARE, only_eessi=("2023.06",)), FACTS, "is for EESSI 2023.06, not for 2025.06"),
        (replace(BARE, only_eessi=("2023.06",)), OUTSIDE, "is for EESSI 2023.06, not for a build outside EESSI"),
        (replace(BARE, needs_eprefix=True), FACTS, None),
        (replace(BARE, needs_eprefix=True), OUTSIDE, "needs a compatibility layer, and there is none"),
    ],
)
def test_why_a_rule_does_not_apply(rule: Rule, facts: Facts, reason: str | None) -> None:
    assert why_not(rule, facts) == reason
    assert matches(rule, facts) is (reason is None)


def test_a_rule_in_words() -> None:
    assert str(BARE) == "GROMACS at pre_test: set runtest to False"
