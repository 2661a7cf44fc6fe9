"""Keep the hooks with the installation: EasyBuild archives only the file named by `--hooks`, not what it imports."""

import os
import shutil
from pathlib import Path
from typing import Protocol, cast

from eessi_hooks.step import Step

PACKAGE = Path(__file__).resolve().parents[1]


class _Block(Protocol):
    logfile: str


def archive(step: Step) -> bool:
    """Copy this package beside the hooks file that EasyBuild has set aside.

    EasyBuild collects the files for reproducibility beside the log before the build starts, and moves them into the
    installation only after it went well; it takes care of read-only installations and of earlier ones. Other builds
    may have theirs there too: the name has the number of the process.
    """
    staged = Path(cast("_Block", step.block).logfile).parent.glob(f"reprod_*_{os.getpid()}/hooks")
    copies = [hooks / PACKAGE.name for hooks in staged if not (hooks / PACKAGE.name).exists()]
    for copy in copies:
        _copy_modules(copy)
    return bool(copies)


def _copy_modules(copy: Path) -> None:
    """Contents without permissions: a package that lies read-only in CVMFS must not make the copy immovable."""
    for module in PACKAGE.rglob("*.py"):
        target = copy / module.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, target)
