"""Comparison → Plan: which packages are built, where and why. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Action, Comparison, Inventory, Plan, Request, State, Step, Tree
from eessi_stack.packages import accelerator_modules

#: What stands in for what an easystack entry would have from another place, which is not followed.
INSTEAD = {
    "from-commit": "the recipe of the robot path",
    "from-pr": "the recipe of the robot path",
    "include-easyblocks": "EasyBuild's own easyblocks",
    "include-easyblocks-from-commit": "EasyBuild's own easyblocks",
    "include-easyblocks-from-pr": "EasyBuild's own easyblocks",
}


def make_plan(comparison: Comparison, inventory: Inventory, tree: Tree) -> Plan:
    """The steps that make the tree match, in build order, those of the CPU prefix first.

    What needs a package that nobody can tell how to build is no step.
    StackError `accelerator-needed` where an entry or a package wants an accelerator and the target has none.
    """
    if elsewhere := [request for request in comparison.elsewhere if not request.rebuild]:
        raise _accelerator_needed(elsewhere[0].filename, elsewhere)
    accelerated = accelerator_modules(verdict.package for verdict in comparison.verdicts)
    hopeless = {verdict.package.module for verdict in comparison.of(State.ERROR)}
    steps = []
    for verdict in comparison.of(State.MISSING):
        package = replace(verdict.package, requests=verdict.requests)
        if not hopeless.isdisjoint(package.needs):
            hopeless.add(package.module)
            continue
        on_accelerator = package.module in accelerated
        if on_accelerator and not comparison.target.accelerator:
            raise _accelerator_needed(package.module, package.requests)
        prefix = tree.prefix(comparison.target if on_accelerator else comparison.target.cpu_only)
        repair = package.module in inventory.incomplete
        action, reason = (Action.REPAIR, verdict.reason) if repair else (Action.INSTALL, "new")
        reason += _instead_of(package.requests)
        steps.append(Step(package=package, action=action, reason=reason, prefix=prefix))
    steps.sort(key=lambda step: step.package.module in accelerated)
    return Plan(target=comparison.target, steps=tuple(steps))


def _instead_of(requests: Sequence[Request]) -> str:
    """What is not built from where its entry says."""
    asked = requests[-1].options if requests else ()
    return "".join(f", with {INSTEAD[name]} instead of {name} {value}" for name, value in asked if name in INSTEAD)


def _accelerator_needed(name: str, requests: Sequence[Request]) -> StackError:
    return StackError(
        "accelerator-needed",
        f"{name} is software for accelerators, and the target has none",
        context=f"asked for in {_sources(requests)}" if requests else "",
        hint="give the accelerator, as in `--accel nvidia/cc90`; nothing was built",
        exit_code=ExitCode.FINDING,
    )


def _sources(requests: Sequence[Request]) -> str:
    more = len(requests) - 3
    return ", ".join(request.source for request in requests[:3]) + (f" and {more} more" if more > 0 else "")
