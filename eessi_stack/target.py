"""The targets EESSI has, which of them a CPU can run, and which prefix of a tree is the best. Facts are in data/."""

import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from eessi_stack import cpuinfo
from eessi_stack.cpuinfo import CpuInfo
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target, Tree

DATA = Path(__file__).parent / "data" / "targets.toml"
ACCELERATOR = re.compile(r"nvidia/cc\d{2,3}|amd/gfx(?:[6-9][0-9a-f]{2}|1\d[0-9a-f]{2})")
NVIDIA_SMI = ("nvidia-smi", "--query-gpu=gpu_name,count,driver_version,compute_cap", "--format=csv,noheader")
NVIDIA_SMI_SECONDS = 60  #: a node of eight GPUs without persistence mode needs about twenty

#: What decides about Arm CPUs of all vendors that no target is for: they are Arm's own designs as a rule.
ARM = "0x41"


#: The version that a tree without any gets when nobody names one.
DEFAULT_VERSION = "2023.06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """One row of the table of CPU targets: see data/targets.toml."""

    name: str
    vendor: str
    features: frozenset[str]
    lacks: frozenset[str]
    archspec: str
    gcc: str
    aliases: tuple[str, ...]

    def runs_on(self, cpu: CpuInfo) -> bool:
        if self.name.split("/", 1)[0] != cpu.machine or self.vendor not in ("", _vendor(cpu)):
            return False
        return self.features <= cpu.features and not self.lacks & cpu.features


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What nvidia-smi says of this machine."""

    accelerator: str  #: of the first: `nvidia/cc80`
    models: tuple[str, ...]  #: of all, in order: `NVIDIA A100-SXM4-80GB (8.0)`


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def table() -> tuple[Cpu, ...]:
    """The CPU targets, the more special ones of a vendor later."""
    return tuple(
        Cpu(
            name=row["name"],
            vendor=row.get("vendor", "").casefold(),
            features=frozenset(row.get("features", "").split()),
            lacks=frozenset(row.get("lacks", "").split()),
            archspec=row.get("archspec", ""),
            gcc=row["gcc"],
            aliases=tuple(row.get("aliases", ())),
        )
        for row in _data()["cpu"]
    )


def _vendor(cpu: CpuInfo) -> str:
    vendor = cpu.vendor.casefold()
    known_vendors = {row.vendor for row in table() if row.vendor}
    return ARM if cpu.machine == "aarch64" and vendor not in known_vendors else vendor


def _row(name: str) -> Cpu:
    return next(row for row in table() if row.name == check_cpu(name))


def compatible(cpu: CpuInfo) -> tuple[str, ...]:
    """The CPU targets whose software the CPU can run, the best first."""
    return tuple(row.name for row in reversed(table()) if row.runs_on(cpu))


def cpu_targets(version: str) -> tuple[str, ...]:
    """The CPU targets of an EESSI version."""
    return tuple(_version(version)["cpus"])


def known(version: str) -> tuple[Target, ...]:
    """All prefixes that an EESSI version should have: each CPU target, then its accelerators."""
    rules = _version(version)["accelerators"]
    targets = []
    for cpu in cpu_targets(version):
        targets.append(Target(cpu=cpu))
        names = [name for rule in rules for name in rule["names"] if {cpu, cpu.split("/")[0]} & set(rule["on"])]
        targets += [Target(cpu=cpu, accelerator=name) for name in names]
    return tuple(targets)


def _version(version: str) -> dict[str, Any]:
    versions: dict[str, dict[str, Any]] = _data()["eessi"]
    if version not in versions:
        hint = f"known: {', '.join(versions)}; name the targets by --target instead"
        raise StackError("version-unknown", f"which targets EESSI {version} has is not known", hint=hint)
    return versions[version]


def resolve_alias(name: str) -> str:
    """Today's name of a CPU target of older trees (`aarch64/graviton2` or only `graviton2`), else the name itself."""
    for row in table():
        if name in row.aliases or name in {alias.rsplit("/", 1)[-1] for alias in row.aliases}:
            return row.name
    return name


def today(one: Target) -> Target:
    """A target by today's name, which is the same for all but those of older trees."""
    return replace(one, cpu=_today(one.cpu)) if _today(one.cpu) != one.cpu else one


@cache
def _today(cpu: str) -> str:
    return resolve_alias(cpu)


def check_cpu(name: str, origin: str = "") -> str:
    """Today's name of a CPU target that somebody gave, by a flag or variable that `origin` names."""
    today = resolve_alias(name.strip().strip("/"))
    names = [row.name for row in table()]
    if today in names:
        return today
    last = today.lower().replace("-", "_").rsplit("/", 1)[-1]
    near = [full for full in names if last != "generic" and full.endswith(f"/{last}")]
    raise _unknown("cpu-unknown", f"{name!r} is not a CPU target", origin, near or _close(today, names), names)


def check_accelerator(name: str, origin: str = "") -> str:
    """An accelerator as eessi-stack names it (`nvidia/cc90`), given with or without a leading `accel/`."""
    accelerator = name.strip().strip("/").removeprefix("accel/")
    if ACCELERATOR.fullmatch(accelerator):
        return accelerator
    names = list(
        {
            name: None
            for version in _data()["eessi"].values()
            for rule in version["accelerators"]
            for name in rule["names"]
        }
    )
    raise _unknown("accelerator-unknown", f"{name!r} is not an accelerator", origin, _close(accelerator, names), names)


def _close(name: str, names: list[str]) -> list[str]:
    return get_close_matches(name.lower(), names, n=1, cutoff=0.5)


def _unknown(reference: str, message: str, origin: str, near: list[str], names: list[str]) -> StackError:
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"
    return StackError(reference, f"{origin}: {message}" if origin else message, hint=hint)


def gcc_flag(cpu: str) -> str:
    """How GCC is told to build for a CPU target, without the first dash: `march=znver3`."""
    return _row(cpu).gcc


def best_existing(tree: Tree, compatible: Iterable[str]) -> str | None:
    """The first CPU target that has a prefix in the tree, by the name its folder has there (`aarch64/graviton2`)."""
    folders = (folder for cpu in compatible for folder in (cpu, *_row(cpu).aliases))
    return next((folder for folder in folders if tree.prefix(Target(cpu=folder)).is_dir()), None)


def in_tree(tree: Tree) -> tuple[Target, ...]:
    """Every target that has a prefix in the tree, by the name its folder has there: each CPU, then its accelerators."""
    root = tree.root / "software" / "linux"
    found = []
    for folder in sorted(folder for family in _folders(root) for folder in _prefixes(family)):
        cpu = str(folder.relative_to(root))
        found.append(Target(cpu=cpu))
        accelerators = [name for vendor in _folders(folder / "accel") for name in _folders(vendor)]
        found += [Target(cpu=cpu, accelerator=f"{name.parent.name}/{name.name}") for name in sorted(accelerators)]
    return tuple(found)


def all_of(tree: Tree) -> tuple[Target, ...]:
    """The targets that the tree's version should have, absent ones too, then what else the tree has.

    StackError `version-unknown` where nobody knows the version's targets and the tree has none.
    """
    present = {(resolve_alias(one.cpu), one.accelerator): one for one in in_tree(tree)}
    names = {today: one.cpu for (today, _), one in present.items()}
    expected = () if present and tree.version not in _data()["eessi"] else known(tree.version)
    wanted = [Target(cpu=names.get(one.cpu, one.cpu), accelerator=one.accelerator) for one in expected]
    others = [one for one in present.values() if one not in wanted]
    return tuple(sorted([*wanted, *others], key=lambda one: (_order(one.cpu), one.cpu, one.accelerator or "")))


def _order(cpu: str) -> int:
    today = resolve_alias(cpu)
    return next((at for at, row in enumerate(table()) if row.name == today), len(table()))


def _prefixes(folder: Path) -> list[Path]:
    """The folders below one of a CPU family that hold software: `generic`, `amd/zen3`."""
    names = {"modules", "software", "accel"}
    found = []
    for each in _folders(folder):
        below = _folders(each)
        found += [each] if names & {one.name for one in below} else below
    return found


def _folders(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def best_accelerator(tree: Tree, cpu: str, accelerator: str) -> str | None:
    """The accelerator prefix of a CPU prefix that the GPU can use best: the same, or an older minor one of NVIDIA."""
    vendor, name = accelerator.split("/", 1)
    present = {entry.name for entry in (tree.prefix(Target(cpu=cpu)) / "accel" / vendor).glob("*") if entry.is_dir()}
    if vendor != "nvidia":
        return accelerator if name in present else None
    major, minor = name[:-1], int(name[-1])
    return next((f"nvidia/{major}{older}" for older in range(minor, -1, -1) if f"{major}{older}" in present), None)


def newest_version(repo: Path) -> str | None:
    """The newest version that a repository holds."""
    folders = [entry.name for entry in repo.glob("versions/[!.]*") if entry.is_dir()]
    return max(folders, key=lambda name: (re.match(r"\d{4}\.\d{2}", name) is not None, name), default=None)


def explain(cpu: CpuInfo, target: str) -> str:
    """Why archspec gives the CPU another name than EESSI's table does; nothing where they agree."""
    ours, theirs = _row(target), cpuinfo.archspec_name(cpu)
    if not theirs or not ours.archspec or cpuinfo.archspec_covers(theirs, ours.archspec):
        return ""
    lacks = cpuinfo.archspec_lacks(cpu, ours.archspec)
    why = f"its {ours.archspec} also wants {', '.join(lacks)}, not shown here" if lacks else f"vendor {cpu.vendor}"
    return (
        f"archspec calls this CPU {theirs} ({why}); "
        f"EESSI's table decides by {', '.join(sorted(ours.features))}, all shown"
    )


def accelerator() -> Gpu:
    """The NVIDIA GPU of this machine. StackError `gpu-none` (exit 2) or `gpu-failed` (exit 3) where there is none."""
    import subprocess  # noqa: PLC0415 (slow to import, and most runs do not need it)

    try:
        run = subprocess.run(
            NVIDIA_SMI, capture_output=True, text=True, errors="replace", timeout=NVIDIA_SMI_SECONDS, check=False
        )
    except (FileNotFoundError, PermissionError) as error:  # the latter: none, behind a folder of PATH that is closed
        hint = "name one in $EESSI_ACCELERATOR_TARGET_OVERRIDE, such as accel/amd/gfx90a"
        raise StackError("gpu-none", "no accelerator: there is no nvidia-smi on PATH", hint=hint) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _gpu_failed(str(error)) from error
    if run.returncode:
        raise _gpu_failed(run.stdout.strip() or run.stderr.strip() or f"exit code {run.returncode}")
    return parse_nvidia_smi(run.stdout)


def parse_nvidia_smi(text: str) -> Gpu:
    """The first GPU decides, as it does for EESSI."""
    rows = [[field.strip() for field in line.split(",")] for line in text.splitlines() if line.strip()]
    capability = rows[0][-1] if rows else ""
    if not re.fullmatch(r"\d+\.\d", capability):
        raise _gpu_failed(text.strip() or "it printed nothing")
    return Gpu(
        accelerator=f"nvidia/cc{capability.replace('.', '')}",
        models=tuple(f"{row[0]} ({row[-1]})" for row in rows),
    )


def _gpu_failed(cause: str) -> StackError:
    return StackError("gpu-failed", "no accelerator: nvidia-smi failed", context=cause, exit_code=ExitCode.UNDECIDED)
