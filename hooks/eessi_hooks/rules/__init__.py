"""Every rule, in the order they are applied at a hook point. Tables of data: a rule is one row, with its reason."""

from eessi_hooks.rule import Rule
from eessi_hooks.rules import (
    compat_layer,
    cpu_quirks,
    dependencies,
    extensions,
    filtered,
    gpu,
    network,
    parallelism,
    policies,
    runtime,
    test_failures,
)

RULES: tuple[Rule, ...] = (
    *dependencies.RULES,
    *compat_layer.RULES,
    *filtered.RULES,
    *cpu_quirks.RULES,
    *extensions.RULES,
    *gpu.RULES,
    *network.RULES,
    *parallelism.RULES,
    *runtime.RULES,
    *test_failures.RULES,
    *policies.RULES,
)
