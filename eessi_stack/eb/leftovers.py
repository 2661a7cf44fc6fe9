"""Finds what a build left running when all that watched over it was killed: each of its processes has a sign."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from eessi_stack.eb.installation import Installation

_NAME = "EESSI_BUILD_OF"


def sign(one: Installation) -> dict[str, str]:
    """What every process of a build has in its environment: the installation that it works on."""
    return {_NAME: str(one.folder)}


def end(one: Installation) -> None:
    """End what a build of this module left running on this host."""
    mark = f"{_NAME}={one.folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def leave_alone(script: Path) -> None:
    """What a person starts in the shell that re-enters a build is no process of that build."""
    environment = script.with_name("env.sh")
    with suppress(OSError):
        if environment.is_file():
            with environment.open("a", encoding="utf-8") as file:
                file.write(f"\nunset {_NAME}\n")
