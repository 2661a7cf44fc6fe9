"""What this process may use of the machine it runs on: cores and memory; and what the kernel did about it."""

import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60  # bytes: what cgroup v1 says where there is none is about that, in pages


def cores() -> int:
    """How many cores the affinity mask and the cgroups' quotas leave, at least 1."""
    quotas = (found for folder in _folders("cpu") if (found := _quota(folder)))
    return max(1, int(min(len(os.sched_getaffinity(0)), *quotas, float("inf"))))


def memory() -> int:
    """How many bytes the cgroups' limits leave, or the machine has."""
    limits = (found for folder in _folders("memory") if (found := _limit(folder)))
    return min(_whole_memory(), *limits, _NO_LIMIT)


def out_of_memory_kills() -> int | None:
    """How many processes of this one's cgroups were killed so far because memory had run out; None: nobody tells."""
    counts = [count for folder in _folders("memory") if (count := _kills(folder)) is not None]
    return sum(counts) if counts else None


def is_ours(process: int) -> bool:
    """Whether a process is alive, and eessi-stack."""
    return any(b"eessi-stack" in line.replace(b"_", b"-") for line in _command(process))


def _command(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _folders(controller: str) -> Iterator[Path]:
    """The cgroup of this process and those above it, of both versions: https://docs.kernel.org/admin-guide/cgroup-v2.html."""
    for line in _lines(Path("/proc/self/cgroup")):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top = _CGROUPS / "unified" if (_CGROUPS / "unified").is_dir() else _CGROUPS
        elif controller in controllers.split(","):
            top = _CGROUPS / controllers if (_CGROUPS / controllers).is_dir() else _CGROUPS / controller
        else:
            continue
        own = top / path.lstrip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top))


def _quota(folder: Path) -> float | None:
    """How many cores a cgroup may use."""
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    if not quota:
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _limit(folder: Path) -> int | None:
    text = _text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes")
    return int(text) if text.isdecimal() and int(text) < _NO_LIMIT else None


def _kills(folder: Path) -> int | None:
    """Of one cgroup alone: version 2 counts those below it as well, so that only `.local` is counted."""
    names = ("memory.events.local", "memory.oom_control")
    for line in (line for name in names for line in _lines(folder / name)):
        key, _, value = line.partition(" ")
        if key == "oom_kill" and value.isdecimal():
            return int(value)
    return None


def _whole_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _text(path: Path) -> str:
    return "\n".join(_lines(path)).strip()


def _lines(path: Path) -> list[str]:
    """Nothing of a file that is not there: most machines have one version of cgroups, and part of its files."""
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
