"""Environment that what is built needs in order to run while it is built."""

from eessi_hooks.rule import Rule
from eessi_hooks.session import setenv

RULES = (
    Rule(
        software=("PyTorch",),
        at="post_prepare",
        versions=("2.6.0", "2.7.1", "2.9.1"),
        only_eessi=("2025.06",),
        do=setenv("GLIBC_TUNABLES", "glibc.rtld.execstack=2"),
        why="its libraries ask for an executable stack, which glibc refuses: "
        "https://sourceware.org/bugzilla/show_bug.cgi?id=32653",
    ),
)
