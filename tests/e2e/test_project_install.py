"""A tree that a group shares: what one of them installs, another goes on with."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.e2e.conftest import Tree

NOBODY = 65534


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root that gives its rights away")
def test_the_group_may_go_on_with_what_one_of_it_began(tree: Tree) -> None:
    prefix, project = tree.modules.parents[1], {"EESSI_PROJECT_INSTALL": str(tree.base)}
    for name in ("Alpha", "Beta"):
        tree.recipe(name)
    for folder in (prefix, *prefix.rglob("*")):
        folder.chmod(0o2775)
    assert tree.run("install", tree.stack("Alpha"), **project).returncode == 0
    for path in (prefix, *prefix.rglob("*")):
        os.chown(path, NOBODY, -1, follow_symlinks=False)
    assert _of_the_group(tree, "doctor", **project).returncode == 0
    run = _of_the_group(tree, "install", tree.stack("Alpha", "Beta"), **project)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Beta/1.0" in tree.run("history").stdout


def _of_the_group(tree: Tree, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As root whom no file obeys that is neither its own nor its group's."""
    rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-m", "eessi_stack"]
    environment = tree.environment(**variables)
    return subprocess.run(
        [*rights, *arguments], cwd=tree.base, env=environment, capture_output=True, text=True, check=False
    )
