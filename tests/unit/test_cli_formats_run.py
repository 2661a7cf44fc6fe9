"""What `install` says, in each of its formats, made from Plan, Outcome and Comparison values."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from eessi_stack.cli.formats.report import Screen
from eessi_stack.cli.formats.run import Run, render, verdict
from eessi_stack.errors import ExitCode
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.model import Action, Comparison, Outcome, Package, Plan, Request, Result, State, Step, Target, Verdict

TARGET = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
BAD = ("ERROR: ", "FATAL: ", "FAILED: ", " required modules missing:")


def step(module: str, action: Action = Action.INSTALL, reason: str = "new", prefix: str = "/cpu") -> Step:
    return Step(package=Package(module=module), action=action, reason=reason, prefix=Path(prefix))


def proof(state: State = State.INSTALLED) -> Comparison:
    asked = Request(easyconfig="A.eb", file="s.yml", line=1)
    one = Verdict(package=Package(module="A/1", requests=(asked,)), state=state)
    return Comparison(target=TARGET, verdicts=(one,), requests=((asked, one),))


def outcome(module: str, result: Result, **more: object) -> Outcome:
    return Outcome(step=step(module), result=result, **more)  # type: ignore[arg-type]


def run(outcomes: tuple[Outcome, ...], found: Comparison | None = None, seconds: float = 65.0) -> Run:
    plan = Plan(target=TARGET, steps=tuple(outcome.step for outcome in outcomes))
    return Run(plan=plan, outcomes=outcomes, proof=found or proof(), seconds=seconds)


def report(outcomes: tuple[Outcome, ...], found: Comparison | None = None) -> list[str]:
    return render(run(outcomes, found), "text", Screen()).splitlines()


BUILT = outcome("A/1", Result.BUILT, seconds=65.0)
PRESENT = outcome("B/1", Result.PRESENT, cause="built by another run meanwhile")
SKIPPED = outcome("S/1", Result.SKIPPED, cause="needs F/1")
FAILED = outcome("F/1", Result.FAILED, seconds=3.0, exit_code=1, log="/logs/F-1.log", cause="it broke")
INTERRUPTED = outcome("I/1", Result.INTERRUPTED, exit_code=143, cause="interrupted")


@pytest.mark.parametrize(
    ("outcomes", "state", "code"),
    [
        ((), State.INSTALLED, ExitCode.OK),
        ((BUILT, PRESENT), State.INSTALLED, ExitCode.OK),
        ((BUILT,), State.DRIFT, ExitCode.OK),
        ((BUILT,), State.MISSING, ExitCode.FINDING),
        ((), State.BROKEN, ExitCode.FINDING),
        ((BUILT,), State.ERROR, ExitCode.UNDECIDED),
        ((BUILT, FAILED, SKIPPED), State.INSTALLED, ExitCode.FINDING),
        ((SKIPPED,), State.INSTALLED, ExitCode.FINDING),
        ((BUILT, INTERRUPTED, FAILED), State.INSTALLED, ExitCode.INTERRUPTED),
    ],
)
def test_the_exit_code_is_ok_only_where_the_proof_says_so(
    outcomes: tuple[Outcome, ...], state: State, code: ExitCode
) -> None:
    assert verdict(run(outcomes, proof(state))) is code


@pytest.mark.parametrize("outcomes", [(), (BUILT,), (BUILT, PRESENT)])
def test_what_went_well_is_proven_and_says_nothing_of_failures(outcomes: tuple[Outcome, ...]) -> None:
    said = "\n".join(report(outcomes, proof()))
    assert said.endswith("No missing installations (1 installed)")
    assert not [word for word in BAD if word in said]


def test_a_run_says_how_much_it_built_and_how_long_it_took() -> None:
    assert report((BUILT, PRESENT))[0] == "1 of 2 packages built in 1m05s, 1 by another run"
    assert report((BUILT,))[0] == "1 of 1 package built in 1m05s"
    assert report(()) == ["No missing installations (1 installed)"]


def test_a_build_that_ended_well_proves_nothing_by_itself() -> None:
    said = "\n".join(report((BUILT,), proof(State.MISSING)))
    assert "No missing installations" not in said
    assert "1 out of 1 required modules missing:" in said


def test_failures_come_last_and_nothing_is_proven() -> None:
    said = report((BUILT, FAILED, SKIPPED))
    assert said[:2] == ["1 of 3 packages built in 1m05s", "SKIPPED: S/1: needs F/1"]
    assert "it broke" in "\n".join(said[2:])
    assert "No missing installations" not in "\n".join(said)


def test_an_interrupted_build_is_told_as_one() -> None:
    assert "INTERRUPTED: I/1: interrupted" in "\n".join(report((INTERRUPTED,)))


def test_the_document_has_every_step_with_its_reason_and_what_became_of_it() -> None:
    repair = step("F/1", Action.REPAIR, "repair: its build was cut off")
    failure = Failure(cause=Cause.COMPILE, summary="it broke", excerpt=("one", "two"), error_line=1)
    outcomes = (BUILT, replace(FAILED, step=repair, failure=failure))
    plan = Plan(target=TARGET, steps=(BUILT.step, repair, step("never/1")))
    made = json.loads(render(replace(run(outcomes, proof(State.MISSING)), plan=plan), "json", Screen()))
    assert (made["format"], made["version"], made["proven"]) == ("eessi-stack-install", 1, False)
    assert [(one["module"], one["action"], one["reason"]) for one in made["steps"]] == [
        ("A/1", "install", "new"),
        ("F/1", "repair", "repair: its build was cut off"),
        ("never/1", "install", "new"),
    ]
    assert [one["outcome"] and one["outcome"]["result"] for one in made["steps"]] == ["built", "failed", None]
    assert made["steps"][1]["outcome"]["failure"]["excerpt"] == ["one", "two"]
    assert json.loads(render(run(()), "json", Screen()))["proven"]
    assert not json.loads(render(run((FAILED,)), "json", Screen()))["proven"]


def test_junit_has_a_case_a_step() -> None:
    suite = fromstring(render(run((BUILT, FAILED, SKIPPED)), "junit", Screen()))[0]
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    assert [(case.get("name"), [part.tag for part in case]) for case in suite] == [
        ("A/1", []),
        ("F/1", ["failure"]),
        ("S/1", ["skipped"]),
    ]


def test_github_has_an_annotation_a_failure_and_the_words_that_are_searched_for() -> None:
    asked = Request(easyconfig="F-1.eb", file="s.yml", line=7)
    failed = replace(FAILED, step=replace(FAILED.step, package=Package(module="F/1", requests=(asked,))))
    said = render(run((failed, SKIPPED)), "github", Screen()).splitlines()
    assert said[0].startswith("::error file=s.yml,line=7,title=F/1%3A unknown::it broke")
    assert "FAILED: F/1: unknown: it broke" in said
    assert "No missing installations" not in "\n".join(said)
    assert render(run((BUILT,)), "github", Screen()).endswith("No missing installations (1 installed)")


def test_markdown_has_a_title_a_card_a_failure_and_what_was_skipped() -> None:
    said = render(run((BUILT, FAILED, SKIPPED)), "markdown", Screen())
    assert said.startswith("### ❌ eessi-stack install: x86_64/amd/zen3/accel/nvidia/cc90\n\n1 of 3 packages built")
    assert "<details open>" in said
    assert "F/1: unknown" in said
    assert said.endswith("skipped: `S/1`")
    good = render(run((BUILT,)), "markdown", Screen())
    assert good.startswith("### ✅ ")
    assert "No missing installations" in good


def test_a_run_that_ended_early_says_what_to_run_for_the_rest() -> None:
    assert report((BUILT, INTERRUPTED))[-10:].count("run again to go on") == 1
    rebuilt, ended, left = (step(module, Action.REBUILD, "rebuild: asked for") for module in ("A/1", "B/1", "C/1"))
    first, second = Outcome(step=rebuilt, result=Result.BUILT), Outcome(step=ended, result=Result.INTERRUPTED)
    for told in (first, second), (first, replace(second, result=Result.FAILED)):
        made = replace(run(told), plan=Plan(target=TARGET, steps=(rebuilt, ended, left)))
        for form in ("text", "github", "markdown"):
            said = render(made, form, Screen())
            assert "run again with --rebuild B/1 --rebuild C/1: the rest is rebuilt" in said
            assert "to go on" not in said
    assert "run again without --rebuild: the rest is rebuilt" in "\n".join(report((first, INTERRUPTED)))


@pytest.mark.parametrize(("state", "errors"), [(State.INSTALLED, 0), (State.ERROR, 1), (State.BROKEN, 1)])
def test_a_run_without_a_step_is_one_case_of_junit(state: State, errors: int) -> None:
    written = render(run((), proof(state)), "junit", Screen())
    suite = fromstring(written)[0]
    assert (suite.get("tests"), suite.get("errors"), len(suite.findall("testcase/error"))) == ("1", str(errors), errors)
    assert written.startswith("<?xml version='1.0' encoding='us-ascii'?>")
