"""What holds for every build, and what is built for accelerators."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

from eessi_hooks import target as cpu
from eessi_hooks.target import BuildTarget

from tests.hooks.row import COMPAT, HOST, Row, on

CAPABILITIES = "cuda_compute_capabilities"
EULA = """
2.6. Attachment A
Component
CUDA Runtime
Linux
libcudart.so, libcudadevrt.a
2.7. Attachment B
"""
ZEN4_MESSAGE = (
    "What is built with GCCcore-12.2.0 is not supported on Zen4. See "
    "https://www.eessi.io/docs/known_issues/eessi-2023.06/"
    "#gcc-1220-and-foss-2022b-based-modules-cannot-be-loaded-on-zen4-architecture"
)
ZEN4 = "EESSI_IGNORE_LMOD_ERROR_ZEN4_GCC1220"
SHIPPED = "cvmfs/software.eessi.io/versions/2023.06/software/linux/x86_64/amd/zen4/accel/nvidia/cc90/software"
SOFTWARE = "/repo/versions/2025.06/software/linux/x86_64/amd/zen3"
WRAPPER = """CMD=$(basename "$0")
'/usr/bin/ld.bfd' "${CMD_ARGS[@]}"
"""


def cuda(block: SimpleNamespace, folder: Path) -> None:
    block.installdir = str(folder / SHIPPED / "CUDA" / "12.1.1")
    for name, text in (("EULA.txt", EULA), ("lib64/libcudart.so.12.1.105", ""), ("bin/nvcc", "")):
        path = Path(block.installdir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def links(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    found = {path.name: str(path.readlink()) for path in folder.rglob("*") if path.is_symlink()}
    return {"links": found} if found else {}


def mpi(block: SimpleNamespace, _: Path) -> None:
    block.cfg.toolchain = SimpleNamespace(mpi_family=lambda: "OpenMPI", comp_family=lambda: "GCC")


def overrides(*places: str) -> str:
    base = "/repo/host_injections/2025.06/software/linux/x86_64/amd/zen3/rpath_overrides/OpenMPI"
    return ":".join(f"{base}/{place}/{lib}" for place in places for lib in ("lib", "lib64"))


def wrappers(block: SimpleNamespace, folder: Path) -> None:
    block.start_dir = str(folder)
    (folder / "config.guess").write_text("echo x86_64-pc-linux-gnu\n")
    for linker in ("ld", "ld.bfd"):
        wrapper = folder / "rpath_wrappers" / f"{linker}_wrapper" / linker
        wrapper.parent.mkdir(parents=True)
        text = f'"$RPATH_ARGS_PY" "$CMD"\n{WRAPPER}'
        wrapper.write_text(text.replace("ld.bfd", linker))
        wrapper.chmod(0o755)
    os.environ["PATH"] = f"{folder}/rpath_wrappers/ld_wrapper:{folder}/rpath_wrappers/ld.bfd_wrapper"


def easybuilds_wrapper(_: SimpleNamespace, folder: Path) -> None:
    wrapper = folder / "rpath_wrappers" / "gcc_wrapper" / "gcc"
    wrapper.parent.mkdir(parents=True)
    template = Path(sys.prefix, "easybuild", "scripts", "rpath_wrapper_template.sh.in").read_text(encoding="utf-8")
    said = {"python": sys.executable, "rpath_args_py": "'/rpath_args.py'", "rpath_filter": "/lib.*,/usr.*"}
    more = {"rpath_include": "", "rpath_wrapper_log": "/dev/null", "wrapper_dir": str(wrapper.parent)}
    wrapper.write_text(template % {**said, **more, "orig_cmd": "/usr/bin/gcc"})
    wrapper.chmod(0o755)
    os.environ["PATH"] = str(wrapper.parent)


def quickened(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    text = (folder / "rpath_wrappers" / "gcc_wrapper" / "gcc").read_text()
    return {"gcc": text.splitlines()[-2].removesuffix(" \\"), "Python": text.count("PYTHON_EXE")}


def prefixed(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    copies = sorted(folder.rglob("x86_64-*"))
    return {path.name: path.read_text().splitlines()[1:] for path in copies}


def installed(block: SimpleNamespace, folder: Path) -> None:
    block.installdir = str(folder / "software" / "toy" / "1.0-GCC-13.2.0")
    Path(block.installdir, "easybuild", "reprod").mkdir(parents=True)


def reported(_: SimpleNamespace, folder: Path) -> None:
    for name, mode in (("toy_test_report.md", 0o644), ("toy.eb", 0o644), ("old_test_report.md", 0o444)):
        path = folder / "software" / "toy" / "easybuild" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode)


def read_only(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    written = folder.glob("software/**/*")
    found = sorted(path.name for path in written if not path.stat().st_mode & 0o222)
    return {"read-only": found} if found else {}


def kept(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    found = [path.relative_to(folder).parts for path in folder.glob("reprod/*/*/*/easybuild/reprod")]
    return {"kept": [parts[:3] for parts in found]} if found else {}


def make_staged(_: SimpleNamespace, folder: Path) -> None:
    (folder / f"reprod_1_{os.getpid()}" / "hooks").mkdir(parents=True)


def archived(_: SimpleNamespace, folder: Path) -> dict[str, object]:
    return {"archived": True} if list(folder.glob("reprod_*/hooks/eessi_hooks")) else {}


def stub(target: BuildTarget, changes: dict[str, object], at: str) -> Row:
    return Row(at=at, name="zlib/1.2.12", target=target, toolchain=("GCCcore", "12.2.0"), changes=changes)


def stripped(name: str, before: list[str], after: list[str], **cfg: object) -> Row:
    return Row(
        at="pre_easyblock",
        name=name,
        target=HOST,
        cfg=cfg,
        options={CAPABILITIES: before},
        changes={f"--{CAPABILITIES}": after},
    )


ROWS = (
    Row(
        at="pre_build_and_install_loop",
        name="zlib/1.3",
        target=on(cpu.ZEN3),
        toolchain=("GCCcore", "14.2.0"),
        changes={
            "refused": "zlib/1.3 is built with toolchain GCCcore/14.2.0, which EESSI 2023.06 does not support; it has "
            "foss/2022b, foss/2023a, foss/2023b. To add it for a site: export "
            'EESSI_SITE_TOP_LEVEL_TOOLCHAINS_2023_06=\'[{"name": "GCCcore", "version": "14.2.0"}]\''
        },
    ),
    Row(
        at="pre_easyblock", name="zlib/1.3", target=HOST, before=make_staged, after=archived, changes={"archived": True}
    ),
    Row(
        at="pre_easyblock",
        name="zlib/1.3",
        target=BuildTarget(software_path=SOFTWARE),
        before=lambda block, _: setattr(block, "installdir", f"{SOFTWARE}/accel/nvidia/cc90/software/zlib/1.3"),
        changes={
            "refused": "zlib needs no accelerator and would be installed below accel/, in "
            f"{SOFTWARE}/accel/nvidia/cc90/software/zlib/1.3: install it for the CPU first, without "
            "EESSI_ACCELERATOR_INSTALL"
        },
    ),
    stub(on(cpu.ZEN4), {"--module_only": True, "--force": True, f"${ZEN4}": "1"}, at="pre_easyblock"),
    stub(
        on(cpu.ZEN4),
        {"modluafooter": f'if not os.getenv("{ZEN4}") then LmodError([==[{ZEN4_MESSAGE}]==]) end'},
        at="pre_module",
    ),
    Row(
        at="pre_prepare",
        name="OSU-Micro-Benchmarks/7.5",
        target=BuildTarget(software_path=SOFTWARE),
        before=mpi,
        cfg={"modluafooter": 'setenv("EESSICUDAVERSION","12.8.0")'},
        options={"rpath_override_dirs": "/site"},
        changes={"--rpath_override_dirs": f"/site:{overrides('system-GCC-CUDA-12.8.0', 'system-GCC', 'system')}"},
    ),
    Row(
        at="post_prepare",
        name="GCCcore/13.2.0",
        target=COMPAT,
        options={"rpath": True},
        before=wrappers,
        after=prefixed,
        changes={
            "x86_64-pc-linux-gnu-ld": ["CMD=ld", "'/usr/bin/x86_64-pc-linux-gnu-ld' \"${CMD_ARGS[@]}\""],
            "x86_64-pc-linux-gnu-ld.bfd": ["CMD=ld.bfd", "'/usr/bin/x86_64-pc-linux-gnu-ld.bfd' \"${CMD_ARGS[@]}\""],
        },
    ),
    Row(
        at="post_prepare",
        name="toy/1.0",
        target=HOST,
        options={"rpath": True},
        before=easybuilds_wrapper,
        after=quickened,
        changes={"gcc": "exec", "Python": 0},
    ),
    Row(
        at="post_postproc",
        name="CUDA/12.1.1",
        target=HOST,
        before=cuda,
        after=links,
        changes={"links": {"nvcc": "/cvmfs/software.eessi.io/host_injections/x86_64/software/CUDA/12.1.1/bin/nvcc"}},
    ),
    Row(
        at="pre_module",
        name="CUDA/12.1.1",
        target=HOST,
        before=cuda,
        changes={"refused": "the licence of CUDA does not allow to ship nvcc (1 files)"},
    ),
    Row(
        at="post_easyblock",
        name="toy/1.0",
        target=BuildTarget(eessi_version="2025.06", mode="cvmfs"),
        before=installed,
        after=kept,
        changes={"kept": [("reprod", "toy", "1.0-GCC-13.2.0")]},
    ),
    Row(
        at="post_build_and_install_loop",
        name="toy/1.0",
        target=HOST,
        options={"read_only_installdir": True},
        before=reported,
        after=read_only,
        changes={"read-only": ["easybuild", "old_test_report.md", "toy", "toy.eb", "toy_test_report.md"]},
    ),
    stripped(
        "OSU-Micro-Benchmarks/7.5",
        ["9.0a", "10.0f", "12.0f"],
        ["9.0a", "10.0", "12.0"],
        builddependencies=[("CUDA", "12.8.0")],
    ),
    stripped("cuDNN/9.5.0.50", ["9.0a", "8.0"], ["9.0", "8.0"]),
    stripped("cuDNN/9.10.1.4", ["10.0f", "12.0f", "9.0a"], ["10.0", "12.0", "9.0a"]),
    stripped("LAMMPS/22Jul2025", ["9.0a", "10.0f", "12.0f"], ["9.0", "10.0", "12.0"], kokkos=True),
)
