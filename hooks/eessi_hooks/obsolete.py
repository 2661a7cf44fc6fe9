"""What EESSI's hooks do and these rules leave out, with the reason: so that nothing is missing by mistake."""

from dataclasses import dataclass

from eessi_hooks.target import A64FX, GRACE, NEOVERSE_N1, ZEN4, ZEN5

_UNDONE = "what a rule changes of the session is undone by the engine when its step ends"
_LAMMPS = "since EasyBuild 5.1.2, its easyblock has Kokkos build for the native CPU, and disables NEON for older CUDA"
_BLIS = "EasyBuild's own easyblock does it, for all easyconfigs of these versions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obsolete:
    software: tuple[str, ...]
    at: str
    why: str
    versions: tuple[str, ...] = ()
    cpus: tuple[str, ...] = ()


OBSOLETE = (
    Obsolete(
        software=("OpenBLAS",),
        at="pre_configure",
        why="EasyBuild's own easyblock does it for --optarch=GENERIC: easybuild-easyblocks PR 3492",
    ),
    Obsolete(software=("BLIS",), at="pre_configure", versions=("1.0", "1.1"), cpus=(A64FX,), why=_BLIS),
    Obsolete(software=("BLIS",), at="pre_configure", versions=("1.0", "1.1", "2.0"), cpus=(ZEN5,), why=_BLIS),
    Obsolete(
        software=("LAMMPS",),
        at="pre_configure",
        versions=("2Aug2023_update2", "2Aug2023_update4", "29Aug2024"),
        cpus=(ZEN4,),
        why=_LAMMPS,
    ),
    Obsolete(software=("LAMMPS",), at="pre_configure", versions=("2Aug2023_update2", "13.1"), why=_LAMMPS),
    Obsolete(software=("Highway",), at="post_prepare", cpus=(NEOVERSE_N1,), why=_UNDONE),
    Obsolete(software=("LLVM",), at="post_prepare", why=_UNDONE),
    Obsolete(software=("Rust",), at="post_prepare", why=_UNDONE),
    Obsolete(
        software=("numpy",),
        at="post_single_extension",
        why="no option is changed for numpy: EasyBuild 5.4 sets flags for all extensions before the first of them",
    ),
    Obsolete(
        software=("LAMMPS",),
        at="pre_configure",
        versions=("2Aug2023_update2", "2Aug2023_update4", "29Aug2024"),
        cpus=(GRACE,),
        why=f"without CUDA: {_LAMMPS}",
    ),
    Obsolete(
        software=("*",),
        at="parse",
        why="$EPREFIX need not be set: without a compatibility layer, rules that need one do not apply",
    ),
    Obsolete(software=("*",), at="post_easyblock", why="the hook point is in every EasyBuild that eessi-stack runs"),
)
