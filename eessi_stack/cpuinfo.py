"""What a machine says of its CPU, read from `/proc/cpuinfo` or the output of `lscpu`, and what archspec calls it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from eessi_stack.errors import ExitCode, StackError

PROC_CPUINFO = Path("/proc/cpuinfo")

#: Names that uname, container tools and people have for the CPU families.
MACHINES = {
    "x86_64": "x86_64",
    "x86-64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "ppc64le": "ppc64le",
    "ppc64el": "ppc64le",
    "riscv64": "riscv64",
}

#: CPU family → labels of the vendor, labels of the features; of /proc/cpuinfo first, then of lscpu.
LABELS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "x86_64": (("vendor_id", "vendor id"), ("flags",)),
    "aarch64": (("cpu implementer", "vendor id"), ("features", "flags")),
    "ppc64le": ((), ("cpu", "model name")),
    "riscv64": (("mvendorid", "vendor id"), ("isa",)),
}

#: Labels of /proc/cpuinfo that only one CPU family has.
TELLTALES = {"vendor_id": "x86_64", "cpu implementer": "aarch64", "mvendorid": "riscv64", "cpu": "ppc64le"}

#: lscpu and archspec name Arm vendors that /proc/cpuinfo gives as a number.
VENDOR_CODES = {"arm": "0x41", "fujitsu": "0x46"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuInfo:
    """What decides which targets a CPU can run."""

    machine: str  #: `x86_64`, `aarch64`, `ppc64le`, `riscv64`
    vendor: str = ""  #: `AuthenticAMD`, `0x41`
    features: frozenset[str] = frozenset()  #: whole words in lower case
    model: str = ""  #: for people


def machine_name(text: str) -> str:
    """The CPU family behind any of its names."""
    name = MACHINES.get(text.strip().lower())
    if name is None:
        near = get_close_matches(text.lower(), MACHINES, n=1)
        hint = f"did you mean `{MACHINES[near[0]]}`?" if near else f"known: {', '.join(LABELS)}"
        raise StackError("machine-unknown", f"there are no targets for `{text}` machines", hint=hint)
    return name


def this_machine() -> str:
    return machine_name(os.uname().machine)


def host_cpuinfo() -> str:
    """What this machine says of its CPU."""
    try:
        return PROC_CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StackError(
            "cpuinfo-unreadable",
            f"{PROC_CPUINFO}: {error.strerror}",
            hint="name the CPU target in $EESSI_SOFTWARE_SUBDIR_OVERRIDE, or give the output of `lscpu` by --cpuinfo",
            exit_code=ExitCode.UNDECIDED,
        ) from error


def parse(text: str, machine: str | None = None) -> CpuInfo:
    """The facts of one CPU; of several in the text, the first. No features where the text has none of that machine.

    Without `machine` it is what the text says, else this machine's.
    """
    lines = _labelled(text)
    stated = _stated_machine(lines)
    family = machine or stated or this_machine()
    if stated not in (None, family):
        return CpuInfo(machine=family)
    vendors, features = LABELS[family]
    vendor = _first(lines, vendors)
    return CpuInfo(
        machine=family,
        vendor=VENDOR_CODES.get(vendor.casefold(), vendor),
        features=_words(_first(lines, features)),
        model=_model(lines),
    )


def _stated_machine(lines: Mapping[str, str]) -> str | None:
    stated = MACHINES.get(lines.get("architecture", "").casefold())
    return stated or next((family for label, family in TELLTALES.items() if label in lines), None)


def _labelled(text: str) -> dict[str, str]:
    """Label → the first value that it has. A line that was wrapped keeps its line breaks."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.append((key.strip().casefold(), value.strip()))
        elif found and line.strip():
            label, begun = found[-1]
            found[-1] = (label, f"{begun}\n{line.strip()}")
    return {label: value for label, value in reversed(found) if value}


def _first(lines: Mapping[str, str], labels: tuple[str, ...]) -> str:
    return next((lines[label] for label in labels if lines.get(label)), "")


def _model(lines: Mapping[str, str]) -> str:
    name = _first(lines, ("model name", "cpu", "uarch"))
    part = lines.get("cpu part", "")
    return name or (f"part {part}" if part else "")


def _words(value: str) -> frozenset[str]:
    """Whole words. lscpu wraps inside of words on a terminal, editors between them: both readings count."""
    value = value.casefold()
    joined = value.replace("\n", "")
    return frozenset(re.findall(r"\w+", f"{value} {joined}"))


def archspec_name(cpu: CpuInfo) -> str | None:
    """The best microarchitecture archspec knows for the CPU; None where it has no such detection.

    archspec itself only looks at the machine it runs on, so its rule is applied here to its data. Its preference for
    a generic level (x86_64_v4) over an older CPU of the vendor (zen2) is left out: EESSI has no such targets.
    """
    if cpu.machine == "riscv64":
        return None
    from archspec.cpu import TARGETS  # noqa: PLC0415 (50 ms of JSON, for an explanation only)

    shown = _partial(cpu)
    fits = [uarch for uarch in TARGETS.values() if _fits(uarch, shown)]
    best = max(fits, key=lambda uarch: (len(uarch.ancestors), len(uarch.features)), default=None)
    return str(best.name) if best else cpu.machine


def _partial(cpu: CpuInfo) -> Any:  # noqa: ANN401 (archspec has no types)
    """The CPU as archspec's own detection would describe it: a nameless member of its family."""
    from archspec.cpu import TARGETS, Microarchitecture  # noqa: PLC0415

    power = re.search(r"power(\d+)", " ".join(cpu.features)) if cpu.machine == "ppc64le" else None
    return Microarchitecture(
        name="",
        parents=[TARGETS[cpu.machine]],
        vendor=cpu.vendor or "IBM",  # Linux names no vendor on Power
        features=set(cpu.features),
        compilers={},
        generation=int(power[1]) if power else 0,
    )


def _fits(uarch: Any, shown: Any) -> bool:  # noqa: ANN401
    if uarch.family != shown.family or uarch.vendor == "generic" or uarch.generation > shown.generation:
        return False
    vendor = VENDOR_CODES.get(uarch.vendor.casefold(), uarch.vendor)
    return vendor.casefold() == shown.vendor.casefold() and all(word in shown for word in uarch.features)


def archspec_covers(name: str, wanted: str) -> bool:
    """Whether the microarchitecture is the wanted one or a descendant of it."""
    from archspec.cpu import TARGETS  # noqa: PLC0415

    return any(uarch.name == wanted for uarch in (TARGETS[name], *TARGETS[name].ancestors))


def archspec_lacks(cpu: CpuInfo, name: str) -> tuple[str, ...]:
    """The features that archspec wants of a microarchitecture and the CPU does not show."""
    from archspec.cpu import TARGETS  # noqa: PLC0415

    shown = _partial(cpu)
    return tuple(sorted(word for word in TARGETS[name].features if word not in shown))
