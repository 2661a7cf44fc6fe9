import json
from pathlib import Path
from threading import Thread

import pytest

from eessi_stack import journal
from eessi_stack.model import Action, Outcome, Package, Result, Step

STEP = Step(
    package=Package(module="A/1", sha256="00ff"), action=Action.REPAIR, reason="cut off", prefix=Path("/prefix")
)


def test_events_come_back_in_order(tmp_path: Path) -> None:
    assert journal.events(tmp_path) == []
    assert journal.record(tmp_path, "one", n=1, text="a\nb \N{SNOWMAN}")
    assert journal.record(tmp_path, "two")
    first, second = journal.events(tmp_path)
    assert (first["event"], first["n"], first["text"]) == ("one", 1, "a\nb \N{SNOWMAN}")
    assert second["event"] == "two"
    assert first["time"][:2] == "20"


def test_it_is_one_json_line_an_event(tmp_path: Path) -> None:
    for name in ("one", "two"):
        journal.record(tmp_path, name, text="a\nb")
    lines = (tmp_path / ".eessi-stack" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["one", "two"]


@pytest.mark.parametrize("rest", [b'{"time": "2026', b"\xff\x00", b"[1]\n", b"\n", b"3"])
def test_what_was_cut_off_is_skipped_and_spoils_nothing_after_it(tmp_path: Path, rest: bytes) -> None:
    journal.record(tmp_path, "before")
    with (tmp_path / journal.PATH).open("ab") as file:
        file.write(rest)
    assert [event["event"] for event in journal.events(tmp_path)] == ["before"]
    assert journal.record(tmp_path, "after")
    assert [event["event"] for event in journal.events(tmp_path)] == ["before", "after"]


def test_a_place_that_cannot_be_written_is_said_and_no_more(tmp_path: Path) -> None:
    (tmp_path / ".eessi-stack").write_text("a file where the folder should be")
    assert not journal.record(tmp_path, "one")


def test_a_full_disk_is_said_and_no_more(tmp_path: Path) -> None:
    (tmp_path / ".eessi-stack").mkdir()
    (tmp_path / journal.PATH).symlink_to("/dev/full")
    assert not journal.record(tmp_path, "one")


def test_what_a_step_tells() -> None:
    assert journal.started(STEP, 4) == {
        "module": "A/1",
        "action": "repair",
        "reason": "cut off",
        "sha256": "00ff",
        "cores": 4,
    }
    outcome = Outcome(
        step=STEP, result=Result.FAILED, seconds=1.26, exit_code=1, log="/log", cause="because", cores=4, memory=9
    )
    assert journal.ended(outcome) == {
        "module": "A/1",
        "action": "repair",
        "result": "failed",
        "seconds": 1.3,
        "cores": 4,
        "memory": 9,
        "exit_code": 1,
        "log": "/log",
        "kind": "",
        "cause": "because",
    }
    assert json.loads(json.dumps(journal.ended(outcome)))["result"] == "failed"


def ended(
    module: object = "A/1", seconds: object = 5.0, result: object = "built", event: str = "step-ended"
) -> dict[str, object]:
    return {"event": event, "module": module, "seconds": seconds, "result": result}


def test_durations_are_those_of_the_last_builds_that_ended_well() -> None:
    events = [
        ended(),
        ended(seconds=7),
        ended(seconds=9.0, result="failed"),
        ended("B/1", 2.5),
        ended("C/1", 1, "present"),
    ]
    assert journal.durations(events) == {"A/1": 7.0, "B/1": 2.5}
    assert journal.durations([]) == {}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "step-ended", "result": "built"},
        ended(None),
        ended(seconds="5"),
        ended(seconds=None),
        ended(seconds=0.0),
        ended(seconds=-1),
        ended(seconds=float("nan")),
        ended(seconds=float("inf")),
        ended(event="step-started"),
    ],
)
def test_what_is_no_duration_is_none(event: dict[str, object]) -> None:
    assert journal.durations([event, ended("B/1", 1)]) == {"B/1": 1.0}


def test_two_runs_write_into_one_journal(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for number in range(50):
            assert journal.record(tmp_path, name, n=number, text="x" * 2000)

    writers = [Thread(target=write, args=(name,)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    events = journal.events(tmp_path)
    assert [event["n"] for event in events if event["event"] == "one"] == list(range(50))
    assert len(events) == 100


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '["a list"]',
        '{"event": "step-started", "run": ["r"], "module": "A/1"}',
        '{"event": "step-ended", "run": "r", "module": {"A": 1}}',
        '{"event": "step-ended", "module": "A/1", "seconds": 1e400}',
        '{"event": "step-ended", "module": "A/1", "seconds": NaN}',
    ],
)
def test_a_line_that_nobody_here_would_write_is_left_out(tmp_path: Path, line: str) -> None:
    journal.record(tmp_path, "run-started", run="r")
    with (tmp_path / journal.PATH).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert [event["event"] for event in journal.events(tmp_path)] == ["run-started"]
