"""What does not compile, or computes wrongly, for some CPUs as the easyconfig has it."""

from eessi_hooks.actions import append, assign, substitute, toolchain_options
from eessi_hooks.conditions import needs
from eessi_hooks.rule import PARSE_EXTENSION, Rule
from eessi_hooks.session import build_option
from eessi_hooks.step import Action, every
from eessi_hooks.target import A64FX, GRACE, NEOVERSE_N1, NEOVERSE_V1

_HIGHWAY = "its tests do not compile or run: https://github.com/EESSI/software-layer/issues/469"
_A64FX_LLVM = "LLVM of that age does not compile for A64FX: https://github.com/EESSI/software-layer/issues/1213"
_WRF = "its list of compilers has no entry for aarch64"
_NUMPY = "numpy 1.24.2 has problems with -march=native"


def _wrf(file: str) -> Action:
    entry = "s/Linux x86_64 ppc64le, gfortran/Linux x86_64 aarch64 ppc64le, gfortran/"
    return append("preconfigopts", f"sed -i '{entry}' {file} &&")


def _architecture(name: str) -> Action:
    """Compile one extension for another architecture, in its own commands: EasyBuild sets flags for all at once."""
    other = f"$(printenv $flags | sed 's/-m\\(arch\\|cpu\\)=[^ ]*/-march={name}/g')"
    exports = f'for flags in CFLAGS CXXFLAGS FFLAGS FCFLAGS F90FLAGS; do export $flags="{other}"; done &&'
    return every(append("prebuildopts", exports), append("preinstallopts", exports))


RULES = (
    Rule(
        software=("CGAL",),
        at="parse",
        families=("ppc64le",),
        do=toolchain_options(strict=False, precise=True),
        why="strict implies -mieee-fp, which POWER has not: "
        "https://github.com/easybuilders/easybuild-framework/issues/2077",
    ),
    Rule(
        software=("BLIS",),
        at="pre_configure",
        versions=("0.9.0",),
        cpus=(A64FX,),
        do=substitute(
            "configopts", r'(?<!READONLY" )(?<!\S)(\S+)\s*$', r'CFLAGS="$CFLAGS -DCACHE_SECTOR_SIZE_READONLY" \1'
        ),
        why="it stops at an illegal instruction; later ones have EasyBuild's easyblock for it: "
        "https://github.com/flame/blis/issues/800",
    ),
    Rule(
        software=("LAMMPS",),
        at="pre_configure",
        versions=("2Aug2023_update2", "2Aug2023_update4", "29Aug2024"),
        cpus=(GRACE,),
        when=needs("CUDA"),
        do=assign("kokkos_arch", "ARMV81"),
        why="its Kokkos does not know Grace, and with CUDA EasyBuild asks for the name of a CPU",
    ),
    Rule(
        software=("WRF",),
        at="pre_configure",
        up_to="3.9.0",
        families=("aarch64",),
        do=_wrf("arch/configure_new.defaults"),
        why=_WRF,
    ),
    Rule(
        software=("WRF",),
        at="pre_configure",
        since="4.0.0",
        up_to="4.2.1",
        families=("aarch64",),
        do=_wrf("arch/configure.defaults"),
        why=_WRF,
    ),
    Rule(
        software=("casacore",),
        at="parse",
        versions=("3.5.0",),
        toolchain=("foss", "2023b"),
        cpus=(NEOVERSE_V1,),
        do=toolchain_options(vectorize=False),
        why="GCC 13.2.0 fails to compile it vectorized: https://github.com/EESSI/software-layer/pull/479",
    ),
    Rule(
        software=("FreeImage",),
        at="parse",
        versions=("3.18.0",),
        families=("aarch64",),
        do=toolchain_options(pic=True, extra_cflags="-DPNG_ARM_NEON_OPT=0"),
        why="needs -fPIC on Arm: https://github.com/EESSI/software-layer/pull/736",
    ),
    Rule(
        software=("OpenBLAS",),
        at="parse",
        before="0.3.23",
        cpus=(NEOVERSE_V1,),
        do=assign("max_failing_lapack_tests_num_errors", 400),
        why="a few more numerical failures in LAPACK's tests: https://github.com/EESSI/software-layer/issues/314",
    ),
    Rule(
        software=("Highway",),
        at="pre_prepare",
        versions=("1.0.4",),
        toolchain=("GCCcore", "12.3.0"),
        cpus=(A64FX, NEOVERSE_V1, GRACE),
        do=append("configopts", "-DHWY_ENABLE_TESTS=OFF"),
        why=_HIGHWAY,
    ),
    Rule(
        software=("Highway",),
        at="pre_prepare",
        versions=("1.0.4",),
        toolchain=("GCCcore", "12.3.0"),
        cpus=(NEOVERSE_N1,),
        do=build_option("optarch", "GENERIC"),
        why=_HIGHWAY,
    ),
    Rule(
        software=("LLVM",),
        at="pre_prepare",
        versions=("14.0.6", "15.0.5"),
        cpus=(A64FX,),
        do=build_option("optarch", "march=armv8.2-a"),
        why=_A64FX_LLVM,
    ),
    Rule(
        software=("Rust",),
        at="pre_prepare",
        versions=("1.65.0",),
        cpus=(A64FX,),
        do=build_option("optarch", "march=armv8.2-a"),
        why=f"it brings LLVM 15; {_A64FX_LLVM}",
    ),
    Rule(
        software=("numpy",),
        at=PARSE_EXTENSION,
        versions=("1.24.2",),
        cpus=(NEOVERSE_V1,),
        do=_architecture("armv8.4-a"),
        why=_NUMPY,
    ),
    Rule(
        software=("numpy",),
        at=PARSE_EXTENSION,
        versions=("1.24.2",),
        cpus=(A64FX,),
        do=_architecture("armv8.2-a"),
        why=_NUMPY,
    ),
)
