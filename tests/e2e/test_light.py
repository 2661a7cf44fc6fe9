"""What commands do not import, so that they answer at once."""

import subprocess
import sys
import time

import pytest

from tests.e2e.conftest import Tree

HEAVY = {"easybuild", "rich", "ruamel", "msgspec"}


def imported(*command: str) -> set[str]:
    """The top-level names of all modules that a Python process imports."""
    run = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    return _names(run.stderr)


def _names(said: str) -> set[str]:
    rows = [line for line in said.splitlines() if line.startswith("import time:")]
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


def test_a_warm_missing_is_light_and_starts_nothing(tree: Tree) -> None:
    tree.recipe("Alpha")
    tree.recipe("Beta", needs=["Alpha"])
    command = ("-m", "eessi_stack", "missing", tree.stack("Beta"))
    time.sleep(2.1)  # what has just been written is read again: a change could still go unseen
    tree.run(*command[2:])
    code = "import runpy, sys; sys.addaudithook(lambda event, _: sys.exit(9) if 'Popen' in event else None); "
    code += f"sys.argv = {['eessi-stack', *command[2:]]}; runpy.run_module('eessi_stack', run_name='__main__')"
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=tree.base,
        env=tree.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    assert not {"easybuild", "rich", "ruamel", "msgspec"} & _names(run.stderr)


def test_a_cache_check_is_light(tree: Tree) -> None:
    tree.install("Alpha")
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "eessi_stack", "cache", "check"],
        cwd=tree.base,
        env=tree.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {1, 3}, run.stdout
    assert not (HEAVY | {"ctypes", "tempfile", "concurrent"}) & _names(run.stderr)
