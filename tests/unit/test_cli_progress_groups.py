from io import StringIO
from pathlib import Path

import pytest

from eessi_stack.cli.progress.groups import Groups
from eessi_stack.model import Outcome, Result
from tests.unit.progress_examples import outcome, plan, step

A, B = step("A/1"), step("B/1")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def groups(clock: Clock) -> tuple[Groups, StringIO]:
    stream = StringIO()
    return Groups(stream, clock, token=lambda: "secret"), stream


def failed(log: Path) -> Outcome:
    return Outcome(step=B, result=Result.FAILED, seconds=7, cause="it broke", log=str(log))


def test_one_group_a_build_when_it_has_ended(tmp_path: Path, clock: Clock) -> None:
    log = tmp_path / "B.log"
    log.write_text("== building...\ngcc: no\n")
    told, stream = groups(clock)
    told.planned(plan(A, B))
    told.started(A, 1, tmp_path / "A.log")
    told.started(B, 1, log)
    told.phase(A, "configuring")
    told.phase(B, "building")
    clock.now += 65
    told.phase(A, "building")
    told.ended(failed(log))
    told.ended(outcome(A, Result.BUILT, 70))
    assert stream.getvalue().splitlines() == [
        "2 packages to build for x86_64/generic",
        "[ ] A/1 (1/2)",
        "[ ] B/1 (2/2)",
        "[x] B/1 7s: it broke",
        "::group::[x] B/1",
        "::stop-commands::secret",
        "== building...",
        "gcc: no",
        "::secret::",
        "::endgroup::",
        "[+] A/1 1m10s",
        "::group::[+] A/1",
        "::stop-commands::secret",
        "     0s  configuring",
        "  1m05s  building",
        "::secret::",
        "::endgroup::",
    ]


def test_what_a_log_says_is_no_command(tmp_path: Path, clock: Clock) -> None:
    log = tmp_path / "B.log"
    log.write_bytes(b"::endgroup::\n::add-mask::x\r\n##[error]y\n\xff\xfe\nno end")
    told, stream = groups(clock)
    told.started(B, 1, log)
    told.ended(failed(log))
    lines = stream.getvalue().splitlines()
    stopped, again = lines.index("::stop-commands::secret"), lines.index("::secret::")
    assert lines[stopped + 1 : again] == ["::endgroup::", "::add-mask::x", "##[error]y", "��", "no end"]
    assert lines[again:] == ["::secret::", "::endgroup::"]


def test_every_group_has_a_token_of_its_own(tmp_path: Path, clock: Clock) -> None:
    log = tmp_path / "B.log"
    log.write_text("x")
    stream = StringIO()
    told = Groups(stream, clock)
    told.ended(failed(log))
    told.ended(failed(log))
    tokens = [line.removeprefix("::stop-commands::") for line in stream.getvalue().splitlines() if "stop-" in line]
    assert len(set(tokens)) == 2
    assert all(len(token) == 32 for token in tokens)


def test_a_cause_is_no_command_either(clock: Clock) -> None:
    told, stream = groups(clock)
    told.ended(outcome(A, Result.FAILED, cause="##[add-mask]secret"))
    assert "##[" not in stream.getvalue()


def test_a_log_that_is_gone_is_said(tmp_path: Path, clock: Clock) -> None:
    told, stream = groups(clock)
    told.ended(failed(tmp_path / "gone.log"))
    assert f"{tmp_path}/gone.log cannot be read: No such file or directory" in stream.getvalue()
    assert stream.getvalue().endswith("::secret::\n::endgroup::\n")


@pytest.mark.parametrize("result", [Result.PRESENT, Result.SKIPPED])
def test_what_was_not_built_has_no_group(result: Result, clock: Clock) -> None:
    told, stream = groups(clock)
    told.ended(outcome(A, result, cause="why"))
    assert "::" not in stream.getvalue()
