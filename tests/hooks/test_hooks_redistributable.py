"""What may be shipped, by a licence in the form of NVIDIA's and by the real one where there is one."""

from pathlib import Path

import pytest
from eessi_hooks.policies.redistributable import cuda, cudnn, host_injection, not_allowed
from eessi_hooks.step import Refused

REAL = sorted(Path("/usr/local").glob("cuda*/dist-info/*/licenses/License.txt"))
EULA = """
2.5. Licensing
libforbidden.so
2.6. Attachment A

Component
CUDA Runtime
Linux
libcudart.so, libcudart_static.a,
libnvrtx-builtins_static.a

Component
NVIDIA Common Device Math Functions Library
Linux
libdevice.10.bc

Component
Headers
crt/host_config.h, cuda_fp16.hpp

Component
NVIDIA CUDA Driver Libraries
Linux
libcuda.so
The NVIDIA CUDA Driver Libraries are only distributable in applications that meet this criteria:

2.7. Attachment B
nvcc.h
"""
ZEN4 = "/cvmfs/software.eessi.io/versions/2023.06/software/linux/x86_64/amd/zen4"
HOST = "/cvmfs/software.eessi.io/host_injections"


def lay_out(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def stray(software: str, folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in not_allowed(software, folder)]


def test_what_the_eula_lists_stays(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        *("lib/libcudart.so.12.1.105", "lib/libcudart_static.a", "nvvm/libdevice/libdevice.10.bc", "README"),
        *("include/crt/host_config.h", "include/cuda_fp16.hpp", "lib/libnvrtc-builtins_static.a"),
        *(
            "bin/nvcc",
            "include/host_config.h",
            "lib/libcudart.a",
            "lib/stubs/libcuda.so",
            "lib/libforbidden.so",
            "lib/README.md",
        ),
        *("nvvm/libdevice/libdevice.11.bc", "include/cuda_fp16.h", "easybuild/CUDA-12.1.1.eb"),
    )
    (tmp_path / "lib64").symlink_to("lib")
    (tmp_path / "EULA.txt").write_text(EULA)
    assert stray("CUDA", tmp_path) == [
        "bin/nvcc",
        "include/cuda_fp16.h",
        "include/host_config.h",
        "lib/README.md",
        "lib/libcudart.a",
        "lib/libforbidden.so",
        "lib/stubs/libcuda.so",
        "nvvm/libdevice/libdevice.11.bc",
    ]


@pytest.mark.skipif(not REAL, reason="there is no CUDA with its licence in /usr/local")
def test_what_the_real_eula_lists(tmp_path: Path) -> None:
    (tmp_path / "EULA.txt").write_bytes(REAL[0].read_bytes())
    allowed = cuda(tmp_path)
    kept = ("libcudart.so.13.0.96", "libdevice.10.bc", "libcufft.so.12", "libnppisu_static.a", "cuda_occupancy.h")
    assert all(allowed.has(Path("x", name)) for name in (*kept, "cuda_fp16.hpp", "libcupti.so.2025.3.1"))
    assert allowed.has(Path("EULA.txt"))
    gone = (
        "nvcc",
        "ptxas",
        "cuda_runtime.h",
        "libcuda.so",
        "libcudart.so.sh",
        "cuda.h",
        "nvvm.h",
        "libnvptxcompiler_static.a",
    )
    assert not [name for name in gone if allowed.has(Path("x", name))]


@pytest.mark.parametrize("text", ["", EULA.replace("libcudart.so,", ""), EULA.replace("2.7. Attachment B", "")])
def test_a_eula_that_is_not_understood_stops(tmp_path: Path, text: str) -> None:
    (tmp_path / "EULA.txt").write_text(text)
    with pytest.raises(Refused, match="cannot be understood"):
        cuda(tmp_path)


def test_no_licence_no_files(tmp_path: Path) -> None:
    for licence in (cuda, cudnn):
        with pytest.raises(Refused, match="nobody knows what may be shipped"):
            licence(tmp_path)


def test_where_there_are_no_files_no_licence_is_asked_for(tmp_path: Path) -> None:
    """As in the module alone of a CUDA that a target cannot have."""
    lay_out(tmp_path, "easybuild/CUDA-13.0.2.eb")
    for software in ("CUDA", "cuDNN"):
        assert stray(software, tmp_path / "gone") == stray(software, tmp_path) == []
    lay_out(tmp_path, "bin/nvcc")
    with pytest.raises(Refused, match="nobody knows what may be shipped"):
        stray("CUDA", tmp_path)


@pytest.mark.parametrize(
    ("listed", "gone"),
    [
        # Of older versions, and of 9.5.0.50 as its wheel has it.
        ("the runtime files .so and .dll.", ["include/cudnn.h", "lib/libcudnn.so.txt", "lib/libcudnn_static.a"]),
        (
            "the runtime files .so and .h, cudnn64_7.dll, and cudnn.lib. ",
            ["lib/libcudnn.so.txt", "lib/libcudnn_static.a"],
        ),
    ],
)
def test_cudnn_lists_endings(tmp_path: Path, listed: str, gone: list[str]) -> None:
    line = "2. Distribution. The following portions of the SDK are distributable under the Agreement:"
    (tmp_path / "LICENSE").write_text(f"x\n  {line} {listed}\n")
    lay_out(tmp_path, *gone, "lib/libcudnn.so.9", "lib/libcudnn.so.8.9.2", "lib/libcudnn.so", "include/cudnn.h")
    assert stray("cuDNN", tmp_path) == gone


def test_a_licence_of_cudnn_that_is_not_understood_stops(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("2. Distribution. All of it.\n")
    with pytest.raises(Refused, match="cannot be understood"):
        cudnn(tmp_path)


@pytest.mark.parametrize(
    ("path", "link"),
    [
        (f"{ZEN4}/accel/nvidia/cc90/software/CUDA/12.1.1/bin/nvcc", f"{HOST}/x86_64/software/CUDA/12.1.1/bin/nvcc"),
        (f"{ZEN4}/software/CUDA/12.1.1/software/x", f"{HOST}/x86_64/software/CUDA/12.1.1/software/x"),
        (
            "/cvmfs/dev.eessi.io/project/versions/2025.06/software/linux/aarch64/nvidia/grace/software/cuDNN/9/x.h",
            f"{HOST}/aarch64/software/cuDNN/9/x.h",
        ),
    ],
)
def test_where_a_link_leads(path: str, link: str) -> None:
    assert host_injection(Path(path)) == link


@pytest.mark.parametrize("path", ["/opt/CUDA/bin/nvcc", f"{HOST}/x86_64/software/CUDA/12.1.1/bin/nvcc"])
def test_what_is_in_no_prefix_gets_no_link(path: str) -> None:
    with pytest.raises(Refused, match="is in no prefix of EESSI"):
        host_injection(Path(path))
