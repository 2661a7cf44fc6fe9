"""How software reaches the network."""

from eessi_hooks.actions import append
from eessi_hooks.rule import Rule

RULES = (
    Rule(
        software=("OpenMPI", "PMIx", "PRRTE"),
        at="pre_configure",
        since_eessi="2025.06",
        do=append("configopts", "--enable-ipv6"),
        why="EESSI enables IPv6 from 2025.06 on",
    ),
)
