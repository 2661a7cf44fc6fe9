"""Unit tests start no process: what does is a test for tests/e2e."""

import os
import subprocess

import pytest

STARTERS = {subprocess: ("Popen",), os: ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system")}


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a unit test started a process")

    for module, names in STARTERS.items():
        for name in names:
            monkeypatch.setattr(module, name, refuse)
