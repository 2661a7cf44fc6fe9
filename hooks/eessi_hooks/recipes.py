"""The recipes of what a build needs, however far down, as far as EasyBuild finds them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from eessi_hooks.build import is_accelerated
from eessi_hooks.step import Config, Step


def needed(cfg: Config, *, for_builds: bool) -> list[Config]:
    """What is loaded for a build; with `for_builds`, also what that was built with."""
    seen: dict[str, Config] = {}
    _collect(cfg, seen, builds_too=True, below=for_builds)
    return list(seen.values())


def needs_accelerator(step: Step) -> bool:
    """Whether a package is one for an accelerator, or needs one that is: it can only be loaded where that is."""
    recipes = needed(step.cfg, for_builds=True) if not is_accelerated(step) else []
    return is_accelerated(step) or any(is_accelerated(Step(cfg=cfg, target=step.target)) for cfg in recipes)


def _collect(cfg: Config, seen: dict[str, Config], *, builds_too: bool, below: bool) -> None:
    from easybuild.framework.easyconfig import easyconfig
    from easybuild.tools.module_naming_scheme.utilities import det_full_ec_version

    # Rules see texts as they were written: the names of recipes are asked for with all filled in.
    values = getattr(cfg, "template_values", {})
    for dep in easyconfig.resolve_template(list(_direct(cfg, builds_too)), values, expect_resolved=False):
        path = easyconfig.robot_find_easyconfig(dep["name"], det_full_ec_version(dep))
        if path and path not in seen:
            seen[path] = easyconfig.process_easyconfig(path, validate=False)[0]["ec"]
            _collect(seen[path], seen, builds_too=below, below=below)


def _direct(cfg: Config, builds_too: bool) -> Iterator[Mapping[str, object]]:  # noqa: FBT001
    """Asked for one kind after the other: of both at once, EasyBuild makes one list by adding to the recipe's own."""
    list_of = cast("Any", getattr(cfg, "dependencies", None))
    for kind in (["build_only"] if builds_too else []) + ["runtime_only"]:
        yield from list_of(**{kind: True}) if list_of else ()
