from dataclasses import replace

import pytest

from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.layout import cut, rows
from eessi_stack.cli.formats.report import Report, Screen
from eessi_stack.cli.formats.words import drifted, quoted, wanted
from eessi_stack.model import Answer, State, Target
from tests.unit.missing_examples import (
    COMMON,
    DRIFT,
    EXAMPLES,
    GROMACS,
    LAMMPS,
    ROOT,
    ZEN3,
    answer,
    comparison,
    judged,
    report,
)

GENERIC = Target(cpu="x86_64/generic")
GPU = Target(cpu="x86_64/generic", accelerator="nvidia/cc90")
A64FX = Target(cpu="aarch64/a64fx")
TOP = judged("GROMACS/2024", State.MISSING, GROMACS, needs=("FFTW/3",))
BELOW = judged("FFTW/3", State.MISSING, wanted_by=("GROMACS/2024",))


def lines(asked: Report, screen: Screen | None = None) -> list[str]:
    return render(replace(asked, screen=screen or Screen()), "text").splitlines()


def test_nothing_but_installed_is_one_line() -> None:
    assert lines(report(answer(comparison(ZEN3, *COMMON)))) == ["No missing installations (2 installed)"]


def test_missing_packages_are_counted_and_named_with_their_easyconfigs_in_build_order() -> None:
    assert lines(report(answer(comparison(ZEN3, TOP, *COMMON, BELOW)))) == [
        "2 out of 5 required modules missing:",
        "",
        "  * FFTW/3        FFTW-3.eb        for GROMACS/2024",
        "  * GROMACS/2024  GROMACS-2024.eb  stacks/eb-4.9.4-2023b.yml:4",
        "",
        "3 asked for on x86_64/amd/zen3: 2 installed, 1 missing; 2 of 5 modules missing",
    ]


def test_what_one_should_know_of_the_only_target() -> None:
    assert lines(report(answer(comparison(ZEN3, TOP), note="no modules there yet")))[0] == (
        "x86_64/amd/zen3: no modules there yet"
    )


def test_the_only_target_cannot_be_told_about() -> None:
    assert lines(report(Answer(target=ZEN3, prefix=ROOT, problem="no such host\nask Bob"))) == [
        "ERROR: x86_64/amd/zen3: no such host",
        "  ask Bob",
        "",
        "nothing could be told of x86_64/amd/zen3",
    ]


def test_several_targets_are_a_matrix_with_the_list_below() -> None:
    several = report(
        answer(comparison(GPU, *COMMON, judged("LAMMPS/1", State.INSTALLED, LAMMPS))),
        answer(comparison(GENERIC, *COMMON, elsewhere=(LAMMPS,))),
        answer(comparison(A64FX, *COMMON, TOP, BELOW, DRIFT), note="half of it is there"),
        answer(comparison(Target(cpu="riscv64/generic"))),
        Answer(target=ZEN3, prefix=ROOT / "zen3", problem=f"{ROOT}/zen3/modules: Permission denied\nask Bob"),
    )
    bad = "with something missing or broken"
    assert lines(several) == [
        "  target               installed  missing  drift",
        "✓ x86_64/generic               3",
        "✓   accel/nvidia/cc90          4",
        "✗ aarch64/a64fx                3        2      1  half of it is there",
        "· riscv64/generic                                 no entry is for it",
        "? x86_64/amd/zen3                                 modules: Permission denied",
        "",
        "2 out of 7 required modules missing:",
        "",
        "  * FFTW/3        aarch64/a64fx  for GROMACS/2024",
        "  * GROMACS/2024  aarch64/a64fx  stacks/eb-4.9.4-2023b.yml:4",
        "",
        f"ERROR: x86_64/amd/zen3: {ROOT}/zen3/modules: Permission denied",
        "  ask Bob",
        "",
        "drift (recipes that changed since the stack was built; not counted as missing):",
        "",
        f"  * Biopython/1.81-gfbf-2022b  aarch64/a64fx  {drifted(DRIFT)}",
        "",
        f"4 entries on 5 targets: 2 without anything missing, 1 {bad}, 1 undecided, 1 without any entry",
    ]


def test_a_proof_of_several_targets_says_what_it_leaves_out() -> None:
    nothing = answer(comparison(A64FX))
    excluded = judged("X/1", State.EXCLUDED, GROMACS, reason="why")
    several = report(answer(comparison(GENERIC, *COMMON, DRIFT)), answer(comparison(GPU, excluded)), nothing)
    last = lines(several)[-1]
    assert last == "No missing installations (3 entries on 3 targets; 1 without any entry; 1 drifted; 1 excluded)"


def test_a_target_that_has_nothing_of_a_long_list_takes_one_line() -> None:
    many = [judged(f"P{number:02}/1", State.MISSING, GROMACS) for number in range(21)]
    there = [replace(one, state=State.INSTALLED) for one in many]
    asked = report(answer(comparison(GENERIC, *there)), answer(comparison(A64FX, *many)), answer(comparison(ZEN3, TOP)))
    said = "\n".join(lines(asked))
    assert "  * everything    aarch64/a64fx\n" in said
    assert "P00" not in said
    few = report(answer(comparison(GENERIC, *there)), answer(comparison(A64FX, *many[:20])))
    assert "  * P00/1  aarch64/a64fx" in "\n".join(lines(few))
    nowhere = report(answer(comparison(GENERIC, *many)), answer(comparison(A64FX, *many)))
    assert "  * P00/1  all 2 targets" in "\n".join(lines(nowhere))


def test_without_unicode() -> None:
    plain = Screen(width=40, unicode=False)
    asked = report(answer(comparison(GENERIC, *COMMON)), answer(comparison(A64FX, TOP), note="what a note " * 9))
    assert lines(asked, plain)[:3] == [
        "   target          installed  missing",
        "ok x86_64/generic          3",
        "no aarch64/a64fx                    1...",
    ]
    assert all(line.isascii() for line in lines(asked, plain))


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("width", [80, 160])
def test_lines_fit_the_terminal_but_for_what_has_no_space(name: str, width: int) -> None:
    for line in lines(EXAMPLES[name](), Screen(width=width)):
        assert len(line) <= width or " " not in line.strip().removeprefix("* ")


@pytest.mark.parametrize("name", EXAMPLES)
def test_colour_changes_no_text(name: str) -> None:
    import click

    plain, colored = (render(replace(EXAMPLES[name](), screen=Screen(color=color)), "text") for color in (False, True))
    assert click.unstyle(colored) == plain
    assert "\x1b" in colored
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ""),
        ("A", "for A"),
        ("A B", "for A, B"),
        ("A B C", "for A, B and 1 more"),
        ("A B C D", "for A, B and 2 more"),
    ],
)
def test_who_wants_a_package(names: str, expected: str) -> None:
    assert wanted(judged("X/1", State.MISSING, wanted_by=tuple(names.split()))) == expected
    assert wanted(judged("X/1", State.MISSING, GROMACS, wanted_by=tuple(names.split()))) == GROMACS.source


def test_the_first_easystack_lines_that_ask_for_a_package() -> None:
    asked = [replace(GROMACS, file="s.yml", line=line) for line in (1, 2, 2, 3, 4, 5)]
    assert wanted(judged("X/1", State.MISSING, *asked)) == "s.yml:1, s.yml:2, s.yml:3 and 2 more"


def test_what_drifted_for_different_packages_is_one_finding() -> None:
    other = replace(DRIFT, reason="Other-1.eb changed since it was installed", wanted_by=("Other/1",))
    said = lines(report(answer(comparison(GENERIC, *COMMON, DRIFT)), answer(comparison(A64FX, *COMMON, other))))
    (row,) = [line for line in said if line.startswith("  * Biopython")]
    assert "all 2 targets  for GTDB-Tk/2.3.2-foss-2022b, Other/1, whose recipes changed since" in row


@pytest.mark.parametrize(
    ("reason", "names", "instead", "expected"),
    [
        ("A-1.eb changed since it was installed", "A/1", "", "for A/1, whose recipe changed since"),
        ("A-1.eb changed", "A/1", "X/2", "for A/1, whose recipe changed since; X/2 is installed in its place"),
        ("B-1.eb and 2 more changed", "A/1 B/1 C/1", "", "for A/1, B/1 and 1 more, whose recipes changed since"),
        ("A-1.eb changed; no recipe for X", "A/1", "", "for A/1, whose recipe changed since; no recipe for X"),
        ("B-1.eb changed", "Drifted/1", "", "for Drifted/1: B-1.eb changed"),
        ("B-1.eb changed", "", "", "B-1.eb changed"),
    ],
)
def test_why_something_drifted(reason: str, names: str, instead: str, expected: str) -> None:
    one = judged("X/1", State.DRIFT, reason=reason, wanted_by=tuple(names.split()), instead=instead)
    assert drifted(one) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as it is", "as it is"),
        ("two\n  lines\r\n", "two lines"),
        ("\x1b[31mred\x07", "[31mred"),
        ("ERROR:", "error:"),
        ("'ERROR: x', FAILED:\ty", "'error: x', failed: y"),
        ("No missing installations", "no missing installations"),
        ("3 required modules missing: no", "3 required modules missing no"),
    ],
)
def test_what_others_wrote_is_one_harmless_line(text: str, expected: str) -> None:
    assert quoted(text) == expected


def test_rows_line_up_as_far_as_they_are_not_very_long() -> None:
    long = "x" * 60
    assert list(rows([("* a", "", "b"), ("* c", "", long), (long, "", "d")], None)) == [
        "  * a" + " " * 49 + "b",
        "  * c" + " " * 49 + long,
        f"  {long}  d",
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, ["  * aaaaaaaa  one cell  and another cell"]),
        (30, ["  * aaaaaaaa  one cell", "              and another cell"]),
        (19, ["  * aaaaaaaa", "      one cell", "      and another cell"]),
    ],
)
def test_rows_fold_cell_by_cell(width: int, expected: list[str]) -> None:
    assert list(rows([("* aaaaaaaa", "one cell", "and another cell")], width)) == expected


def test_what_is_cut_shows() -> None:
    assert cut("abcdef", 6, unicode=True) == "abcdef"
    assert cut("abc def", 5, unicode=True) == "abc…"
    assert cut("abcdef", 5, unicode=False) == "ab..."
