"""What of target.py looks into a tree."""

from pathlib import Path

import pytest

from eessi_stack.model import Target, Tree
from eessi_stack.target import best_accelerator, best_existing, newest_version


def make_tree(repo: Path, *prefixes: str, version: str = "2023.06") -> Tree:
    tree = Tree(repo=repo, version=version)
    for prefix in prefixes:
        tree.prefix(Target(cpu=prefix)).mkdir(parents=True)
    return tree


def test_the_first_target_that_has_a_folder(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "x86_64/generic", "x86_64/amd/zen2", "x86_64/amd/zen5")
    assert best_existing(tree, ("x86_64/amd/zen4", "x86_64/amd/zen2", "x86_64/generic")) == "x86_64/amd/zen2"


def test_a_folder_of_the_old_name_is_found_by_todays_name(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "aarch64/generic", "aarch64/graviton2")
    assert best_existing(tree, ("aarch64/neoverse_v1", "aarch64/neoverse_n1", "aarch64/generic")) == "aarch64/graviton2"


def test_todays_name_goes_before_the_old_one(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "aarch64/graviton2", "aarch64/neoverse_n1")
    assert best_existing(tree, ("aarch64/neoverse_n1",)) == "aarch64/neoverse_n1"


def test_no_folder_no_prefix(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "x86_64/intel/haswell")
    (tmp_path / "versions/2023.06/software/linux/x86_64/generic").touch()
    assert best_existing(tree, ("x86_64/amd/zen2", "x86_64/generic")) is None


@pytest.mark.parametrize(
    ("gpu", "best"),
    [
        ("nvidia/cc80", "nvidia/cc80"),
        ("nvidia/cc86", "nvidia/cc80"),
        ("nvidia/cc75", None),
        ("nvidia/cc90", None),
        ("nvidia/cc121", "nvidia/cc120"),
        ("nvidia/cc100", None),
        ("amd/gfx90a", "amd/gfx90a"),
        ("amd/gfx90b", None),
    ],
)
def test_a_gpu_runs_what_is_for_its_own_or_an_older_minor_capability(
    tmp_path: Path, gpu: str, best: str | None
) -> None:
    cpu = "x86_64/amd/zen3"
    tree = make_tree(tmp_path, *(f"{cpu}/accel/{name}" for name in ("nvidia/cc80", "nvidia/cc120", "amd/gfx90a")))
    assert best_accelerator(tree, cpu, gpu) == best


def test_the_nearest_older_capability_wins(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "x86_64/generic/accel/nvidia/cc80", "x86_64/generic/accel/nvidia/cc86")
    assert best_accelerator(tree, "x86_64/generic", "nvidia/cc89") == "nvidia/cc86"


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (("2021.12", "2023.06"), "2023.06"),
        (("2025.06-001", "2025.06"), "2025.06-001"),
        (("scratch", "2023.06"), "2023.06"),
        (("mine", ".hidden"), "mine"),
        ((), None),
    ],
)
def test_newest_version(tmp_path: Path, versions: tuple[str, ...], newest: str | None) -> None:
    for version in versions:
        (tmp_path / "versions" / version).mkdir(parents=True)
    assert newest_version(tmp_path) == newest
