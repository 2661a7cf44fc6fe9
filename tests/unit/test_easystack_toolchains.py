"""The toolchain of an easyconfig is read from its name."""

import pytest

from eessi_stack.easystack.toolchains import unsupported


@pytest.mark.parametrize(
    ("filename", "version", "wrong"),
    [
        ("GROMACS-2024.4-foss-2023b.eb", "2023.06", None),
        ("GROMACS-2024.4-foss-2023b-CUDA-12.4.0.eb", "2023.06", None),
        ("GROMACS-2024.4-foss-2022a.eb", "2023.06", "foss/2022a"),
        ("GROMACS-2024.4-foss-2023b.eb", "2025.06", "foss/2023b"),
        ("lz4-1.9.4-GCCcore-13.3.0.eb", "2023.06", "GCCcore/13.3.0"),
        ("seqtk-1.4-GCC-12.2.0.eb", "2023.06", None),
        ("HPL-2.3-intel-2023a.eb", "2023.06", "intel/2023a"),
        ("imkl-FFTW-2023.1.0-iimpi-2023a.eb", "2023.06", "iimpi/2023a"),
        ("foss-2023b.eb", "2023.06", None),
        ("foss-2022a.eb", "2023.06", None),
        ("EasyBuild-5.4.0.eb", "2023.06", None),
        ("UCX-1.14.1-GCCcore-12.3.0.eb", "2023.06", None),
        ("hipBLAS-1-rocm-compilers-19.0.0-ROCm-6.4.1.eb", "2025.06", None),
        ("hipBLAS-1-rocm-compilers-18.0.0-ROCm-6.4.1.eb", "2025.06", "rocm-compilers/18.0.0-ROCm-6.4.1"),
        ("anything-1-foss-1999a.eb", "2023.04", None),
    ],
)
def test_unsupported(filename: str, version: str, wrong: str | None) -> None:
    found = unsupported(filename, version)
    assert (found and found[0]) == wrong


def test_what_there_is_instead() -> None:
    found = unsupported("GROMACS-2024.4-foss-2023b.eb", "2026.06")
    assert found
    assert found[1] == ("foss/2026.1", "lfoss/2026.1")
