"""Tree + target + what the host and stack provide → EasyBuild's configuration. Pure."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eessi_stack.model import OptionValue, Step, Target, Tree

DATA = Path(__file__).parents[1] / "data"

#: Of the user's own settings, what a step or a run decides besides `steering_options`.
DECIDED = frozenset({"rebuild", "force", "robot", "filter-deps", "parallel", "max-parallel"})


@cache
def steering_options() -> frozenset[str]:
    """EasyBuild options that say where, how or whether it runs: eessi-stack decides them, nobody else."""
    return frozenset((DATA / "steering-options.txt").read_text(encoding="utf-8").split())


#: Options of an easystack entry that only say where its recipe or easyblocks come from.
ORIGIN = frozenset(
    """
    from-pr from-commit include-easyblocks-from-pr include-easyblocks-from-commit include-easyblocks
    robot
    """.split()  # noqa: SIM905 (a list of this length is unreadable)
)

#: Options of an easystack entry that change how it is built, not what it depends on.
BUILD_ONLY = frozenset(
    """
    accept-eula-for cuda-sanity-check-accept-missing-ptx cuda-sanity-check-error-on-failed-checks
    cuda-sanity-check-strict force ignore-osdeps ignore-test-failure max-parallel parallel
    parallel-extensions-install rebuild skip-sanity-check skip-test-cases skip-test-step
    """.split()  # noqa: SIM905 (a list of this length is unreadable)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What one run of EasyBuild gets from outside the tree."""

    hooks: Path
    robot_paths: tuple[Path, ...] = ()
    filter_deps: tuple[str, ...] = ()
    compat: Path | None = None  #: the compat layer, where there is one
    user: Mapping[str, str] | None = None  #: the user's own `EASYBUILD_*` variables
    mode: str = "cvmfs"  #: whom installations are for: decides their permissions


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((DATA / "easybuild.toml").read_text(encoding="utf-8"))


def variable(option: str) -> str:
    """The environment variable that sets an EasyBuild option: `filter-deps` → `EASYBUILD_FILTER_DEPS`."""
    return f"EASYBUILD_{option.upper().replace('-', '_')}"


def filter_deps(version: str, family: str, extra: Iterable[str] = ()) -> tuple[str, ...]:
    """What is not built because the compat layer or host provides it, for one EESSI version and CPU family."""
    lists = _data()["filter-deps"]
    names = [*lists["always"], *lists.get(family, ()), *lists.get(version, ()), *extra]
    return tuple(dict.fromkeys(names))


def compute_capabilities(accelerator: str | None) -> dict[str, str]:
    """`nvidia/cc90` → CUDA compute capability 9.0a, `amd/gfx90a` → that name."""
    if not accelerator:
        return {}
    vendor, name = accelerator.split("/", 1)
    if vendor == "amd":
        return {"amdgcn-capabilities": name}
    digits = name.removeprefix("cc")
    capability = f"{digits[:-1]}.{digits[-1]}"
    return {"cuda-compute-capabilities": _data()["compute-capabilities"].get(capability, capability)}


def configuration(tree: Tree, target: Target, site: Site) -> dict[str, str]:
    """The options that decide what a recipe means on a target: what EESSI sets, then what the user sets."""
    data = _data()
    options = dict(data["always"])
    for version, later in data["after"].items():
        if tree.version > version:
            options |= later
    options |= data["mode"][site.mode] | compute_capabilities(target.accelerator)
    if site.compat:
        options["sysroot"] = str(site.compat)
    options["hooks"] = str(site.hooks)
    configured = {variable(name): value for name, value in options.items()}
    steering = {variable(name) for name in steering_options() | DECIDED}
    configured |= {name: value for name, value in (site.user or {}).items() if name not in steering}
    configured[variable("filter-deps")] = ",".join(filter_deps(tree.version, target.family, site.filter_deps))
    if site.robot_paths:  # an empty last path stands for EasyBuild's own easyconfigs
        configured[variable("robot-paths")] = "".join(f"{path}:" for path in site.robot_paths)
    return configured


def eessi_environment(tree: Tree, target: Target, compat: Path | None, mode: str = "cvmfs") -> dict[str, str]:
    """The variables that tell hooks and recipes what they are built for, as EESSI's own initialisation sets them."""
    variables = {
        "EESSI_VERSION": tree.version,
        "EESSI_CVMFS_REPO": str(tree.repo),
        "EESSI_PREFIX": str(tree.root),
        "EESSI_OS_TYPE": target.os,
        "EESSI_CPU_FAMILY": target.family,
        "EESSI_SOFTWARE_SUBDIR": target.cpu,
        "EESSI_SOFTWARE_PATH": str(tree.prefix(target.cpu_only)),
    }
    if mode == "cvmfs":  # nobody need say so, and the hooks ask
        variables["EESSI_CVMFS_INSTALL"] = "1"
    if target.accelerator:
        variables["EESSI_ACCELERATOR_TARGET"] = f"accel/{target.accelerator}"
    if compat:
        variables |= {"EPREFIX": str(compat), "EESSI_EPREFIX": str(compat)}
    return variables


def locale() -> dict[str, str]:
    return dict(_data()["environment"])


def optarch(cpu: str, host_cpu: str, gcc_flag: str) -> str | None:
    """How to tell the compiler the target: nothing for the host's own CPU, GENERIC, or GCC's name of another one."""
    if cpu.endswith("/generic"):
        return "GENERIC"
    return None if cpu == host_cpu else f"GCC:{gcc_flag}"


def for_step(  # noqa: PLR0913 (five of them are keywords)
    step: Step, *, work_dir: Path, sources: Path, cores: int, logs: Path, build_path: str | None = None
) -> dict[str, str]:
    """The options of one build: where it happens, where it goes, and how many cores it may use.

    `build_path` is the user's own folder for builds, which EasyBuild takes before the one in the work-dir.
    """
    own = folder_of(step.prefix)
    options = {
        "prefix": str(work_dir / own),
        "sourcepath": str(sources),
        "installpath": str(step.prefix),
        "parallel": str(cores),
        "color": "never",
        "tmp-logdir": str(logs),
        "tmpdir": str(logs / "tmp"),
        "output-style": "basic",
        "modules-tool": "Lmod",
        "module-syntax": "Lua",
    }
    if build_path:
        options["buildpath"] = str(Path(build_path, own))
    limits = dict.fromkeys(_data()["cores"]["variables"], str(cores))
    early = {"TMPDIR": options["tmpdir"]}  # for what EasyBuild writes before it has read its options
    return {**limits, **early, **{variable(name): value for name, value in options.items()}}


def folder_of(prefix: Path) -> str:
    """What builds for a prefix have to themselves: EasyBuild's own folders have no names but of modules."""
    return f"{prefix.name}-{hashlib.sha256(bytes(prefix)).hexdigest()[:8]}"


def flags(options: Iterable[tuple[str, OptionValue]]) -> tuple[str, ...]:
    """An easystack entry's options as EasyBuild's command line wants them; where a recipe comes from is left out."""
    words = []
    for name, value in options:
        if name in ORIGIN:
            continue
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--disable-{name}")
        else:
            words.append(f"--{name}={','.join(value) if isinstance(value, tuple) else value}")
    return tuple(words)
