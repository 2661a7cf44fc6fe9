from dataclasses import replace
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from eessi_stack.cli.formats import render
from eessi_stack.cli.formats.report import Report
from eessi_stack.model import Answer, State, Target
from tests.unit.missing_examples import (
    BROKEN,
    COMMON,
    DRIFT,
    EXAMPLES,
    EXCLUDED,
    GROMACS,
    GTDB,
    ROOT,
    ZEN3,
    answer,
    comparison,
    judged,
    report,
    request,
)


def suites(asked: Report) -> Element:
    return ET.fromstring(render(asked, "junit"))


def only(asked: Report, path: str) -> Element:
    found = suites(asked).findall(f"testsuite/{path}")
    assert len(found) == 1
    return found[0]


def counts(element: Element) -> dict[str, str | None]:
    return {key: element.get(key) for key in ("tests", "failures", "errors", "skipped")}


def test_a_suite_a_target_and_a_case_an_entry() -> None:
    root = suites(EXAMPLES["one-bad"]())
    assert counts(root) == counts(root[0]) == {"tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    several = suites(EXAMPLES["all-bad"]())
    assert len(several) == 53
    for suite in several:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
    for key in counts(several):
        assert several.get(key) == str(sum(int(suite.get(key, "")) for suite in several))


def test_a_case_says_where_its_entry_is() -> None:
    case = only(report(answer(comparison(ZEN3, COMMON[1]))), "testcase")
    assert case.attrib == {
        "classname": "x86_64/amd/zen3",
        "name": GTDB.easyconfig,
        "file": GTDB.file,
        "line": "12",
    }
    assert len(case) == 0


def test_what_a_missing_entry_needs_is_said_with_it() -> None:
    below = judged("FFTW/3", State.MISSING, wanted_by=("FFTW.MPI/3",), reason="cut off")
    between = judged("FFTW.MPI/3", State.INSTALLED, wanted_by=("GROMACS/2024",))
    asked = report(answer(comparison(ZEN3, below, between, judged("GROMACS/2024", State.MISSING, GROMACS))))
    failure = only(asked, "testcase/failure")
    assert failure.get("message") == "GROMACS/2024: missing"
    assert failure.text == "GROMACS/2024: missing\nFFTW/3: missing, cut off"


def test_an_installed_entry_that_needs_what_is_missing_fails() -> None:
    """As `--strict` may find it: the exit code is 1, and so there is a failure."""
    below = judged("Tool/1", State.MISSING, wanted_by=("GTDB-Tk/2.3.2-foss-2022b",))
    failure = only(report(answer(comparison(ZEN3, below, COMMON[1]))), "testcase/failure")
    assert failure.get("message") == "Tool/1: missing"


def test_an_error_weighs_more_than_what_is_missing_for_it() -> None:
    below = judged("Tool/1", State.ERROR, wanted_by=("GROMACS/2024",), reason="no easyconfig")
    asked = report(answer(comparison(ZEN3, below, judged("GROMACS/2024", State.MISSING, GROMACS))))
    assert only(asked, "testcase/error").get("message") == "GROMACS/2024: missing"
    assert counts(suites(asked)) == {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}


def test_what_no_entry_leads_to_has_a_case_of_its_own() -> None:
    asked = report(answer(comparison(ZEN3, COMMON[1], replace(BROKEN, requests=()))))
    assert only(asked, "testcase[@name='PyTorch/2.1.2-foss-2023a']/failure") is not None
    assert counts(suites(asked))["tests"] == "2"


def test_excluded_entries_and_rebuilds_are_skipped() -> None:
    again = judged("A/1", State.INSTALLED, request("A-1", 3, rebuild=True))
    root = suites(report(answer(comparison(ZEN3, EXCLUDED, again))))
    messages = [one.get("message") for one in root.findall("testsuite/testcase/skipped")]
    assert messages == [
        "asks that it be built again, and for nothing new",
        f"LLVM/15.0.5-GCCcore-12.2.0: excluded, {EXCLUDED.reason}",
    ]


def test_drift_and_what_one_should_know_stand_beside_the_cases() -> None:
    asked = report(answer(comparison(ZEN3, COMMON[1], DRIFT), note="half of it is there"))
    assert (only(asked, "system-out").text or "").startswith("drift: Biopython/1.81-gfbf-2022b: for GTDB-Tk/2.3.2")
    assert only(asked, "properties/property[@name='note']").get("value") == "half of it is there"
    assert counts(suites(asked)) == {"tests": "1", "failures": "0", "errors": "0", "skipped": "0"}


def test_a_target_that_cannot_be_told_about_is_one_error() -> None:
    asked = report(Answer(target=Target(cpu="aarch64/a64fx"), prefix=ROOT, problem="no such host\nask Bob"))
    assert only(asked, "testcase/error").get("message") == "no such host"
    assert only(asked, "testcase/error").text == "no such host\nask Bob"
    assert counts(suites(asked)) == {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}


def test_any_letters_make_well_formed_xml() -> None:
    odd = "".join(map(chr, range(1, 0x20))) + "<&>\"']]>\x7f\x85\u2028\ud800\ufffe é 日本"
    one = judged("A/1", State.MISSING, request(f"A{odd}", 3), reason=odd)
    case = only(report(answer(comparison(ZEN3, one), note=odd)), "testcase")
    assert case[0].get("message") == "A/1: missing, <&>\"']]> é 日本"
    assert case.get("name") == "A <&>\"']]> é 日本.eb"
