import pytest

from eessi_stack.cli.formats.naming import named, under_their_cpu
from eessi_stack.model import Target
from tests.unit.missing_examples import TARGETS

CPUS = tuple(target for target in TARGETS if not target.accelerator)


def targets(names: str) -> tuple[Target, ...]:
    """The targets that are within one of these: `x86_64/amd`, `accel`."""
    return tuple(one for one in TARGETS if any(f"/{name}/" in f"/{one}/" for name in names.split()))


def cpus(names: str) -> tuple[Target, ...]:
    return tuple(one.cpu_only for one in targets(names) if not one.accelerator)


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (TARGETS, "all 53 targets"),
        (CPUS, "all CPU targets"),
        (targets("accel"), "all accelerator targets"),
        (targets("aarch64"), "all aarch64 targets"),
        (cpus("aarch64"), "all aarch64 CPU targets"),
        (targets("x86_64/amd"), "all x86_64/amd targets"),
        (targets("nvidia/cc90"), "all nvidia/cc90 targets"),
        (targets("amd/zen3"), "x86_64/amd/zen3+accel"),
        (targets("amd/zen3 intel/haswell"), "x86_64/amd/zen3+accel, x86_64/intel/haswell+accel"),
        (targets("aarch64 amd/zen3"), "all aarch64 targets, x86_64/amd/zen3+accel"),
        (cpus("amd/zen3 amd/zen4"), "x86_64/amd/zen3, zen4"),
        (cpus("amd/zen3 intel/haswell"), "x86_64/amd/zen3, x86_64/intel/haswell"),
        (tuple(one for one in TARGETS if one.cpu != "aarch64/a64fx"), "all but aarch64/a64fx"),
        (tuple(one for one in TARGETS if "/zen" not in one.cpu), "all but x86_64/amd targets"),
    ],
)
def test_targets_of_all_53_in_few_words(some: tuple[Target, ...], words: str) -> None:
    assert named(some, TARGETS) == words


@pytest.mark.parametrize(
    ("some", "most", "words"),
    [
        (CPUS, None, "all 14 targets"),
        (cpus("aarch64"), None, "all aarch64 targets"),
        (cpus("zen3 haswell generic"), 2, "x86_64/generic, x86_64/amd/zen3 and 2 more"),
        (cpus("aarch64 zen3 haswell"), 2, "all aarch64 targets, x86_64/amd/zen3 and 1 more"),
        (cpus("x86_64 generic grace neoverse_n1"), None, "all but aarch64/neoverse_v1 and a64fx"),
        (CPUS[:1], None, "x86_64/generic"),
    ],
)
def test_targets_of_14_in_few_words(some: tuple[Target, ...], most: int | None, words: str) -> None:
    assert named(some, CPUS, most) == words


def test_a_single_target_has_its_name() -> None:
    assert named(CPUS[:1], CPUS[:1]) == "x86_64/generic"


def test_accelerators_without_their_cpu_are_not_called_as_if_it_were_with_them() -> None:
    among = targets("zen3/accel zen4/accel")
    assert "+accel" not in named(among[:3], among)
    assert "+accel" not in named(among[:2], among)


def test_every_target_is_meant_by_its_words_alone() -> None:
    for one in TARGETS:
        assert named([one], TARGETS) == str(one)


def test_rows_of_accelerators_are_below_their_cpu() -> None:
    cc90, zen4, zen3 = (
        Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90"),
        Target(cpu="x86_64/amd/zen4", accelerator="nvidia/cc90"),
        Target(cpu="x86_64/amd/zen3"),
    )
    assert under_their_cpu([cc90, zen4, zen3]) == [
        (2, "x86_64/amd/zen3"),
        (0, "  accel/nvidia/cc90"),
        (1, "x86_64/amd/zen4/accel/nvidia/cc90"),
    ]
