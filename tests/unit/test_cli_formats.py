"""What is true of every format: the golden files, the verdict, and the words that other tools search for."""

from dataclasses import replace

import pytest

from eessi_stack.cli.formats import FORMATS, render
from eessi_stack.cli.formats.report import about, accelerator_entries, nothing_asked, verdict, verdict_on
from eessi_stack.errors import ExitCode
from eessi_stack.model import Answer, State, Target
from tests.unit.missing_examples import (
    BLOCKED,
    BROKEN,
    COMMON,
    DRIFT,
    ERROR,
    EXAMPLES,
    EXCLUDED,
    GOLDEN,
    GROMACS,
    LAMMPS,
    NO_GROMACS,
    ROOT,
    UNUSED,
    ZEN3,
    answer,
    comparison,
    golden,
    judged,
    report,
)

PROOF = "No missing installations"
BAD = ("ERROR: ", "FATAL: ", "FAILED: ", " required modules missing:")

GOOD = (*COMMON, EXCLUDED, BLOCKED, DRIFT)
CC90 = replace(ZEN3, accelerator="nvidia/cc90")
UNREADABLE = Answer(target=CC90, prefix=ROOT / str(CC90), problem="modules: Permission denied\nask an operator")
LOGS = ("text", "github", "markdown")

BAD_STATES = {
    State.MISSING: (NO_GROMACS, ExitCode.FINDING, " required modules missing:"),
    State.BROKEN: (BROKEN, ExitCode.FINDING, "FAILED: "),
    State.ERROR: (ERROR, ExitCode.UNDECIDED, "ERROR: "),
}
GOOD_STATES = (State.INSTALLED, State.DRIFT, State.EXCLUDED)

#: What somebody may have written into an exclusion's reason, or an error may say.
NASTY = (
    f"ERROR: no\r\nFAILED:\tit | `x` **b** <script> & %0A ::error::y, z: {PROOF} \x07\x1b[31m\ud800\ufffe"
    " 3 required modules missing: no"
)


@pytest.mark.parametrize(("name", "made"), golden().items())
def test_golden_files(name: str, made: str) -> None:
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def test_there_is_no_other_golden_file() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(golden())


@pytest.mark.parametrize("state", State)
def test_every_state_is_good_or_bad(state: State) -> None:
    assert (state in GOOD_STATES) is (state not in BAD_STATES)
    told = comparison(ZEN3, judged("A/1", state, GROMACS))
    expected = BAD_STATES[state][1] if state in BAD_STATES else ExitCode.OK
    assert verdict(about(told)) is verdict_on(answer(told)) is expected


def test_a_dependency_decides_as_an_entry_does() -> None:
    assert verdict(report(answer(comparison(ZEN3, *COMMON, judged("Dep/1", State.MISSING))))) is ExitCode.FINDING


def test_the_worst_target_decides() -> None:
    good, lacking = answer(comparison(ZEN3, *GOOD)), answer(comparison(CC90, NO_GROMACS))
    nothing = answer(comparison(Target(cpu="aarch64/a64fx")))
    assert verdict(report(good)) is verdict(report(good, nothing)) is verdict(report(nothing, good)) is ExitCode.OK
    assert verdict(report(good, lacking, nothing)) is ExitCode.FINDING
    assert verdict(report(lacking, UNREADABLE, good)) is ExitCode.UNDECIDED
    assert verdict(report(Answer(target=ZEN3, prefix=ROOT))) is ExitCode.UNDECIDED, "no answer is no proof"


def test_nothing_asked_of_any_target_proves_nothing() -> None:
    nothing = report(answer(comparison(ZEN3, elsewhere=(LAMMPS,))), answer(comparison(Target(cpu="aarch64/a64fx"))))
    assert verdict(nothing) is ExitCode.UNDECIDED
    error = nothing_asked(nothing)
    assert error
    assert (error.exit_code, error.reference) == (ExitCode.USAGE, "target-nothing")
    assert error.message == "no entry of these easystacks is for x86_64/amd/zen3, aarch64/a64fx"
    assert error.context == "stacks/eb-4.9.4-2023b.yml, stacks/accel/eb-4.9.4-2023a-CUDA.yml"
    assert error.hint == (
        "they are for accel/nvidia (--accel, --all-targets); 1 entry is for accelerators (--accel, --all-targets)"
    )
    assert nothing_asked(report(answer(comparison(ZEN3, *GOOD)), answer(comparison(CC90)))) is None
    assert nothing_asked(report(answer(comparison(ZEN3)), UNREADABLE)) is None, "who knows"


def test_entries_for_accelerators_are_told_unless_a_target_answers_for_them() -> None:
    cpu = answer(comparison(ZEN3, *GOOD, elsewhere=(LAMMPS,)))
    gpu = answer(comparison(CC90, judged("LAMMPS/2Aug2023", State.INSTALLED, LAMMPS)))
    assert accelerator_entries(report(cpu)) == (LAMMPS,)
    assert accelerator_entries(report(cpu, gpu)) == ()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("targets", [(ZEN3,), (ZEN3, CC90)])
def test_what_is_proven_says_nothing_that_means_a_failure(form: str, targets: tuple[Target, ...]) -> None:
    told = [comparison(target, *GOOD, unused=(UNUSED,)) for target in targets]
    said = render(report(*map(answer, told)), form)
    assert not [word for word in BAD if word in said]
    assert (PROOF in said) is (form in LOGS)


@pytest.mark.parametrize("form", LOGS)
@pytest.mark.parametrize("targets", [(ZEN3,), (ZEN3, CC90)])
@pytest.mark.parametrize("state", BAD_STATES)
def test_what_is_bad_says_so_and_is_not_proven(form: str, targets: tuple[Target, ...], state: State) -> None:
    one, _, word = BAD_STATES[state]
    told = [comparison(target, *GOOD, one) for target in targets]
    said = render(report(*map(answer, told)), form)
    assert PROOF not in said
    assert [each for each in BAD if each in said] == [word]
    assert one.package.module in said


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("good", [(), (answer(comparison(ZEN3, *GOOD)),)])
def test_a_target_that_cannot_be_told_about(form: str, good: tuple[Answer, ...]) -> None:
    said = render(report(*good, UNREADABLE), form)
    assert PROOF not in said
    assert "Permission denied" in said
    assert ("ERROR: x86_64/amd/zen3/accel/nvidia/cc90: modules: Permission denied" in said) is (form in LOGS)
    assert ("ask an operator" in said) is (form != "markdown")


@pytest.mark.parametrize("form", FORMATS)
def test_what_others_wrote_does_not_change_what_the_output_means(form: str) -> None:
    known = replace(EXCLUDED, reason=NASTY)
    odd = replace(GROMACS, file="a, b: 100%|`.yml")
    installed = replace(COMMON[1], requests=(odd,))
    told = comparison(ZEN3, known, installed, replace(DRIFT, reason=NASTY), unused=(replace(UNUSED, reason=NASTY),))
    proven = render(report(answer(told, note=NASTY)), form)
    assert not [word for word in BAD if word in proven]
    lacking = render(report(answer(comparison(CC90, NO_GROMACS, known), note=NASTY), UNREADABLE), form)
    assert PROOF not in lacking
    for said in (proven, lacking):
        assert not {"\x07", "\x1b", "\r", "\ud800", "\ufffe"} & set(said)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_line_of_text_ends_in_a_space(name: str) -> None:
    lines = render(EXAMPLES[name](), "text").splitlines()
    assert lines == [line.rstrip() for line in lines]
