"""An EESSI version has its toolchains, and what is built with another one could not be used with the rest."""

import ast
import json
from functools import cache

from eessi_hooks.build import toolchain
from eessi_hooks.step import Refused, Step
from eessi_hooks.supported import SUPPORTED, TOP_LEVEL, Toolchain
from eessi_hooks.target import TOOLCHAIN_OVERRIDE, site_toolchains_variable


def check(step: Step) -> bool:
    """Refuse what is built with a toolchain that neither EESSI nor the site supports."""
    version, wanted = step.target.eessi_version, toolchain(step.cfg)
    if version not in SUPPORTED or wanted[0] == "system" or wanted[1] in SUPPORTED[version].get(wanted[0], ()):
        return False
    tops = (*TOP_LEVEL[version], *site_toolchains(version, step.target.site_toolchains))
    supported = {one for top in tops for one in hierarchy(top)}
    if wanted in supported:
        return False
    if TOOLCHAIN_OVERRIDE in step.target.overrides:
        warn(f"toolchain {'/'.join(wanted)} is not supported, and ${TOOLCHAIN_OVERRIDE} lets it pass")
        return False
    raise Refused(_refusal(step, version, wanted, supported))


@cache
def hierarchy(top: Toolchain) -> tuple[Toolchain, ...]:
    """A toolchain and all it is made of; itself alone where EasyBuild cannot say."""
    from easybuild.framework.easyconfig.easyconfig import get_toolchain_hierarchy
    from easybuild.tools.build_log import EasyBuildError

    name, version = top
    try:
        found = get_toolchain_hierarchy({"name": name, "version": version})
    except EasyBuildError:
        return (top,)
    return (top, *((one["name"], one["version"]) for one in found))


def site_toolchains(version: str, text: str | None) -> tuple[Toolchain, ...]:
    """What a site declares, in JSON or as Python would write it."""
    if not text:
        return ()
    try:
        return tuple((str(one["name"]), str(one["version"])) for one in _parsed(text))
    except (TypeError, KeyError, ValueError, SyntaxError):
        variable = site_toolchains_variable(version)
        msg = f'${variable} is no list such as [{{"name": "foss", "version": "2024a"}}]: {text}'
        raise Refused(msg) from None


def _parsed(text: str) -> list[dict[str, str]]:
    try:
        found = json.loads(text)
    except ValueError:
        found = ast.literal_eval(text)
    if not isinstance(found, list):
        raise TypeError
    return found


def warn(message: str) -> None:
    from easybuild.tools.build_log import print_warning
    from easybuild.tools.config import build_option

    print_warning(message, silent=bool(build_option("terse")))


def _refusal(step: Step, version: str, wanted: Toolchain, supported: set[Toolchain]) -> str:
    own = json.dumps([dict(zip(("name", "version"), wanted, strict=True))])
    return (
        f"{step.name}/{step.version} is built with toolchain {'/'.join(wanted)}, which EESSI {version} does not "
        f"support; it has {', '.join(sorted('/'.join(one) for one in supported))}. "
        f"To add it for a site: export {site_toolchains_variable(version)}='{own}'"
    )
