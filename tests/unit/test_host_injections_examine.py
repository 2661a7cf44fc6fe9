"""What is said of a driver, by what there is of it and of CUDA."""

from dataclasses import replace
from pathlib import Path

import pytest

from eessi_stack import config, cpuinfo, place
from eessi_stack.errors import ExitCode
from eessi_stack.host_injections.driver import Driver
from eessi_stack.host_injections.examine import Found, driver_items
from eessi_stack.host_injections.full import Full
from eessi_stack.host_injections.item import verdict
from eessi_stack.host_injections.links import Home

LIBRARIES = {"libcuda.so.1": Path("/lib/libcuda.so.1")}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    """A tree with CUDA 12.1.1 on a machine without a driver."""
    host = cpuinfo.CpuInfo(machine="x86_64", vendor="GenuineIntel", features=frozenset({"avx2", "fma"}))
    monkeypatch.setattr(cpuinfo, "host_cpuinfo", lambda: "")
    monkeypatch.setattr(cpuinfo, "parse", lambda _: host)
    settings = config.load({"repo": str(tmp_path), "eessi-version": "2023.06"}, {"HOME": str(tmp_path)})
    cuda = Full(module="CUDA/12.1.1", shipped=tmp_path / "CUDA", folder=tmp_path / "full")
    looked = tmp_path / "looked"
    return Found(
        place=replace(place.find(settings), compat=tmp_path),
        driver=Driver(),
        home=Home(looked=looked, folder=looked),
        full=(cuda,),
    )


def states(found: Found) -> dict[str, str]:
    return {item.name: item.state for item in driver_items(found)}


def test_no_driver_is_missing_where_there_is_cuda_to_run(found: Found) -> None:
    assert states(found) == {"driver": "missing", "links": "missing"}
    assert states(replace(found, full=())) == {"driver": "ok", "links": "ok"}


def test_a_machine_without_a_gpu_needs_no_driver(found: Found) -> None:
    builds = replace(found, driver=Driver(is_needed=False))
    assert states(builds) == {"driver": "warning", "links": "warning"}
    assert verdict(driver_items(builds)) is ExitCode.OK
    assert states(replace(builds, full=())) == {"driver": "ok", "links": "ok"}


def test_what_is_left_of_a_driver_is_none(found: Found) -> None:
    left = replace(found, driver=Driver(gone=Path("/lib/libcuda.so.1")))
    assert states(left) == {"driver": "missing", "links": "missing"}
    assert states(replace(left, full=())) == {"driver": "warning", "links": "ok"}


@pytest.mark.parametrize(
    ("version", "state"), [("535.54.03", "ok"), ("525.60.13", "warning"), ("470.57.02", "missing")]
)
def test_whether_the_driver_runs_cuda(found: Found, version: str, state: str) -> None:
    said = states(replace(found, driver=Driver(libraries=LIBRARIES, version=version)))
    assert said == {"driver": "ok", "driver for CUDA/12.1.1": state, "links": "missing"}


@pytest.mark.parametrize(
    ("cuda", "version", "said"),
    [
        ("12.1.1", "470.57.02", "is too old for it: all of it needs 530.30.02, anything 525.60.13"),
        ("12.7.0", "580.65.06", "runs it by CUDA's minor version compatibility: all of it needs one that is not known"),
        ("99.0.0", "580.65.06", "is not known to run it: all of it needs one that is not known"),
    ],
)
def test_which_driver_would_do(found: Found, cuda: str, version: str, said: str) -> None:
    with_cuda = replace(found, full=(replace(found.full[0], module=f"CUDA/{cuda}"),))
    _, item, _ = driver_items(replace(with_cuda, driver=Driver(libraries=LIBRARIES, version=version)))
    assert item.message == f"driver {version} {said}"


def test_what_cannot_be_told(found: Found) -> None:
    assert states(replace(found, driver=Driver(libraries=LIBRARIES)))["driver"] == "undecided"
    assert states(replace(found, driver=Driver(problem="ldconfig fails")))["driver"] == "undecided"
    foreign = replace(found.place, target=replace(found.place.target, cpu="aarch64/generic"))
    assert states(replace(found, place=foreign)) == {"driver": "undecided"}


def test_a_host_that_is_its_own_compat_layer_needs_no_links(found: Found) -> None:
    assert states(replace(found, place=replace(found.place, compat=None)))["links"] == "ok"
