"""A build that the kernel kills because its cgroup has no more memory: a real cgroup, where one can be made."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.building import Site, needs_lmod

pytestmark = needs_lmod

LIMIT = 256 << 20  # bytes
RECIPE = """
easyblock = 'Bundle'
name = 'Greedy'
version = '1.0'
homepage = 'https://github.com/EESSI'
description = "Sample of eessi-stack's tests: takes more memory than there is."
toolchain = SYSTEM
postinstallcmds = ['{python} -c "x = bytearray(1 << 30)"']
sanity_check_paths = {{'files': ['x'], 'dirs': []}}
moduleclass = 'devel'
"""


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup with little memory, of version 1 or 2."""
    top = Path("/sys/fs/cgroup")
    folder, limit = top / f"eessi-stack-{os.getpid()}", "memory.max"
    if (top / "memory").is_dir():
        folder, limit = top / "memory" / folder.name, "memory.limit_in_bytes"
    try:
        folder.mkdir()
        (folder / limit).write_text(str(LIMIT))
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()
        pytest.skip(f"no cgroup can be made here: {error}")
    yield folder
    folder.rmdir()


def test_the_cause_is_told_by_the_cgroup(site: Site, cgroup: Path) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    (recipes / "Greedy-1.0.eb").write_text(RECIPE.format(python=sys.executable))
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    command = shlex.join(site.command("install", site.easystack("Greedy")))

    run = subprocess.run(
        ["sh", "-c", f"echo $$ > {cgroup}/cgroup.procs && exec {command}"],
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )

    assert run.returncode == 1, run.stdout + run.stderr
    assert "FAILED: Greedy/1.0: out of memory" in run.stdout
    assert not site.module("Greedy").exists()


def test_the_limit_of_the_cgroup_is_the_budget(site: Site, cgroup: Path) -> None:
    script = f"echo $$ > {cgroup}/cgroup.procs && exec {shlex.join(site.command('config'))}"
    run = subprocess.run(["sh", "-c", script], env=site.environment, capture_output=True, text=True, check=False)
    (line,) = [line for line in run.stdout.splitlines() if line.split()[:1] == ["memory"]]
    assert line.split()[1] == f"{LIMIT >> 20}M"
