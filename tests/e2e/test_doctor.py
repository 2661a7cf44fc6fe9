"""`doctor` on machines where something is in the way, and where nothing is."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.e2e.conftest import Tree
from tests.e2e.lmod_user import LMOD

pytestmark = pytest.mark.skipif(LMOD is None or not shutil.which("gcc"), reason="no Lmod or no compiler here")


def levels(tree: Tree, *arguments: str, **variables: str) -> dict[str, tuple[str, str]]:
    """What was tried → how it went, and what is said of it."""
    run = tree.run("doctor", "--json", *arguments, **variables)
    rows = json.loads(run.stdout)["checks"]
    assert run.returncode == int(any(row["level"] == "error" for row in rows)), run.stderr
    return {row["name"]: (row["level"], row["message"]) for row in rows}


def test_nothing_is_in_the_way(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    found = levels(tree)
    here = {name for name, (level, _) in found.items() if level != "ok"}
    assert here <= {"target", "free space", "work-dir", "locale"}  # what this machine is, is not ours
    assert found["compiler"][1].startswith("gcc ")
    assert found["EasyBuild"][1].startswith("5.")


def test_another_cpu_family_cannot_be_built_here(tree: Tree) -> None:
    assert levels(tree, "--target", "ppc64le/power9le")["target"][0] == "error"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root that gives its rights away")
def test_a_prefix_that_belongs_to_somebody_else(tree: Tree) -> None:
    os.chown(tree.modules.parents[1], 65534, 65534)
    command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-m", "eessi_stack", "doctor"]
    run = subprocess.run(command, cwd=tree.base, env=tree.environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"ERROR    prefix          {tree.modules.parents[1]} cannot be written: Permission denied" in run.stdout


def test_a_compat_layer_whose_programs_do_not_run(tree: Tree) -> None:
    shell = tree.repo / "versions" / "2023.06" / "compat" / "linux" / "x86_64" / "bin" / "bash"
    shell.parent.mkdir(parents=True)
    (shell.parents[1] / "usr").mkdir()
    shell.write_bytes(b"\x7fELF of another machine")
    shell.chmod(0o755)
    assert levels(tree)["compat layer"][0] == "error"
    shell.unlink()
    shell.symlink_to(shutil.which("bash") or "")
    assert levels(tree)["compat layer"][0] == "ok"


def test_an_lmod_that_does_not_work(tree: Tree) -> None:
    broken = tree.base / "lmod"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert levels(tree, "--lmod", str(broken))["Lmod"][0] == "error"


def test_a_proxy_that_does_not_answer(tree: Tree) -> None:
    found = levels(tree, https_proxy="http://localhost:9")
    assert found["https_proxy"][0] == "error"


def test_a_umask_that_keeps_others_from_reading(tree: Tree) -> None:
    command = f'umask 077; exec "{sys.executable}" -m eessi_stack doctor'
    environment = tree.environment()
    run = subprocess.run(
        ["sh", "-c", command], cwd=tree.base, env=environment, capture_output=True, text=True, check=False
    )
    assert "warning  umask           0077: others cannot read what is installed\n" in run.stdout


def test_a_tree_of_a_group(tree: Tree) -> None:
    tree.modules.chmod(0o775)
    assert levels(tree)["group"][0] == "warning"
    tree.modules.chmod(0o2775)
    assert levels(tree)["group"][0] == "ok"


def test_a_host_injections_that_leads_nowhere(tree: Tree) -> None:
    (tree.repo / "host_injections").symlink_to("/nowhere")
    assert levels(tree)["host_injections"] == (
        "warning",
        f"{tree.repo}/host_injections leads to /nowhere, which is not there",
    )


def test_a_stale_cache_is_told(tree: Tree) -> None:
    tree.install("Alpha")
    assert levels(tree)["Lmod cache"][0] == "warning"


def test_every_module_is_loaded(tree: Tree) -> None:
    tree.install("Alpha")
    tree.install("Beta", "Alpha")
    tree.install("Gamma", "Absent")
    found = levels(tree, "--load")
    assert found["modules"] == ("ok", "2 of 3 that were tried load")
    assert found["Gamma/1.0"][0] == "error"
    assert "Absent/1.0" in found["Gamma/1.0"][1]
    assert levels(tree, "--sample", "1")["modules"] == ("ok", "1 of 1 that were tried load")
