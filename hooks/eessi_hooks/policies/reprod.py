"""A copy of how each installation was made that stays when it is rebuilt, below `reprod/` of the prefix."""

import os
import shutil
import time
from pathlib import Path
from typing import Protocol, cast

from eessi_hooks.step import Step


class _EasyConfig(Protocol):
    def filename(self) -> str: ...


class _Block(Protocol):
    name: str
    installdir: str
    logfile: str
    dry_run: bool

    cfg: _EasyConfig


def keep(step: Step) -> bool:
    """Copy log, recipe, patches, easyblocks and hooks, where the build went well."""
    from easybuild.tools.config import ConfigurationVariables
    from easybuild.tools.module_naming_scheme.utilities import det_full_ec_version

    block = cast("_Block", step.block)
    prefix = Path(ConfigurationVariables()["installpath"])
    made = Path(block.installdir, "easybuild")
    if not (made.is_dir() and went_well(block)):
        return False
    stamp = time.strftime("%Y%m%d_%H%M%SUTC", time.gmtime())
    copy = prefix.joinpath("reprod", block.name, det_full_ec_version(block.cfg), stamp, "easybuild")
    shutil.copytree(made, copy, symlinks=True)
    return True


def went_well(block: _Block) -> bool:
    """EasyBuild collects the files beside the log, and moves them into the installation after a good end alone."""
    staged = Path(block.logfile).parent.glob(f"reprod_*_{os.getpid()}/{block.cfg.filename()}")
    return not block.dry_run and not list(staged)
