"""Dependencies that are replaced or added while an easyconfig is parsed: they change what is missing."""

from eessi_hooks.actions import add_dependency, replace_dependency
from eessi_hooks.dependencies import SYSTEM, Dependency
from eessi_hooks.rule import Rule

_LIBINPUT = "upstream leaves libinput out because it pulls in systemd"

RULES = (
    Rule(
        software=("pybind11",),
        at="parse",
        versions=("2.10.3", "2.11.1"),
        do=replace_dependency(Dependency("Catch2", "2.13.9", toolchain=SYSTEM), Dependency("Catch2", "2.13.9")),
        why="with the SYSTEM toolchain it is always missing: https://github.com/easybuilders/easybuild-easyconfigs/pull/19270",
    ),
    Rule(
        software=("Mesa",),
        at="parse",
        versions=("24.1.3",),
        do=replace_dependency(Dependency("LLVM", "18.1.8"), Dependency("LLVM", "18.1.8", "-minimal")),
        why="the full LLVM 18.1.8 cannot be built with a sysroot",
    ),
    Rule(
        software=("maturin",),
        at="parse",
        versions=("1.9.1",),
        do=replace_dependency(Dependency("Rust", "1.88.0"), Dependency("Rust", "1.91.1")),
        why="Rust 1.88.0 crashes on A64FX, and all targets get the same: https://github.com/EESSI/software-layer/pull/1357",
    ),
    Rule(
        software=("Qt6",),
        at="parse",
        since="6.9.3",
        toolchain=("GCCcore", "14.3.0"),
        do=add_dependency(Dependency("libinput", "1.30.1")),
        why=_LIBINPUT,
    ),
    Rule(
        software=("Qt6",),
        at="parse",
        since="6.9.3",
        toolchain=("GCCcore", "15.2.0"),
        do=add_dependency(Dependency("libinput", "1.31.3")),
        why=_LIBINPUT,
    ),
)
