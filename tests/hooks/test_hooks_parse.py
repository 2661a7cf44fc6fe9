"""Real easyconfigs, parsed by the real EasyBuild with the real hooks, for several targets."""

import json
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


@pytest.fixture
def parse(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> Callable[[Mapping[str, str], list[Path]], Any]:
    def run(target: Mapping[str, str], paths: list[Path]) -> Any:  # noqa: ANN401
        script = Path(__file__).with_name("parse_easyconfigs.py")
        command = [str(part) for part in (sys.executable, script, hooks_file, EASYCONFIGS, tmp_path, *paths)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=easybuild_env(target), cwd=tmp_path, timeout=120
        )
        assert done.returncode == 0, done.stderr
        # Besides EasyBuild's word on its index there is nothing but the answer: hooks print nothing while parsing.
        (answer,) = [line for line in done.stdout.splitlines() if "found valid index" not in line]
        return json.loads(answer)

    return run


def real() -> list[Path]:
    return [EASYCONFIGS / name[0].lower() / name.split("-")[0] / f"{name}.eb" for name in NAMES]


@pytest.mark.parametrize("target", [{}, V1, ZEN3], ids=["host", "neoverse_v1", "zen3"])
def test_what_easyconfigs_become(target: dict[str, str], parse: Callable[..., Any]) -> None:
    mesa, openblas, newest_qt6, old_qt6, qt6, ucx, casacore, maturin = parse(target, real())
    assert "LLVM/18.1.8-minimal" in mesa["dependencies"]
    assert "LLVM/18.1.8-GCCcore-13.3.0-minimal" in mesa["modules"]
    assert "LLVM/18.1.8" not in mesa["dependencies"]
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
