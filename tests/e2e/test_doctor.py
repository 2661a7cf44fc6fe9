"""`doctor` on machines where something is in the way, and where nothing is."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    assert f"ERROR    prefix           {tree.modules.parents[1]} cannot be written: Permission denied" in run.stdout


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


def test_the_umask_of_what_is_installed(tree: Tree) -> None:
    before = os.umask(0o077)  # which `install` does not heed
    try:
        found = levels(tree)
    finally:
        os.umask(before)
    assert found["umask"] == ("ok", "0022 for what is installed")
    assert found["module load"][0] == "ok"
    assert levels(tree, EASYBUILD_UMASK="readable")["umask"] == ("error", "$EASYBUILD_UMASK: 'readable' is no umask")
    assert levels(tree, EASYBUILD_UMASK="077")["umask"] == (
        "warning",
        "0077: others cannot read what is installed",
    )


def test_a_tree_of_a_group(tree: Tree) -> None:
    prefix = tree.modules.parents[1]
    tree.modules.chmod(0o2775)
    assert levels(tree)["group"] == ("warning", f"the group may write to {tree.modules}, but not to {prefix}")
    prefix.chmod(0o775)
    found = levels(tree)
    assert found["group"][0] == "warning"
    assert f"may write to {prefix}, but what is made there is not the group's" in found["group"][1]
    assert found["umask"][0] == "warning"
    prefix.chmod(0o2775)
    found = levels(tree, EASYBUILD_UMASK="002")
    assert found["group"][0] == found["umask"][0] == "ok"
    if os.geteuid() == 0:
        os.chown(tree.modules, 0, 65534)
        tree.modules.chmod(0o2775)
        assert "not of one group" in levels(tree)["group"][1]


def test_an_lmod_that_is_too_old(tree: Tree) -> None:
    old = tree.base / "lmod"
    old.write_text("#!/bin/sh\necho 'Modules based on Lua: Version 7.8.2  2018-09-20 16:38' >&2\n")
    old.chmod(0o755)
    assert levels(tree, "--lmod", str(old))["Lmod"] == (
        "error",
        f"{old} is 7.8.2: EasyBuild needs 8.0 or newer",
    )


def test_a_compiler_that_is_not_there_or_does_not_work(tree: Tree) -> None:
    assert levels(tree, PATH="/nowhere")["compiler"] == ("error", "there is no gcc")
    broken = tree.base / "bin" / "gcc"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho internal error >&2\nexit 1\n")
    broken.chmod(0o755)
    path = f"{broken.parent}:{os.environ['PATH']}"
    assert levels(tree, PATH=path)["compiler"] == ("error", "internal error")


CLOCK = """#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += OFF;
  return failed;
}
"""


@pytest.mark.parametrize(("off", "level"), [(-100, "error"), (10, "warning"), (1, "ok")])
def test_a_clock_that_is_not_the_disks(tree: Tree, off: int, level: str) -> None:
    library = tree.base / "clock.so"
    command = ["gcc", "-shared", "-fPIC", f"-DOFF={off}", "-x", "c", "-", "-o", str(library)]
    subprocess.run(command, input=CLOCK, text=True, check=True)
    assert levels(tree, LD_PRELOAD=str(library))["clock"][0] == level


def test_a_module_that_users_see_and_cannot_load_is_tried_too(tree: Tree) -> None:
    tree.install("Alpha")
    (tree.modules / "Alpha" / "2.0.lua").write_text("help([==[cut o\n")
    found = levels(tree, "--load")
    assert found["modules"] == ("ok", "1 of 2 that were tried load")
    assert "2.0.lua" in found["Alpha/2.0"][1]
    assert "Please check" not in found["Alpha/2.0"][1]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small disk of its own there."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


NEEDS_MOUNTS = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@NEEDS_MOUNTS
def test_a_work_dir_where_nothing_may_run_and_nothing_fits(tree: Tree) -> None:
    with mounted(tree.base / "work", "noexec,size=1m,nr_inodes=300"):
        found = levels(tree)
    assert found["compiler"] == ("error", f"what gcc made in {tree.base / 'work'} does not run: Permission denied")
    assert found["work-dir"][0] == "error"
    with mounted(tree.base / "work", "size=2g,nr_inodes=5000"):
        assert levels(tree)["work-dir"][0] == "warning"


@NEEDS_MOUNTS
def test_a_prefix_that_is_full_read_only_or_on_two_disks(tree: Tree) -> None:
    prefix = tree.modules.parents[1]
    with mounted(prefix / "modules", "size=40g"):
        assert levels(tree)["file system"][0] == "ok"  # without modules/all nothing is moved
        tree.modules.mkdir()
        command = [sys.executable, "-m", "eessi_stack", "doctor"]
        run = subprocess.run(
            command, cwd=tree.base, env=tree.environment(), capture_output=True, text=True, check=False
        )
        assert f"warning  file system      {tree.modules} is on another one than {prefix}\n" in run.stdout
        subprocess.run(["mount", "-o", "remount,ro", prefix / "modules"], check=True)
        assert levels(tree)["prefix"] == ("error", f"{tree.modules} cannot be written: Read-only file system")
    with mounted(prefix, "size=16k"):
        (prefix / "fill").write_bytes(b"x" * 8192)
        subprocess.run(["dd", "if=/dev/zero", f"of={prefix}/fill"], stderr=subprocess.DEVNULL, check=False)
        found = levels(tree)
    assert found["prefix"] == ("error", f"{prefix} cannot be written: No space left on device")
    assert found["free space"][0] == "error"


@NEEDS_MOUNTS
def test_an_overlay(tree: Tree) -> None:
    with mounted(tree.base / "layers", "size=1m"):
        below, upper, work = (tree.base / "layers" / name for name in ("below", "upper", "work"))
        for folder in (below, upper, work):
            folder.mkdir()
        options = f"lowerdir={below},upperdir={upper},workdir={work}"
        if subprocess.run(["mount", "-t", "overlay", "-o", options, "none", tree.repo], check=False).returncode:
            pytest.skip("no overlay can be mounted here")
        try:
            found = levels(tree)
            assert found["file system"] == ("ok", f"an overlay: what is written lands in {upper}")
            subprocess.run(["mount", "-o", "remount,ro", tree.repo], check=True)
            assert levels(tree)["prefix"][0] == "error"
        finally:
            subprocess.run(["umount", tree.repo], check=True)


def test_a_password_of_a_proxy_is_not_said(tree: Tree) -> None:
    for value in ("http://me:secret@localhost:9", "http://me:secret@localhost:99999"):
        found = levels(tree, https_proxy=value)["https_proxy"]
        assert found[0] == "error"
        assert "secret" not in found[1]
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
        assert levels(tree, https_proxy=f"localhost:{port}")["https_proxy"] == ("ok", f"localhost:{port} answers")


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
