from collections.abc import Iterator, Mapping

import pytest
from eessi_hooks.target import CPUS, FAMILIES, BuildTarget, EnvironmentTarget

ZEN3 = "x86_64/amd/zen3"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, BuildTarget()),
        ({"EESSI_VERSION": "2023.06"}, BuildTarget(eessi_version="2023.06")),
        ({"EESSI_SOFTWARE_SUBDIR": ZEN3}, BuildTarget(cpu=ZEN3, family="x86_64")),
        ({"EESSI_SOFTWARE_SUBDIR": ZEN3, "EESSI_CPU_FAMILY": "other"}, BuildTarget(cpu=ZEN3, family="other")),
        ({"EESSI_CPU_FAMILY": "aarch64"}, BuildTarget(family="aarch64")),
        ({"EPREFIX": "/compat"}, BuildTarget(eprefix="/compat")),
        ({"EPREFIX": "/other", "EESSI_EPREFIX": "/compat"}, BuildTarget(eprefix="/compat")),
        ({"EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc90"}, BuildTarget(accelerator="nvidia/cc90")),
        ({"EESSI_ACCELERATOR_TARGET": "amd/gfx90a"}, BuildTarget(accelerator="amd/gfx90a")),
        (
            dict.fromkeys(("EESSI_VERSION", "EESSI_SOFTWARE_SUBDIR", "EPREFIX", "EESSI_ACCELERATOR_TARGET"), ""),
            BuildTarget(),
        ),
    ],
)
def test_environment_says_what_is_built_for(environ: dict[str, str], expected: BuildTarget) -> None:
    assert BuildTarget.from_env(environ) == expected
    said = EnvironmentTarget(environ)
    for name in ("eessi_version", "cpu", "family", "eprefix", "accelerator"):
        assert getattr(said, name) == getattr(expected, name)


class Noting(Mapping[str, str]):
    """An environment that says what of it was read."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values_of = values
        self.read: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.read.append(name)
        return self.values_of[name]

    def __iter__(self) -> Iterator[str]:
        pytest.fail("it reads everything")

    def __len__(self) -> int:
        return len(self.values_of)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("eessi_version", ["EESSI_VERSION"]),
        ("cpu", ["EESSI_SOFTWARE_SUBDIR"]),
        ("family", ["EESSI_CPU_FAMILY"]),
        ("eprefix", ["EESSI_EPREFIX", "EPREFIX"]),
        ("accelerator", ["EESSI_ACCELERATOR_TARGET"]),
    ],
)
def test_only_what_is_asked_for_is_read_and_only_then(name: str, read: list[str]) -> None:
    environ = Noting({"EESSI_SOFTWARE_SUBDIR": ZEN3, "EESSI_CPU_FAMILY": "x86_64"})
    said = EnvironmentTarget(environ)
    assert environ.read == []
    getattr(said, name)
    assert environ.read == read


def test_what_the_environment_says_now_is_what_is_built_for() -> None:
    environ = {"EESSI_SOFTWARE_SUBDIR": ZEN3}
    said = EnvironmentTarget(environ)
    assert (said.cpu, said.accelerator) == (ZEN3, None)
    environ |= {"EESSI_SOFTWARE_SUBDIR": "aarch64/generic", "EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc80"}
    assert (said.cpu, said.family, said.accelerator) == ("aarch64/generic", "aarch64", "nvidia/cc80")


def test_cpus_are_of_known_families() -> None:
    assert {cpu.split("/")[0] for cpu in CPUS} == FAMILIES
