"""Easyconfigs → facts: EasyBuild as a library, read only, in a process of its own (`python -m eessi_stack.eb.reader`).

One JSON question a line on stdin, one JSON answer a line on stdout. It imports EasyBuild and the standard library
only. The ways in which it differs from `eb --missing` are those that make one graph of all entries, that note what a
parse rests on, and that make it no slower than it must be.
"""

import gc
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from eessi_stack.eb.library import pretend_machine, set_up
from eessi_stack.eb.recorder import Recorder

Json = dict[str, Any]


def main() -> None:
    """Answer questions until there are no more. What EasyBuild prints goes to stderr: stdout has the answers alone."""
    gc.disable()  # a seventh of the time; what a run reads fits into memory
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answers:
        for answer in answers_to(sys.stdin):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def answers_to(questions: TextIO) -> Iterator[Json]:
    session: Any = None
    for line in questions:
        question = json.loads(line)
        if session is None:
            pretend_machine(question["family"])
        try:
            import easybuild.framework  # noqa: F401, PLC0415 (after the machine is set: EasyBuild looks at it on import)
        except ImportError as error:
            yield {"failure": f"EasyBuild cannot be imported by {sys.executable}: {error}"}
            return
        from easybuild.tools.build_log import EasyBuildError  # noqa: PLC0415

        try:
            session = session or start()
            yield session.answer(question)
        except EasyBuildError as error:
            yield {"failure": f"EasyBuild: {error.msg}"}
        except SystemExit:
            yield {"failure": "EasyBuild does not accept its configuration: see its message above"}


def start() -> Any:  # noqa: ANN401 (a Parser, which cannot be named before EasyBuild is imported)
    recorder = Recorder(os.environ.get("TMPDIR", os.devnull))
    recorder.watch()
    with recorder.frame("session") as frame:
        set_up()
        from eessi_stack.eb.code import is_code  # noqa: PLC0415 (other children need none of it)
        from eessi_stack.eb.parse import Parser  # noqa: PLC0415 (it imports EasyBuild)
        from eessi_stack.eb.patches import fill_caches  # noqa: PLC0415 (as that)

        fill_caches()
        frame.environment.clear()  # what of it matters is in the key of the facts
        frame.volatile = False  # it asked the system what it is
        frame.files = {path: found for path, found in frame.files.items() if not is_code(path)}
    return Parser(recorder)


if __name__ == "__main__":
    main()
