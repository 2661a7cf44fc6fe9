"""Whether there is room for what is to be installed."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from eessi_stack.eb.session import Session
from eessi_stack.eb.sources import Source, Sources
from eessi_stack.errors import StackError
from eessi_stack.host_injections import space
from eessi_stack.host_injections.full import Full

NOWHERE = Path("/nowhere")


def full(module: str) -> Full:
    return Full(module=module, shipped=NOWHERE, folder=Path(f"/opt/host_injections/x86_64/software/{module}"))


def asked(modules: Sequence[str], sources: dict[str, Sources]) -> dict[str, float]:
    session = Session(
        environment={},
        layers=(),
        optarch=None,
        lmod=NOWHERE,
        sources=Path("/sources"),
        work_dir=Path("/work"),
        logs=NOWHERE,
    )
    found = space.demands([full(module) for module in modules], sources, session)
    return {f"{one.folder} {one.why}": round(one.size / 10**9, 1) for one in found}


def test_what_is_fetched_unpacked_and_installed() -> None:
    unknown = Sources(files=(), error="no such easyconfig")
    absent = Sources(files=(Source(path="/nowhere/cudnn.tar.xz"),))
    assert asked(["CUDA/13.0.2", "cuDNN/9.15.0.57"], {"CUDA/13.0.2": unknown, "cuDNN/9.15.0.57": absent}) == {
        "/sources to fetch CUDA/13.0.2": 5.4,
        "/opt/host_injections/x86_64 to install CUDA/13.0.2": 8.1,
        "/sources to fetch cuDNN/9.15.0.57": 1.0,
        "/opt/host_injections/x86_64 to install cuDNN/9.15.0.57": 1.5,
        "/work to unpack them, one after the other": 8.1,
    }


def test_sources_that_are_there_are_measured(tmp_path: Path) -> None:
    runfile = tmp_path / "cuda.run"
    runfile.touch()
    os.truncate(runfile, 2 * 10**9)  # of which nothing is written
    there = Sources(files=(Source(path=str(runfile)),))
    assert asked(["CUDA/13.0.2"], {"CUDA/13.0.2": there}) == {
        "/sources to fetch CUDA/13.0.2": 0,
        "/opt/host_injections/x86_64 to install CUDA/13.0.2": 3.0,
        "/work to unpack them, one after the other": 3.0,
    }


def test_what_shares_a_file_system_is_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "_free", lambda _: 10 * 10**9)
    parts = [space.Demand(folder=tmp_path / name, size=6e9, why=f"to {name}") for name in ("fetch", "install")]
    space.check(parts[:1])
    with pytest.raises(StackError) as raised:
        space.check(parts)
    assert raised.value.message == f"{tmp_path}: 10.0 GB are free, and about 12.0 GB are needed"
    assert raised.value.context.splitlines()[1] == f"6.0 GB to install, in {tmp_path}/install"
