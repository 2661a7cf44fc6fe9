"""The guard of conftest.py holds."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    "start",
    [
        lambda: subprocess.run([sys.executable, "--version"], check=False),
        lambda: subprocess.Popen([sys.executable, "--version"]),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "--version"], {}),
        lambda: os.system("true"),
        lambda: multiprocessing.get_context("fork").Process(target=print).start(),
    ],
    ids=["run", "Popen", "posix_spawn", "system", "multiprocessing"],
)
def test_no_process_can_be_started(start: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test started a process"):
        start()


def test_fork_is_refused() -> None:
    with pytest.raises(pytest.fail.Exception):
        os.fork()
