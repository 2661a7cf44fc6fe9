"""Extensions that do not compile as their easyconfig has them.

They act while the list of extensions is parsed: EasyBuild runs no hooks for those it installs in parallel.
"""

from eessi_hooks.actions import append
from eessi_hooks.rule import PARSE_EXTENSION, Rule
from eessi_hooks.step import Action


def _constant_stack_size(header: str) -> Action:
    return append("preinstallopts", f"sed -i 's/SIGSTKSZ/32768/g' {header} &&")


RULES = (
    Rule(
        software=("isoband",),
        at=PARSE_EXTENSION,
        before="0.2.5",
        do=_constant_stack_size("src/testthat/vendor/catch.h"),
        why="SIGSTKSZ is no constant in recent glibc: https://github.com/r-lib/isoband/commit/6984e6c",
    ),
    Rule(
        software=("testthat",),
        at=PARSE_EXTENSION,
        before="3.1.0",
        do=_constant_stack_size("inst/include/testthat/vendor/catch.h"),
        why="SIGSTKSZ is no constant in recent glibc: https://github.com/r-lib/testthat/issues/1373",
    ),
)
