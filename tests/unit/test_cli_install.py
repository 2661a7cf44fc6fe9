"""What `install` says, made from Plan, Outcome and Comparison values."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from eessi_stack.cli.install import document, install, report, verdict
from eessi_stack.errors import ExitCode
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
    assert verdict(outcomes, proof(state)) is code


@pytest.mark.parametrize("outcomes", [(), (BUILT,), (BUILT, PRESENT)])
def test_what_went_well_is_proven_and_says_nothing_of_failures(outcomes: tuple[Outcome, ...]) -> None:
    said = "\n".join(report(outcomes, proof()))
    assert said.endswith("No missing installations (1 installed)")
    assert not [word for word in BAD if word in said]


def test_a_run_says_how_much_it_built_and_how_long_it_took() -> None:
    assert next(iter(report((BUILT, PRESENT), proof()))) == "2 of 2 packages built in 1m05s"
    assert next(iter(report((BUILT,), proof()))) == "1 of 1 package built in 1m05s"
    assert list(report((), proof())) == ["No missing installations (1 installed)"]


def test_a_build_that_ended_well_proves_nothing_by_itself() -> None:
    said = "\n".join(report((BUILT,), proof(State.MISSING)))
    assert "No missing installations" not in said
    assert "1 out of 1 required modules missing:" in said


def test_failures_come_last_and_nothing_is_proven() -> None:
    said = list(report((BUILT, FAILED, SKIPPED), proof()))
    assert said[:2] == ["1 of 3 packages built in 1m08s", "SKIPPED: S/1: needs F/1"]
    assert "it broke" in "\n".join(said[2:])
    assert "No missing installations" not in "\n".join(said)


def test_an_interrupted_build_is_told_as_one() -> None:
    assert "INTERRUPTED: I/1: interrupted" in report((INTERRUPTED,), proof())


def test_the_document_has_every_step_with_its_reason_and_what_became_of_it() -> None:
    steps = (step("A/1"), step("F/1", Action.REPAIR, "repair: its build was cut off"), step("never/1"))
    outcomes = (outcome("A/1", Result.BUILT, seconds=1.0), replace(FAILED, step=steps[1]))
    made = document(Plan(target=TARGET, steps=steps), outcomes, proof(State.MISSING))
    assert (made["format"], made["version"], made["proven"]) == ("eessi-stack-install", 1, False)
    assert [(one["module"], one["action"], one["reason"]) for one in made["steps"]] == [
        ("A/1", "install", "new"),
        ("F/1", "repair", "repair: its build was cut off"),
        ("never/1", "install", "new"),
    ]
    assert [one["outcome"] and one["outcome"]["result"] for one in made["steps"]] == ["built", "failed", None]
    assert document(Plan(target=TARGET, steps=()), (), proof())["proven"]


def test_a_plan_or_easystacks_must_be_named(tmp_path: Path) -> None:
    assert CliRunner().invoke(install, ["--repo", str(tmp_path)], env={"HOME": str(tmp_path)}).exit_code == 2
    (tmp_path / "plan").write_text("{}")
    both = CliRunner().invoke(install, ["s.yml", "--plan", str(tmp_path / "plan")], env={"HOME": str(tmp_path)})
    assert both.exit_code == 2
    assert "either" in both.output
