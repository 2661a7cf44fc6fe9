"""Rules that act before a package is configured, and while its environment is prepared."""

from types import SimpleNamespace

from eessi_hooks import target as cpu

from tests.hooks.row import BINUTILS, COMPAT, HOST, Row, configured, limited, on


class EB_LLVM:  # noqa: N801 (EasyBuild's own name)
    def __init__(self) -> None:
        self.deps = ["zlib", "libxml2"]


def make_bundle(block: SimpleNamespace, _: object) -> None:
    block.comp_instances = [(None, EB_LLVM()), (None, SimpleNamespace(deps=["python"]))]


def highway(name: str, changes: dict[str, object], **cfg: object) -> Row:
    toolchain = ("GCCcore", "12.3.0")
    return Row(at="pre_prepare", name="Highway/1.0.4", target=on(name), changes=changes, cfg=cfg, toolchain=toolchain)


def wrf(file: str) -> str:
    entry = "s/Linux x86_64 ppc64le, gfortran/Linux x86_64 aarch64 ppc64le, gfortran/"
    return f" sed -i '{entry}' arch/{file}.defaults && "


EXTRAE_5 = f"--with-binutils=/compat/usr --with-binutils-headers={BINUTILS}/include --with-binutils-libs={BINUTILS}"
EXTRAE = (
    " sed -i 's/`which /`command -v /g' config/mpi-macros.m4 configure.ac config/macros.m4 include/Makefile.am "
    "Makefile.am tests/overhead/Makefile.am && autoreconf -fi && "
)

ROWS = (
    Row(
        at="pre_configure",
        name="CMake/3.31.8",
        target=COMPAT,
        toolchain=("system", "system"),
        changes={"configopts": "-DA=1 -DB=$EBROOTNCURSES "},
        cfg={
            "configopts": "-DA=1 -DCURSES_FORM_LIBRARY=$EBROOTNCURSES/lib/libform.a "
            "-DCURSES_NCURSES_LIBRARY=$EBROOTNCURSES/lib/libncurses.a -DB=$EBROOTNCURSES ",
        },
    ),
    Row(
        at="pre_configure",
        name="MetaBAT/2.15",
        target=COMPAT,
        changes={"configopts": "-DZLIB_LIBRARY=/compat/usr/lib64/libz.so -DX=1"},
        cfg={"configopts": "-DZLIB_LIBRARY=$EBROOTZLIB/lib/libz.a -DX=1"},
    ),
    highway(cpu.GRACE, {"configopts": " -DHWY_ENABLE_TESTS=OFF "}, configopts=""),
    highway(cpu.NEOVERSE_N1, {"--optarch": "GENERIC"}),
    Row(at="pre_prepare", name="LLVM/14.0.6", target=on(cpu.A64FX), changes={"--optarch": "march=armv8.2-a"}),
    Row(at="pre_prepare", name="Rust/1.65.0", target=on(cpu.A64FX), changes={"--optarch": "march=armv8.2-a"}),
    Row(
        at="pre_configure",
        name="PRRTE/3.0.5",
        target=on(cpu.ZEN4, "2025.06"),
        changes={"configopts": "--x --enable-ipv6 "},
        cfg={"configopts": "--x"},
    ),
    Row(at="post_ready", name="zlib/1.3", target=on(cpu.A64FX), changes={"parallel": 12}),
    Row(at="post_ready", name="LLVM/18.1.8", target=HOST, changes={"parallel": 24}),
    Row(at="post_ready", name="Qt5/5.15.10", target=on(cpu.A64FX), changes={"parallel": 8}),
    Row(
        at="post_prepare",
        name="PyTorch/2.7.1",
        target=on(cpu.ZEN3, "2025.06"),
        changes={"$GLIBC_TUNABLES": "glibc.rtld.execstack=2"},
    ),
    configured(
        "Dyninst/13.0.0",
        COMPAT,
        {
            "configopts": f"-DA=1 -DLibIberty_ROOT_DIR={BINUTILS} -DLibIberty_INCLUDE_DIRS={BINUTILS}/include "
            f"-DLibIberty_LIBRARIES={BINUTILS}/libiberty.a "
        },
        configopts="-DA=1",
    ),
    configured(
        "Score-P/9.4",
        COMPAT,
        {"configopts": f" --with-libbfd-lib={BINUTILS} --with-libbfd-include={BINUTILS}/include "},
        configopts="",
    ),
    configured(
        "SymEngine/0.14.0",
        COMPAT,
        {
            "configopts": f" -DBFD_INCLUDE_DIR={BINUTILS}/include -DBFD_LIBRARY={BINUTILS}/libbfd.so "
            "-DGMP_INCLUDE_DIR=${EBROOTGMP:?}/include -DGMP_LIBRARY=${EBROOTGMP:?}/lib/libgmp.so "
            "-DMPC_INCLUDE_DIR=${EBROOTMPC:?}/include -DMPC_LIBRARY=${EBROOTMPC:?}/lib/libmpc.so "
            "-DMPFR_INCLUDE_DIR=${EBROOTMPFR:?}/include -DMPFR_LIBRARY=${EBROOTMPFR:?}/lib/libmpfr.so "
        },
        configopts="",
    ),
    Row(at="post_prepare", name="SymEngine/0.14.0", target=COMPAT, changes={"$LIBRARY_PATH": BINUTILS}),
    configured(
        "Graphviz/12.2.0",
        COMPAT,
        {
            "$EBROOTZLIB": "/compat/usr",
            "$EBROOTLIBTOOL": "/compat/usr",
            "configopts": "--with-ltdl-include=$EBROOTLIBTOOL/include --with-ltdl-lib=/compat/usr/lib64 "
            "--with-zincludedir='a b' --with-zlibdir=/compat/usr/lib64",
        },
        configopts="--with-ltdl-include=$EBROOTLIBTOOL/include --with-ltdl-lib=$EBROOTLIBTOOL/lib "
        "--with-zincludedir='a b' --with-zlibdir=$EBROOTZLIB/lib",
    ),
    configured(
        "GRASS/8.4.0",
        COMPAT,
        {
            "configopts": "--with-readline --with-readline-libs=/compat/usr/lib64 "
            "--with-readline-includes=/compat/usr/include --with-zstd-libs=$EBROOTZSTD/lib "
            "--with-bzlib-libs=/compat/usr/lib64 --with-zlib-includes=/compat/usr/include"
        },
        configopts="--with-readline --with-readline-libs=$EBROOTLIBREADLINE/lib "
        "--with-readline-includes=$EBROOTLIBREADLINE/include --with-zstd-libs=$EBROOTZSTD/lib "
        "--with-bzlib-libs=$EBROOTBZIP2/lib --with-zlib-includes=$EBROOTZLIB/include",
    ),
    configured("PETSc/3.24.0", COMPAT, {"configopts": " --with-zlib-dir=/compat/usr "}, configopts=""),
    Row(
        at="post_prepare",
        name="ROCm-LLVM/19.0.0",
        target=COMPAT,
        before=make_bundle,
        after=lambda block, _: {"deps": [component.deps for _, component in block.comp_instances]},
        changes={
            "$EBROOTZLIB": "/compat/usr",
            "$EBROOTNCURSES": "/compat/usr",
            "deps": [["zlib", "libxml2", "ncurses"], ["python"]],
        },
    ),
    Row(
        at="pre_configure",
        name="Zoltan/3.901",
        target=HOST,
        options={"filter_deps": ["zlib", "ParMETIS"]},
        cfg={
            "configopts": "--with-scotch --with-parmetis --with-parmetis-incdir=$EBROOTPARMETIS/include --x",
            "dependencies": [("ParMETIS", "4.0.3")],
        },
        changes={"configopts": "--with-scotch --x --without-parmetis "},
    ),
    configured(
        "VSEARCH/2.30.0",
        COMPAT,
        {"configopts": ' CPPFLAGS="-DOF=_Z_OF ${CPPFLAGS}" '},
        configopts="",
    ),
    configured(
        "GObject-Introspection/1.84.0",
        COMPAT,
        {
            "preconfigopts": r" sed -i 's/^\( *\)runtime_path_envvar = .*/&\n\1runtime_path_envvar = "
            r"""[name for name in runtime_path_envvar if name not in os.environ.get("EASYBUILD_FILTER_ENV_VARS", "")"""
            r""".split(",")]/' %(start_dir)s/giscanner/ccompiler.py && """
        },
        preconfigopts=None,
    ),
    configured(
        "libfabric/2.1.0",
        on(cpu.X86_64_GENERIC),
        {"configopts": "--disable-usnic --disable-psm3 "},
        configopts="--disable-usnic",
    ),
    configured(
        "BLIS/0.9.0",
        on(cpu.A64FX),
        {"configopts": '--enable-shared CC="$CC" CFLAGS="$CFLAGS -DCACHE_SECTOR_SIZE_READONLY" auto'},
        configopts='--enable-shared CC="$CC" auto ',
    ),
    configured(
        "LAMMPS/29Aug2024",
        on(cpu.GRACE),
        {"kokkos_arch": "ARMV81"},
        kokkos_arch=None,
        builddependencies=[("CUDA", "12.4.0")],
    ),
    configured("WRF/3.9", on(cpu.GRACE), {"preconfigopts": wrf("configure_new")}, preconfigopts=""),
    configured("WRF/4.2.1", on(cpu.GRACE), {"preconfigopts": wrf("configure")}, preconfigopts=""),
    Row(
        at="pre_configure",
        name="CUDA-Samples/12.1",
        target=HOST,
        options={"cuda_compute_capabilities": ["7.0", "8.0"]},
        cfg={"prebuildopts": "rm -r bin/win64 && "},
        changes={"prebuildopts": "rm -r bin/win64 &&  rm -f Samples/3_CUDA_Features/immaTensorCoreGemm/Makefile && "},
    ),
    Row(
        at="pre_configure",
        name="CUDA-Samples/12.9",
        target=HOST,
        options={"cuda_compute_capabilities": ["7.0"]},
        cfg={"preconfigopts": ["x && "]},
        changes={
            "preconfigopts": [
                "x &&  sed -i '/immaTensorCoreGemm/s/^/# /' %(start_dir)s/Samples/3_CUDA_Features/CMakeLists.txt && "
            ]
        },
    ),
    *(
        Row(
            at="pre_configure",
            name=f"Extrae/{version}",
            target=COMPAT,
            cfg={"configopts": "", "preconfigopts": ""},
            changes={"configopts": f" {opts} --with-libz=/compat ", "preconfigopts": EXTRAE},
        )
        for version, opts in (
            ("4.2.5", f"--with-binutils={BINUTILS}"),
            (
                "5.0.10",
                EXTRAE_5,
            ),
        )
    ),
    limited("Qt6/6.9.3", on(cpu.NEOVERSE_N1), 24),
    limited("ROCm-LLVM/19.0.0", HOST, 12),
    limited("QuantumESPRESSO/7.5", on(cpu.A64FX), 6),
    limited("MBX/1.1.0", on(cpu.A64FX), 1),
)
