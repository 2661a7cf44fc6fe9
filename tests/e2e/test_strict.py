"""`missing --strict` against EasyBuild itself: the same recipes are missing, for easyconfigs that EasyBuild ships."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Tree

LMOD = Path(os.environ.get("LMOD_CMD", "/usr/share/lmod/lmod/libexec/lmod"))
pytestmark = pytest.mark.skipif(not LMOD.exists(), reason=f"`eb` needs Lmod, and there is none at {LMOD}: set LMOD_CMD")

ENTRIES = (
    "Nextflow-23.10.0.eb",  # SYSTEM; needs the alias Java/11
    "UCX-CUDA-1.14.1-GCCcore-12.3.0-CUDA-12.1.1.eb",
    "Python-2.7.18-GCCcore-12.2.0-bare.eb",
    "SAMtools-1.18-GCC-12.3.0.eb",
    "HPL-2.3-foss-2023b.eb",
    "gfbf-2024a.eb",
    "Mako-1.3.10-GCCcore-14.3.0.eb",
)
FEW = ENTRIES[:4]


def ours(tree: Tree, stack: str, **variables: str) -> dict[str, Any]:
    run = tree.run("missing", "--strict", "--json", stack, **variables)
    assert run.returncode in (0, 1), run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def missing(document: dict[str, Any]) -> set[str]:
    return {Path(one["easyconfig"]).name for one in document["packages"] if one["state"] == "missing"}


def eb(tree: Tree, *arguments: str, **variables: str) -> set[str]:
    """What `eb --missing` names, in the configuration that `config --easybuild` prints for it."""
    exports = tree.run("config", "--easybuild", **variables).stdout.splitlines()
    configured = dict(shlex.split(line)[1].split("=", 1) for line in exports)
    assert configured["EASYBUILD_PREFIX"].startswith(str(tree.base))
    environment = tree.environment(
        **configured,
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    command = [sys.executable, "-m", "easybuild.main", "--robot", "--missing", "--terse", *arguments]
    run = subprocess.run(command, cwd=tree.base, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return {line for line in run.stdout.splitlines() if line.endswith(".eb")}


def install(tree: Tree, packages: Iterable[dict[str, Any]]) -> None:
    """Lay out module files; a recipe that makes an alias leaves one."""
    for package in packages:
        name, version = package["module"].split("/")
        if "ModuleRC" in Path(package["easyconfig"]).read_text():
            real = next((tree.modules / name).glob("*.lua"), tree.modules / name / "0.lua").stem
            (tree.modules / name).mkdir(parents=True, exist_ok=True)
            (tree.modules / name / ".modulerc.lua").write_text(f'module_version("{name}/{real}", "{version}")\n')
        else:
            tree.install(package["module"])


@pytest.mark.parametrize("entry", ENTRIES)
def test_one_entry(tree: Tree, entry: str) -> None:
    stack = tree.stack(entry)
    empty = ours(tree, stack)
    assert entry in missing(empty)
    assert missing(empty) == eb(tree, entry)
    install(tree, empty["packages"][::2])
    half = missing(ours(tree, stack))
    assert half < missing(empty)
    assert half == eb(tree, entry)


def test_several_entries_in_one_graph_and_all_but_one_module(tree: Tree) -> None:
    stack = tree.stack(*FEW)
    empty = ours(tree, stack)
    assert missing(empty) == eb(tree, *FEW)
    install(tree, [one for one in empty["packages"] if one["module"] != "GCCcore/12.3.0"])
    assert missing(ours(tree, stack)) == eb(tree, *FEW) == {"GCCcore-12.3.0.eb"}


def test_an_entrys_own_filter_deps(tree: Tree) -> None:
    """App's list stands instead of the site's for all that it needs: then Lib, which User needs too, needs Zip."""
    tree.recipe("Zip")
    tree.recipe("XZ")
    tree.recipe("Lib", needs=["Zip", "XZ"])
    tree.recipe("User", needs=["Lib"])
    tree.recipe("App", needs=["Lib"])
    site = {"EESSI_STACK_FILTER_DEPS": "Zip"}
    path = tree.base / "stack.yml"
    path.write_text("easyconfigs:\n  - User-1.0.eb\n  - App-1.0.eb: {options: {filter-deps: 'XZ,gettext'}}\n")
    users = eb(tree, "User-1.0.eb", **site)
    apps = eb(tree, "--filter-deps=XZ,gettext", "App-1.0.eb", **site)
    assert apps - users == {"App-1.0.eb", "Zip-1.0.eb"}
    assert missing(ours(tree, str(path), **site)) == users | apps
