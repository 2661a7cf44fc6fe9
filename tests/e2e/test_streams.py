"""Where output goes: terminals without colour, readers that are gone, streams that are closed."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.building import Site, needs_lmod
from tests.e2e.conftest import Tree

ESCAPE = b"\x1b"


def on_a_terminal(site: Site, *words: str, **environment: str) -> bytes:
    """All that a command writes to a terminal."""
    ours, theirs = pty.openpty()
    variables = {"TERM": "xterm", **environment}
    with subprocess.Popen(
        site.command(*words), env=site.environment | variables, stdin=theirs, stdout=theirs, stderr=theirs
    ) as run:
        os.close(theirs)
        written = b"".join(_all_of(ours))
    os.close(ours)
    assert run.returncode in (0, 1, 2)
    return written


def _all_of(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # its other side is closed
            return
        yield piece


@pytest.mark.parametrize(
    "words",
    [("detect",), ("missing", "demo"), ("status",), ("plan", "nonesuch"), ("detect", "--repo", "/dev/null")],
    ids=" ".join,
)
def test_colour_is_for_terminals_that_know_it_and_for_who_wants_it(site: Site, words: tuple[str, ...]) -> None:
    assert ESCAPE not in on_a_terminal(site, *words, TERM="dumb")
    assert ESCAPE not in on_a_terminal(site, *words, NO_COLOR="1")
    assert ESCAPE not in on_a_terminal(site, *words, "--color", "never")
    if words[0] != "status":  # which has no colours
        assert ESCAPE in on_a_terminal(site, *words)
        assert ESCAPE in on_a_terminal(site, *words, "--color", "always", TERM="dumb")


def closed_pipe() -> int:
    """A pipe that nobody reads from."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@needs_lmod
@pytest.mark.parametrize("gone", ["stderr", "both"])
def test_an_install_goes_on_when_nobody_reads_what_it_says(site: Site, gone: str) -> None:
    pipe = closed_pipe()
    stdout = pipe if gone == "both" else subprocess.DEVNULL
    words = site.command("install", site.easystack("Alpha", "Delta"))

    run = subprocess.run(words, env=site.environment, stdout=stdout, stderr=pipe, check=False, timeout=300)

    os.close(pipe)
    assert run.returncode == 0
    assert sorted(site.built()) == ["Alpha/1.0", "Delta/1.0"]


@pytest.mark.parametrize("redirection", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full", "2>&1 | true"])
def test_the_verdict_is_in_the_exit_code_whoever_listens(tree: Tree, redirection: str) -> None:
    tree.recipe("One")
    easystack, words = tree.stack("One"), tree_command("missing")
    for code in (1, 0):
        script = f"set -o pipefail; {words} {easystack} {redirection}"
        run = subprocess.run(
            ["bash", "-c", script], env=tree.environment(), capture_output=True, text=True, check=False
        )
        assert run.returncode == code, run.stderr
        assert "ERROR" not in run.stderr
        assert "Exception" not in run.stderr
        tree.install("One")


def tree_command(name: str) -> str:
    return f"{sys.executable} -m eessi_stack {name}"


def test_a_result_that_cannot_be_kept_is_an_error(tree: Tree) -> None:
    tree.recipe("One")
    script = f"{tree_command('missing')} {tree.stack('One')} >/dev/full"
    run = subprocess.run(["bash", "-c", script], env=tree.environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 3
    assert "No space left on device" in run.stderr
