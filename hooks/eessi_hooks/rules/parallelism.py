"""How many cores a build may use, where all of them would need more memory than there is; the lowest limit holds."""

from eessi_hooks.actions import limit_parallel
from eessi_hooks.rule import ANY, Rule
from eessi_hooks.target import A64FX

RULES = (
    Rule(
        software=ANY,
        at="post_ready",
        cpus=(A64FX,),
        do=limit_parallel(divide=4),
        why="A64FX has 32 GB of memory for 48 cores",
    ),
    Rule(
        software=("LLVM", "MBX", "TensorFlow", "jax", "libxc"),
        at="post_ready",
        do=limit_parallel(divide=2),
        why="all cores at once run out of memory",
    ),
    Rule(
        software=("Qt5", "Qt6", "TensorFlow"),
        at="post_ready",
        cpus=(A64FX,),
        do=limit_parallel(at_most=8),
        why="A64FX has 32 GB of memory for 48 cores, and these need more than others",
    ),
)
