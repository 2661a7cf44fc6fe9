"""A real package built with a compat layer: what it links to is the compat layer's and the tree's, and nothing else.

The compat layer is one that dev/make-compat.sh has made: named by EESSI_STACK_TEST_COMPAT, or made here for a minute.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import TARGET, VERSION, Tree
from tests.mounting import APART, needs_mounts

pytestmark = needs_mounts

MAKE = Path(__file__).parents[2] / "dev" / "make-compat.sh"
REPO = "/cvmfs/software.eessi.io"
EPREFIX = f"{REPO}/versions/{VERSION}/compat/linux/x86_64"
SOFTWARE = f"{REPO}/versions/{VERSION}/software/linux/{TARGET}/software"
GCCCORE = """
easyblock = 'SystemCompilerGCC'
name = 'GCCcore'
version = '12.2.0'
homepage = 'https://gcc.gnu.org/'
description = "the compat layer's own"
toolchain = SYSTEM
generate_standalone_module = True
moduleclass = 'compiler'
"""


@pytest.fixture(scope="module")
def compat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if named := os.environ.get("EESSI_STACK_TEST_COMPAT"):
        yield Path(named)
        return
    if not shutil.which("debootstrap"):
        pytest.skip("debootstrap is not installed, and EESSI_STACK_TEST_COMPAT names no compat layer")
    folder = tmp_path_factory.mktemp("compat")
    made = subprocess.run(["timeout", "400", *APART, "bash", MAKE, folder], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"no compat layer could be made: {(made.stdout + made.stderr).strip().splitlines()[-1]}")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, compat: Path) -> str:
    """What is said of seqtk, which needs zlib, after eessi-stack has built it."""
    tree = Tree(base=tmp_path_factory.mktemp("sysroot"))
    tree.recipes.mkdir()
    (tree.recipes / "GCCcore-12.2.0.eb").write_text(GCCCORE)
    stack = tree.stack("seqtk-1.4-GCC-12.2.0.eb")
    binary = f"{SOFTWARE}/seqtk/1.4-GCC-12.2.0/bin/seqtk"
    script = [
        "set -e",
        "mkdir -p /cvmfs && mount -t tmpfs tmpfs /cvmfs",
        f"mkdir -p {EPREFIX} && mount --bind {compat} {EPREFIX} && mount -o remount,ro,bind {EPREFIX}",
        f"{sys.executable} -m eessi_stack install {stack} >&2",
        f"readelf -l {binary}; readelf -d {binary}; LD_TRACE_LOADED_OBJECTS=1 {binary}",  # ldd asks the host's loader
        f"printf '>a\\nACGT\\n' | {binary} seq -r",
        f"find {SOFTWARE}/*/* -not -type l -perm /222 -printf 'writable %p\\n'",
    ]
    environment = tree.environment(EESSI_STACK_REPO=REPO, EESSI_STACK_FILTER_DEPS="CMake,pkgconf")
    command = [*APART, "bash", "-c", "\n".join(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tree.base)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_loader_is_the_compat_layers(said: str) -> None:
    assert re.findall(r"interpreter: (\S+)]", said) == [f"{EPREFIX}/lib64/ld-linux-x86-64.so.2"]


def test_every_library_is_the_compat_layers_or_the_trees(said: str) -> None:
    found = dict(re.findall(r"^\s+(\S+) => (\S+)", said, re.MULTILINE))
    assert {"libz.so.1", "libc.so.6"} <= found.keys()
    assert not [path for path in found.values() if not path.startswith((f"{EPREFIX}/", f"{SOFTWARE}/"))]


def test_run_paths_are_inherited_and_lead_to_nowhere_else(said: str) -> None:
    assert "RUNPATH" not in said
    (paths,) = re.findall(r"\(RPATH\)\s+Library rpath: \[(.*)]", said)
    assert not [path for path in paths.split(":") if not path.startswith((f"{EPREFIX}/", f"{SOFTWARE}/", "$ORIGIN"))]


def test_it_runs_and_cannot_be_written(said: str) -> None:
    assert ">a\nACGT\n" in said
    assert "writable" not in said
