"""Rules that act while an easyconfig is parsed."""

from eessi_hooks import target as cpu
from eessi_hooks.target import BuildTarget

from tests.hooks.row import COMPAT, HOST, on, parsed

SYSTEM_TOOLCHAIN = {"name": "system", "version": "system"}
CONSTANT = "sed -i 's/SIGSTKSZ/32768/g'"


def compiled_for(architecture: str) -> str:
    other = rf"$(printenv $flags | sed 's/-m\(arch\|cpu\)=[^ ]*/-march={architecture}/g')"
    return f'for flags in CFLAGS CXXFLAGS FFLAGS FCFLAGS F90FLAGS; do export $flags="{other}"; done && '


def numpy(architecture: str) -> dict[str, object]:
    """What `exts_list` becomes where numpy is compiled for another architecture, and scipy is not."""
    commands = {"prebuildopts": f" {compiled_for(architecture)}", "preinstallopts": f" {compiled_for(architecture)}"}
    return {"exts_list": [("numpy", "1.24.2", commands), ("scipy", "1.10.1", {})]}


ROWS = (
    parsed(
        "pybind11/2.11.1",
        HOST,
        {"builddependencies": [("CMake", "3.27.6"), ("Catch2", "2.13.9")]},
        builddependencies=[("CMake", "3.27.6"), ("Catch2", "2.13.9", "", SYSTEM_TOOLCHAIN)],
        dependencies=[("Python", "3.11.5")],
    ),
    parsed(
        "Mesa/24.1.3",
        HOST,
        {"dependencies": [("zlib", "1.3.1"), ("LLVM", "18.1.8", "-minimal")]},
        builddependencies=[],
        dependencies=[("zlib", "1.3.1"), ("LLVM", "18.1.8")],
    ),
    parsed(
        "maturin/1.9.1",
        HOST,
        {"builddependencies": [("Rust", "1.91.1"), ("setuptools-rust", "1.11.0")]},
        builddependencies=[("Rust", "1.88.0"), ("setuptools-rust", "1.11.0")],
        dependencies=[],
    ),
    parsed(
        "Qt6/6.9.3",
        HOST,
        {"dependencies": [("libinput", "1.30.1")]},
        dependencies=[],
        toolchain=("GCCcore", "14.3.0"),
    ),
    parsed(
        "Qt6/6.11.2",
        HOST,
        {"dependencies": [("libinput", "1.31.3")]},
        dependencies=[],
        toolchain=("GCCcore", "15.2.0"),
    ),
    parsed(
        "fontconfig/2.14.2",
        COMPAT,
        {"configopts": "--disable-docs --with-add-fonts=/compat/usr/share/fonts "},
        configopts="--disable-docs",
    ),
    parsed("UCX/1.15.0", COMPAT, {"configopts": "--enable-mt --with-rdmacm=/compat/usr "}, configopts="--enable-mt"),
    parsed("Qt5/5.15.10", COMPAT, {"check_qtwebengine": False}, check_qtwebengine=True),
    parsed(
        "casacore/3.5.0",
        on(cpu.NEOVERSE_V1),
        {"toolchainopts": {"vectorize": False}},
        toolchainopts=None,
        toolchain=("foss", "2023b"),
    ),
    parsed(
        "FreeImage/3.18.0",
        on(cpu.GRACE),
        {"toolchainopts": {"cstd": "c++14", "pic": True, "extra_cflags": "-DPNG_ARM_NEON_OPT=0"}},
        toolchainopts={"cstd": "c++14"},
    ),
    parsed(
        "OpenBLAS/0.3.9",
        on(cpu.NEOVERSE_V1),
        {"max_failing_lapack_tests_num_errors": 400},
        max_failing_lapack_tests_num_errors=150,
    ),
    parsed(
        "CGAL/5.6",
        BuildTarget(family="ppc64le"),
        {"toolchainopts": {"strict": False, "precise": True}},
        toolchainopts={"strict": True},
    ),
    parsed(
        "R-bundle-CRAN/2021.1",
        HOST,
        {
            "exts_list": [
                "base",
                ("isoband", "0.2.5", {}),
                ("isoband", "0.2.4", {"preinstallopts": f"x && {CONSTANT} src/testthat/vendor/catch.h && "}),
            ]
        },
        exts_list=["base", ("isoband", "0.2.5", {}), ("isoband", "0.2.4", {"preinstallopts": "x &&"})],
    ),
    parsed(
        "R/4.0.5",
        HOST,
        {
            "exts_list": [
                ("testthat", "3.0.10", {"preinstallopts": f"y && {CONSTANT} inst/include/testthat/vendor/catch.h && "})
            ]
        },
        exts_list=[("testthat", "3.0.10")],
        exts_default_options={"preinstallopts": "y &&", "source_urls": ["x"]},
    ),
    parsed(
        "SciPy-bundle/2023.02",
        on(cpu.NEOVERSE_V1),
        numpy("armv8.4-a"),
        exts_list=[("numpy", "1.24.2"), ("scipy", "1.10.1", {})],
    ),
    parsed(
        "SciPy-bundle/2023.02",
        on(cpu.A64FX),
        numpy("armv8.2-a"),
        exts_list=[("numpy", "1.24.2"), ("scipy", "1.10.1", {})],
    ),
    parsed(
        "grpcio/1.67.1",
        COMPAT,
        {
            "exts_list": [
                ("cachetools", "5.5.0", {"checksums": ["1"]}),
                ("grpcio", "1.67.1", {"preinstallopts": "A=True GRPC_PYTHON_BUILD_SYSTEM_ZLIB=False && "}),
            ]
        },
        exts_list=[
            ("cachetools", "5.5.0", {"checksums": ["1"]}),
            ("grpcio", "1.67.1", {"preinstallopts": "A=True GRPC_PYTHON_BUILD_SYSTEM_ZLIB=True && "}),
        ],
    ),
    parsed(
        "GROMACS/2025.4",
        HOST,
        {
            "dependencies": [("Python", "3.13.5")],
            "builddependencies": [("CMake", "4.0.3"), ("CUDA", "12.9.1", "", SYSTEM_TOOLCHAIN)],
            "modluafooter": 'x()\nadd_property("arch","gpu")\nsetenv("EESSICUDAVERSION","12.9.1")',
        },
        dependencies=[("CUDA", "12.9.1", "", SYSTEM_TOOLCHAIN), ("Python", "3.13.5")],
        builddependencies=[("CMake", "4.0.3")],
        modluafooter="x()",
    ),
)
