"""Which steps the hooks refuse to build, asked before anything is built."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from eessi_stack.eb.ask import ask_once
from eessi_stack.model import Step


def refused(steps: Sequence[Step], family: str, environment: Mapping[str, str], hooks: Path) -> dict[str, str]:
    """Module → why the hooks refuse it. StackError `easybuild-*`, exit code 3, where EasyBuild cannot say."""
    if not steps:
        return {}
    recipes = [{"recipe": step.package.recipe, "prefix": str(step.prefix)} for step in steps]
    question = {"hooks": str(hooks), "family": family, "recipes": recipes}
    answers = ask_once("eessi_stack.eb.explain", question, {**environment, "EASYBUILD_HOOKS": str(hooks)})["refused"]
    return {step.package.module: why for step, why in zip(steps, answers, strict=True) if why}
