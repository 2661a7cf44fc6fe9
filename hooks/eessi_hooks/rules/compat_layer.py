"""What is taken from the compatibility layer instead of from a module."""

from eessi_hooks.actions import append, assign, substitute
from eessi_hooks.rule import Rule

RULES = (
    Rule(
        software=("fontconfig",),
        at="parse",
        do=append("configopts", "--with-add-fonts={eprefix}/usr/share/fonts"),
        needs_eprefix=True,
        why="the fonts are in the compatibility layer",
    ),
    Rule(
        software=("UCX",),
        at="parse",
        do=append("configopts", "--with-rdmacm={eprefix}/usr"),
        needs_eprefix=True,
        why="librdmacm is in the compatibility layer; --with-sysroot would put `=` before paths in .la files",
    ),
    Rule(
        software=("Qt5",),
        at="parse",
        do=assign("check_qtwebengine", value=False),
        needs_eprefix=True,
        why="its check asks for the version of glibc, unknown in a prefix: "
        "https://github.com/easybuilders/easybuild-framework/pull/4290",
    ),
    Rule(
        software=("CMake",),
        at="pre_configure",
        toolchain=("system", "system"),
        do=substitute("configopts", r"-DCURSES_[A-Z]+_LIBRARY=\$EBROOTNCURSES/lib/lib[a-z]+\.a *", ""),
        needs_eprefix=True,
        why="the compatibility layer has no static ncurses: https://github.com/EESSI/software-layer/pull/1175",
    ),
    Rule(
        software=("MetaBAT",),
        at="pre_configure",
        do=substitute("configopts", r"\$EBROOTZLIB/lib/libz\.a", "{eprefix}/usr/lib64/libz.so"),
        needs_eprefix=True,
        why="zlib is in the compatibility layer, which has no static one",
    ),
)
