"""Whether there is room for full installations: by the size of their sources, before anything is fetched."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eessi_stack.eb.session import Session
from eessi_stack.eb.sources import Sources
from eessi_stack.errors import StackError
from eessi_stack.host_injections.full import Full
from eessi_stack.host_injections.toolkits import DATA

_GB = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Bytes that are going to be written below a folder."""

    folder: Path
    size: float
    why: str


def demands(wanted: Sequence[Full], sources: Mapping[str, Sources], session: Session) -> Iterator[Demand]:
    """What is fetched, unpacked, one after the other, and installed."""
    expands = _space()["expands"]
    sizes = {one.module: _sizes(one, sources[one.module]) for one in wanted}
    for one in wanted:
        there, whole = sizes[one.module]
        yield Demand(folder=session.sources, size=whole - there, why=f"to fetch {one.module}")
        yield Demand(folder=one.prefix, size=whole * expands, why=f"to install {one.module}")
    largest = max(whole for _, whole in sizes.values()) * expands
    yield Demand(folder=session.work_dir, size=largest, why="to unpack them, one after the other")


def check(wanted: Sequence[Demand]) -> None:
    """StackError where a file system has less room than is wanted of it."""
    by_device: dict[int, list[Demand]] = {}
    for one in wanted:
        by_device.setdefault(_there(one.folder).stat().st_dev, []).append(one)
    for demanded in by_device.values():
        size, free = sum(one.size for one in demanded), _free(demanded[0].folder)
        if free < size:
            raise StackError(
                "no-space",
                f"{_there(demanded[0].folder)}: {free / _GB:.1f} GB are free, and about {size / _GB:.1f} GB are needed",
                context="\n".join(f"{one.size / _GB:.1f} GB {one.why}, in {one.folder}" for one in demanded),
                hint="make room, or name other folders with --work-dir and --sources; nothing was installed",
            )


def _sizes(one: Full, sources: Sources) -> tuple[int, float]:
    """What is there of the sources, and all of them; where not all are there to be measured, as much as is usual."""
    files = [Path(source.path) for source in sources.files]
    there = sum(file.stat().st_size for file in files if file.is_file())
    if files and not sources.error and all(file.is_file() for file in files):
        return there, there
    return there, max(there, _space()[one.name] * _GB)


@cache
def _space() -> dict[str, float]:
    found: dict[str, float] = tomllib.loads(DATA.read_text(encoding="utf-8"))["space"]
    return found


def _there(folder: Path) -> Path:
    real = Path(os.path.realpath(folder))  # a link may lead to what is not there yet
    return next(path for path in (real, *real.parents) if path.exists())


def _free(folder: Path) -> int:
    found = os.statvfs(_there(folder))
    return found.f_bavail * found.f_frsize
