"""The settings: what each is called, where it can come from, and how it is read. Pure."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Units of memory, each 1024 of the one before, and of time, the largest first.
_BYTES = "KMGT"
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def _path(text: str) -> Path:
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 (EasyBuild's paths have no `..` either)


def _first_path(text: str) -> Path:
    """EasyBuild downloads into the first of several source paths."""
    return _path(text.split(":", 1)[0])


def paths(text: str) -> tuple[Path, ...]:
    return tuple(_path(part) for part in text.split(":") if part)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(text)
    return int(text)


def _bytes(text: str) -> int:
    """`16G`, `512m`, `1.5TB`, `16GiB`, in powers of 1024."""
    number, unit = _number(text.upper(), r"([KMGT]?)(?:I?B)?")
    return int(number * 1024 ** (f" {_BYTES}".index(unit) if unit else 0))


def _seconds(text: str) -> float:
    """`90s`, `90m`, `1.5h`, `1d`; what a number alone means nobody need guess."""
    number, unit = _number(text.lower(), f"([{''.join(_SECONDS)}])")
    return number * _SECONDS[unit]


def _number(text: str, unit: str) -> tuple[float, str]:
    found = re.fullmatch(rf"(\d+(?:\.\d+)?){unit}", text)
    if not found or float(found[1]) <= 0:
        raise ValueError(text)
    return float(found[1]), found[2]


def written(name: str, value: float) -> str:
    """A setting that is a number as one would write it: `16G`, `90m`."""
    if name == "timeout":
        unit = next((unit for unit, size in _SECONDS.items() if value % size == 0), "s")
        return f"{value / _SECONDS[unit]:g}{unit}"
    if name == "memory":
        power = max(power for power in range(len(_BYTES) + 1) if value >= 1024**power or power == 0)
        return f"{round(value / 1024**power, 1):g}{_BYTES[power - 1] if power else ''}"
    return str(value)


def _accelerator(text: str) -> str:
    """EESSI writes `accel/nvidia/cc90` where eessi-stack writes `nvidia/cc90`: both are read."""
    return text.removeprefix("accel/")


COLORS = ("auto", "always", "never")


def _color(text: str) -> str:
    if text not in COLORS:
        raise ValueError(text)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: where it can come from, and what it is."""

    name: str  #: the key in eessi-stack.toml, and the long flag without dashes
    variables: tuple[str, ...]  #: environment variables, the strongest first
    parse: Callable[[str], Any]
    wants: str  #: what a valid value looks like
    help: str


OPTIONS = (
    Option(
        name="repo",
        variables=("EESSI_STACK_REPO", "EESSI_CVMFS_REPO_OVERRIDE", "EESSI_CVMFS_REPO"),
        parse=_path,
        wants="a folder",
        help="the folder that holds versions/",
    ),
    Option(
        name="eessi-version",
        variables=("EESSI_STACK_EESSI_VERSION", "EESSI_VERSION_OVERRIDE", "EESSI_VERSION"),
        parse=str,
        wants="a version such as 2023.06",
        help="the version of the tree",
    ),
    Option(
        name="target",
        variables=("EESSI_STACK_TARGET", "EESSI_SOFTWARE_SUBDIR_OVERRIDE"),
        parse=_names,
        wants="CPU targets such as x86_64/amd/zen3, separated by commas",
        help="CPU target to work on, instead of the host's",
    ),
    Option(
        name="accel",
        variables=("EESSI_STACK_ACCEL", "EESSI_ACCELERATOR_TARGET_OVERRIDE"),
        parse=_accelerator,
        wants="an accelerator such as nvidia/cc90",
        help="accelerator to work on",
    ),
    Option(
        name="robot-paths",
        variables=("EESSI_STACK_ROBOT_PATHS", "EASYBUILD_ROBOT_PATHS"),
        parse=paths,
        wants="folders separated by colons",
        help="folders with easyconfigs, searched before EasyBuild's own",
    ),
    Option(
        name="filter-deps",
        variables=("EESSI_STACK_FILTER_DEPS", "EASYBUILD_FILTER_DEPS"),
        parse=_names,
        wants="software names separated by commas",
        help="dependencies that the host or compat layer provides, besides EESSI's own list",
    ),
    Option(
        name="sources",
        variables=("EESSI_STACK_SOURCES", "EASYBUILD_SOURCEPATH"),
        parse=_first_path,
        wants="a folder",
        help="where source files are kept",
    ),
    Option(
        name="work-dir",
        variables=("EESSI_STACK_WORK_DIR", "WORKING_DIR"),
        parse=_path,
        wants="a folder",
        help="where builds happen and logs are kept",
    ),
    Option(
        name="cache-dir",
        variables=("EESSI_STACK_CACHE_DIR",),
        parse=_path,
        wants="a folder",
        help="where what was read of easyconfigs, easystacks and modules is kept, to be faster the next time",
    ),
    Option(
        name="cores",
        variables=("EESSI_STACK_CORES",),
        parse=_count,
        wants="a whole number from 1 on",
        help="cores that all builds together may use; by default those that affinity and cgroup leave",
    ),
    Option(
        name="jobs",
        variables=("EESSI_STACK_JOBS",),
        parse=_count,
        wants="a whole number from 1 on",
        help="packages that may be built side by side; by default one for every four cores, but two if there are two",
    ),
    Option(
        name="memory",
        variables=("EESSI_STACK_MEMORY",),
        parse=_bytes,
        wants="an amount of memory such as 16G, 512M or 1.5T",
        help="memory that all builds together may use; by default what the cgroup or machine has",
    ),
    Option(
        name="timeout",
        variables=("EESSI_STACK_TIMEOUT",),
        parse=_seconds,
        wants="a time with its unit such as 90s, 90m, 8h or 1d",
        help="how long the build of one package may take; by default as long as it does",
    ),
    Option(
        name="lmod",
        variables=("EESSI_STACK_LMOD", "LMOD_CMD"),
        parse=_path,
        wants="a path",
        help="Lmod's command (libexec/lmod)",
    ),
    Option(
        name="color",
        variables=("EESSI_STACK_COLOR",),
        parse=_color,
        wants="auto, always or never",
        help="colour in the output",
    ),
)
