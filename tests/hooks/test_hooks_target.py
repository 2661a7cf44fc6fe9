import pytest
from eessi_hooks.target import CPUS, FAMILIES, BuildTarget

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


def test_cpus_are_of_known_families() -> None:
    assert {cpu.split("/")[0] for cpu in CPUS} == FAMILIES
