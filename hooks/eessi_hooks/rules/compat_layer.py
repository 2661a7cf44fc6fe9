"""What is taken from the compatibility layer instead of from a module."""

from eessi_hooks.actions import append, assign, substitute
from eessi_hooks.conditions import without_avx
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
        software=("GObject-Introspection",),
        at="pre_configure",
        do=append(
            "preconfigopts",
            r"sed -i 's/^\( *\)runtime_path_envvar = .*/&\n\1runtime_path_envvar = [name for name in "
            r"""runtime_path_envvar if name not in os.environ.get("EASYBUILD_FILTER_ENV_VARS", "").split(",")]/'"""
            " %(start_dir)s/giscanner/ccompiler.py &&",
        ),
        needs_eprefix=True,
        why="it sets LD_LIBRARY_PATH, which breaks the compatibility layer's tools: "
        "https://github.com/EESSI/software-layer/issues/196",
    ),
    Rule(
        software=("libfabric",),
        at="pre_configure",
        families=("x86_64",),
        when=without_avx(),
        do=append("configopts", "--disable-psm3"),
        why="its psm3 provider uses AVX instructions",
    ),
)
