"""At the edges of what a rule is for: builds that it is for too, and builds that it just is not for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from eessi_hooks import target as cpu
from eessi_hooks.target import BuildTarget

from tests.hooks.row import HOST, on
from tests.hooks.rows_policies import cuda


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A row with something else in it."""

    at: str
    of: str  #: the name in that row, and its CPU where there are two of that name: `PyTorch/2.1.2 aarch64/neoverse_n1`
    but: Mapping[str, Any]  #: fields of the row; of `cfg`, what differs
    changes: Mapping[str, object] = field(default_factory=dict)


def of_a_user(block: SimpleNamespace, folder: Path) -> None:
    cuda(block, folder)
    Path(block.installdir).rename(folder / "own")
    block.installdir = str(folder / "own")


def cudnn(block: SimpleNamespace, folder: Path) -> None:
    cuda(block, folder)
    said = "2. Distribution. The following portions of the SDK are distributable under the Agreement: .so files.\n"
    Path(block.installdir, "LICENSE").write_text(said)


def names(at: str, of: str, *others: str) -> tuple[Edge, ...]:
    return tuple(Edge(at=at, of=of, but={"name": name}) for name in others)


#: The rule does the same for these.
TOO = (
    *names("post_ready", "LLVM/18.1.8", "MBX/1.1.0", "TensorFlow/2.18.1", "jax/0.4.25", "libxc/6.2.2"),
    *names("post_ready", "Qt5/5.15.10", "Qt6/6.9.3", "TensorFlow/2.18.1"),
    *names("post_ready", "QuantumESPRESSO/7.5", "libxc/6.2.2"),
    *names("pre_configure", "LAMMPS/29Aug2024", "LAMMPS/2Aug2023_update2", "LAMMPS/2Aug2023_update4"),
    *names("pre_configure", "Extrae/5.0.10", "Extrae/5.0.0"),
    *names("post_prepare", "ROCm-LLVM/19.0.0", "LLVM/18.1.8"),
    *names("parse", "Qt6/6.11.2", "Qt6/6.9.3"),
    *names("pre_test", "Perl/5.38.0", "Perl/5.42.0"),
    *(
        Edge(at="post_ready", of="Qt6/6.9.3", but={"target": on(name)})
        for name in (cpu.AARCH64_GENERIC, cpu.NEOVERSE_V1)
    ),
    Edge(at="pre_configure", of="WRF/4.2.1", but={"name": "WRF/4.0"}),
)
#: The rule does nothing for these, or what is said here.
NOT = (
    *names("parse", "Qt6/6.9.3", "Qt6/6.9.2"),
    *names("parse", "Qt6/6.11.2", "Qt6/6.9.2"),
    Edge(at="parse", of="Qt6/6.11.2", but={"toolchain": ("GCCcore", "15.1.0")}),
    *names("parse", "OpenBLAS/0.3.9", "OpenBLAS/0.3.23"),
    Edge(at="parse", of="R/4.0.5", but={"cfg": {"exts_list": [("testthat", "3.1.0")]}}),
    Edge(at="parse", of="CGAL/5.6", but={"target": on(cpu.ZEN3)}),
    Edge(at="parse", of="FreeImage/3.18.0", but={"target": on(cpu.ZEN3)}),
    Edge(at="pre_configure", of="CMake/3.31.8", but={"toolchain": ("GCCcore", "12.3.0")}),
    Edge(at="pre_configure", of="libfabric/2.1.0", but={"target": on(cpu.ZEN3)}),
    Edge(at="pre_configure", of="libfabric/2.1.0", but={"target": on(cpu.AARCH64_GENERIC)}),
    Edge(at="pre_configure", of="Zoltan/3.901", but={"options": {}}),
    *names("pre_configure", "LAMMPS/29Aug2024", "LAMMPS/22Jul2025"),
    Edge(at="pre_configure", of="LAMMPS/29Aug2024", but={"target": on(cpu.NEOVERSE_V1)}),
    Edge(at="pre_configure", of="LAMMPS/29Aug2024", but={"cfg": {"builddependencies": []}}),
    *names("pre_configure", "WRF/3.9", "WRF/3.9.1"),
    *names("pre_configure", "WRF/4.2.1", "WRF/4.2.2"),
    Edge(at="pre_configure", of="WRF/3.9", but={"target": on(cpu.ZEN3)}),
    Edge(at="pre_configure", of="WRF/4.2.1", but={"target": on(cpu.ZEN3)}),
    *(
        Edge(at="pre_configure", of=f"CUDA-Samples/{version}", but={"options": {"cuda_compute_capabilities": ["8.0"]}})
        for version in ("12.1", "12.9")
    ),
    Edge(
        at="pre_easyblock",
        of="OSU-Micro-Benchmarks/7.5",
        but={"cfg": {"builddependencies": [("CUDA", "12.9.1")]}},
    ),
    Edge(at="pre_easyblock", of="LAMMPS/22Jul2025", but={"cfg": {"kokkos": False}}),
    Edge(at="post_ready", of="Qt6/6.9.3", but={"target": on(cpu.GRACE)}),
    Edge(at="post_ready", of="QuantumESPRESSO/7.5", but={"target": on(cpu.ZEN3)}),
    Edge(at="post_ready", of="MBX/1.1.0", but={"target": on(cpu.ZEN3)}, changes={"parallel": 24}),
    *names("pre_test", "GROMACS/2024.4", "GROMACS/2026.3", "GROMACS/2026.10"),
    Edge(at="pre_test", of="Siesta/5.4.2", but={"cfg": {"versionsuffix": ""}}),
    Edge(at="pre_test", of="PyTorch/2.1.2 aarch64/neoverse_n1", but={"target": on(cpu.ZEN3)}),
    Edge(at="pre_module", of="zlib/1.2.12", but={"target": on(cpu.ZEN3)}),
    Edge(at="post_prepare", of="GCCcore/13.2.0", but={"target": HOST}),
    Edge(at="post_postproc", of="CUDA/12.1.1", but={"before": of_a_user}),
    Edge(at="pre_module", of="CUDA/12.1.1", but={"before": of_a_user}),
    Edge(
        at="pre_module",
        of="CUDA/12.1.1",
        but={"name": "cuDNN/9.5.0.50", "before": cudnn},
        changes={"refused": "the licence of cuDNN does not allow to ship EULA.txt, nvcc (2 files)"},
    ),
    Edge(at="post_easyblock", of="toy/1.0", but={"target": BuildTarget(eessi_version="2023.06", mode="cvmfs")}),
    Edge(at="post_easyblock", of="toy/1.0", but={"target": BuildTarget(eessi_version="2025.06", mode="user")}),
)
