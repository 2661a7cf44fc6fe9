"""`diff` on trees as they are, and against a status that was saved."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import TARGET, VERSION, Tree

OTHER = "aarch64/a64fx"


def other(tree: Tree) -> Tree:
    """The same names on another target."""
    folder = tree.modules.parents[4] / OTHER / "modules" / "all"
    folder.mkdir(parents=True)
    for path in tree.modules.rglob("*.lua"):
        copy = folder / path.relative_to(tree.modules)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text())
    return tree


def test_two_targets_that_have_the_same(tree: Tree) -> None:
    tree.install("Alpha")
    run = other(tree).run("diff", TARGET, OTHER)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"No differences between {TARGET} and {OTHER} (1 module)\n"


def test_what_differs_is_named(tree: Tree) -> None:
    tree.install("Alpha")
    tree.install("Bundle")
    other(tree)
    tree.install("Beta")
    tree.install("Alpha/2.0")
    path = tree.modules / "Bundle" / "1.0.lua"
    path.write_text(
        path.read_text() + 'if ( convertToCanonical(LmodVersion()) ) then\n    extensions("x/1,y/2")\nend\n'
    )
    run = tree.run("diff", TARGET, OTHER)
    assert run.returncode == 1
    assert f"only in {TARGET} (2 of 4):\n  Alpha/2.0\n  Beta/1.0\n" in run.stdout
    assert f"  Bundle/1.0\n    {TARGET}: x/1, y/2\n" in run.stdout
    assert "3 differences" in run.stdout
    document = json.loads(tree.run("diff", TARGET, OTHER, "--json").stdout)
    assert document["only"] == [["Alpha/2.0", "Beta/1.0"], []]
    assert document["extensions"] == [{"module": "Bundle/1.0", "only": [["x/1", "y/2"], []]}]
    assert not document["same"]


def test_what_a_stack_excludes_does_not_count(tree: Tree) -> None:
    tree.install("Alpha")
    other(tree)
    tree.install("Beta")
    tree.install("Gamma", "Beta")
    stack = Path(tree.stack("Alpha"))
    header = (
        f"eessi-stack:\n  exclude:\n    - easyconfig: Beta-1.0.eb\n      reason: breaks\n      targets: [{OTHER}]\n"
    )
    stack.write_text(header + stack.read_text())
    run = tree.run("diff", TARGET, OTHER, "--stack", str(stack))
    assert run.returncode == 0, run.stdout
    assert f"  Beta/1.0, not in {OTHER}: breaks\n" in run.stdout
    assert f"  Gamma/1.0, not in {OTHER}: blocked by Beta/1.0" in run.stdout
    assert tree.run("diff", TARGET, OTHER).returncode == 1


def test_known_issues_alone_will_do(tree: Tree) -> None:
    tree.install("Alpha")
    other(tree)
    tree.install("Beta")
    issues = tree.base / "eessi-2023.06-known-issues.yml"
    issues.write_text(f"- {OTHER}:\n  - Beta-1.0:\n    - issue: https://example.org/1\n    - info: breaks\n")
    run = tree.run("diff", TARGET, OTHER, "--stack", str(issues))
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"  Beta/1.0, not in {OTHER}: breaks" in run.stdout


def test_two_versions(tree: Tree) -> None:
    tree.install("Alpha")
    newer = Path(str(tree.modules).replace(VERSION, "2025.06"))
    (newer / "Alpha").mkdir(parents=True)
    (newer / "Alpha" / "2.0.lua").write_text("help([==[x]==])\n")
    run = tree.run("diff", VERSION, "2025.06", EESSI_STACK_EESSI_VERSION="")
    assert run.returncode == 1
    assert f"versions that differ (1):\n  Alpha\n    {VERSION}: 1.0\n    2025.06: 2.0\n" in run.stdout


def test_nothing_on_either_side_proves_nothing(tree: Tree) -> None:
    run = tree.run("diff", TARGET, OTHER)
    assert run.returncode == 3
    assert run.stdout == f"{TARGET} and {OTHER} both have no modules: there is nothing to compare\n"
    document = json.loads(tree.run("diff", TARGET, OTHER, "--json").stdout)
    assert (document["same"], document["problem"] + "\n") == (False, run.stdout)
    tree.install("Alpha")
    run = tree.run("diff", TARGET, OTHER)
    assert (run.returncode, run.stdout) == (1, f"{OTHER} has no modules: there is nothing to compare\n")


def test_a_saved_status(tree: Tree) -> None:
    tree.install("Alpha")
    saved = tree.base / "saved.json"
    saved.write_text(tree.run("status", "--json").stdout)
    assert tree.run("diff", str(saved), TARGET).returncode == 0
    tree.install("Beta")
    run = tree.run("diff", str(saved), TARGET)
    assert run.returncode == 1
    assert f"only in {TARGET} (1 of 2):\n  Beta/1.0\n" in run.stdout


def test_what_is_filtered_on_both_sides_is_a_difference_from_a_saved_status(tree: Tree) -> None:
    tree.install("Alpha")
    before = tree.base / "before.json"
    before.write_text(tree.run("status", "--json").stdout)
    tree.install("Autoconf/2.71")
    after = tree.base / "after.json"
    after.write_text(tree.run("status", "--json").stdout)
    (tree.modules / "Autoconf" / "2.71.lua").unlink()
    for sides in ((after, TARGET), (TARGET, after), (before, after)):
        run = tree.run("diff", *map(str, sides))
        assert run.returncode == 1, run.stdout
        assert ":\n  Autoconf/2.71\n" in run.stdout
        assert "left out" not in run.stdout


@pytest.mark.parametrize(
    "text",
    [
        "easyconfigs: []",
        "[]",
        '{"format": "eessi-stack-status", "targets": 1}',
        '{"format": "eessi-stack-status", "targets": [{"target": "x86_64/amd/zen3", "modules": [1]}]}',
        '{"format": "eessi-stack-status", "targets": [{"target": "x86_64/amd/zen3", "modules": {"a": 1}}]}',
    ],
)
def test_a_file_that_is_no_status_decides_nothing(tree: Tree, text: str) -> None:
    tree.install("Alpha")
    file = tree.base / "saved.json"
    file.write_text(text)
    run = tree.run("diff", str(file), TARGET)
    assert run.returncode == 3
    assert "not a status" in run.stderr


def test_a_saved_status_of_another_target_is_called_so(tree: Tree) -> None:
    tree.install("Alpha")
    saved = tree.base / "saved.json"
    saved.write_text(tree.run("status", "--json").stdout)
    run = other(tree).run("diff", str(saved), OTHER)
    assert run.stdout == f"No differences between {saved} ({TARGET}) and {OTHER} (1 module)\n"


def test_an_accelerator_that_is_asked_for_is_compared(tree: Tree) -> None:
    tree.install("Alpha")
    other(tree)
    gpu = tree.modules.parents[1] / "accel" / "nvidia" / "cc90" / "modules" / "all" / "Cuda" / "1.0.lua"
    gpu.parent.mkdir(parents=True)
    gpu.write_text("help([==[x]==])\n")
    run = tree.run("diff", TARGET, OTHER, "--accel", "nvidia/cc90")
    assert run.returncode == 1
    assert f"{OTHER}/accel/nvidia/cc90 has no modules" in run.stdout
    assert tree.run("diff", TARGET, OTHER, EESSI_ACCELERATOR_TARGET="accel/nvidia/cc90").returncode == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("2025.06", "no version 2025.06 in"), ("/nowhere.json", "/nowhere.json: no such file"), (".", ".: not a file")],
)
def test_what_is_neither_target_nor_version_nor_file(tree: Tree, name: str, said: str) -> None:
    tree.install("Alpha")
    run = tree.run("diff", TARGET, name)
    assert run.returncode == 2
    assert said in run.stderr


def test_a_target_that_nobody_knows(tree: Tree) -> None:
    run = tree.run("diff", TARGET, "x86_64/amd/zen33")
    assert run.returncode == 2
    assert "did you mean `x86_64/amd/zen3`?" in run.stderr
