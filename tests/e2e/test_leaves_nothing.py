"""What a run leaves in $TMPDIR when it is ended in the middle of what EasyBuild reads: nothing, or what the next one
takes away. That nothing is left by any other test is seen in conftest.py.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.building import until
from tests.e2e.conftest import Tree

BLOCKS = """
local_at = __import__('pathlib').Path({folder!r})
(local_at / 'reached').touch()
local_waited = [__import__('time').sleep(0.05) for _ in iter((local_at / 'go').exists, True)]
"""


class Reading:
    """A `missing` that waits in the middle of an easyconfig for the file `go`."""

    def __init__(self, tree: Tree) -> None:
        tree.recipe("Blocks", more=BLOCKS.format(folder=str(tree.base)))
        command = [sys.executable, "-m", "eessi_stack", "missing", tree.stack("Blocks", name="blocks.yml")]
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=tree.base, env=tree.environment(), stdout=nowhere, stderr=nowhere)
        self.go = tree.base / "go"
        until(tree.base / "reached")


@pytest.fixture
def reading(tree: Tree) -> Iterator[Reading]:
    reading = Reading(tree)
    yield reading
    reading.go.touch()
    reading.process.kill()
    reading.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_leaves_nothing(reading: Reading, temporary: Path, number: signal.Signals) -> None:
    assert any(temporary.iterdir())

    os.kill(reading.process.pid, number)

    assert reading.process.wait(timeout=30) == 130
    assert not any(temporary.iterdir())


def test_what_a_killed_run_leaves_is_taken_away_when_nothing_works_in_it(
    reading: Reading, tree: Tree, temporary: Path
) -> None:
    (folder,) = temporary.iterdir()
    tree.recipe("Other")

    explain = ("hooks", "explain", "Other-1.0.eb")

    assert tree.run(*explain).returncode == 0
    assert folder.is_dir(), "the run lives"
    reading.process.kill()
    reading.process.wait()
    assert tree.run(*explain).returncode == 0
    assert folder.is_dir(), "its EasyBuild lives"
    reading.go.touch()

    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        assert tree.run(*explain).returncode == 0
    assert not any(temporary.iterdir())
