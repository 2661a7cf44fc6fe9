"""What folders and names say of the easystacks in them: EESSI's convention."""

import pytest

from eessi_stack.easystack.scope import (
    Scope,
    easybuild_version_of,
    eessi_version_of,
    named_in,
    of,
    overlap,
    version_of,
    within,
)


def said(path: str) -> Scope:
    return of(path.split("/"))


@pytest.mark.parametrize(
    ("path", "targets"),
    [
        ("/easystacks/2023.06", ()),
        ("/2023.06/zen4", ("x86_64/amd/zen4",)),
        ("/2023.06/a64fx", ("aarch64/a64fx",)),
        ("/2023.06/grace", ("aarch64/nvidia/grace",)),
        ("/2023.06/neoverse_v1", ("aarch64/neoverse_v1",)),
        ("/2023.06/skylake_avx512", ("x86_64/intel/skylake_avx512",)),
        ("/2023.06/graviton2", ("aarch64/neoverse_n1",)),
        ("/2023.06/x86_64", ("x86_64",)),
        ("/2023.06/x86_64/amd", ("x86_64/amd",)),
        ("/2023.06/x86_64/amd/zen4", ("x86_64/amd/zen4",)),
        ("/2023.06/aarch64/nvidia/grace", ("aarch64/nvidia/grace",)),
        ("/2023.06/aarch64/generic", ("aarch64/generic",)),
        ("/2023.06/generic", ("x86_64/generic", "aarch64/generic", "ppc64le/generic", "riscv64/generic")),
        ("/2023.06/icelake_cclake", ("x86_64/intel/icelake", "x86_64/intel/cascadelake")),
        ("/2023.06/skylake_avx512_zen4", ("x86_64/intel/skylake_avx512", "x86_64/amd/zen4")),
        ("/2023.06/accel", ("accel/nvidia", "accel/amd")),
        ("/2023.06/accel/nvidia", ("accel/nvidia",)),
        ("/2023.06/accel/nvidia/cc90", ("accel/nvidia/cc90",)),
        ("/2023.06/accel/amd/gfx90a", ("accel/amd/gfx90a",)),
        ("/2023.06/accel/nvidia/zen4_h100", ("x86_64/amd/zen4/accel/nvidia/cc90",)),
        ("/2023.06/zen4_h100", ("x86_64/amd/zen4/accel/nvidia/cc90",)),
        (
            "/2023.06/zen3_zen4_a100_h100",
            tuple(f"x86_64/amd/{cpu}/accel/nvidia/{cc}" for cpu in ("zen3", "zen4") for cc in ("cc80", "cc90")),
        ),
        ("/2023.06/grace/accel/nvidia", ("aarch64/nvidia/grace/accel/nvidia",)),
        ("/2023.06/accel/nvidia/x86_64", ("x86_64/accel/nvidia",)),
        ("/2025.06/x86_64/amd/zen5/accel/amd/gfx942", ("x86_64/amd/zen5/accel/amd/gfx942",)),
        ("/2023.06/gh200", ("aarch64/nvidia/grace/accel/nvidia/cc90",)),
        ("/2023.06/campaign/zen4/batch-1", ("x86_64/amd/zen4",)),
        ("/2023.06/amd", ()),
        ("/2023.06/zen4_other", ()),
        ("/zen4/2023.06", ()),
        ("/2023.06/zen4/2025.06-compat/x", ()),
        ("/2023.06-001/zen4/x", ("x86_64/amd/zen4",)),
        ("/2023.061/zen4/x", ()),
        ("/2023.06.15/zen4/x", ()),
        ("/cvmfs/software.eessi.io/versions/2023.06/software/linux/x86_64/amd/zen2/x/easystacks", ()),
        ("/cvmfs/versions/2023.06/zen4", ("x86_64/amd/zen4",)),
        ("/home/me/zen4", ("x86_64/amd/zen4",)),
        ("/home/me/zen4/x", ()),
        ("/home/accel/nvidia", ("accel/nvidia",)),
        ("/home/me/x86_64/amd/zen4", ("x86_64/amd/zen4",)),
        ("/grace/me/x86_64", ("x86_64",)),
        ("/", ()),
        ("", ()),
    ],
)
def test_targets_of_folders(path: str, targets: tuple[str, ...]) -> None:
    assert said(path).targets == targets
    assert not said(path).contradiction
    assert not said(path).rebuild


@pytest.mark.parametrize(
    ("path", "targets"),
    [
        ("/2023.06/rebuilds", ()),
        ("/2023.06/accel/nvidia/rebuilds", ("accel/nvidia",)),
        ("/2023.06/rebuilds/zen4", ("x86_64/amd/zen4",)),
        ("/home/me/zen4/rebuilds", ("x86_64/amd/zen4",)),
    ],
)
def test_rebuilds(path: str, targets: tuple[str, ...]) -> None:
    assert (said(path).targets, said(path).rebuild) == (targets, True)


@pytest.mark.parametrize("path", ["/2023.06/aarch64/zen4", "/zen4/a64fx", "/2023.06/accel/nvidia/gfx90a"])
def test_folders_that_exclude_each_other(path: str) -> None:
    assert said(path).contradiction
    assert said(path).words == tuple(path.split("/"))[-len(said(path).words) :]


def test_what_says_something_and_what_does_not() -> None:
    assert said("/easystacks/2023.06/zenn4/accel/nvidia/x/rebuilds").words == ("accel", "nvidia", "rebuilds")
    assert said("/easystacks/2023.06/zenn4/accel/nvidia/x/rebuilds").unknown == ("zenn4", "x")
    assert said("/home/me/zen4").unknown == ()


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/a/2023.06/zen4", "2023.06"),
        ("/2023.06/2025.06-compat", "2025.06"),
        ("/a/b", None),
        ("/2024.01.15", None),
        ("/versions/2023.06", None),
    ],
)
def test_the_version_of_folders(path: str, version: str | None) -> None:
    assert version_of(path.split("/")) == version


@pytest.mark.parametrize(
    ("filename", "easybuild", "eessi"),
    [
        ("eessi-2023.06-eb-4.8.2-2022b.yml", "4.8.2", "2023.06"),
        ("eessi-2023.06-eb-5.1.2-2023a-CUDA.yml", "5.1.2", "2023.06"),
        ("20250125-eb-4.9.4-fix-web-2-x.yml", "4.9.4", None),
        ("001-eb-4.9.4.yml", "4.9.4", None),
        ("001-eb-4.8.2.yml", "4.8.2", None),
        ("easystacks/2023.06/rebuilds/20250912-eb-5.1.10-Python-3.10.8.yml", "5.1.10", None),
        ("eb-5.0.0/2023.04.yml", None, None),
        ("2023.04.yml", None, None),
        ("web-2.0.yml", None, None),
        ("eb-web.yml", None, None),
        ("eessi-2023.06.yml", None, "2023.06"),
        ("eessi-2023.06.1.yml", None, None),
        ("my-eessi-2023.06.yml", None, None),
    ],
)
def test_versions_in_a_file_name(filename: str, easybuild: str | None, eessi: str | None) -> None:
    assert easybuild_version_of(filename) == easybuild
    assert eessi_version_of(filename) == eessi


@pytest.mark.parametrize(
    ("filename", "targets"),
    [
        ("zen4/eessi-2023.06-eb-4.9.4-cc70-CUDA.yml", {"cc70": "accel/nvidia/cc70"}),
        ("20250414-eb-4.9.4-SciPy-bundle-2023.07-a64fx.yml", {"a64fx": "aarch64/a64fx"}),
        ("20240328-eb-4.9.0-GCCcore-fix-aarch64-vectorization.yml", {}),
        ("20241015-eb-4.9.4-LAMMPS-generic-builds-in-accel-prefix.yml", {}),
        ("001-eb-4.9.4.yml", {}),
    ],
)
def test_targets_in_a_file_name(filename: str, targets: dict[str, str]) -> None:
    assert named_in(filename) == targets


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [
        ((), ("aarch64",), True),
        (("x86_64/amd/zen4",), ("x86_64",), True),
        (("x86_64/amd/zen4",), ("accel/nvidia",), True),
        (("x86_64/amd/zen4",), ("x86_64/amd/zen3", "aarch64"), False),
        (("x86_64/amd",), ("x86_64/intel",), False),
        (("accel/nvidia/cc80",), ("x86_64/accel/nvidia/cc90",), False),
    ],
)
def test_overlap(some: tuple[str, ...], others: tuple[str, ...], *, expected: bool) -> None:
    assert overlap(some, others) is overlap(others, some) is expected


@pytest.mark.parametrize(
    ("some", "other", "expected"),
    [
        ((), "aarch64", False),
        (("x86_64/amd/zen4",), "x86_64", True),
        (("x86_64",), "x86_64/amd/zen4", False),
        (("x86_64/amd/zen4/accel/nvidia/cc90",), "accel/nvidia", True),
        (("x86_64/amd/zen4",), "accel/nvidia", False),
        (("x86_64/amd/zen4", "aarch64"), "x86_64", False),
    ],
)
def test_within(some: tuple[str, ...], other: str, *, expected: bool) -> None:
    assert within(some, other) is expected
