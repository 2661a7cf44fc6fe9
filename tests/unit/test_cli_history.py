import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from eessi_stack import journal
from eessi_stack.cli.history import history, lines
from eessi_stack.errors import ExitCode, StackError


def ended(module: str, result: str = "built", **more: object) -> dict[str, object]:
    said = {"time": "2026-01-02T03:04:05+0000", "event": "step-ended", "run": "r1", "module": module}
    return {**said, "result": result, "seconds": 65.0, "cause": "", **more}


def begun(module: str, run: str = "r1") -> dict[str, object]:
    return {"time": "2026-01-02T03:00:00+0000", "event": "step-started", "run": run, "module": module}


def test_a_build_is_a_line() -> None:
    failed = ended("Longer/1.0", "failed", cause="it broke")
    events: list[dict[str, object]] = [{"event": "run-started"}, begun("A/1"), ended("A/1"), failed]
    assert list(lines(events, 20)) == [
        "2026-01-02 03:04  built   A/1         1m05s",
        "2026-01-02 03:04  failed  Longer/1.0  1m05s  it broke",
    ]


def test_only_the_last_are_shown() -> None:
    events = [ended("A/1", time="2026-01-01T00:00:00"), ended("B/1"), ended("C/1")]
    assert [line.split()[3] for line in lines(events, 2)] == ["B/1", "C/1"]
    assert list(lines([], 5)) == []


def test_a_build_without_an_end_is_told_with_what_became_of_its_run() -> None:
    (line,) = lines([begun("A/1")], 20)
    assert line.endswith("no end  A/1    what became of its run is not known here")
    (line,) = lines([begun("A/1")], 20, {"r1": "goes on: process 7 on node1"})
    assert line.endswith("no end  A/1    goes on: process 7 on node1")
    found = list(lines([begun("A/1", "r1"), begun("A/1", "r2"), ended("A/1", run="r2")], 20))
    assert [("no end" in line) for line in found] == [True, False]


def test_what_failed_has_its_log_below_and_a_rebuild_is_called_so() -> None:
    failed = ended("A/1", "failed", cause="it broke", action="rebuild", log="/logs/a.log")
    events = [ended("A/1", action="install", log="/logs/b.log"), ended("A/1", action="rebuild"), failed]
    assert list(lines(events, 20)) == [
        "2026-01-02 03:04  built   A/1  1m05s",
        "2026-01-02 03:04  built   A/1  1m05s  rebuild",
        "2026-01-02 03:04  failed  A/1  1m05s  rebuild: it broke",
        "                  log /logs/a.log",
    ]


@pytest.mark.parametrize("fate", ["goes on", ""])
def test_whether_a_run_goes_on_is_known_by_its_process(repo: Path, monkeypatch: pytest.MonkeyPatch, fate: str) -> None:
    prefix = repo / "versions/2023.06/software/linux/x86_64/generic"
    monkeypatch.setattr("eessi_stack.machine.is_ours", lambda process: process == os.getpid())
    for name, process in (("r2", os.getpid() if fate else 0), ("r3", 1)):
        journal.record(prefix, "run-started", run=name, host=os.uname().nodename, pid=process)
        journal.record(prefix, "step-started", run=name, module=f"{name}/1")
    found = call(repo).stdout
    last = {line.split()[4]: line for line in found.splitlines() if "no end" in line}
    assert "was cut off: process 1 on " in last["r3/1"]
    assert (fate or "not known here") in last["r2/1"]


@pytest.mark.parametrize("event", [{}, {"event": "step-ended"}, {"event": "step-ended", "seconds": "long", "time": 3}])
def test_what_other_programs_wrote_breaks_nothing(event: dict[str, object]) -> None:
    assert len(list(lines([event, ended("A/1")], 20))) == 1 + ("event" in event)


def call(repo: Path, *arguments: str) -> Result:
    where = ["--repo", str(repo), "--eessi-version", "2023.06", "--target", "x86_64/generic"]
    return CliRunner().invoke(history, [*where, *arguments], env={"HOME": str(repo)})


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    prefix = tmp_path / "versions/2023.06/software/linux/x86_64/generic"
    journal.record(prefix, "run-started", run="r1")
    for module in ("GROMACS/2023", "GROMACS/2024", "R/4"):
        journal.record(prefix, "step-ended", module=module, run="r1", result="built", seconds=5.0)
    return tmp_path


@pytest.mark.parametrize(("name", "count"), [("", 3), ("GROMACS", 2), ("GROMACS/2024", 1)])
def test_the_history_of_one_software_of_a_module_or_of_all(repo: Path, name: str, count: int) -> None:
    assert len(call(repo, *filter(None, [name])).stdout.splitlines()) == count


def test_the_history_of_nothing(repo: Path) -> None:
    assert call(repo / "empty").stdout == "nothing was built yet\n"


@pytest.mark.parametrize("arguments", [("gromac",), ("gromac", "--json")])
def test_a_name_that_nothing_was_built_of_is_a_finding_and_near_ones_are_told(
    repo: Path, arguments: tuple[str, ...]
) -> None:
    result = call(repo, *arguments)
    assert isinstance(result.exception, StackError)
    assert result.exception.exit_code is ExitCode.FINDING
    assert result.exception.message == "nothing called gromac was built in the prefix of x86_64/generic"
    assert result.exception.hint == "did you mean `GROMACS`?"
    if "--json" in arguments:
        assert json.loads(result.stdout)["events"] == []


@pytest.mark.parametrize(
    ("name", "hint"), [("GROMACS/23", "did you mean `GROMACS/2023`?"), ("nonesuch", ""), ("r", "did you mean `R`?")]
)
def test_modules_are_near_to_modules_and_software_to_software(repo: Path, name: str, hint: str) -> None:
    error = call(repo, name).exception
    assert isinstance(error, StackError)
    assert error.hint == hint


def test_the_history_as_json_has_all_events(repo: Path) -> None:
    result = call(repo, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["format"], found["version"]) == ("eessi-stack-history", 1)
    assert [event["event"] for event in found["events"]] == ["run-started", *["step-ended"] * 3]


def test_it_is_a_command() -> None:
    assert isinstance(history, click.Command)
