"""Asks the Lua that runs an Lmod what that Lmod would make of its files."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.lmod import record
from eessi_stack.lmod.home import Home
from eessi_stack.lmod.spider import Answer, answers

SCRIPT = Path(__file__).parents[1] / "data" / "read-cache.lua"
SECONDS = 120

#: Lmod's own tool that makes caches, beside its command.
TOOL = "update_lmod_system_cache_files"

Answers = dict[tuple[str, str], Answer]


def read(lmod: Path, homes: Iterable[Home]) -> Answers:
    """What Lmod would make of the files of all these. StackError `lmod-failed` where its Lua does not run."""
    questions = []
    for home in homes:
        word = "taken" if record.proven(home.cache) else "cache"
        questions += [f"{word} {home.cache}", f"rc {home.lmodrc}", f"code {home.site_package}"]
    return _ask(lmod, questions)


def read_cache(lmod: Path, folder: Path) -> Answer:
    """What Lmod would make of one folder of cache files."""
    return _ask(lmod, [f"cache {folder}"])["cache", str(folder)]


def _ask(lmod: Path, questions: list[str]) -> Answers:
    asked = os.fsencode("".join(f"{question}\n" for question in questions))
    try:
        run = subprocess.run(
            [*interpreter(lmod), str(SCRIPT)],
            input=asked,
            env={"PATH": os.defpath},  # and no LUA_INIT
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(lmod, str(error)) from error
    try:
        return answers(os.fsdecode(run.stdout).splitlines())
    except ValueError as error:
        raise _failed(lmod, os.fsdecode(run.stderr).strip() or f"exit code {run.returncode}") from error


def check(lmod: Path) -> None:
    """That it can be asked, and has its tool. StackError `lmod-failed` where not."""
    _ask(lmod, [])
    if not (lmod.parent / TOOL).is_file():
        raise _failed(lmod, f"there is no {TOOL} beside it")


def interpreter(lmod: Path) -> list[str]:
    """The Lua that runs an Lmod, as its first line says."""
    try:
        with lmod.open("rb") as file:
            first = os.fsdecode(file.readline(500)).strip()
    except OSError as error:
        raise _failed(lmod, f"it cannot be read: {error.strerror}") from error
    if not first.startswith("#!"):
        raise _failed(lmod, "its first line names no Lua")
    return first[2:].split()


def _failed(lmod: Path, why: str) -> StackError:
    return StackError(
        "lmod-failed",
        f"{lmod}: this Lmod does not work",
        context=why,
        hint="name a working one by --lmod",
        exit_code=ExitCode.UNDECIDED,
    )
