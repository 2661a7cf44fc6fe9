"""What commands do not import, so that they answer at once."""

import subprocess
import sys

import pytest

HEAVY = {"easybuild", "rich", "ruamel", "msgspec"}


def imported(*command: str) -> set[str]:
    """The top-level names of all modules that a Python process imports."""
    run = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    rows = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {row.rsplit("|", 1)[-1].strip().split(".")[0] for row in rows}


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("detect",), ("detect", "--cpu"), ("detect", "--json")]
)
def test_these_commands_are_light(arguments: tuple[str, ...]) -> None:
    names = imported("-m", "eessi_stack", *arguments)
    assert {"click", "eessi_stack"} <= names
    assert not names & HEAVY


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_the_check_sees_what_is_imported(name: str) -> None:
    assert name in imported("-c", f"import {name}")
