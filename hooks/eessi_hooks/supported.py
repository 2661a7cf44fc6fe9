"""The toolchains of each EESSI version: the top-level ones, and all that EasyBuild 5.4.1 says they are made of.

Also read by `eessi-stack lint`, which starts no EasyBuild. `tests/hooks/test_hooks_toolchains.py` compares both tables.
"""

Toolchain = tuple[str, str]

TOP_LEVEL: dict[str, tuple[Toolchain, ...]] = {
    "2023.06": (("foss", "2022b"), ("foss", "2023a"), ("foss", "2023b")),
    "2025.06": (("foss", "2024a"), ("foss", "2025a"), ("foss", "2025b"), ("lfoss", "2025b"), ("rompi", "2025a")),
    "2026.06": (("foss", "2026.1"), ("lfoss", "2026.1")),
}

#: EESSI version → name → versions. EasyBuild takes a second to find that out; SYSTEM is supported always.
SUPPORTED: dict[str, dict[str, tuple[str, ...]]] = {
    "2023.06": {
        "GCC": ("12.2.0", "12.3.0", "13.2.0"),
        "GCCcore": ("12.2.0", "12.3.0", "13.2.0"),
        "foss": ("2022b", "2023a", "2023b"),
        "gfbf": ("2022b", "2023a", "2023b"),
        "gompi": ("2022b", "2023a", "2023b"),
    },
    "2025.06": {
        "GCC": ("13.3.0", "14.2.0", "14.3.0"),
        "GCCcore": ("13.3.0", "14.2.0", "14.3.0"),
        "foss": ("2024a", "2025a", "2025b"),
        "gfbf": ("2024a", "2025a", "2025b"),
        "gompi": ("2024a", "2025a", "2025b"),
        "lfbf": ("2025b",),
        "lfoss": ("2025b",),
        "llvm-compilers": ("20.1.8",),
        "lompi": ("2025b",),
        "rocm-compilers": ("19.0.0-ROCm-6.4.1",),
        "rompi": ("2025a",),
    },
    "2026.06": {
        "GCC": ("15.2.0",),
        "GCCcore": ("15.2.0",),
        "foss": ("2026.1",),
        "gfbf": ("2026.1",),
        "gompi": ("2026.1",),
        "lfbf": ("2026.1",),
        "lfoss": ("2026.1",),
        "llvm-compilers": ("21.1.8",),
        "lompi": ("2026.1",),
    },
}
