import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.github import command, path
from eessi_stack.cli.formats.report import Report
from eessi_stack.cli.formats.words import drifted
from eessi_stack.model import Answer, State, Target
from tests.unit.missing_examples import (
    BROKEN,
    COMMON,
    DRIFT,
    EXAMPLES,
    FILES,
    GROMACS,
    LAMMPS,
    PYTORCH,
    ROOT,
    UNUSED,
    ZEN3,
    answer,
    comparison,
    judged,
    report,
)

GENERIC = Target(cpu="x86_64/generic")
A64FX = Target(cpu="aarch64/a64fx")
TOP = judged("GROMACS/2024", State.MISSING, GROMACS)


def commands(asked: Report, name: str) -> list[tuple[dict[str, str], str]]:
    """The workflow commands of that name: properties and message, as GitHub reads them."""
    found = re.findall(rf"^::{name} (.*?)::(.*)$", render(asked, "github"), re.MULTILINE)
    return [
        (dict(map(unquote, each.split("=", 1)) for each in properties.split(",")), unquote(message))  # type: ignore[misc]
        for properties, message in found
    ]


def last(asked: Report) -> list[str]:
    return [line for line in render(asked, "github").splitlines() if not line.startswith("::")]


def test_one_annotation_a_line_names_the_targets() -> None:
    told = (comparison(GENERIC, TOP), comparison(ZEN3, *COMMON), comparison(A64FX, TOP, BROKEN))
    assert commands(report(*map(answer, told)), "error") == [
        (
            {"title": "GROMACS/2024: missing", "file": GROMACS.file, "line": "4"},
            "GROMACS/2024 is missing on x86_64/generic, aarch64/a64fx",
        ),
        (
            {"title": "PyTorch/2.1.2-foss-2023a: broken", "file": PYTORCH.file, "line": "7"},
            f"PyTorch/2.1.2-foss-2023a is broken on aarch64/a64fx: {BROKEN.reason}",
        ),
    ]


def test_a_dependency_is_annotated_at_the_nearest_entry_that_needs_it() -> None:
    far = judged("GCC/13", State.MISSING, wanted_by=("FFTW/3", "Loop/1"))
    loop = judged("Loop/1", State.INSTALLED, wanted_by=("GCC/13",))
    near = judged("FFTW/3", State.MISSING, wanted_by=("GROMACS/2024",), reason="cut off")
    unknown = judged("Tool/1", State.ERROR, wanted_by=("GROMACS/2024",), reason="no easyconfig")
    ((properties, message),) = commands(report(answer(comparison(ZEN3, far, loop, near, unknown, TOP))), "error")
    assert properties == {"title": "GROMACS/2024: missing", "file": GROMACS.file, "line": "4"}
    assert message.splitlines() == [
        "GROMACS/2024 is missing on x86_64/amd/zen3",
        "needs GCC/13: missing on x86_64/amd/zen3",
        "needs FFTW/3: missing on x86_64/amd/zen3: cut off",
        "needs Tool/1: undecided on x86_64/amd/zen3: no easyconfig",
    ]


def test_a_line_whose_dependencies_alone_are_missing() -> None:
    below = [judged(f"T{at:02}/1", State.MISSING, wanted_by=("GTDB-Tk/2.3.2-foss-2022b",)) for at in range(12)]
    ((properties, message),) = commands(report(answer(comparison(ZEN3, *below, COMMON[1]))), "error")
    assert properties == {"title": "a dependency: missing", "file": COMMON[1].requests[0].file, "line": "12"}
    assert message.startswith("needs T00/1, T01/1, T02/1")
    assert message.endswith("T09/1 and 2 more: missing on x86_64/amd/zen3")


def test_a_rebuild_is_annotated_only_where_nothing_else_asks_for_it() -> None:
    again = replace(GROMACS, line=50, rebuild=True)
    twice = report(answer(comparison(ZEN3, judged("GROMACS/2024", State.BROKEN, again, GROMACS))))
    assert [one["line"] for one, _ in commands(twice, "error")] == ["4"]
    alone = report(answer(comparison(ZEN3, judged("GROMACS/2024", State.BROKEN, again))))
    assert [one["line"] for one, _ in commands(alone, "error")] == ["50"]


def test_what_no_entry_leads_to_is_annotated_without_a_line() -> None:
    ((properties, _),) = commands(report(answer(comparison(ZEN3, COMMON[1], replace(BROKEN, requests=())))), "error")
    assert properties == {"title": "a dependency: broken"}


def test_long_messages_are_cut() -> None:
    below = [judged(f"T{at:02}/1", State.MISSING, wanted_by=("GROMACS/2024",), reason=str(at)) for at in range(12)]
    ((_, message),) = commands(report(answer(comparison(ZEN3, *below, TOP))), "error")
    assert message.splitlines()[-1] == "and 3 more"
    assert len(message.splitlines()) == 11


def test_drift_and_useless_exclusions_are_warnings() -> None:
    asked = report(answer(comparison(ZEN3, *COMMON, DRIFT, unused=(UNUSED,))))
    assert commands(asked, "error") == []
    assert commands(asked, "warning") == [
        (
            {"title": "drift", "file": COMMON[1].requests[0].file, "line": "12"},
            f"Biopython/1.81-gfbf-2022b drifted on x86_64/amd/zen3: {drifted(DRIFT)}",
        ),
        (
            {"title": "exclusion without effect", "file": UNUSED.file, "line": "21"},
            "Highway-1.0.4-GCCcore-12.3.0.eb need not be excluded any more on x86_64/amd/zen3",
        ),
    ]


def test_a_target_that_cannot_be_told_about() -> None:
    asked = report(Answer(target=ZEN3, prefix=ROOT, problem="no such host\nask Bob"))
    assert commands(asked, "error") == [({"title": "x86_64/amd/zen3"}, "no such host\nask Bob")]
    assert last(asked)[0] == "ERROR: x86_64/amd/zen3: no such host"


def test_the_summary_is_a_notice_and_the_last_line() -> None:
    for name, example in EXAMPLES.items():
        ((_, message),) = commands(example(), "notice")
        assert last(example())[-1] == message
        assert ("No missing installations" in message) is name.endswith("proven")


def test_the_log_names_what_is_missing() -> None:
    told = comparison(ZEN3, judged("FFTW/3", State.MISSING, wanted_by=("GROMACS/2024",)), TOP, elsewhere=(LAMMPS,))
    assert last(report(answer(told)))[:2] == [
        "2 out of 2 required modules missing: FFTW/3, GROMACS/2024",
        "1 entry is for accelerators, which were not asked about (--accel, --all-targets)",
    ]


@pytest.mark.parametrize(
    ("file", "workspace", "expected"),
    [
        ("stacks/a.yml", None, "stacks/a.yml"),
        ("./stacks/../a.yml", None, "a.yml"),
        ("/work/stacks/a.yml", None, "stacks/a.yml"),
        ("../other/a.yml", None, "/other/a.yml"),
        ("/workshop/a.yml", None, "/workshop/a.yml"),
        ("a.yml", Path("/"), "work/a.yml"),
        ("a.yml", Path("/work/"), "a.yml"),
        ("a.yml", Path("/elsewhere"), "/work/a.yml"),
        ("../home/a.yml", Path("/home"), "a.yml"),
    ],
)
def test_files_are_called_as_in_the_workspace(file: str, workspace: Path | None, expected: str) -> None:
    assert path(file, Report(answers=(), folder=Path("/work"), workspace=workspace)) == expected


def test_lines_come_in_the_order_of_the_files() -> None:
    other = judged("LAMMPS/2", State.MISSING, LAMMPS)
    asked = report(answer(comparison(ZEN3, other, BROKEN, TOP)))
    assert [one["line"] for one, _ in commands(asked, "error")] == ["4", "7", "3"]
    turned = replace(asked, stack=replace(asked.stack, files=FILES[::-1]))
    assert [one["line"] for one, _ in commands(turned, "error")] == ["3", "4", "7"]


def test_letters_that_mean_something_to_github_are_escaped() -> None:
    made = command("error", "50%, a::b\r\nnext", title="a: b, 100%\n")
    assert made == "::error title=a%3A b%2C 100%25%0A::50%25, a::b%0D%0Anext"
