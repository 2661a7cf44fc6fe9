"""`eessi-stack lint` as a whole: its exit codes, and what it does not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Tree

ES2 = """\
easyconfigs:
  - zlib-1.3.1.eb
  - zlib-1.2.13.eb:
      options:
        include-easyblock-from-pr: 3000
"""


def test_a_misspelt_option(tree: Tree) -> None:
    (tree.base / "es2.yml").write_text(ES2)
    run = tree.run("lint", "es2.yml")
    expected = "es2.yml:5: unknown option `include-easyblock-from-pr`; did you mean `include-easyblocks-from-pr`?"
    assert run.stdout.splitlines() == [expected, "1 finding in 1 easystack (2 entries)"]
    assert (run.returncode, run.stderr) == (1, "")


def test_nothing_wrong(tree: Tree) -> None:
    tree.recipe("Own")
    run = tree.run("lint", tree.stack("Own", "zlib-1.3.1.eb"), "demo", "2023.04")
    assert run.stdout.splitlines() == ["No findings in 3 easystacks (21 entries)"]
    assert run.returncode == 0


def test_an_easyconfig_that_does_not_exist(tree: Tree) -> None:
    run = tree.run("lint", tree.stack("zlib-1.3.7.eb"), "--json")
    (finding,) = json.loads(run.stdout)["findings"]
    assert finding["kind"] == "easyconfig"
    assert finding["hint"].startswith("did you mean `zlib-1.")
    assert run.returncode == 1


@pytest.mark.parametrize("name", ["nonesuch", "nonesuch.yml", "empty", "es/nonesuch.yml"])
def test_what_is_not_there_is_wrong_usage_but_the_others_are_looked_at(tree: Tree, name: str) -> None:
    (tree.base / "empty").mkdir()
    (tree.base / "es2.yml").write_text(ES2)
    run = tree.run("lint", name, "es2.yml")
    assert run.returncode == 2
    assert run.stderr.startswith("ERROR: ")
    assert run.stdout.startswith("es2.yml:5: ")
    assert "finding" not in run.stdout


def test_without_names_it_is_wrong_usage(tree: Tree) -> None:
    assert tree.run("lint").returncode == 2


def test_a_second_run_parses_no_yaml(tree: Tree, tmp_path: Path) -> None:
    path = tree.stack("zlib-1.3.1.eb")

    def imported() -> set[str]:
        command = [sys.executable, "-X", "importtime", "-m", "eessi_stack", "lint", path]
        run = subprocess.run(command, env=tree.environment(), cwd=tmp_path, capture_output=True, text=True, check=True)
        rows = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
        return {row.rsplit("|", 1)[-1].strip().split(".")[0] for row in rows}

    assert "ruamel" in imported()
    assert not imported() & {"ruamel", "easybuild", "rich"}


def test_a_cache_that_cannot_be_written_to_is_not_missed(tree: Tree) -> None:
    file = tree.base / "file"
    file.write_text("")
    run = tree.run("lint", tree.stack("zlib-1.3.1.eb"), EESSI_STACK_CACHE_DIR=str(file))
    assert (run.returncode, run.stderr) == (0, "")
