"""The command `missing`: what it takes, and `--why`. What it says is tested with the formats."""

from dataclasses import replace
from pathlib import Path

import click
import pytest

from eessi_stack.cli.formats.why import explain
from eessi_stack.cli.missing import _outputs, publish
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


def outputs(*values: str) -> tuple[tuple[str, Path], ...]:
    command = click.Command("missing")
    return _outputs(click.Context(command), click.Option(["--output"]), values)


def test_outputs_name_a_format_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a=b.md"
    assert outputs(f"markdown={file}", f"json={file}") == (("markdown", file), ("json", file))
    assert outputs() == ()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("markdow=a.md", "did you mean `markdown`?"),
        ("yaml=a.yml", "the formats are text, json, junit, github, markdown"),
        ("a.md", "is not FORMAT=FILE"),
        ("markdown=", "is not a file that can be written"),
        ("markdown=/", "is not a file that can be written"),
        ("markdown=/no/such/folder/a.md", "is not a file that can be written"),
    ],
)
def test_what_is_wrong_with_an_output_is_said_first(value: str, says: str) -> None:
    with pytest.raises(click.BadParameter, match=r".") as caught:
        outputs(value)
    assert says in caught.value.message


def test_every_output_is_written_whatever_stdout_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = report(answer(comparison(ZEN3, *COMMON)))
    narrow = replace(asked, screen=replace(asked.screen, width=20, color=True))
    publish(narrow, "json", (("text", tmp_path / "a.txt"), ("markdown", tmp_path / "a.md")))
    assert capsys.readouterr().out.startswith('{\n  "format": "eessi-stack-missing"')
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "No missing installations (2 installed)\n"
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("### ✅ No missing installations")


def test_nothing_is_proven_on_stdout_where_a_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = report(answer(comparison(ZEN3, *COMMON)))
    with pytest.raises(OSError, match="directory"):
        publish(asked, "text", (("markdown", tmp_path),))
    assert capsys.readouterr().out == ""
