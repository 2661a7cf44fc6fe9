"""Which steps the hooks refuse to build, asked before anything is built."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from eessi_stack.eb.ask import ask_once
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Package, Step


def refused(steps: Sequence[Step], family: str, environment: Mapping[str, str], hooks: Path) -> dict[str, str]:
    """Module → why the hooks refuse it. StackError, exit code 3, where that cannot be told of all of them."""
    if not steps:
        return {}
    recipes = [{"recipe": step.package.recipe, "prefix": str(step.prefix)} for step in steps]
    question = {"hooks": str(hooks), "family": family, "recipes": recipes}
    answers = ask_once("eessi_stack.eb.explain", question, {**environment, "EASYBUILD_HOOKS": str(hooks)})["answers"]
    found = {step.package: answer for step, answer in zip(steps, answers, strict=True)}
    if errors := tuple(_undecided(package, answer["error"]) for package, answer in found.items() if "error" in answer):
        raise StackErrors(errors)
    return {package.module: answer["refused"] for package, answer in found.items() if answer["refused"]}


def _undecided(package: Package, why: str) -> StackError:
    return StackError(
        "refusal-undecided",
        f"{package.module}: whether the hooks refuse it cannot be told: {why}",
        context=package.recipe,
        hint="`eessi-stack hooks explain` asks for it alone; nothing was built",
        exit_code=ExitCode.UNDECIDED,
    )
