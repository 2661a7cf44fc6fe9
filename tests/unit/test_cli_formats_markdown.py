import re
from dataclasses import replace

import pytest

from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.gfm import code, plain
from eessi_stack.cli.formats.markdown import LONGEST
from eessi_stack.cli.formats.report import Report
from eessi_stack.model import Answer, State
from tests.unit.missing_examples import (
    COMMON,
    DRIFT,
    EXAMPLES,
    GROMACS,
    LAMMPS,
    ROOT,
    TARGETS,
    ZEN3,
    answer,
    comparison,
    judged,
    report,
    request,
)


def lines(asked: Report) -> list[str]:
    return render(asked, "markdown").splitlines()


def test_a_proof_is_said_at_the_top() -> None:
    said = lines(report(answer(comparison(ZEN3, *COMMON))))
    assert said[0] == "### ✅ No missing installations (2 installed)"
    assert "| ✅ | `x86_64/amd/zen3` | 3 |" in said
    assert "<details" not in "".join(said)


def test_few_targets_are_one_matrix() -> None:
    gpu = replace(ZEN3, accelerator="nvidia/cc90")
    unknown = Answer(target=TARGETS[0], prefix=ROOT, problem=f"{ROOT}/modules: Permission denied")
    said = lines(report(answer(comparison(gpu, *COMMON, DRIFT)), answer(comparison(ZEN3)), unknown))
    assert said[0].startswith("### ⚠️ 2 entries on 3 targets")
    assert said[4:11] == [
        f"> ERROR: x86_64/generic: {ROOT}/modules: Permission denied",
        "",
        "|  | target | installed | drift |  |",
        "| --- | --- | --: | --: | --- |",
        "| ⚪ | `x86_64/amd/zen3` |  |  | no entry is for it |",
        "| ✅ | &emsp;`accel/nvidia/cc90` | 3 | 1 |  |",
        "| ⚠️ | `x86_64/generic` |  |  | modules: Permission denied |",
    ]


def test_of_many_targets_those_that_are_well_are_folded() -> None:
    said = render(EXAMPLES["all-bad"](), "markdown")
    matrix, _, rest = said.partition("<details><summary>✅ 19 targets without anything missing</summary>")
    assert "✅" not in matrix
    assert rest.partition("</details>")[0].count("| ✅ |") == 19


def test_a_short_list_of_what_is_missing_is_unfolded() -> None:
    few = [judged(f"P{at:02}/1", State.MISSING, wanted_by=("A/1",)) for at in range(11)]
    assert "<details open><summary>10 out of 10 required modules missing:</summary>" in lines(
        report(answer(comparison(ZEN3, *few[:10])))
    )
    assert "<details><summary>11 out of 11 required modules missing:</summary>" in lines(
        report(answer(comparison(ZEN3, *few)))
    )
    assert "| `P00/1` | for A/1 |" in lines(report(answer(comparison(ZEN3, *few))))


def test_entries_for_accelerators_are_told() -> None:
    said = lines(report(answer(comparison(ZEN3, *COMMON, elsewhere=(LAMMPS,)))))
    assert said[-1] == "1 entry is for accelerators, which were not asked about (--accel, --all-targets)"


def test_long_lists_are_cut_so_that_github_takes_it() -> None:
    many = [judged(f"P{at:04}/1-foss-2023b", State.MISSING, request(f"P{at}", at), reason="why") for at in range(3000)]
    said = render(report(answer(comparison(ZEN3, *many))), "markdown")
    assert len(said) <= LONGEST
    rows = sum(line.startswith("| `P") for line in said.splitlines())
    assert rows >= 100
    assert f"and {3000 - rows} more" in said
    assert "3000 out of 3000 required modules missing:" in said


def test_however_much_there_is_to_say_github_takes_it() -> None:
    word = "|`<" * 400
    states = (State.MISSING, State.BROKEN, State.DRIFT, State.EXCLUDED, State.ERROR)
    many = [judged(f"{word}/{at}", states[at % 5], request(word, at), reason=word) for at in range(200)]
    answers = [answer(comparison(target, *many), note=word) for target in TARGETS]
    unknown = [Answer(target=target, prefix=ROOT, problem=f"{at}{word}") for at, target in enumerate(TARGETS)]
    whole = report(*answers, *unknown)
    asked = replace(whole, stack=replace(whole.stack, files=(word,) * 300))
    said = render(asked, "markdown")
    assert len(said) <= LONGEST
    assert "ERROR: " in said
    assert " required modules missing:" in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://host/a_b?c=1", "https://host/a_b?c=1"),
        ("a | b", "a \\| b"),
        ("`x` *y* [z](u)", "\\`x\\` \\*y\\* \\[z\\](u)"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("C:\\d", "C:\\\\d"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("a_b", "`a_b`"), ("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a b`")],
)
def test_names_are_shown_as_code(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_tables_have_as_many_cells_in_every_row(name: str) -> None:
    text = render(EXAMPLES[name](), "markdown")
    for table in re.findall(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_unfolded_is_closed(name: str) -> None:
    text = render(EXAMPLES[name](), "markdown")
    assert text.count("<details") == text.count("</details>")


def test_gromacs_is_where_it_is_asked_for() -> None:
    said = lines(report(answer(comparison(ZEN3, judged("GROMACS/2024", State.MISSING, GROMACS)))))
    assert f"| `GROMACS/2024` | {GROMACS.source} |" in said
