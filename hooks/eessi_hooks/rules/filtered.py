"""Dependencies that are filtered, and whose place in the compatibility layer has to be said."""

from eessi_hooks.actions import append, substitute
from eessi_hooks.conditions import lacks
from eessi_hooks.policies.llvm import add_dependency_names
from eessi_hooks.rule import Rule
from eessi_hooks.session import extend_path, setenv
from eessi_hooks.step import Action, every

_BINUTILS = "binutils is in the compatibility layer, and looked for where a module of it would be"
_ZLIB = "zlib is in the compatibility layer"
_WHICH = (
    "binutils is in the compatibility layer; without being told, it finds the host's zlib; "
    "and the build container has no working `which`"
)
_EXTRAE_4 = "--with-binutils={binutils}"
_EXTRAE_5 = "--with-binutils={eprefix}/usr --with-binutils-headers={binutils}/include --with-binutils-libs={binutils}"
_EXTRAE_FILES = (
    "config/mpi-macros.m4 configure.ac config/macros.m4 include/Makefile.am Makefile.am tests/overhead/Makefile.am"
)


def _extrae(binutils: str) -> Action:
    return every(
        append("configopts", f"{binutils} --with-libz={{eprefix}}"),
        append("preconfigopts", f"sed -i 's/`which /`command -v /g' {_EXTRAE_FILES} && autoreconf -fi &&"),
    )


RULES = (
    Rule(
        software=("Dyninst",),
        at="pre_configure",
        do=append(
            "configopts",
            "-DLibIberty_ROOT_DIR={binutils} -DLibIberty_INCLUDE_DIRS={binutils}/include "
            "-DLibIberty_LIBRARIES={binutils}/libiberty.a",
        ),
        needs_eprefix=True,
        why=_BINUTILS,
    ),
    Rule(
        software=("Extrae",), at="pre_configure", before="5.0.0", do=_extrae(_EXTRAE_4), needs_eprefix=True, why=_WHICH
    ),
    Rule(
        software=("Extrae",),
        at="pre_configure",
        since="5.0.0",
        do=_extrae(_EXTRAE_5),
        needs_eprefix=True,
        why=f"{_WHICH}; since 5.0.0 it wants the folder that has bin/addr2line too",
    ),
    Rule(
        software=("Score-P",),
        at="pre_configure",
        do=append("configopts", "--with-libbfd-lib={binutils} --with-libbfd-include={binutils}/include"),
        needs_eprefix=True,
        why=_BINUTILS,
    ),
    Rule(
        software=("SymEngine",),
        at="pre_configure",
        do=append(
            "configopts",
            "-DBFD_INCLUDE_DIR={binutils}/include -DBFD_LIBRARY={libbfd} "
            + " ".join(
                f"-D{name}_INCLUDE_DIR=${{EBROOT{name}:?}}/include "
                f"-D{name}_LIBRARY=${{EBROOT{name}:?}}/lib/lib{name.lower()}.so"
                for name in ("GMP", "MPC", "MPFR")
            ),
        ),
        needs_eprefix=True,
        why="it does not look for BFD there, and would take GMP, MPC and MPFR from there instead of their modules",
    ),
    Rule(
        software=("SymEngine",),
        at="post_prepare",
        do=extend_path("LIBRARY_PATH", "{binutils}"),
        needs_eprefix=True,
        why="what LIBRARY_PATH has gets into RPATH: libbfd.so is found when it runs",
    ),
    Rule(
        software=("Graphviz",),
        at="pre_configure",
        do=every(
            setenv("EBROOTZLIB", "{eprefix}/usr"),
            setenv("EBROOTLIBTOOL", "{eprefix}/usr"),
            substitute("configopts", r"(?<!\S)--with-ltdl-lib(?=[=\s]|$)\S*", "--with-ltdl-lib={eprefix}/usr/lib64"),
            substitute("configopts", r"(?<!\S)--with-zlibdir(?=[=\s]|$)\S*", "--with-zlibdir={eprefix}/usr/lib64"),
        ),
        needs_eprefix=True,
        why="zlib and libtool are in the compatibility layer, whose libraries are in lib64",
    ),
    Rule(
        software=("GRASS",),
        at="pre_configure",
        do=every(
            substitute(
                "configopts", r"--with-(readline|zlib|bzlib)-includes=\S+", r"--with-\1-includes={eprefix}/usr/include"
            ),
            substitute("configopts", r"--with-(readline|zlib|bzlib)-libs=\S+", r"--with-\1-libs={eprefix}/usr/lib64"),
        ),
        needs_eprefix=True,
        why="readline, zlib and bzip2 are in the compatibility layer",
    ),
    Rule(
        software=("MetaBAT",),
        at="pre_configure",
        do=substitute("configopts", r"\$EBROOTZLIB/lib/libz\.a", "{eprefix}/usr/lib64/libz.so"),
        needs_eprefix=True,
        why="zlib is in the compatibility layer, which has no static one",
    ),
    Rule(
        software=("PETSc",),
        at="pre_configure",
        since="3.24.0",
        do=append("configopts", "--with-zlib-dir={eprefix}/usr"),
        needs_eprefix=True,
        why=_ZLIB,
    ),
    Rule(
        software=("LLVM", "ROCm-LLVM"),
        at="post_prepare",
        do=every(
            setenv("EBROOTZLIB", "{eprefix}/usr"),
            setenv("EBROOTNCURSES", "{eprefix}/usr"),
            Action("have LLVM's easyblock use zlib and ncurses", add_dependency_names("zlib", "ncurses")),
        ),
        needs_eprefix=True,
        why="zlib and ncurses are in the compatibility layer; what the easyblock says of them wins over configopts",
    ),
    Rule(
        software=("Zoltan",),
        at="pre_configure",
        when=lacks("ParMETIS"),
        do=every(
            substitute("configopts", r"(?<!\S)--with-parmetis\S*\s*", ""),
            append("configopts", "--without-parmetis"),
        ),
        why="ParMETIS is filtered: its licence does not allow to ship it",
    ),
    Rule(
        software=("FreeXL", "libspatialite", "VSEARCH"),
        at="pre_configure",
        do=append("configopts", 'CPPFLAGS="-DOF=_Z_OF ${CPPFLAGS}"'),
        needs_eprefix=True,
        why="Gentoo, which the compatibility layer is, renamed a macro of zlib: https://bugs.gentoo.org/383179",
    ),
    Rule(
        software=("grpcio",),
        at="parse_extension",
        versions=("1.57.0", "1.67.1", "1.70.0"),
        do=substitute("preinstallopts", "GRPC_PYTHON_BUILD_SYSTEM_ZLIB=True", "GRPC_PYTHON_BUILD_SYSTEM_ZLIB=False"),
        needs_eprefix=True,
        why="its setup.py looks for a zlib of the system in the host's /usr/include; it takes the one that it bundles",
    ),
)
