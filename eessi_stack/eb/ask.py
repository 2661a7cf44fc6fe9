"""Asks EasyBuild in a process of its own: plain data goes in and comes out, its global state stays there."""

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import Any

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.scratch import scratch

Json = dict[str, Any]


class Reader:
    """A module that answers each line of JSON with one. Close it when there is nothing more to ask."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        import subprocess  # noqa: PLC0415 (slow to import, and a warm run asks nothing)

        self._end = contextlib.ExitStack()
        here = self._end.enter_context(scratch())
        self._said = here.path / "stderr"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env={**environment, "TMPDIR": str(here.path)},
                pass_fds=(here.lock,),
            )

    def ask(self, question: Mapping[str, Any]) -> Json:
        """StackError `easybuild-failed`, exit code 3, where there is no answer, or it is that EasyBuild has failed."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer: Json = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            self._wait()
            raise self._failed("EasyBuild gave no answer") from None
        if answer.get("failure"):
            raise self._failed(answer["failure"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._end.close()

    def _wait(self) -> None:
        """One that gives no answer is about to end; how it ends says why."""
        from subprocess import TimeoutExpired  # noqa: PLC0415

        with contextlib.suppress(TimeoutExpired):
            self._process.wait(5)

    def _failed(self, message: str) -> StackError:
        if self._process.poll() not in (None, 0):
            message += f" (exit code {self._process.returncode})"
        return StackError(
            "easybuild-failed",
            message,
            context=self._said.read_text(encoding="utf-8", errors="replace").strip()[-2000:],
            hint="`eessi-stack config --easybuild` shows how EasyBuild is configured",
            exit_code=ExitCode.UNDECIDED,
        )


def ask_once(module: str, question: Mapping[str, Any], environment: Mapping[str, str]) -> Json:
    """One question to a module, and its answer."""
    reader = Reader(module, environment)
    try:
        return reader.ask(question)
    finally:
        reader.close()
