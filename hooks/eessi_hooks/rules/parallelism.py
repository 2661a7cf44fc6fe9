"""How many cores a build may use, where all of them would need more memory than there is; the lowest limit holds."""

from eessi_hooks.rule import ANY, Rule
from eessi_hooks.session import limit_parallel
from eessi_hooks.target import A64FX, AARCH64_GENERIC, NEOVERSE_N1, NEOVERSE_V1

_MEMORY = "all cores at once run out of memory"
_A64FX = "A64FX has 32 GB of memory for 48 cores"


def _limit(
    *software: str, cpus: tuple[str, ...] = (), why: str = _MEMORY, divide: int = 1, to: int | None = None
) -> Rule:
    return Rule(software=software, at="post_ready", cpus=cpus, do=limit_parallel(divide=divide, at_most=to), why=why)


RULES = (
    _limit(*ANY, cpus=(A64FX,), divide=4, why=_A64FX),
    _limit("LLVM", "MBX", "TensorFlow", "jax", "libxc", divide=2),
    _limit("ROCm-LLVM", to=12),
    _limit("Qt6", cpus=(AARCH64_GENERIC, NEOVERSE_N1, NEOVERSE_V1), divide=2),
    _limit("Qt5", "Qt6", "TensorFlow", cpus=(A64FX,), to=8, why=f"{_A64FX}, and these need more than others"),
    _limit("QuantumESPRESSO", "libxc", cpus=(A64FX,), to=6, why=f"{_A64FX}, and these need even more"),
    _limit("MBX", cpus=(A64FX,), to=1, why=f"{_A64FX}, and this one needs most of it for a single one"),
)
