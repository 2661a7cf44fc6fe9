"""What `lint` prints of findings, and which easyconfigs it takes for known."""

import json
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eessi_stack import easybuild_options
from eessi_stack.cli.lint import document, find, lint, summary, version_notes
from eessi_stack.easystack.lint import Finding

FINDING = Finding(file="a.yml", line=3, kind="duplicate", cause="twice", hint="keep one")


def run(*arguments: str, folder: Path) -> Result:
    environment = {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    return CliRunner().invoke(lint, arguments, env=environment)


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


@pytest.fixture(autouse=True)
def easyconfigs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An EasyBuild that has one easyconfig."""
    write(tmp_path / "prefix/easybuild/easyconfigs/f/Foo/Foo-1.0.eb", "")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("findings", "files", "entries", "text"),
    [
        ((), 1, 1, "No findings in 1 easystack (1 entry)"),
        ((), 260, 2441, "No findings in 260 easystacks (2441 entries)"),
        ((FINDING,), 2, 0, "1 finding in 2 easystacks (0 entries)"),
        ((FINDING, FINDING), 2, 2, "2 findings in 2 easystacks (2 entries)"),
    ],
)
def test_summary(findings: tuple[Finding, ...], files: int, entries: int, text: str) -> None:
    assert summary(findings, files, entries) == text


def test_document() -> None:
    assert document((FINDING,), 1, 2, ("note",)) == {
        "format": "eessi-stack-lint",
        "version": 1,
        "easystacks": 1,
        "entries": 2,
        "notes": ["note"],
        "findings": [{"file": "a.yml", "line": 3, "kind": "duplicate", "message": "twice", "hint": "keep one"}],
    }


def test_the_paths_that_are_there_and_the_errors_of_the_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yml", "")
    paths, errors = find([path, "nonesuch", "demo"])
    assert paths[0] == path
    assert paths[1].endswith("easystacks/demo.yml")
    assert [error.reference for error in errors] == ["easystack-unreadable"]


def test_another_easybuild_than_the_list_is_of_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: easybuild_options.made_from())
    assert version_notes() == ()
    monkeypatch.setattr(metadata, "version", lambda _: "4.9.4")
    (note,) = version_notes()
    assert note.endswith("the one installed here is 4.9.4")


def test_an_absent_easybuild_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert version_notes() == ()


def test_nothing_wrong(tmp_path: Path) -> None:
    done = run(write(tmp_path / "a.yml", "easyconfigs: [Foo-1.0]\n"), folder=tmp_path)
    assert (done.exit_code, done.stdout) == (0, "No findings in 1 easystack (1 entry)\n")


def test_a_file_that_does_not_parse_hides_nothing_in_the_others(tmp_path: Path) -> None:
    write(tmp_path / "es/a.yml", "easyconfigs: {")
    write(tmp_path / "es/b.yml", "easyconfigs: [Foo-1.0, Foo-1.0.eb, Fou-1.0]\n")
    done = run("es", folder=tmp_path)
    assert done.exit_code == 1
    first, *rest = done.stdout.splitlines()
    assert first.startswith("es/a.yml:1: not valid YAML: ")
    assert rest == [
        "es/b.yml:1: `Foo-1.0.eb` is asked for on line 1 already; keep one of them",
        "es/b.yml:1: there is no `Fou-1.0.eb`; did you mean `Foo-1.0.eb`?",
        "3 findings in 2 easystacks (3 entries)",
    ]


def test_what_cannot_be_used_is_looked_through_all_the_same(tmp_path: Path) -> None:
    text = "easyconfigs:\n  - Foo-1.0:\n      options:\n        rebuildd: true\n  - Foo-1.0\n  - 12: x\n  - Fou-1.0\n"
    done = run(write(tmp_path / "a.yml", text), folder=tmp_path)
    assert done.exit_code == 1
    assert [line.split(": ")[0].rpartition(":")[2] for line in done.stdout.splitlines()[:-1]] == list("45667")
    assert done.stdout.splitlines()[-1] == "5 findings in 1 easystack (3 entries)"


def test_annotations_for_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    write(tmp_path / "es/b.yml", "easyconfigs: [Foo-1.0, Fou-1.0]\n")
    done = run("es", "--format", "github", folder=tmp_path)
    said = "there is no `Fou-1.0.eb`; did you mean `Foo-1.0.eb`?"
    assert done.stdout.splitlines() == [
        "::error file=es/b.yml,line=1,title=easystack%3A easyconfig::" + said,
        "1 finding in 1 easystack (2 entries)",
    ]


def test_the_document_of_a_run(tmp_path: Path) -> None:
    done = run(write(tmp_path / "a.yml", "easyconfigs: [Foo-1.0, Foo-1.0]\n"), "--json", folder=tmp_path)
    read = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (read["easystacks"], read["entries"], read["findings"][0]["kind"]) == (1, 2, "duplicate")


@pytest.mark.parametrize("entry", ["Own-1.0", "./Own-1.0.eb", "{folder}/Own-1.0.eb"])
def test_an_easyconfig_that_is_there_needs_no_robot_path(tmp_path: Path, entry: str) -> None:
    write(tmp_path / "Own-1.0.eb", "")
    path = write(tmp_path / "a.yml", f"easyconfigs: [{entry.format(folder=tmp_path)}]\n")
    assert run(path, folder=tmp_path).exit_code == 0


def test_easyconfigs_of_the_robot_path(tmp_path: Path) -> None:
    write(tmp_path / "robot/o/Own-1.0.eb", "")
    path = write(tmp_path / "a.yml", "easyconfigs: [Own-1.0]\n")
    assert run(path, folder=tmp_path).exit_code == 1
    assert run(path, "--robot-paths", str(tmp_path / "robot"), folder=tmp_path).exit_code == 0


def test_without_easybuilds_own_easyconfigs_none_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "elsewhere"))
    assert run(write(tmp_path / "a.yml", "easyconfigs: [Own-1.0]\n"), folder=tmp_path).exit_code == 0
