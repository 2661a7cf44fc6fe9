"""Comparison → Plan: which packages are built, where and why. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eessi_stack.compare.packages import accelerator_modules
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Action, Comparison, Inventory, Package, Plan, Request, State, Step, Tree, Verdict

#: What stands in for what an easystack entry would have from another place, which is not followed.
INSTEAD = {
    "from-commit": "the recipe of the robot path",
    "from-pr": "the recipe of the robot path",
    "include-easyblocks": "EasyBuild's own easyblocks",
    "include-easyblocks-from-commit": "EasyBuild's own easyblocks",
    "include-easyblocks-from-pr": "EasyBuild's own easyblocks",
}

#: Why a step is there, all there is to say; the README lists them. A rebuild says what for after a colon.
NEW = "new"
CUT_OFF = "repair: its build was cut off"
NO_DIRECTORY = "repair: module without directory"
REBUILD = "rebuild: "
ASKED_FOR = "asked for"
DEPENDENCY_REBUILT = "dependency rebuilt"


#: What is there in some way: it can be built again.
THERE = (State.INSTALLED, State.BROKEN, State.DRIFT)


def make_plan(
    comparison: Comparison,
    inventory: Inventory,
    tree: Tree,
    rebuild: Mapping[str, str] | None = None,
) -> Plan:
    """The steps that make the tree match, in build order, those of the CPU prefix first.

    What needs a package that nobody can tell how to build is no step. `rebuild` says which modules that are there are
    built again, and why; those whose installation is gone are repaired.
    StackError `accelerator-needed` where an entry or a package wants an accelerator and the target has none.
    """
    if elsewhere := [request for request in comparison.elsewhere if not request.rebuild]:
        raise _accelerator_needed(elsewhere[0].filename, elsewhere)
    accelerated = accelerator_modules(verdict.package for verdict in comparison.verdicts)
    reasons = {**_absent(comparison, inventory), **_again(comparison, rebuild or {}, inventory.hollow)}
    steps = []
    for verdict in comparison.verdicts:
        if verdict.package.module not in reasons:
            continue
        package = replace(verdict.package, requests=verdict.requests)
        on_accelerator = package.module in accelerated
        if on_accelerator and not comparison.target.accelerator:
            raise _accelerator_needed(package.module, package.requests)
        action, reason = reasons[package.module]
        prefix = tree.prefix(comparison.target if on_accelerator else comparison.target.cpu_only)
        reason += _instead_of(package)
        steps.append(Step(package=package, action=action, reason=reason, prefix=prefix))
    steps.sort(key=lambda step: step.package.module in accelerated)
    return Plan(target=comparison.target, steps=tuple(steps))


def _absent(comparison: Comparison, inventory: Inventory) -> dict[str, tuple[Action, str]]:
    """What is missing and can be built."""
    hopeless = {verdict.package.module for verdict in comparison.of(State.ERROR)}
    found = {}
    for verdict in comparison.of(State.MISSING):
        module = verdict.package.module
        if not hopeless.isdisjoint(verdict.package.needs):
            hopeless.add(module)
        elif module in inventory.incomplete:
            found[module] = (Action.REPAIR, CUT_OFF)
        else:
            found[module] = (Action.INSTALL, NEW)
    return found


def _again(
    comparison: Comparison, rebuild: Mapping[str, str], hollow: Collection[str]
) -> dict[str, tuple[Action, str]]:
    """What is there and is built all the same."""
    found = {}
    for verdict in comparison.of(*THERE):
        module = verdict.package.module
        if not verdict.package.recipe:
            continue
        if module in hollow:
            found[module] = (Action.REPAIR, NO_DIRECTORY)
        elif module in rebuild:
            found[module] = (Action.REBUILD, f"{REBUILD}{rebuild[module]}")
    return found


def rebuilds(
    comparison: Comparison,
    names: Iterable[str],
    changed: Mapping[str, str],
    since: Collection[Request],
    *,
    dependents: bool,
) -> dict[str, str]:
    """Module → why it is built again, of what is installed.

    `names` are those asked for by name, `changed` says what has changed of which, `since` are the entries that ask for
    a rebuild and are younger than what is installed. StackError `rebuild-unknown` for a name that fits nothing.
    """
    there = comparison.of(*THERE)
    wanted = {module: ASKED_FOR for name in names for module in _named(name, there)}
    wanted |= {one.package.module: ASKED_FOR for one in there if any(asked in since for asked in one.requests)}
    found = {**changed, **wanted}
    if dependents:
        found |= _dependents(there, found)
    return found


def _named(name: str, there: Sequence[Verdict]) -> list[str]:
    """The modules that a name means: a module, a software, or an easyconfig."""
    found = [
        one.package.module
        for one in there
        if name in (one.package.module, one.package.module.split("/", 1)[0], one.package.filename)
    ]
    if not found:
        hint = "name an installed module, its software or its easyconfig, or say `changed`"
        raise StackError("rebuild-unknown", f"nothing of the stack that is installed is called {name}", hint=hint)
    return found


def _dependents(there: Sequence[Verdict], rebuilt: Mapping[str, str]) -> dict[str, str]:
    """What needs a rebuilt package at run time, and what needs that."""
    found: dict[str, str] = {}
    for one in there:  # in build order: what is needed comes first
        module = one.package.module
        if module not in rebuilt and any(need in rebuilt or need in found for need in one.package.dependencies):
            found[module] = DEPENDENCY_REBUILT
    return found


def differences(saved: Iterable[Mapping[str, Any]], now: Plan) -> Iterator[str]:
    """What is not as it was when a plan was saved; of its steps `module`, `sha256` and so on."""
    steps = {step.package.module: step for step in now.steps}
    known = {one["module"]: one for one in saved}
    yield from (
        f"{module} is not to be built any more: it is there, or nothing needs it"
        for module in known
        if module not in steps
    )
    yield from (f"{module} is to be built too: {step.reason}" for module, step in steps.items() if module not in known)
    for module, one in known.items():
        step = steps.get(module)
        if step and step.package.sha256 != one["sha256"]:
            yield f"{module}: its recipe has changed: {step.package.recipe}"
        elif step and options(step.package) != one["options"]:
            yield f"{module}: its entry had the options {one['options']}, and has {options(step.package)}"
        elif step and (step.reason, str(step.prefix)) != (one["reason"], one["prefix"]):
            yield f"{module}: was {one['reason']} in {one['prefix']}, is {step.reason} in {step.prefix}"


def options(package: Package) -> dict[str, Any]:
    """What its entry tells EasyBuild besides, as JSON has it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in package.options}


def _instead_of(package: Package) -> str:
    """What is not built from where its entry says."""
    asked = package.options
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
