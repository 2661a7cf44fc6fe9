"""What the runs of a prefix did, as its journal says."""

from typing import Any

from eessi_stack.runs import ended, latest, runs

HERE = "node1"


def begin(run: str, host: str = HERE, pid: int = 7, time: str = "2026-01-01T00:00:00+0000") -> dict[str, Any]:
    return {"event": "run-started", "run": run, "host": host, "pid": pid, "time": time}


def step(run: str, result: str) -> dict[str, Any]:
    return {"event": "step-ended", "run": run, "module": "A/1", "result": result, "time": "2026-01-01T00:00:30+0000"}


def end(run: str, time: str = "2026-01-01T00:01:00+0000") -> dict[str, Any]:
    return {"event": "run-ended", "run": run, "time": time}


def test_a_run_that_ended() -> None:
    (one,) = runs([begin("a"), step("a", "built"), step("a", "failed"), step("a", "built"), end("a")], HERE, bool)
    assert (one.results, one.seconds, one.goes_on) == ({"built": 2, "failed": 1}, 60.0, False)


def test_two_runs_at_once() -> None:
    one, other = runs([begin("a"), begin("b", pid=8), step("b", "built"), step("a", "failed"), end("b")], HERE, bool)
    assert (one.results, one.goes_on) == ({"failed": 1}, True)
    assert (other.results, other.goes_on) == ({"built": 1}, False)


def test_one_that_has_no_end() -> None:
    dead, elsewhere = runs([begin("a"), begin("b", host="node2")], HERE, lambda _: False)
    assert (dead.goes_on, elsewhere.goes_on) == (False, None)
    assert dead.seconds is None


def test_what_an_accelerators_run_built_for_its_cpu_has_neither_begin_nor_end() -> None:
    (one,) = runs([step("a", "built")], HERE, bool)
    assert (one.results, one.seconds, one.goes_on) == ({"built": 1}, None, False)


def test_what_other_programs_wrote_is_no_run() -> None:
    odd: list[dict[str, Any]] = [
        {},
        {"run": None},
        {"event": "step-ended", "seconds": "x"},
        {"event": "step-ended", "module": "A/1"},
    ]
    assert not runs(odd, HERE, bool)
    assert [one.seconds for one in ended([*odd, {"event": "step-ended", "module": "B/1", "seconds": "long"}])] == [0, 0]
    strange = [begin("a", time="today"), end("a")]
    assert [one.seconds for one in runs(strange, HERE, bool)] == [None]


def test_the_last_run_and_those_beside_it() -> None:
    assert latest([]) == frozenset()
    assert latest([begin("a"), step("a", "failed"), end("a"), begin("b"), end("b")]) == {"b"}
    assert latest([begin("a"), begin("b"), begin("c"), step("a", "failed"), end("c")]) == {"a", "c"}
