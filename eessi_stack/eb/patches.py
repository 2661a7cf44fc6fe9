"""What is changed of EasyBuild in the reader's process, so that it says what it looks at."""

import copy
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from easybuild.framework.easyconfig import easyconfig
from easybuild.framework.easyconfig.format import one, pyheaderconfigobj
from easybuild.tools.hooks import load_hooks
from easybuild.tools.toolchain.utilities import search_toolchain

from eessi_stack.eb.recorder import Recorder

_ATOMS = frozenset({str, int, float, bool, type(None)})


def fill_caches() -> None:
    """Have EasyBuild look now for what it looks for once, so that it does not count for the first that needs it."""
    easyconfig.ActiveMNS()
    search_toolchain("")


def load(hooks: str, recorder: Recorder) -> None:
    """Load the hooks.

    Ours read what is built for when a rule wants it, so that a recipe that none asked about is shared by targets.
    Those of others may keep what they read: that counts for the whole session.
    """
    load_hooks(hooks)
    engine: Any = sys.modules.get("eessi_hooks.engine")
    target: Any = sys.modules.get("eessi_hooks.target")
    if engine and target and Path(hooks).resolve() == Path(str(engine.__file__)).parents[1] / "eb_hooks.py":
        engine.session_target = lambda: target.EnvironmentTarget(os.environ)
        return
    run_hook = easyconfig.run_hook

    def noting(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        with recorder.frame("session"):
            return run_hook(*args, **kwargs)

    easyconfig.run_hook = noting


def copy_cheaply() -> None:
    """EasyBuild copies 200 parameters and all constants for each recipe, a quarter of its time: most is plain data."""
    cheap = SimpleNamespace(copy=copy.copy, deepcopy=_deepcopy)
    easyconfig.copy = one.copy = pyheaderconfigobj.copy = cheap


def _deepcopy(value: Any, memo: Any = None) -> Any:  # noqa: ANN401
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is list:
        return [_deepcopy(item) for item in value]
    if kind is dict:
        return {key: _deepcopy(item) for key, item in value.items()}
    if kind is tuple:
        return tuple([_deepcopy(item) for item in value])
    return copy.deepcopy(value, memo)
