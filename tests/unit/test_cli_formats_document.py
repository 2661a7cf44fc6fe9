import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.report import Report
from eessi_stack.model import Answer, State, Target
from tests.unit.missing_examples import (
    COMMON,
    EXAMPLES,
    GROMACS,
    GTDB,
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

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "missing.schema.json").read_text(encoding="utf-8"))
A64FX = Target(cpu="aarch64/a64fx")
BELOW = judged("FFTW/3", State.MISSING, wanted_by=("GROMACS/2024",), reason="why\nnot")


def document(asked: Report) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render(asked, "json"))
    jsonschema.validate(made, SCHEMA, cls=jsonschema.Draft202012Validator)
    return made


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("example", EXAMPLES.values())
def test_every_example_fits_the_schema(example: Callable[[], Report]) -> None:
    assert document(example())


@pytest.mark.parametrize("change", [{"more": 1}, {"version": 2}, {"targets": []}, {"entries": [{}]}])
def test_the_schema_refuses_what_is_something_else(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document(EXAMPLES["one-bad"]()), **change}, SCHEMA)


def test_the_document_has_it_all() -> None:
    made = document(
        report(answer(comparison(ZEN3, BELOW, COMMON[1], elsewhere=(LAMMPS,), unused=(UNUSED,)), note="a note"))
    )
    assert list(made) == SCHEMA["required"]
    assert (made["format"], made["version"], made["proven"]) == ("eessi-stack-missing", 1, False)
    assert made["tree"] == str(ROOT)
    zeros = dict.fromkeys(map(str, State), 0)
    assert made["targets"] == [
        {
            "target": "x86_64/amd/zen3",
            "prefix": f"{ROOT}/software/linux/x86_64/amd/zen3",
            "proven": False,
            "problem": "",
            "note": "a note",
            "counts": {**zeros, "installed": 1},
            "missing": ["FFTW/3"],
        }
    ]
    entry = {"target": "x86_64/amd/zen3", "easyconfig": GTDB.easyconfig, "file": GTDB.file, "line": GTDB.line}
    assert made["entries"] == [{**entry, "module": "GTDB-Tk/2.3.2-foss-2022b", "state": "installed", "reason": ""}]
    assert made["packages"][0] == {
        "target": "x86_64/amd/zen3",
        "module": "FFTW/3",
        "easyconfig": "/easyconfigs/FFTW-3.eb",
        "state": "missing",
        "reason": "why not",
        "wanted_by": ["GROMACS/2024"],
        "instead": "",
    }
    assert [one["module"] for one in made["packages"]] == ["FFTW/3", "GTDB-Tk/2.3.2-foss-2022b"]
    assert made["exclusions_unused"] == [
        {
            "target": "x86_64/amd/zen3",
            "easyconfig": UNUSED.easyconfig,
            "reason": UNUSED.reason,
            "issue": UNUSED.issue,
            "file": UNUSED.file,
            "line": UNUSED.line,
        }
    ]
    assert made["elsewhere"] == [
        {"target": "x86_64/amd/zen3", "easyconfig": LAMMPS.easyconfig, "file": LAMMPS.file, "line": LAMMPS.line}
    ]


def test_every_entry_has_a_row_a_target_in_the_order_of_the_file() -> None:
    twice = replace(PYTORCH, line=99)
    verdicts = (
        *COMMON[:2],
        judged("PyTorch/2", State.INSTALLED, PYTORCH, twice),
        judged("G/1", State.MISSING, GROMACS),
    )
    made = document(report(answer(comparison(ZEN3, *verdicts)), answer(comparison(A64FX, *verdicts))))
    assert [(one["target"], one["line"]) for one in made["entries"]] == [
        (str(target), line) for target in (ZEN3, A64FX) for line in (4, 7, 12, 99)
    ]


def test_of_several_targets_what_is_just_installed_is_left_out() -> None:
    made = document(report(answer(comparison(ZEN3, *COMMON)), answer(comparison(A64FX, *COMMON, BELOW))))
    assert [(one["target"], one["module"]) for one in made["packages"]] == [("aarch64/a64fx", "FFTW/3")]


def test_what_is_proven_target_by_target() -> None:
    good, nothing = answer(comparison(ZEN3, *COMMON)), answer(comparison(A64FX))
    unknown = Answer(target=Target(cpu="riscv64/generic"), prefix=ROOT, problem="no such host\nask Bob")
    made = document(report(good, nothing))
    assert (made["proven"], [one["proven"] for one in made["targets"]]) == (True, [True, False])
    made = document(report(good, unknown))
    assert (made["proven"], [one["proven"] for one in made["targets"]]) == (False, [True, False])
    assert made["targets"][1]["problem"] == "no such host; ask Bob"
    assert {one["target"] for one in made["entries"]} == {"x86_64/amd/zen3"}
