from pathlib import Path

import pytest

from eessi_stack.eb.environment import batch_job, for_easybuild, with_compat

JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID")


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in JOBS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", JOBS)
def test_a_batch_job_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert batch_job() == ""
    monkeypatch.setenv("SLURM_JOB_ID", "")
    monkeypatch.setenv(name, "42")
    assert batch_job() == "42"


def test_what_would_steer_a_build_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EASYBUILD_PREFIX", "EBROOTGCC", "LOADEDMODULES", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "x")
    found = for_easybuild({"A": "1", "B": "1"}, {"B": "2"})
    assert not {"EASYBUILD_PREFIX", "EBROOTGCC", "LOADEDMODULES", "LD_LIBRARY_PATH"} & set(found)
    assert (found["A"], found["B"]) == ("1", "2")


def test_builds_take_the_tools_of_the_compat_layer() -> None:
    assert with_compat({"PATH": "/bin"}, None) == {"PATH": "/bin"}
    assert with_compat({"PATH": "/bin"}, Path("/c")) == {"PATH": "/c/usr/bin:/c/bin:/bin"}
