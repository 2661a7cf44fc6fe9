"""The files that a failed build leaves → why it failed. Each is read once, as a stream: logs may be of any size."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from eessi_stack.failure import transcript
from eessi_stack.failure.cause import Failure
from eessi_stack.failure.diagnose import Evidence, diagnose
from eessi_stack.failure.transcript import Transcript

#: So many bytes of one line are looked at; what comes after them is skipped.
LONGEST = 4096

_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78DEHMNOZc])|.\x08")
_SCRIPT = re.compile(r"\twill be saved to (\S.*)$")
_FAILED = re.compile(r"== .* WARNING .*[Cc]ommand(?: '.*')? FAILED \(exit code (-?\d+)\)$")
_RUNNING = re.compile(r"== .* INFO Running .*command in .*:$")


def explain(  # noqa: PLR0913 (four of them are keywords)
    exit_code: int | None,
    log: Path,
    *,
    out_of_memory: bool | None = None,
    interrupted: bool = False,
    timed_out: bool = False,
    full: tuple[str, ...] = (),
) -> Failure:
    """Tell why a build failed from EasyBuild's exit code and the file that has all it printed."""
    told = transcript.read(lines(log))
    if told.details and not told.of_command:
        told = _closer(told)
    return diagnose(
        Evidence(
            exit_code=exit_code,
            told=_that_exist(told),
            output=_output(told),
            out_of_memory=out_of_memory,
            interrupted=interrupted,
            timed_out=timed_out,
            full=full,
        )
    )


def _output(told: Transcript) -> Iterator[str]:
    """What the failed command printed: its errors first, where they are apart."""
    for name in (told.errors, told.output):
        if name:
            yield from lines(Path(name))


def _that_exist(told: Transcript) -> Transcript:
    """Files that a full disk or a cleaned folder took are not named."""
    return replace(told, output=_if_there(told.output), errors=_if_there(told.errors), script=_if_there(told.script))


def _if_there(path: str) -> str:
    return path if path and Path(path).is_file() else ""


def _closer(told: Transcript) -> Transcript:
    """What EasyBuild has in its detailed log only: who raised the error, and a command that it ran hidden."""
    script, command, running = "", "", False
    for line in lines(Path(told.details)):
        if running:
            command, running = line.strip(), False
        elif found := _SCRIPT.match(line):
            script = found[1]
        elif _RUNNING.match(line):
            running = True
        elif transcript.IN_HOOK.search(line):
            told = replace(told, in_hook=True)
        elif (found := _FAILED.match(line)) and _is_it(told, command, int(found[1])):
            output = str(Path(script).with_name("out.txt"))
            told = replace(told, command=command, exit_code=int(found[1]), script=script, output=output)
    return told


def _is_it(told: Transcript, command: str, exit_code: int) -> bool:
    """Whether a command that failed is the one that EasyBuild's message speaks of."""
    name, code = told.hidden or ("", None)
    return code == exit_code and (not name or name.startswith(command))


def lines(path: Path) -> Iterator[str]:
    """A file's lines as a terminal would show them; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            kept = b""
            while piece := file.readline(LONGEST):
                kept = _last_written(kept + piece)
                if piece.endswith(b"\n"):
                    yield shown(kept)
                    kept = b""
            if kept:
                yield shown(kept)
    except OSError:
        return


def _last_written(text: bytes) -> bytes:
    """What a progress bar wrote last over its line, and no more of it than is looked at."""
    _, written, last = text.rpartition(b"\r")
    return (last if written and last.strip() else text)[:LONGEST]


def shown(line: bytes) -> str:
    """One line without colours and what else moves a terminal's cursor."""
    text = line.decode("utf-8", errors="replace").rstrip("\r\n")
    return _CONTROL.sub("", text) if "\x1b" in text or "\x08" in text else text
