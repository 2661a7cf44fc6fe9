"""What of target.py looks into a tree."""

from pathlib import Path

import pytest

from eessi_stack.errors import StackError
from eessi_stack.model import Target, Tree
from eessi_stack.prefixes import all_of, best_accelerator, best_existing, in_tree, newest_version
from eessi_stack.target import known


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


def with_modules(repo: Path, *targets: str, version: str = "2023.06") -> Tree:
    return make_tree(repo, *(f"{target}/modules/all" for target in targets), version=version)


def named(targets: tuple[Target, ...]) -> list[str]:
    return [str(target) for target in targets]


def test_every_target_of_a_tree(tmp_path: Path) -> None:
    tree = with_modules(
        tmp_path, "x86_64/amd/zen3", "x86_64/amd/zen3/accel/nvidia/cc90", "x86_64/generic", "aarch64/graviton2"
    )
    make_tree(tmp_path, "x86_64/amd/zen3/software", "x86_64/amd/zen4/accel/amd/gfx90a", "x86_64/.hidden/modules")
    (tree.root / "software" / "linux" / "x86_64" / "file").write_text("")
    assert named(in_tree(tree)) == [
        "aarch64/graviton2",
        "x86_64/amd/zen3",
        "x86_64/amd/zen3/accel/nvidia/cc90",
        "x86_64/amd/zen4",
        "x86_64/amd/zen4/accel/amd/gfx90a",
        "x86_64/generic",
    ]


def test_a_tree_that_is_not_there_has_no_targets(tmp_path: Path) -> None:
    assert in_tree(Tree(repo=tmp_path, version="2023.06")) == ()


def test_all_targets_are_those_that_the_version_should_have(tmp_path: Path) -> None:
    tree = Tree(repo=tmp_path, version="2023.06")
    assert set(all_of(tree)) == set(known("2023.06"))
    assert len(all_of(tree)) == 53
    with_modules(tmp_path, "x86_64/amd/zen3", "x86_64/amd/zen3/accel/nvidia/cc80")
    assert set(all_of(tree)) == set(known("2023.06"))


def test_and_those_that_the_tree_has_besides(tmp_path: Path) -> None:
    tree = with_modules(tmp_path, "x86_64/amd/zen5", "x86_64/amd/zen3/accel/amd/gfx90a", "riscv64/mine")
    more = set(named(all_of(tree))) - set(named(known("2023.06")))
    assert more == {"x86_64/amd/zen5", "x86_64/amd/zen3/accel/amd/gfx90a", "riscv64/mine"}


def test_a_target_of_an_old_name_is_that_of_todays(tmp_path: Path) -> None:
    found = named(all_of(with_modules(tmp_path, "aarch64/graviton2", "aarch64/graviton2/accel/nvidia/cc80")))
    assert len(found) == 53
    assert {"aarch64/graviton2", "aarch64/graviton2/accel/nvidia/cc80"} <= set(found)
    assert not [name for name in found if name.startswith("aarch64/neoverse_n1")]


def test_where_a_tree_has_both_names_todays_counts(tmp_path: Path) -> None:
    found = named(all_of(with_modules(tmp_path, "aarch64/graviton2", "aarch64/neoverse_n1")))
    assert len(found) == 53
    assert "aarch64/graviton2" not in found


def test_cpus_come_in_the_order_of_the_table_each_with_its_accelerators(tmp_path: Path) -> None:
    found = named(all_of(with_modules(tmp_path, "x86_64/amd/zen5", "riscv64/mine")))
    cpus = list(dict.fromkeys(name.partition("/accel/")[0] for name in found))
    assert cpus[0] == "x86_64/generic"
    assert cpus.index("x86_64/amd/zen4") + 1 == cpus.index("x86_64/amd/zen5")
    assert cpus[-1] == "riscv64/mine"
    assert found[:4] == ["x86_64/generic", *(f"x86_64/generic/accel/nvidia/cc{cc}" for cc in (70, 80, 90))]


def test_of_a_version_that_nobody_knows_the_tree_says_all(tmp_path: Path) -> None:
    tree = with_modules(tmp_path, "x86_64/generic", version="mine")
    assert named(all_of(tree)) == ["x86_64/generic"]
    with pytest.raises(StackError, match="which targets EESSI other has is not known"):
        all_of(Tree(repo=tmp_path, version="other"))
