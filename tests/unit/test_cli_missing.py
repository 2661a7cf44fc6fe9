"""The command `missing`: what it takes, and `--why`. What it says is tested with the formats."""

import pytest

from eessi_stack.cli.formats.why import explain
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Answer, Comparison, Package, Request, State, Target, Verdict
from tests.unit.missing_examples import COMMON, DRIFT, ROOT, ZEN3, answer, comparison, report

#: GROMACS is asked for and needs FFTW.
ASKED = Request(easyconfig="GROMACS-2024.eb", file="s.yml", line=7)
GRAPH = (
    Package(module="FFTW/3", recipe="/r/FFTW-3.eb"),
    Package(module="GROMACS/2024", dependencies=("FFTW/3",), requests=(ASKED,)),
)


def told(target: Target, state: State = State.MISSING, reason: str = "a reason") -> Answer:
    verdicts = tuple(Verdict(package=one, state=state, reason=reason) for one in GRAPH)
    compared = Comparison(target=target, verdicts=verdicts, requests=((ASKED, verdicts[1]),))
    return Answer(target=target, prefix=ROOT, comparison=compared, packages=GRAPH)


EXPLAINED = report(told(ZEN3))
A64FX, GENERIC = Target(cpu="aarch64/a64fx"), Target(cpu="x86_64/generic")


@pytest.mark.parametrize("name", ["FFTW/3", "FFTW-3.eb", "FFTW-3", "FFTW"])
def test_a_package_is_explained_by_any_of_its_names(name: str) -> None:
    assert explain(EXPLAINED, name).splitlines() == [
        "FFTW/3: missing, a reason",
        "  recipe /r/FFTW-3.eb",
        "  s.yml:7  GROMACS/2024 → FFTW/3",
    ]


def test_a_package_without_a_recipe_is_explained_too() -> None:
    assert "  recipe (none)" in explain(EXPLAINED, "GROMACS")


def test_drift_is_explained_by_what_changed() -> None:
    said = explain(report(answer(comparison(ZEN3, *COMMON, DRIFT))), "Biopython").splitlines()
    assert said[0].startswith("Biopython/1.81-gfbf-2022b: drift, for GTDB-Tk/2.3.2-foss-2022b, whose recipe changed")


def test_targets_that_say_the_same_are_explained_once() -> None:
    unknown = Answer(target=Target(cpu="riscv64/generic"), prefix=ROOT, problem="no such host")
    several = report(told(ZEN3), told(A64FX), told(GENERIC, State.INSTALLED, ""), unknown)
    said = explain(several, "FFTW").split("\n\n")
    assert [part.splitlines()[:2] for part in said] == [
        ["x86_64/amd/zen3, aarch64/a64fx:", "FFTW/3: missing, a reason"],
        ["x86_64/generic:", "FFTW/3: installed"],
        ["ERROR: riscv64/generic: no such host"],
    ]


def test_a_misspelt_package_is_named_with_the_nearest() -> None:
    with pytest.raises(StackError) as caught:
        explain(EXPLAINED, "GROMAC")
    assert (caught.value.reference, caught.value.exit_code) == ("package-unknown", ExitCode.USAGE)
    assert caught.value.message == "GROMAC is not part of this stack on x86_64/amd/zen3"
    assert caught.value.hint == "did you mean `GROMACS`?"
    with pytest.raises(StackError, match="is not part of this stack on any of 2 targets"):
        explain(report(told(ZEN3), told(A64FX)), "GROMAC")
