"""A tree that ships CUDA in part, of real files and real links, and what `host-injections` says and makes of it."""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.building import Site, needs_lmod

sys.path.append(str(Path(__file__).parents[2] / "hooks"))

from eessi_hooks.policies.redistributable import not_allowed

CUDA = Path("/usr/local/cuda")
LICENCE = next(CUDA.glob("dist-info/*/licenses/License.txt"), None)
PARTS = ("bin/nvcc", "include/cuda_runtime.h", "include/cuda_fp16.h", "lib/libcudart.so.13", "lib/libculibos.a")
RECIPE = """
easyblock = 'Tarball'
name = 'CUDA'
version = '13.0.2'
homepage = 'https://developer.nvidia.com/cuda-toolkit'
description = 'a part of the CUDA of this machine'
toolchain = SYSTEM
sources = ['cuda-like.tar.gz']
sanity_check_paths = {'files': ['EULA.txt', 'bin/nvcc', 'include/cuda_runtime.h'], 'dirs': ['lib']}
moduleclass = 'system'
"""
LIBRARIES = ("libcuda.so.580.95.05", "libnvidia-ml.so.580.95.05", "libnvidia-container.so.1")

pytestmark = [needs_lmod, pytest.mark.skipif(LICENCE is None, reason="there is no CUDA with its licence in /usr/local")]


@pytest.fixture
def shipped(site: Site) -> Path:
    """CUDA in the tree: what its licence lists, and links for the rest; its recipe and its sources."""
    folder = site.prefix / "software" / "CUDA" / "13.0.2"
    full = site.repo / "host_injections" / "x86_64" / "software" / "CUDA" / "13.0.2"
    for name in PARTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CUDA / name, folder / name)
    assert LICENCE
    shutil.copy(LICENCE, folder / "EULA.txt")
    with tarfile.open(site.folder / "work" / "sources" / "cuda-like.tar.gz", "w:gz", compresslevel=1) as file:
        file.add(folder, "cuda-like")
    for path in list(not_allowed("CUDA", folder)):
        path.unlink()
        path.symlink_to(full / path.relative_to(folder))
    (folder / "easybuild").mkdir()
    (folder / "easybuild" / "CUDA-13.0.2.eb").write_text(RECIPE)
    module = site.prefix / "modules" / "all" / "CUDA" / "13.0.2.lua"
    module.parent.mkdir(parents=True)
    module.write_text(f'help([==[x]==])\nprepend_path("PATH", "{folder}/bin")\n')
    compat = site.repo / "versions" / "2023.06" / "compat" / "linux" / "x86_64"
    (compat / "usr" / "bin").mkdir(parents=True)
    (compat / "usr" / "bin" / "env").symlink_to("/usr/bin/env")
    return folder


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """The libraries of a driver, as its packages lay them out."""
    folder = tmp_path / "driver"
    folder.mkdir()
    for name in LIBRARIES:
        (folder / name).write_bytes(b"\x7fELF")
        (folder / name.partition(".so")[0]).with_suffix(".so.1").unlink(missing_ok=True)
        if not name.endswith(".so.1"):
            (folder / f"{name.partition('.so')[0]}.so.1").symlink_to(name)
    return folder


@pytest.fixture
def run(site: Site) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    def with_a_narrow_umask(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        command = site.command("host-injections", *words)
        env = site.environment
        return subprocess.run(command, env=env, umask=0o077, capture_output=True, text=True, check=False, timeout=300)

    return with_a_narrow_umask


def states(run: Callable[..., "subprocess.CompletedProcess[str]"], *words: str | Path) -> dict[str, str]:
    said = run("check", "--json", *words)
    document = json.loads(said.stdout)
    assert document["proven"] is (said.returncode == 0)
    return {item["name"]: item["state"] for item in document["items"]}


def others_can_enter(repo: Path, folder: Path) -> bool:
    between = [path for path in (folder, *folder.parents) if path.is_relative_to(repo / "host_injections")]
    return bool(between) and all(path.stat().st_mode & 0o005 == 0o005 for path in between)


def test_what_is_missing_is_named_then_made(
    site: Site, shipped: Path, driver: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    option = ("--driver-libraries", driver)
    before = run("check", *option)
    assert before.returncode == 1
    assert "2 of 2 links lead to nothing" in before.stdout
    assert "such as bin/nvcc" in before.stdout
    assert states(run, *option) == {
        "host_injections": "missing",
        "driver": "ok",
        "driver for CUDA/13.0.2": "ok",
        "links": "missing",
        "CUDA/13.0.2": "missing",
    }

    refused = run("install", *option)
    assert refused.returncode == 1
    assert "you have not accepted the licence of CUDA" in refused.stderr
    assert not (site.repo / "host_injections" / "x86_64").exists()
    looked = site.repo / "host_injections" / "2023.06" / "compat" / "linux" / "x86_64" / "lib"
    assert sorted(path.name for path in looked.iterdir()) == [
        *("cuda_version.txt", "driver_version.txt", "libcuda.so", "libcuda.so.1", LIBRARIES[0]),
        *("libnvidia-ml.so.1", LIBRARIES[1]),
    ]
    assert (looked / "driver_version.txt").read_text() == "580.95.05\n"
    assert others_can_enter(site.repo, looked.resolve())

    done = run("install", "--accept-eula", "cuda", *option)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[+] CUDA/13.0.2" in done.stdout
    assert (shipped / "bin" / "nvcc").read_bytes() == (CUDA / "bin" / "nvcc").read_bytes()
    full = site.repo / "host_injections" / "x86_64" / "software" / "CUDA" / "13.0.2"
    assert [path.name for path in full.rglob("*") if path.is_symlink()] == ["lib64"]  # to lib, by EasyBuild
    assert others_can_enter(site.repo, full / "bin")
    assert set(states(run, *option).values()) == {"ok"}
    assert "[+]" not in run("install", "--accept-eula", "CUDA", *option).stdout


def test_without_a_driver_cuda_is_still_installed(
    site: Site, shipped: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    nothing = site.folder / "nothing"
    nothing.mkdir()
    (site.repo / "host_injections").symlink_to(site.folder / "opt" / "eessi")  # as CVMFS leads elsewhere
    option = ("--driver-libraries", nothing)
    done = run("install", "--accept-eula", "CUDA,cuDNN", *option)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no NVIDIA driver" in done.stderr
    assert states(run, *option) == {
        "host_injections": "ok",
        "driver": "missing",
        "links": "missing",
        "CUDA/13.0.2": "ok",
    }
    full = (shipped / "bin" / "nvcc").resolve()
    full.parent.chmod(0o755)
    full.unlink()
    assert "1 of 2 links lead to nothing" in run("check", *option).stdout
    assert run("install", "--accept-eula", "CUDA", *option).returncode == 0
    assert (shipped / "bin" / "nvcc").is_file()


def test_without_room_nothing_is_begun(
    site: Site, shipped: Path, driver: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    source = site.folder / "work" / "sources" / "cuda-like.tar.gz"
    with source.open("r+b") as file:
        file.truncate(8 * 10**12)  # of which nothing is written

    done = run("install", "--accept-eula", "CUDA", "--driver-libraries", driver)

    assert done.returncode == 2
    assert "GB are free, and about 24000.0 GB are needed" in done.stderr
    assert f"12000.0 GB to install CUDA/13.0.2, in {site.repo}/host_injections/x86_64" in done.stderr
    assert "nothing was installed" in done.stderr
    assert not (site.repo / "host_injections" / "x86_64").exists()
    assert not (shipped / "bin" / "nvcc").exists()


def test_a_driver_in_each_of_its_states(
    site: Site, shipped: Path, driver: Path, run: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    assert shipped.is_dir()
    option = ("--driver-libraries", driver)
    assert run("install", *option).returncode == 1  # the driver is linked, CUDA's licence is not accepted
    assert states(run, *option)["links"] == "ok"

    looked = site.repo / "host_injections" / "2023.06" / "compat" / "linux" / "x86_64" / "lib"
    updated = driver.with_name("updated")
    driver.rename(updated)
    after = run("check", "--driver-libraries", updated)
    assert after.returncode == 1
    assert "links that lead nowhere, such as libcuda.so" in " ".join(after.stdout.split())

    for name in LIBRARIES[:2]:
        stem = name.partition(".so")[0]
        (updated / f"{stem}.so.1").unlink()
        (updated / name).rename(updated / f"{stem}.so.570.26")
        (updated / f"{stem}.so.1").symlink_to(f"{stem}.so.570.26")
    older = run("check", "--driver-libraries", updated)
    said = " ".join(older.stdout.split())
    assert "driver 570.26 is too old for it: all of it needs 580.95.05, anything 580" in said
    assert "linked for driver 580.95.05, and this is 570.26" in said

    assert run("install", "--driver-libraries", updated).returncode == 1
    assert (looked / "driver_version.txt").read_text() == "570.26\n"
    assert not (looked / LIBRARIES[0]).exists()
    assert (looked / "libcuda.so").resolve() == (updated / "libcuda.so.570.26").resolve()
    assert states(run, "--driver-libraries", updated)["links"] == "ok"
