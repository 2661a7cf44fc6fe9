"""The verbs that change EasyBuild's session: environment, build options, cores."""

import os
from collections.abc import Collection
from typing import Protocol, cast

from eessi_hooks.build import parameter, without_letters
from eessi_hooks.step import Action, Step


def setenv(name: str, value: str) -> Action:
    """Set an environment variable for the step; not for an extension, whose environment EasyBuild makes later."""

    def apply(step: Step) -> bool:
        from easybuild.tools.environment import setvar, unset_env_vars

        old = os.environ.get(name)
        if old is None:
            step.undo.callback(unset_env_vars, [name], verbose=False)
        else:
            step.undo.callback(setvar, name, old, verbose=False)
        setvar(name, step.expand(value), verbose=False)
        return True

    return Action(f"set ${name} to {value}", apply, scoped=True)


def extend_path(name: str, folder: str) -> Action:
    """Append a folder to a variable that holds a search path."""

    def apply(step: Step) -> bool:
        current = os.environ.get(name, "").split(os.pathsep)
        added = [part for part in (*current, step.expand(folder)) if part]
        return setenv(name, os.pathsep.join(dict.fromkeys(added))).apply(step)

    return Action(f"append {folder} to ${name}", apply, scoped=True)


def set_build_option(step: Step, name: str, value: object) -> None:
    """Set one of EasyBuild's own options until the step ends."""
    from easybuild.tools.config import update_build_option

    step.undo.callback(update_build_option, name, update_build_option(name, value))


def build_option(name: str, value: str) -> Action:
    """Set one of EasyBuild's own options for the step."""

    def apply(step: Step) -> bool:
        set_build_option(step, name, value)
        return True

    return Action(f"set EasyBuild option {name} to {value}", apply, scoped=True)


def strip_capabilities(*suffixed: str) -> Action:
    """Ask for plain CUDA compute capabilities in the place of these; of all of them that there are."""

    def plain(found: Collection[str]) -> list[str]:
        return list(dict.fromkeys(without_letters(one) if one in suffixed else one for one in found))

    def apply(step: Step) -> bool:
        from easybuild.tools.config import build_option as current

        found = current("cuda_compute_capabilities")
        own = parameter(step.cfg, "cuda_compute_capabilities")
        if own:
            step.cfg["cuda_compute_capabilities"] = plain(cast("list[str]", own))
        if found and plain(found) != list(found):
            set_build_option(step, "cuda_compute_capabilities", plain(found))
            if make_templates := getattr(step.cfg, "generate_template_values", None):
                make_templates()
            return True
        return own != parameter(step.cfg, "cuda_compute_capabilities")

    changes = ", ".join(f"{one} → {without_letters(one)}" for one in suffixed)
    return Action(f"ask for plain CUDA compute capabilities: {changes}", apply, scoped=True)


def limit_parallel(*, divide: int = 1, at_most: int | None = None) -> Action:
    """Use a part of the session's cores; never more than are already in use."""

    def apply(step: Step) -> bool:
        from easybuild.tools.systemtools import det_parallelism

        cfg = cast("_Parallel", step.cfg)
        current = cfg.parallel
        limit: int = max(1, det_parallelism() // divide)
        lowered = min(current, limit, at_most or limit)
        cfg.parallel = lowered
        return lowered < current

    parts = [f"1/{divide} of the cores"] * (divide > 1) + [f"{at_most} cores"] * (at_most is not None)
    return Action(f"use at most {' or '.join(parts)}", apply)


class _Parallel(Protocol):
    """The cores a build uses: a property of the easyconfig, once its easyblock has begun."""

    parallel: int
