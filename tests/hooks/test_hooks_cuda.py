"""A part of a real CUDA with its real licence, installed below /cvmfs as EESSI would: in a namespace of its own."""

import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.mounting import APART, needs_mounts

Env = Callable[[Mapping[str, str]], dict[str, str]]
REAL = Path("/usr/local/cuda")
LICENCE = next(iter(sorted(REAL.glob("dist-info/*/licenses/License.txt"))), None)
pytestmark = [
    needs_mounts,
    pytest.mark.skipif(LICENCE is None, reason="needs a CUDA with its licence in /usr/local"),
]

TREE = "/cvmfs/software.eessi.io"
CPU = f"{TREE}/versions/2025.06/software/linux/x86_64/amd/zen3"
PREFIX = f"{CPU}/accel/nvidia/cc80"
HOST = f"{TREE}/host_injections/x86_64/software/CUDA/13.0.2"
KEPT = ("include/cuda_fp16.h", "include/cuda_occupancy.h", "lib/libcudart.so.13", "nvvm/libdevice/libdevice.10.bc")
REPLACED = ("bin/nvcc", "bin/nvcc.profile", "include/cuda_runtime.h", "include/crt/host_config.h")
CUDA = """
easyblock = 'Tarball'
name = 'CUDA'
version = '13.0.2'
homepage = 'https://developer.nvidia.com/cuda-toolkit'
description = 'a part of the real one'
toolchain = SYSTEM
sources = ['cuda.tar.gz']
sanity_check_paths = {'files': ['EULA.txt', 'bin/nvcc'], 'dirs': ['lib']}
moduleclass = 'system'
"""
TARGET = {
    "EESSI_VERSION": "2025.06",
    "EESSI_OS_TYPE": "linux",
    "EESSI_CPU_FAMILY": "x86_64",
    "EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3",
    "EESSI_SOFTWARE_PATH": CPU,
    "EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc80",
    "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "8.0",
}


@pytest.fixture
def run(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> Callable[..., str]:
    """Give a function that installs CUDA into a prefix of a fresh /cvmfs, and runs commands there afterwards."""
    sources = tmp_path / "sources"
    sources.mkdir()
    assert LICENCE
    with tarfile.open(sources / "cuda.tar.gz", "w:gz", dereference=True) as tar:
        for name in (*KEPT, *REPLACED):
            tar.add(REAL / name, f"cuda/{name}")
        tar.add(LICENCE, "cuda/EULA.txt")
    (tmp_path / "CUDA-13.0.2.eb").write_text(CUDA)

    def inside(prefix: str, *commands: str, **variables: str) -> str:
        options = f"--hooks={hooks_file} --prefix={tmp_path} --sourcepath={sources} --installpath={prefix}"
        install = f"{sys.executable} -m easybuild.main {options} --read-only-installdir --accept-eula-for=CUDA"
        script = [
            "mkdir -p /cvmfs && mount -t tmpfs tmpfs /cvmfs",
            f"mkdir -p {CPU} {HOST} && tar -C {HOST} --strip-components=1 -xf {sources}/cuda.tar.gz",
            f"{install} --modules-tool=Lmod {tmp_path}/CUDA-13.0.2.eb || exit",
            f"cd {prefix}/software/CUDA/13.0.2",
            *commands,
        ]
        done = subprocess.run(
            [*APART, "bash", "-c", "\n".join(script)],
            capture_output=True,
            text=True,
            check=False,
            env=easybuild_env(TARGET | variables),
            cwd=tmp_path,
            timeout=300,
        )
        return done.stdout + done.stderr

    return inside


def test_what_the_licence_lists_is_shipped_and_all_else_is_a_link(run: Callable[..., str], hooks_file: Path) -> None:
    find = "import sys; from pathlib import Path; from eessi_hooks.policies.redistributable import not_allowed"
    said = run(
        PREFIX,
        "find . -type f -not -path './easybuild/*' -printf 'file %P\\n'",
        "find . -type l -printf 'link %P %l\\n'",
        "find . -not -type l -perm /222 -printf 'writable %P\\n'",
        "find . -xtype l -printf 'dangling %P\\n'",
        "bin/nvcc --version",
        "chmod u+w bin && rm bin/nvcc && touch bin/nvcc",  # planted afterwards
        f"PYTHONPATH={hooks_file.parent} {sys.executable} -c '{find}; print(*not_allowed(\"CUDA\", Path.cwd()))'",
    )
    lines = said.splitlines()
    assert {line for line in lines if line.startswith("file ")} == {f"file {name}" for name in ("EULA.txt", *KEPT)}
    assert {line for line in lines if line.startswith("link ")} >= {f"link {name} {HOST}/{name}" for name in REPLACED}
    assert not [line for line in lines if line.startswith(("writable", "dangling"))]
    assert "Cuda compilation tools, release 13" in said
    assert f"{PREFIX}/software/CUDA/13.0.2/bin/nvcc" in lines


def test_outside_of_accel_it_is_refused(run: Callable[..., str]) -> None:
    said = run(CPU, "echo installed")
    assert "CUDA needs an accelerator and would be installed outside of accel/" in said
    assert "installed\n" not in said.splitlines()


def test_what_the_target_cannot_have_is_a_module_that_says_so_and_ships_nothing(run: Callable[..., str]) -> None:
    said = run(
        PREFIX,
        "find . -not -type d -not -path './easybuild/*' -printf 'file %P\\n'",
        f"cat {PREFIX}/modules/all/CUDA/13.0.2.lua",
        EASYBUILD_CUDA_COMPUTE_CAPABILITIES="7.0",
    )
    assert "CUDA 13.0.2 has no support for CUDA compute capability 7.0" in said
    assert not [line for line in said.splitlines() if line.startswith("file ")]
