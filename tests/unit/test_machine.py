"""What cgroups of both versions leave, on made-up trees."""

import os
from pathlib import Path

import pytest

from eessi_stack import machine

GIB = 1 << 30
V2 = "0::/user/me\n"
V1 = "5:cpu,cpuacct:/user/me\n4:memory:/user/me\n1:name=systemd:/user/me\n"
NONE_V1 = 9223372036854771712  #: what the kernel says where there is no limit

LINES = machine._lines


@pytest.fixture
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 16 cores and 64 GiB; the test says what its cgroups are."""
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr(machine, "_whole_memory", lambda: 64 * GIB)
    of_process(monkeypatch, "")
    return tmp_path


def of_process(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What /proc/self/cgroup says."""

    def lines(path: Path) -> list[str]:
        return text.splitlines() if path == Path("/proc/self/cgroup") else LINES(path)

    monkeypatch.setattr(machine, "_lines", lines)


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


def test_a_machine_without_cgroups(cgroups: Path) -> None:
    assert cgroups.is_dir()
    assert (machine.cores(), machine.memory(), machine.out_of_memory_kills()) == (16, 64 * GIB, None)


@pytest.mark.parametrize(
    ("own", "above", "cores"),
    [
        ("400000 100000", "max 100000", 4),
        ("max 100000", "800000 100000", 8),
        ("400000 100000", "200000 100000", 2),
        ("max 100000", "max 100000", 16),
        ("150000 100000", "max 100000", 1),
        ("50000 100000", "max 100000", 1),
        ("6400000 100000", "max", 16),
        ("", "garbage", 16),
        ("100000 0", "max 100000", 16),
    ],
)
def test_the_smallest_quota_of_version_2_counts(
    cgroups: Path, monkeypatch: pytest.MonkeyPatch, own: str, above: str, cores: int
) -> None:
    of_process(monkeypatch, V2)
    write(cgroups, **{"user/me/cpu.max": own, "user/cpu.max": above})
    assert machine.cores() == cores


@pytest.mark.parametrize(
    ("own", "above", "memory"),
    [("max", "max", 64), (str(8 * GIB), "max", 8), ("max", str(4 * GIB), 4), (str(99 * GIB), "", 64), ("x", "-1", 64)],
)
def test_the_smallest_limit_of_version_2_counts(
    cgroups: Path, monkeypatch: pytest.MonkeyPatch, own: str, above: str, memory: int
) -> None:
    of_process(monkeypatch, V2)
    write(cgroups, **{"user/me/memory.max": own, "user/memory.max": above})
    assert machine.memory() == memory * GIB


@pytest.mark.parametrize("folder", ["cpu,cpuacct", "cpu"])
def test_version_1(cgroups: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    of_process(monkeypatch, V1)
    write(
        cgroups,
        **{
            f"{folder}/user/me/cpu.cfs_quota_us": "300000",
            f"{folder}/user/me/cpu.cfs_period_us": "100000",
            f"{folder}/user/cpu.cfs_quota_us": "-1",
            f"{folder}/user/cpu.cfs_period_us": "100000",
            "memory/user/me/memory.limit_in_bytes": str(NONE_V1),
            "memory/memory.limit_in_bytes": str(6 * GIB),
        },
    )
    assert (machine.cores(), machine.memory()) == (3, 6 * GIB)


def test_in_a_container_the_own_cgroup_is_the_top(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is that of the host, and what is mounted is the container's own."""
    of_process(monkeypatch, "4:memory:/docker/0ab1\n0::/docker/0ab1\n")
    write(cgroups, **{"memory/memory.limit_in_bytes": str(2 * GIB), "cpu.max": "200000 100000"})
    assert (machine.cores(), machine.memory()) == (2, 2 * GIB)


def test_both_versions_at_once(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_process(monkeypatch, f"{V1}{V2}")
    write(
        cgroups,
        **{
            "unified/user/me/memory.max": str(12 * GIB),
            "memory/user/me/memory.limit_in_bytes": str(10 * GIB),
            "unified/user/me/cpu.max": "500000 100000",
        },
    )
    assert (machine.cores(), machine.memory()) == (5, 10 * GIB)


def test_the_affinity_mask_counts_too(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_process(monkeypatch, V2)
    write(cgroups, **{"user/me/cpu.max": "800000 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    assert machine.cores() == 2


def test_kills_are_those_of_each_cgroup_itself(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_process(monkeypatch, V2)
    events = "low 0\nhigh 7\nmax 9\noom 3\noom_kill {}\noom_group_kill 0"
    write(
        cgroups,
        **{
            "user/me/memory.events.local": events.format(2),
            "user/memory.events.local": events.format(1),
            "user/me/memory.events": events.format(100),
        },
    )
    assert machine.out_of_memory_kills() == 3


def test_kills_of_version_1(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_process(monkeypatch, V1)
    write(cgroups, **{"memory/user/me/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4"})
    assert machine.out_of_memory_kills() == 4


@pytest.mark.parametrize("text", ["low 0", "oom_kill", "oom_kill many", ""])
def test_kills_that_cannot_be_read_are_none(cgroups: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    of_process(monkeypatch, V2)
    write(cgroups, **{"user/me/memory.events.local": text})
    assert machine.out_of_memory_kills() is None


def test_this_machine_has_something() -> None:
    assert 1 <= machine.cores() <= len(os.sched_getaffinity(0))
    assert 0 < machine.memory() <= machine._whole_memory()
    kills = machine.out_of_memory_kills()
    assert kills is None or kills >= 0
