"""Where a command works: one target, several, or all."""

from pathlib import Path

import pytest

from eessi_stack import config, cpuinfo, place
from eessi_stack.config import Settings
from eessi_stack.errors import StackError
from eessi_stack.model import Request, Stack


@pytest.fixture(autouse=True)
def _haswell(monkeypatch: pytest.MonkeyPatch) -> None:
    host = cpuinfo.CpuInfo(machine="x86_64", vendor="GenuineIntel", features=frozenset({"avx2", "fma"}))
    monkeypatch.setattr(cpuinfo, "host_cpuinfo", lambda: "")
    monkeypatch.setattr(cpuinfo, "parse", lambda _: host)


def settings(repo: Path, **flags: object) -> Settings:
    given = {name.replace("_", "-"): value for name, value in flags.items()}
    return config.load({"repo": str(repo), "eessi-version": "2023.06", **given}, {"HOME": str(repo)})


def make(repo: Path, *targets: str) -> None:
    for target in targets:
        (repo / "versions" / "2023.06" / "software" / "linux" / target / "modules" / "all").mkdir(parents=True)


def names(found: tuple[place.Place, ...]) -> list[str]:
    return [str(one.target) for one in found]


def test_without_a_word_it_is_the_best_that_the_tree_has_for_this_cpu(tmp_path: Path) -> None:
    assert names(place.find_all(settings(tmp_path))) == ["x86_64/intel/haswell"]
    make(tmp_path, "x86_64/generic", "x86_64/amd/zen3")
    (found,) = place.find_all(settings(tmp_path))
    assert (str(found.target), found.why) == ("x86_64/generic", "the best prefix in the tree for this CPU")
    assert found.runs == ("x86_64/intel/haswell", "x86_64/generic")


def test_several_targets_each_once_in_the_order_of_the_words(tmp_path: Path) -> None:
    asked = ("x86_64/amd/zen3", "aarch64/generic", "x86_64/amd/zen3", "x86_64/amd/zen4/accel/nvidia/cc90")
    found = place.find_all(settings(tmp_path, target=asked))
    assert names(found) == ["x86_64/amd/zen3", "aarch64/generic", "x86_64/amd/zen4/accel/nvidia/cc90"]


def test_a_command_for_one_target_refuses_several(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="one target at a time"):
        place.find(settings(tmp_path, target=("x86_64/amd/zen3", "x86_64/generic")))
    assert str(place.find(settings(tmp_path, target=("aarch64/generic",))).target) == "aarch64/generic"


def test_an_accelerator_is_that_of_every_target_that_names_none(tmp_path: Path) -> None:
    asked = settings(tmp_path, target=("x86_64/amd/zen3", "x86_64/amd/zen4/accel/nvidia/cc90"), accel="nvidia/cc80")
    assert names(place.find_all(asked)) == ["x86_64/amd/zen3/accel/nvidia/cc80", "x86_64/amd/zen4/accel/nvidia/cc90"]


def test_a_target_is_called_as_its_folder_is(tmp_path: Path) -> None:
    make(tmp_path, "aarch64/graviton2")
    assert names(place.find_all(settings(tmp_path, target=("aarch64/neoverse_n1",)))) == ["aarch64/graviton2"]


@pytest.mark.parametrize("target", ["x86_64/amd/zen33", "x86_64/amd/zen3/accel/nvidia/cc9"])
def test_a_target_that_there_cannot_be(tmp_path: Path, target: str) -> None:
    with pytest.raises(StackError) as failure:
        place.find_all(settings(tmp_path, target=(target,)))
    assert failure.value.reference in ("target-unknown", "accelerator-unknown", "cpu-unknown")


def test_all_targets(tmp_path: Path) -> None:
    make(tmp_path, "x86_64/amd/zen5")
    found = names(place.find_all(settings(tmp_path), every_target=True))
    assert len(found) == 54
    assert "x86_64/amd/zen5" in found


def test_all_targets_with_one_accelerator(tmp_path: Path) -> None:
    found = names(place.find_all(settings(tmp_path, accel="nvidia/cc80"), every_target=True))
    assert {name.partition("/accel/")[2] for name in found} == {"", "nvidia/cc80"}


def test_all_targets_and_some_targets_is_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="--all-targets means all"):
        place.find_all(settings(tmp_path, target=("x86_64/generic",)), every_target=True)


def test_each_place_is_told_what_it_is(tmp_path: Path) -> None:
    zen, arm = place.find_all(settings(tmp_path, target=("x86_64/amd/zen3/accel/nvidia/cc90", "aarch64/generic")))
    assert zen.environment["EESSI_SOFTWARE_SUBDIR"] == "x86_64/amd/zen3"
    assert zen.environment["EESSI_ACCELERATOR_TARGET"] == "accel/nvidia/cc90"
    assert zen.environment["EASYBUILD_CUDA_COMPUTE_CAPABILITIES"] == "9.0a"
    assert [layer.parts[-6:-2] for layer in zen.layers] == [
        ("zen3", "accel", "nvidia", "cc90"),
        ("linux", "x86_64", "amd", "zen3"),
    ]
    assert arm.environment["EESSI_CPU_FAMILY"] == "aarch64"
    assert "EESSI_ACCELERATOR_TARGET" not in arm.environment
    assert "Yasm" in arm.environment["EASYBUILD_FILTER_DEPS"]
    assert "Yasm" not in zen.environment["EASYBUILD_FILTER_DEPS"]
    assert len(arm.layers) == 1


def test_a_stack_says_its_version(tmp_path: Path) -> None:
    stack = Stack(requests=(Request(easyconfig="A.eb", file="s.yml", line=1),), eessi_version="2025.06")
    with pytest.raises(StackError, match=r"the stack is for EESSI 2025\.06"):
        place.find_all(settings(tmp_path), stack)
    asked = config.load({"repo": str(tmp_path)}, {"HOME": str(tmp_path)})
    assert place.find_all(asked, stack)[0].tree.version == "2025.06"


@pytest.mark.parametrize(
    ("said", "umask", "told"),
    [
        ({}, "022", "EESSI_CVMFS_INSTALL"),
        ({"EESSI_SITE_INSTALL": "1"}, "022", "EESSI_SITE_INSTALL"),
        ({"EESSI_PROJECT_INSTALL": "/project"}, "002", "EESSI_PROJECT_INSTALL"),
        ({"EESSI_PROJECT_INSTALL": "/project", "EESSI_USER_INSTALL": "/own"}, "077", "EESSI_USER_INSTALL"),
    ],
)
def test_whom_installations_are_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str], umask: str, told: str
) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    found = place.find(settings(tmp_path)).environment
    assert found["EASYBUILD_UMASK"] == umask
    assert told in found
    assert ("EESSI_CVMFS_INSTALL" in found) is (not said)


def test_modes_that_contradict_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EESSI_CVMFS_INSTALL", "1")
    monkeypatch.setenv("EESSI_USER_INSTALL", "/own")
    with pytest.raises(StackError, match="EESSI_CVMFS_INSTALL and EESSI_USER_INSTALL contradict each other"):
        place.find(settings(tmp_path))


def test_all_targets_are_also_those_that_a_stack_names(tmp_path: Path) -> None:
    named = ("x86_64/amd/zen5", "aarch64", "accel/nvidia/cc90", "x86_64/amd/zen4/accel/nvidia/cc86", "x86_64/amd/zen4")
    stack = Stack(requests=(Request(easyconfig="A-1.eb", file="a.yml", line=1, targets=named),))
    plain = names(place.find_all(settings(tmp_path), every_target=True))
    found = names(place.find_all(settings(tmp_path), stack, every_target=True))
    assert sorted(set(found) - set(plain)) == ["x86_64/amd/zen4/accel/nvidia/cc86", "x86_64/amd/zen5"]
    assert len(found) == len(set(found)) == len(plain) + 2
