"""The targets EESSI has, their names, and which of them a CPU can run. Facts are in data/."""

import re
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from eessi_stack import cpuinfo
from eessi_stack.cpuinfo import CpuInfo
from eessi_stack.errors import StackError
from eessi_stack.model import Target

DATA = Path(__file__).parent / "data" / "targets.toml"
ACCELERATOR = re.compile(r"nvidia/cc\d{2,3}|amd/gfx(?:[6-9][0-9a-f]{2}|1\d[0-9a-f]{2})")
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


def row_of(name: str) -> Cpu:
    """The row of a CPU target, old name or new."""
    return next(row for row in table() if row.name == check_cpu(name))


def compatible(cpu: CpuInfo) -> tuple[str, ...]:
    """The CPU targets whose software the CPU can run, the best first."""
    return tuple(row.name for row in reversed(table()) if row.runs_on(cpu))


def cpu_targets(version: str) -> tuple[str, ...]:
    """The CPU targets of an EESSI version."""
    return tuple(_version(version)["cpus"])


def accelerators() -> list[str]:
    """The accelerators of all EESSI versions."""
    rules = (rule for version in _data()["eessi"].values() for rule in version["accelerators"])
    return list(dict.fromkeys(name for rule in rules for name in rule["names"]))


def is_known(version: str) -> bool:
    """Whether it is known which targets an EESSI version has."""
    return version in _data()["eessi"]


def is_foreign(one: Target, version: str) -> bool:
    """Whether an EESSI version, of which it is known what it has, does not have a target."""
    return is_known(version) and today(one) not in known(version)


@cache
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
    names = accelerators()
    raise _unknown("accelerator-unknown", f"{name!r} is not an accelerator", origin, _close(accelerator, names), names)


def _close(name: str, names: list[str]) -> list[str]:
    return get_close_matches(name.lower(), names, n=1, cutoff=0.5)


def _unknown(reference: str, message: str, origin: str, near: list[str], names: list[str]) -> StackError:
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"
    return StackError(reference, f"{origin}: {message}" if origin else message, hint=hint)


def gcc_flag(cpu: str) -> str:
    """How GCC is told to build for a CPU target, without the first dash: `march=znver3`."""
    return row_of(cpu).gcc


def explain(cpu: CpuInfo, target: str) -> str:
    """Why archspec gives the CPU another name than EESSI's table does; nothing where they agree."""
    ours, theirs = row_of(target), cpuinfo.archspec_name(cpu)
    if not theirs or not ours.archspec or cpuinfo.archspec_covers(theirs, ours.archspec):
        return ""
    lacks = cpuinfo.archspec_lacks(cpu, ours.archspec)
    why = f"its {ours.archspec} also wants {', '.join(lacks)}, not shown here" if lacks else f"vendor {cpu.vendor}"
    return (
        f"archspec calls this CPU {theirs} ({why}); "
        f"EESSI's table decides by {', '.join(sorted(ours.features))}, all shown"
    )
