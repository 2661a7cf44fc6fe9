"""What needs an accelerator is installed below `accel/`, and nothing else is."""

import re
from typing import Protocol, cast

from eessi_hooks.build import is_accelerated
from eessi_hooks.recipes import needs_accelerator
from eessi_hooks.step import Refused, Step
from eessi_hooks.target import PATH_OVERRIDE

#: `/cvmfs/software.eessi.io/versions/`, `/cvmfs/dev.eessi.io/<project>/versions/`
EESSI = re.compile(r"/cvmfs/(?:[^/]+\.)?eessi\.io(?:/[^/]+)?/versions/")


class _Block(Protocol):
    installdir: str


def check(step: Step) -> bool:
    """Refuse an installation in the wrong one of the two prefixes; a user's or project's own are not looked at."""
    path = cast("_Block", step.block).installdir
    if not _is_checked(path, step):
        return False
    if not is_below_accel(step) and is_accelerated(step):
        _refuse(
            step,
            f"{step.name} needs an accelerator and would be installed outside of accel/, in {path}: "
            "load EESSI-extend again with EESSI_ACCELERATOR_INSTALL=1, or give eessi-stack an accelerator",
        )
    if is_below_accel(step) and not needs_accelerator(step):
        _refuse(
            step,
            f"{step.name} needs no accelerator and would be installed below accel/, in {path}: "
            "install it for the CPU first, without EESSI_ACCELERATOR_INSTALL",
        )
    return False


def is_below_accel(step: Step) -> bool:
    return "/accel/" in (getattr(step.block, "installdir", None) or "")


def is_eessi(path: str, software_path: str | None) -> bool:
    """Whether an installation is one of EESSI's own, or of the tree that takes its place."""
    return bool(EESSI.match(path)) or bool(software_path and path.startswith(f"{software_path}/"))


def _is_checked(path: str, step: Step) -> bool:
    return is_eessi(path, step.target.software_path) or path.startswith(step.target.site_prefix)


def _refuse(step: Step, message: str) -> None:
    if PATH_OVERRIDE not in step.target.overrides:
        raise Refused(message)
