"""Comparison → Plan: which packages are built, where and why. Pure."""

from collections.abc import Collection

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Action, Comparison, Inventory, Package, Plan, State, Step, Tree

#: What makes a package one for accelerators: it is one of these, or needs one, however far down.
ACCELERATOR_SOFTWARE = frozenset({"CUDA", "cuDNN", "ROCm", "ROCm-LLVM", "rocm-compilers"})


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
    StackError `accelerator-needed` where a package wants an accelerator and the target has none.
    """
    accelerated = accelerator_modules(tuple(verdict.package for verdict in comparison.verdicts))
    hopeless = {verdict.package.module for verdict in comparison.of(State.ERROR)}
    steps = []
    for verdict in comparison.of(State.MISSING):
        package = verdict.package
        if not hopeless.isdisjoint(package.needs):
            hopeless.add(package.module)
            continue
        on_accelerator = package.module in accelerated
        if on_accelerator and not comparison.target.accelerator:
            raise _accelerator_needed(package)
        prefix = tree.prefix(comparison.target if on_accelerator else comparison.target.cpu_only)
        repair = package.module in inventory.incomplete
        action, reason = (Action.REPAIR, verdict.reason) if repair else (Action.INSTALL, "new")
        reason += _instead_of(package)
        steps.append(Step(package=package, action=action, reason=reason, prefix=prefix))
    steps.sort(key=lambda step: step.package.module in accelerated)
    return Plan(target=comparison.target, steps=tuple(steps))


def _instead_of(package: Package) -> str:
    """What is not built from where its entry says."""
    asked = package.requests[-1].options if package.requests else ()
    return "".join(f", with {INSTEAD[name]} instead of {name} {value}" for name, value in asked if name in INSTEAD)


def accelerator_modules(packages: Collection[Package]) -> frozenset[str]:
    """The modules that belong to an accelerator prefix. `packages` are in build order."""
    found: set[str] = set()
    for package in packages:
        if package.module.split("/", 1)[0] in ACCELERATOR_SOFTWARE or not found.isdisjoint(package.needs):
            found.add(package.module)
    return frozenset(found)


def _accelerator_needed(package: Package) -> StackError:
    asked = ", ".join(request.source for request in package.requests)
    return StackError(
        "accelerator-needed",
        f"{package.module} is software for accelerators, and the target has none",
        context=f"asked for in {asked}" if asked else "",
        hint="give the accelerator, as in `--accel nvidia/cc90`; nothing was built",
        exit_code=ExitCode.FINDING,
    )
