"""CUDA compute capabilities that software cannot take as the target has them."""

from eessi_hooks.actions import append
from eessi_hooks.conditions import asks_for, both, has_capability, is_set, uses
from eessi_hooks.rule import ANY, Rule
from eessi_hooks.session import strip_capabilities

_SAMPLE = "Samples/3_CUDA_Features/immaTensorCoreGemm"
_BINARIES = "its binaries have no device code for them, and EasyBuild's sanity check of CUDA would fail"
_FAMILIES = ("10.0f", "12.0f")
_VOLTA = "immaTensorCoreGemm is not for CUDA compute capability 7.0"

RULES = (
    Rule(
        software=ANY,
        at="pre_easyblock",
        when=both(uses("CUDA", "12.8.0"), asks_for(*_FAMILIES)),
        do=strip_capabilities(*_FAMILIES),
        why="CUDA 12.8.0 does not know targets that stand for a family",
    ),
    Rule(
        software=("cuDNN",),
        at="pre_easyblock",
        versions=("9.5.0.50",),
        when=asks_for("9.0a"),
        do=strip_capabilities("9.0a"),
        why=_BINARIES,
    ),
    Rule(
        software=("cuDNN",),
        at="pre_easyblock",
        versions=("9.10.1.4",),
        when=asks_for(*_FAMILIES),
        do=strip_capabilities(*_FAMILIES),
        why=_BINARIES,
    ),
    Rule(
        software=("LAMMPS",),
        at="pre_easyblock",
        versions=("22Jul2025",),
        when=both(is_set("kokkos"), asks_for("9.0a", *_FAMILIES)),
        do=strip_capabilities("9.0a", *_FAMILIES),
        why="Kokkos builds for plain compute capabilities, and EasyBuild's sanity check of CUDA would fail",
    ),
    Rule(
        software=("CUDA-Samples",),
        at="pre_configure",
        versions=("12.1",),
        when=has_capability("7.0"),
        do=append("prebuildopts", f"rm -f {_SAMPLE}/Makefile &&"),
        why=_VOLTA,
    ),
    Rule(
        software=("CUDA-Samples",),
        at="pre_configure",
        versions=("12.9",),
        when=has_capability("7.0"),
        do=append(
            "preconfigopts",
            "sed -i '/immaTensorCoreGemm/s/^/# /' %(start_dir)s/Samples/3_CUDA_Features/CMakeLists.txt &&",
        ),
        why=_VOLTA,
    ),
)
