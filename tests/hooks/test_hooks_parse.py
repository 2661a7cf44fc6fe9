"""Real easyconfigs, parsed by the real EasyBuild with the real hooks, for several targets."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Env = Callable[[Mapping[str, str]], dict[str, str]]
EASYCONFIGS = Path(sys.prefix) / "easybuild" / "easyconfigs"
NAMES = (
    "Mesa-24.1.3-GCCcore-13.3.0",
    "GROMACS-2025.4-foss-2025b-CUDA-12.9.1",
    "OpenBLAS-0.3.21-GCC-12.2.0",
    "Qt6-6.11.2-GCCcore-15.2.0",
    "Qt6-6.9.3-GCCcore-14.2.0",
    "Qt6-6.9.3-GCCcore-14.3.0",
    "UCX-1.15.0-GCCcore-13.2.0",
    "casacore-3.5.0-foss-2023b",
    "maturin-1.9.1-GCCcore-14.3.0",
)
PYBIND11 = """
easyblock = 'Toolchain'
name = 'pybind11'
version = '2.11.1'
homepage = 'https://example.org'
description = 'as easyconfigs of older EasyBuild versions have it'
toolchain = {'name': 'GCCcore', 'version': '12.3.0'}
builddependencies = [[('CMake', '3.26.3'), ('Catch2', '2.13.9', '', SYSTEM)], [('Catch2', '2.13.9', '', SYSTEM)]]
moduleclass = 'lib'
"""
V1 = {"EESSI_SOFTWARE_SUBDIR": "aarch64/neoverse_v1", "EESSI_VERSION": "2023.06", "EPREFIX": "/compat"}
ZEN3 = {"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3", "EESSI_VERSION": "2025.06", "EESSI_EPREFIX": "/compat"}


#: Those that steps after parsing change.
STEPS = (
    "BLIS-0.9.0-GCC-13.2.0",
    "CMake-3.31.8",
    "CUDA-Samples-12.9-GCC-14.3.0-CUDA-12.9.1",
    "Dyninst-13.0.0-GCC-14.3.0",
    "Extrae-5.0.0-gompi-2025b",
    "GRASS-8.4.0-foss-2023a",
    "Graphviz-12.2.0-GCCcore-13.3.0",
    "LAMMPS-2Aug2023_update2-foss-2023a-kokkos-CUDA-12.1.1",
    "PETSc-3.24.0-foss-2025b",
    "SciPy-bundle-2023.11-gfbf-2023b",
    "Siesta-5.4.2-foss-2024a-CUDA-12.6.0",
    "SymEngine-0.14.0-gfbf-2025b",
    "Zoltan-3.901-foss-2025b",
)


@pytest.fixture
def parse(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> Callable[..., Any]:
    def run(target: Mapping[str, str], paths: list[Path], script: str = "parse_easyconfigs.py") -> Any:  # noqa: ANN401
        script = str(Path(__file__).with_name(script))
        command = [str(part) for part in (sys.executable, script, hooks_file, EASYCONFIGS, tmp_path, *paths)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=easybuild_env(target), cwd=tmp_path, timeout=120
        )
        assert done.returncode == 0, done.stderr
        # Besides EasyBuild's word on its index there is nothing but the answer: hooks print nothing while parsing.
        (answer,) = [line for line in done.stdout.splitlines() if "found valid index" not in line]
        return json.loads(answer)

    return run


def real(names: tuple[str, ...] = NAMES) -> list[Path]:
    folders = {name: "-".join(re.split(r"-(?=\d)", name)[:1]) for name in names}
    return [EASYCONFIGS / name[0].lower() / folder / f"{name}.eb" for name, folder in folders.items()]


@pytest.mark.parametrize("target", [{}, V1, ZEN3], ids=["host", "neoverse_v1", "zen3"])
def test_what_easyconfigs_become(target: dict[str, str], parse: Callable[..., Any]) -> None:
    mesa, gromacs, openblas, newest_qt6, old_qt6, qt6, ucx, casacore, maturin = parse(target, real())
    assert "LLVM/18.1.8-minimal" in mesa["dependencies"]
    assert "LLVM/18.1.8-GCCcore-13.3.0-minimal" in mesa["modules"]
    assert "LLVM/18.1.8" not in mesa["dependencies"]
    assert "CUDA/12.9.1" in gromacs["builddependencies"]
    assert "CUDA/12.9.1" not in gromacs["dependencies"]
    assert gromacs["modluafooter"] == 'add_property("arch","gpu")\nsetenv("EESSICUDAVERSION","12.9.1")'
    assert maturin["builddependencies"] == ["binutils/2.44", "Rust/1.91.1", "setuptools-rust/1.11.0"]
    assert qt6["dependencies"][-1] == "libinput/1.30.1"
    assert "libinput/1.30.1-GCCcore-14.3.0" in qt6["modules"]
    assert newest_qt6["dependencies"][-1] == "libinput/1.31.3"
    assert not any(dep.startswith("libinput") for dep in old_qt6["dependencies"])
    assert ("--with-rdmacm=/compat/usr" in ucx["configopts"]) is bool(target)
    assert openblas["max_failing_lapack_tests_num_errors"] == (400 if target == V1 else 150)
    assert casacore["toolchainopts"] == ({"vectorize": False} if target == V1 else None)


def test_iterated_build_dependencies(parse: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "pybind11-2.11.1-GCCcore-12.3.0.eb"
    path.write_text(PYBIND11)
    (found,) = parse({}, [path])
    assert found["builddependencies"] == [["CMake/3.26.3", "Catch2/2.13.9"], ["Catch2/2.13.9"]]
    assert "Catch2/2.13.9-GCCcore-12.3.0" in found["modules"]
    assert "Catch2/2.13.9" not in found["modules"]


def test_extensions_are_changed_in_the_list_itself(parse: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "R-4.0.0.eb"
    text = PYBIND11.replace("'pybind11'", "'R'").replace("'2.11.1'", "'4.0.0'").replace("'lib'", "'lang'")
    path.write_text(f"{text}exts_list = ['base', ('isoband', '0.2.4'), ('testthat', '3.1.0'), ('testthat', '3.0.4')]\n")
    (found,) = parse({}, [path])
    base, isoband, newer, testthat = found["exts_list"]
    assert (base, newer) == ("base", ["testthat", "3.1.0"])
    assert isoband[2]["preinstallopts"].endswith("src/testthat/vendor/catch.h && ")
    assert testthat[2]["preinstallopts"].endswith("inst/include/testthat/vendor/catch.h && ")


@pytest.fixture
def compat(tmp_path: Path) -> Path:
    """A compatibility layer with nothing but binutils."""
    folder = tmp_path / "compat" / "usr" / "lib64" / "binutils" / "x86_64-pc-linux-gnu" / "2.44"
    (folder / "include").mkdir(parents=True)
    (folder / "libbfd.so").touch()
    return folder


def after(parse: Callable[..., Any], target: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Software → what the points after parsing change of it."""
    found = parse(target, real(STEPS), "run_hook_points.py")
    return {
        name.rpartition("/")[2]: {**one["pre_configure"], **one["pre_test"]}
        for name, one in zip(STEPS, found, strict=True)
    }


def test_what_steps_after_parsing_change(parse: Callable[..., Any], compat: Path) -> None:
    eprefix = compat.parents[4]
    target = {**ZEN3, "EESSI_EPREFIX": str(eprefix), "EASYBUILD_FILTER_DEPS": "ParMETIS,zlib"}
    target["EASYBUILD_CUDA_COMPUTE_CAPABILITIES"] = "7.0"
    blis, cmake, samples, dyninst, extrae, grass, graphviz, lammps, petsc, scipy, siesta, symengine, zoltan = after(
        parse, target
    ).values()
    assert (blis, lammps, scipy) == ({}, {}, {})
    assert cmake["configopts"] == "-- "
    (preconfigopts,) = samples["preconfigopts"]
    assert preconfigopts.startswith("find %(start_dir)s")
    assert "/immaTensorCoreGemm/s/^/# /" in preconfigopts
    assert f"-DLibIberty_LIBRARIES={compat}/libiberty.a" in dyninst["configopts"]
    assert f"--with-binutils={eprefix}/usr " in extrae["configopts"]
    assert "autoreconf -fi" in extrae["preconfigopts"]
    assert f"--with-readline-libs={eprefix}/usr/lib64 " in grass["configopts"]
    assert f"--with-bzlib-includes={eprefix}/usr/include " in grass["configopts"]
    assert "$EBROOTZSTD/lib" in grass["configopts"]
    assert f"--with-zincludedir=$EBROOTZLIB/include --with-zlibdir={eprefix}/usr/lib64" in graphviz["configopts"]
    assert f"--with-zlib-dir={eprefix}/usr" in petsc["configopts"]
    assert siesta["testopts"].endswith("|Solvers-si-qdot-elpa-native-1stage-gpu_mpi4_omp1'")
    assert all(f"-DBFD_LIBRARY={compat}/libbfd.so" in options for options in symengine["configopts"])
    assert len(symengine["configopts"]) == 2
    assert "--with-parmetis" not in zoltan["configopts"]
    assert zoltan["configopts"].endswith("--without-parmetis ")


def test_what_they_change_for_some_cpus(parse: Callable[..., Any]) -> None:
    a64fx = after(parse, {"EESSI_SOFTWARE_SUBDIR": "aarch64/a64fx", "EESSI_VERSION": "2023.06"})
    grace = after(parse, {"EESSI_SOFTWARE_SUBDIR": "aarch64/nvidia/grace", "EESSI_VERSION": "2023.06"})
    changed = {name for name, changes in a64fx.items() if changes}
    assert changed == {"BLIS-0.9.0-GCC-13.2.0", "SciPy-bundle-2023.11-gfbf-2023b"}
    assert a64fx["BLIS-0.9.0-GCC-13.2.0"]["configopts"].endswith('-DCACHE_SECTOR_SIZE_READONLY" auto')
    assert grace["LAMMPS-2Aug2023_update2-foss-2023a-kokkos-CUDA-12.1.1"] == {"kokkos_arch": "ARMV81"}
    assert "failing tests are ignored" in grace["SciPy-bundle-2023.11-gfbf-2023b"]["testopts"]


def test_looking_at_what_is_needed_leaves_the_recipe_as_it_is(parse: Callable[..., Any]) -> None:
    """PyTorch's recipes are looked at for what the capability cannot have."""
    target = {**ZEN3, "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "8.0"}
    (found,) = parse(target, real(("PyTorch-2.9.1-foss-2025b-CUDA-12.9.1",)), "run_hook_points.py")
    assert found["pre_easyblock"] == {}
