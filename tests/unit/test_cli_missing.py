"""What `missing` says, made from Comparison values."""

import json
from pathlib import Path

import pytest

from eessi_stack.cli.missing import document, explained, summary, text, verdict, wanted
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Comparison, Package, Request, State, Target, Tree, Verdict
from eessi_stack.place import Place

TARGET = Target(cpu="x86_64/amd/zen3")

#: What other tools look for in logs.
PROVEN = "No missing installations"
BAD = ("ERROR: ", "FATAL: ", "FAILED: ", " required modules missing:")

GOOD_STATES = (State.INSTALLED, State.DRIFT, State.EXCLUDED)
BAD_STATES = {
    State.MISSING: (ExitCode.FINDING, " required modules missing:"),
    State.BROKEN: (ExitCode.FINDING, "FAILED: "),
    State.ERROR: (ExitCode.UNDECIDED, "ERROR: "),
}


def request(name: str, line: int) -> Request:
    return Request(easyconfig=f"{name}.eb", file="s.yml", line=line)


def judged(module: str, state: State, *, line: int = 0, reason: str = "", wanted_by: tuple[str, ...] = ()) -> Verdict:
    name = module.replace("/", "-")
    package = Package(module=module, recipe=f"/r/{name}.eb", requests=(request(name, line),) if line else ())
    return Verdict(package=package, state=state, reason=reason, wanted_by=wanted_by)


def comparison(*verdicts: Verdict) -> Comparison:
    asked = tuple((one.package.requests[0], one) for one in verdicts if one.package.requests)
    return Comparison(target=TARGET, verdicts=verdicts, requests=asked)


def lines(*verdicts: Verdict) -> list[str]:
    return list(text(comparison(*verdicts)))


GOOD = tuple(judged(f"{state}/1", state, line=line, reason="why") for line, state in enumerate(GOOD_STATES, 1))


@pytest.mark.parametrize("state", State)
def test_every_state_is_good_or_bad(state: State) -> None:
    assert (state in GOOD_STATES) is (state not in BAD_STATES)
    assert verdict(comparison(judged("A/1", state, line=1))) is BAD_STATES.get(state, (ExitCode.OK,))[0]


def test_nothing_asked_for_proves_nothing() -> None:
    assert verdict(comparison()) is ExitCode.UNDECIDED


def test_what_could_not_be_told_weighs_most() -> None:
    every = [judged(f"{state}/1", state) for state in State]
    assert verdict(comparison(*every)) is ExitCode.UNDECIDED


def test_what_is_proven_says_so_and_nothing_that_means_a_failure() -> None:
    said = "\n".join(lines(*GOOD))
    assert said.endswith("No missing installations (1 installed, 1 drift, 1 excluded; 1 drifted)")
    assert not [word for word in BAD if word in said]
    for expected in ("* drift/1", "* excluded/1", "why", "s.yml:2"):
        assert expected in said
    assert "installed/1" not in said


def test_nothing_but_installed_is_one_line() -> None:
    assert lines(GOOD[0]) == ["No missing installations (1 installed)"]


@pytest.mark.parametrize("state", BAD_STATES)
def test_what_is_bad_says_so_and_is_not_proven(state: State) -> None:
    said = "\n".join(lines(*GOOD, judged("Bad/1", state, line=9, reason="because")))
    assert PROVEN not in said
    assert [word for word in BAD if word in said] == [BAD_STATES[state][1]]
    assert "* Bad/1" in said
    assert "s.yml:9" in said
    assert said.endswith(f"4 asked for on x86_64/amd/zen3: {summary_of(state)}")


def summary_of(state: State) -> str:
    return ", ".join(f"1 {one}" for one in State if one in (*GOOD_STATES, state))


def test_missing_packages_are_counted_and_named_with_their_easyconfigs() -> None:
    top = judged("GROMACS/2024", State.MISSING, line=7)
    below = judged("FFTW/3", State.MISSING, wanted_by=("GROMACS/2024",))
    assert lines(below, top, GOOD[0]) == [
        "2 out of 3 required modules missing:",
        "",
        "  * FFTW/3        FFTW-3.eb        for GROMACS/2024",
        "  * GROMACS/2024  GROMACS-2024.eb  s.yml:7",
        "",
        "2 asked for on x86_64/amd/zen3: 1 installed, 1 missing",
    ]


def test_a_missing_dependency_alone_is_bad_too() -> None:
    below = judged("FFTW/3", State.MISSING)
    assert PROVEN not in summary(comparison(GOOD[0], below))


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
    assert wanted(judged("X/1", State.MISSING, line=3, wanted_by=tuple(names.split()))) == "s.yml:3"


def work() -> Place:
    settings = Settings(
        repo=Path("/repo"),
        eessi_version=None,
        targets=(),
        accelerator=None,
        robot_paths=(),
        filter_deps=(),
        sources=Path("/s"),
        work_dir=Path("/w"),
        cores=1,
        lmod=None,
        color="auto",
        origins={},
    )
    tree = Tree(repo=Path("/repo"), version="2023.06")
    return Place(
        settings=settings, tree=tree, target=TARGET, why="asked for", runs=(TARGET.cpu,), compat=None, environment={}
    )


def test_the_document_has_it_all() -> None:
    below = judged("FFTW/3", State.MISSING, wanted_by=("installed/1",))
    made = json.loads(json.dumps(document(comparison(below, GOOD[0]), work())))
    assert made == {
        "format": "eessi-stack-missing",
        "version": 1,
        "tree": "/repo/versions/2023.06",
        "target": "x86_64/amd/zen3",
        "proven": False,
        "entries": [
            {
                "easyconfig": "installed-1.eb",
                "file": "s.yml",
                "line": 1,
                "module": "installed/1",
                "state": "installed",
                "reason": "why",
            }
        ],
        "packages": [
            {
                "module": "FFTW/3",
                "easyconfig": "/r/FFTW-3.eb",
                "state": "missing",
                "reason": "",
                "wanted_by": ["installed/1"],
            },
            {
                "module": "installed/1",
                "easyconfig": "/r/installed-1.eb",
                "state": "installed",
                "reason": "why",
                "wanted_by": [],
            },
        ],
    }
    assert document(comparison(*GOOD), work())["proven"] is True


#: GROMACS is asked for and needs FFTW.
GRAPH = (
    Package(module="FFTW/3", recipe="/r/FFTW-3.eb"),
    Package(module="GROMACS/2024", dependencies=("FFTW/3",), requests=(request("GROMACS-2024", 7),)),
)
EXPLAINED = comparison(*(Verdict(package=one, state=State.MISSING, reason="a reason") for one in GRAPH))


@pytest.mark.parametrize("name", ["FFTW/3", "FFTW-3.eb", "FFTW-3", "FFTW"])
def test_a_package_is_explained_by_any_of_its_names(name: str) -> None:
    assert list(explained(name, EXPLAINED, GRAPH)) == [
        "FFTW/3: missing, a reason",
        "  recipe /r/FFTW-3.eb",
        "  s.yml:7  GROMACS/2024 → FFTW/3",
    ]


def test_a_package_without_a_recipe_is_explained_too() -> None:
    assert "  recipe (none)" in explained("GROMACS", EXPLAINED, GRAPH)


def test_a_misspelt_package_is_named_with_the_nearest() -> None:
    with pytest.raises(StackError) as caught:
        list(explained("GROMAC", EXPLAINED, GRAPH))
    assert (caught.value.reference, caught.value.exit_code) == ("package-unknown", ExitCode.USAGE)
    assert caught.value.hint == "did you mean `GROMACS`?"
