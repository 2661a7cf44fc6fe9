"""A user of a tree: the real Lmod, told of the tree as EESSI's initialisation does."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.eb.environment import find_lmod

LMOD = find_lmod(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Works on one CPU target, in a home of their own."""

    modules: Path
    home: Path

    def module(self, *words: str, **variables: str) -> str:
        """What Lmod prints: `spider` answers from the cache, and so does `load` with LMOD_CACHED_LOADS."""
        folder = self.modules.parents[1] / ".lmod"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "MODULEPATH": str(self.modules),
            "LMOD_RC": str(folder / "lmodrc.lua"),
            "LMOD_PACKAGE_PATH": str(folder),
            **variables,
        }
        assert LMOD
        run = subprocess.run([LMOD, "bash", *words], env=environment, capture_output=True, text=True, check=False)
        return " ".join((run.stdout + run.stderr).split())  # Lmod folds what it says

    def finds(self, module: str) -> bool:
        """Whether `module spider` knows it, without building a cache of its own."""
        said = self.module("spider", module)
        return "Unable to find" not in said and module in said

    def loads_cached(self, module: str) -> bool:
        said = self.module("load", module, LMOD_CACHED_LOADS="yes")
        return "LOADEDMODULES" in said and "unknown" not in said
