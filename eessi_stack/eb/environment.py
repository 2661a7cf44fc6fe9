"""The environment that EasyBuild's processes get: the caller's, without what would steer the run, plus ours."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from eessi_stack.errors import StackError

#: Of the caller's environment, what must not leak into a build: module state of the caller, EasyBuild's own settings.
_DROPPED = ("EASYBUILD_", "LMOD_", "__LMOD", "_LM", "_ModuleTable", "EB")
_DROPPED_NAMES = frozenset(
    {"LOADEDMODULES", "_LMFILES_", "MODULEPATH", "LD_LIBRARY_PATH", "PYTHONOPTIMIZE"}
    | {"MAKEFLAGS", "GNUMAKEFLAGS", "MFLAGS", "MAKELEVEL"}  # of a make that runs us: it is not the build's
)

#: What the `eb` script itself sets before it starts EasyBuild.
_AS_EB = {"PYTHONOPTIMIZE": "1", "FANCYLOGGER_IGNORE_MPI4PY": "1"}

LMOD_PLACES = (
    "usr/share/Lmod/libexec/lmod",
    "usr/share/lmod/lmod/libexec/lmod",
    "usr/local/lmod/lmod/libexec/lmod",
    "opt/apps/lmod/lmod/libexec/lmod",
)


def user_options() -> dict[str, str]:
    """The caller's own EasyBuild settings."""
    return {name: value for name, value in os.environ.items() if name.startswith("EASYBUILD_")}


def install_mode() -> str:
    """Whom installations are for, by EESSI's own variables; the tree is for all where they say nothing."""
    modes = ("cvmfs", "site", "project", "user")
    said = [mode for mode in modes if os.environ.get(f"EESSI_{mode.upper()}_INSTALL")]
    if said == ["project", "user"]:
        return "user"
    if len(said) > 1:
        names = " and ".join(f"EESSI_{mode.upper()}_INSTALL" for mode in said)
        raise StackError("install-mode", f"{names} contradict each other", hint="unset all of them but one")
    return said[0] if said else "cvmfs"


def umask(environment: Mapping[str, str]) -> int:
    """The umask of what EasyBuild installs, as its environment says. StackError for one that is none."""
    said = environment.get("EASYBUILD_UMASK", "022")
    try:
        return int(said, 8)
    except ValueError as error:
        hint = "set it to 022, or unset it"
        raise StackError("umask", f"$EASYBUILD_UMASK: {said!r} is no umask", hint=hint) from error


def for_easybuild(*layers: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without module and EasyBuild settings, then the layers, the last one strongest."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_DROPPED) and name not in _DROPPED_NAMES
    }
    # EasyBuild finds its easyconfigs and scripts by the place of `eb` in PATH.
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["EASYBUILD_IGNORECONFIGFILES"] = ",".join(_config_files())
    if os.geteuid() == 0:
        kept["EASYBUILD_ALLOW_USE_AS_ROOT_AND_ACCEPT_CONSEQUENCES"] = "1"
    for layer in (_AS_EB, *layers):
        kept |= layer
    return kept


def _config_files() -> list[str]:
    """EasyBuild's configuration files: they could send an installation anywhere, so they are not read."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 (never raises)
    folders = [*os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep), "/etc"]
    found = [str(path) for folder in folders for path in sorted(Path(folder).glob("easybuild.d/*.cfg"))]
    return [f"{home}/easybuild/config.cfg", *found]


def with_compat(environment: Mapping[str, str], compat: Path | None) -> dict[str, str]:
    """Builds take the compat layer's tools, as they do in EESSI's build container; the host's where it has none."""
    if compat is None:
        return dict(environment)
    tools = (compat / "usr" / "bin", compat / "bin")
    return {**environment, "PATH": os.pathsep.join([*map(str, tools), environment["PATH"]])}


def find_lmod(configured: Path | None, compat: Path | None) -> Path | None:
    """Lmod's command: the configured one, else the compat layer's, else the host's."""
    candidates = [root / place for root in (compat, Path("/")) if root for place in LMOD_PLACES]
    if configured:
        candidates = [configured]
    return next((path for path in candidates if os.access(path, os.X_OK) and path.is_file()), None)


def batch_job() -> str:
    """The job of the batch system that this is, where it is one: it tells whom to ask about a lock."""
    names = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")
