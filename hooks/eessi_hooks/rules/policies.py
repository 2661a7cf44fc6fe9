"""What holds for every build."""

from eessi_hooks.actions import Action
from eessi_hooks.policies.archive import archive
from eessi_hooks.rule import ANY, Rule

RULES = (
    Rule(
        software=ANY,
        at="pre_easyblock",
        do=Action("archive the hook package", archive),
        why="an installation must carry what it takes to make it again",
    ),
)
