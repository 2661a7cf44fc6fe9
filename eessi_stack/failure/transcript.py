"""What EasyBuild printed while it built one package, as far as a failure needs it. Pure; one pass, bounded memory."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

#: How EasyBuild announces a step → its own name of it, as in its exit codes and hooks.
STEPS = {
    "fetching files and verifying checksums": "fetch",
    "creating build dir, resetting environment": "ready",
    "unpacking": "extract",
    "patching": "patch",
    "preparing": "prepare",
    "configuring": "configure",
    "building": "build",
    "testing": "test",
    "installing": "install",
    "taking care of extensions": "extensions",
    "restore after iterating": "postiter",
    "postprocessing": "postproc",
    "sanity checking": "sanitycheck",
    "cleaning up": "cleanup",
    "creating module": "module",
    "permissions": "permissions",
    "packaging": "package",
    "running test cases": "testcases",
}

#: So many lines of one message, and of one command, are kept.
MOST = 200

_STEP = re.compile(r"== (\S.*)\.\.\.$")
_IN_STEP = re.compile(r"failed (?:with exit code \S+ )?in (\w+) step for \S+\.eb")
_FIELD = re.compile(r"    (\w[\w /()+]*?)\s+->  (.*)")
_MESSAGE = re.compile(r"(?:== FAILED: Installation ended \w+: |ERROR: (?:Installation of \S+ failed: )?)(.*)")
_RESULTS = re.compile(r"== Results of the build can be found in the log file\(s\) (\S.*)")
_STATE = re.compile(r"\t\[output and state saved to (.+)\]$")
_TOOK = re.compile(r" \(took [^()]*\)$")
_SANITY = re.compile(r"sanity check command (.*?) failed with exit code (-?\d+) \(output: ", re.DOTALL)
_EXITED = re.compile(r"\bexited with code (\d+)")
_SIGNAL = re.compile(r"WARNING: signal received \((\d+)\), cleaning up locks|ERROR: Cancelled by user")

#: How the last frames of an error show that a hook raised it.
IN_HOOK = re.compile(r" in run_hook$")

#: What EasyBuild calls the files of a failed command → what they are called here.
_PATHS = {
    "output (stdout + stderr)": "output",
    "output (stdout)": "output",
    "error/warnings (stderr)": "errors",
    "interactive shell script": "script",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What is known of one run of EasyBuild from what it printed."""

    step: str = ""  #: the last one that it began: `build`
    message: tuple[str, ...] = ()  #: EasyBuild's own error
    command: str = ""  #: the one that failed, or that ran last
    exit_code: int | None = None  #: of that command, where it failed
    failed: bool = False  #: whether EasyBuild says that the command failed
    running: bool = False  #: whether that command had not ended yet
    output: str = ""  #: path of what it printed
    errors: str = ""  #: path of what it printed as errors, where that is kept apart
    script: str = ""  #: path of the script that opens a shell there
    details: str = ""  #: path of EasyBuild's detailed log
    in_hook: bool = False  #: whether a hook raised the error
    signal: int = 0  #: that ended it; EasyBuild's exit code is then this number, and means none of its errors

    @property
    def of_command(self) -> bool:
        """Whether it is a command that says what is wrong, not EasyBuild."""
        return self.failed or self.running

    @property
    def hidden(self) -> tuple[str, int] | None:
        """A command that EasyBuild ran without saying so, and its exit code; of a patch only the latter is told."""
        text = "\n".join(self.message)
        if found := _SANITY.search(text):
            return found[1], int(found[2])
        found = _EXITED.search(text)
        return ("", int(found[1])) if found else None


def read(lines: Iterable[str]) -> Transcript:
    """Take from EasyBuild's lines what a failure needs."""
    reader = _Reader()
    for line in lines:
        reader.take(line)
    return reader.seen


class _Reader:
    """Knows which lines belong to what came before them."""

    def __init__(self) -> None:
        self.seen = Transcript()
        self.part = ""  # what a line without a sign of its own continues: message, block, command, trace, traceback

    def note(self, part: str, **facts: Any) -> None:  # noqa: ANN401 (whatever a transcript has)
        self.part, self.seen = part, replace(self.seen, **facts)

    def take(self, line: str) -> None:
        if line.startswith("== "):
            self._announced(line)
        elif line.startswith("  >> "):
            self._traced(line)
        elif line.startswith("ERROR: Shell command failed!"):
            self.note("block", failed=True, running=False, command="")
        elif self.part in ("block", "command") and (found := _FIELD.match(line)):
            self._field(found[1], found[2])
        elif (found := _MESSAGE.match(line)) and not _SIGNAL.match(line):
            self.note("message", message=(found[1],))
        else:
            self._continued(line)

    def _announced(self, line: str) -> None:
        self.part = ""
        if found := _MESSAGE.match(line):
            self.note("message", message=(_TOOK.sub("", found[1]),))
        elif found := _RESULTS.match(line):
            self.note("", details=found[1])
        elif (found := _STEP.match(line)) and found[1] in STEPS:
            self.note("", step=STEPS[found[1]])
        if found := _IN_STEP.search(line):
            self.note(self.part, step=found[1])

    def _traced(self, line: str) -> None:
        self.part = ""
        if line.startswith("  >> running ") and line.endswith("command:"):
            self.note("trace", command="", running=True, output="", errors="", script="")
        elif line.startswith("  >> command completed"):
            self.note("", running=False)

    def _field(self, name: str, value: str) -> None:
        if name == "full command":
            self.note("command", command=value)
        elif name == "exit code":
            self.note("block", exit_code=int(value) if value.lstrip("-").isdecimal() else None)
        elif name in _PATHS:
            self.note("block", **{_PATHS[name]: value.strip()})
        else:
            self.part = "block"

    def _continued(self, line: str) -> None:
        if IN_HOOK.search(line):
            self.note(self.part, in_hook=True)
        elif found := _SIGNAL.match(line):
            self.note("", signal=int(found[1] or 2))
        if self.part == "trace":
            self._of_command(line)
        elif self.part == "command":
            self._longer(line)
        elif self.part == "message" and len(self.seen.message) < MOST:
            self.note("message", message=(*self.seen.message, _TOOK.sub("", line)))
        elif line.startswith("Traceback (most recent call last):"):
            self.note("traceback", message=())
        elif self.part == "traceback" and line and not line[0].isspace():
            self.note("message", message=(line,))

    def _of_command(self, line: str) -> None:
        if found := _STATE.match(line):
            self.note("", output=f"{found[1]}/out.txt", script=f"{found[1]}/cmd.sh")
        elif not line.startswith(("\t[started at: ", "\t[working dir: ")):
            self._longer(line.removeprefix("\t"))

    def _longer(self, line: str) -> None:
        if self.seen.command.count("\n") < MOST:
            self.note(self.part, command=f"{self.seen.command}\n{line}".lstrip("\n"))
