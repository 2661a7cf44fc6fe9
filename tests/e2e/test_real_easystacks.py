"""The easystacks of EESSI 2023.06 all parse, with what is odd about them and wrong; ours resolve with EasyBuild."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from eessi_stack.easystack import lint
from eessi_stack.easystack.files import read, scan
from eessi_stack.easystack.scope import easybuild_version_of
from eessi_stack.model import Stack

ROOT = Path(__file__).parents[2]
EESSI = ROOT.parent / "shared" / "eessi" / "easystacks"
LMOD = Path("/usr/share/lmod/lmod/libexec/lmod")


@pytest.fixture(scope="module")
def eessi() -> Stack:
    if not EESSI.is_dir():
        pytest.skip(f"{EESSI} is not here: EESSI's easystacks are not part of this repository")
    return read([EESSI])


def test_every_file_and_entry_is_read(eessi: Stack) -> None:
    assert len(eessi.requests) == 2441
    asking = {request.file for request in eessi.requests}
    assert len(asking) == 259
    assert {*eessi.files} - asking == {str(EESSI / "eessi-2023.06-known-issues.yml")}


def test_known_issues(eessi: Stack) -> None:
    assert Counter(one.targets for one in eessi.exclusions) == {
        ("aarch64/a64fx",): 4,
        ("aarch64/generic",): 1,
        ("aarch64/neoverse_n1",): 2,
        ("aarch64/neoverse_v1",): 13,
        ("aarch64/nvidia/grace",): 2,
        ("x86_64/intel/sapphirerapids",): 1,
    }
    assert all(one.reason and one.issue and one.line for one in eessi.exclusions)


def test_the_targets_of_each_folder(eessi: Stack) -> None:
    folders: dict[str, tuple[tuple[str, ...], bool]] = {}
    for request in eessi.requests:
        folder = str(Path(request.file).parent.relative_to(EESSI / "2023.06"))
        assert folders.setdefault(folder, (request.targets, request.rebuild)) == (request.targets, request.rebuild)
    assert folders == {
        ".": ((), False),
        "a64fx": (("aarch64/a64fx",), False),
        "accel/nvidia": (("accel/nvidia",), False),
        "accel/nvidia/rebuilds": (("accel/nvidia",), True),
        "accel/nvidia/zen4_h100": (("x86_64/amd/zen4/accel/nvidia/cc90",), False),
        "grace": (("aarch64/nvidia/grace",), False),
        "grace/accel/nvidia": (("aarch64/nvidia/grace/accel/nvidia",), False),
        "icelake_cclake": (("x86_64/intel/icelake", "x86_64/intel/cascadelake"), False),
        "rebuilds": ((), True),
        "sapphirerapids": (("x86_64/intel/sapphirerapids",), False),
        "zen4": (("x86_64/amd/zen4",), False),
    }


@pytest.fixture(scope="module")
def findings() -> tuple[lint.Finding, ...]:
    if not EESSI.is_dir():
        pytest.skip(f"{EESSI} is not here: EESSI's easystacks are not part of this repository")
    easystacks, errors = scan([EESSI])
    easyconfigs = Path(sys.prefix, "easybuild", "easyconfigs")
    return lint.lint(easystacks, errors, {path.name for path in easyconfigs.rglob("*.eb")})


def test_what_is_wrong_with_them(findings: tuple[lint.Finding, ...]) -> None:
    assert Counter(finding.kind for finding in findings) == {"duplicate": 36, "easyconfig": 13, "targets": 3}


def test_their_duplicates(findings: tuple[lint.Finding, ...]) -> None:
    causes = [finding.cause for finding in findings if finding.kind == "duplicate"]
    assert sum("on line" in cause for cause in causes) == 22
    assert sum("here with" in cause or "there with" in cause for cause in causes) == 6


def test_the_easyconfigs_that_do_not_exist(findings: tuple[lint.Finding, ...]) -> None:
    names = Counter(finding.cause.split("`")[1] for finding in findings if finding.kind == "easyconfig")
    assert names == {
        "Biopython-1.81-foss-2022b.eb": 1,
        "Biopython-1.83-foss-2023a.eb": 1,
        "EESSI-extend-easybuild.eb": 6,
        "Z3-4.12.2-GCCcore-12.3.0-Python-3.11.3.eb": 4,
        "ipympl-0.9.3-foss-2023a.eb": 1,
    }


def test_what_is_odd_about_them(eessi: Stack) -> None:
    names = [request.easyconfig for request in eessi.requests]
    assert sum(not name.endswith(".eb") for name in names) == 26
    assert sum(name.startswith("/") for name in names) == 969
    assert len(names) - len(set(names)) == 1034
    assert sum(bool(request.options) for request in eessi.requests) == 1472


def test_their_options(eessi: Stack) -> None:
    used = Counter((name, type(value).__name__) for request in eessi.requests for name, value in request.options)
    assert used == {
        ("accept-eula-for", "str"): 16,
        ("cuda-sanity-check-accept-missing-ptx", "bool"): 4,
        ("cuda-sanity-check-error-on-failed-checks", "bool"): 1,
        ("filter-deps", "str"): 1,
        ("force", "bool"): 1,
        ("from-commit", "str"): 314,
        ("from-pr", "int"): 130,
        ("include-easyblocks", "str"): 976,
        ("include-easyblocks-from-commit", "str"): 79,
        ("include-easyblocks-from-pr", "int"): 26,
        ("rebuild", "bool"): 1,
        ("skip-test-step", "bool"): 1,
    }


def test_each_request_names_the_line_that_asks_for_it(eessi: Stack) -> None:
    lines = {file: Path(file).read_text(encoding="utf-8").splitlines() for file in eessi.files}
    for request in eessi.requests:
        assert request.easyconfig in lines[request.file][request.line - 1], request.source


def test_each_file_name_says_its_easybuild_version(eessi: Stack) -> None:
    versions = [easybuild_version_of(file) for file in dict.fromkeys(request.file for request in eessi.requests)]
    assert None not in versions
    assert Counter(version[:3] for version in versions if version) == {
        "4.8": 28,
        "4.9": 170,
        "5.0": 7,
        "5.1": 38,
        "5.2": 7,
        "5.3": 9,
    }
    assert len(set(versions)) == 14


def test_importing_easystack_leaves_ruamel_and_easybuild_alone() -> None:
    code = "import sys, eessi_stack.easystack; print({'ruamel.yaml', 'easybuild', 'tempfile'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


@pytest.mark.skipif(not LMOD.exists(), reason="EasyBuild needs Lmod to look for modules")
def test_the_stack_of_2023_04_has_all_its_recipes(tmp_path: Path) -> None:
    stack = read([ROOT / "easystacks" / "2023.04.yml"])
    assert stack.eessi_version == "2023.04"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EASYBUILD_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LMOD_CMD": str(LMOD),
        "EASYBUILD_MODULES_TOOL": "Lmod",
        "EASYBUILD_PREFIX": str(tmp_path),
    }
    options = ["--robot", "--missing", "--terse", "--allow-use-as-root-and-accept-consequences"]
    command = [sys.executable, "-m", "easybuild.main", *options, *(request.filename for request in stack.requests)]
    missing = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.returncode == 0, missing.stdout + missing.stderr
    for request in stack.requests:
        assert request.filename in missing.stdout
