"""The easystacks of EESSI 2023.06 all parse, with what is odd about them, and ours resolve with EasyBuild."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from eessi_stack.easystack import easybuild_version_of, read
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
    assert len(eessi.files) == 259
    assert not any("known-issues" in file for file in eessi.files)
    assert len(eessi.requests) == 2441
    assert {request.file for request in eessi.requests} == set(eessi.files)


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
    versions = [easybuild_version_of(file) for file in eessi.files]
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
    code = "import sys, eessi_stack.easystack; print({'ruamel.yaml', 'easybuild'} & set(sys.modules))"
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
