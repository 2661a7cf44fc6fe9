"""Every format of `missing`, on a stack where App needs Lib: one run, its exit code, what else is written."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.e2e.conftest import TARGET, Tree

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "missing.schema.json").read_text(encoding="utf-8"))
OTHER = "aarch64/generic"
PROOF = "No missing installations"
BAD = ("ERROR: ", "FATAL: ", "FAILED: ", " required modules missing:")
HEAVY = ("rich", "ruamel", "easybuild", "xml")


@pytest.fixture
def app(tree: Tree) -> Tree:
    tree.recipe("Lib")
    tree.recipe("App", needs=["Lib"])
    tree.install("Lib")
    return tree


@pytest.mark.parametrize("targets", [TARGET, f"{TARGET},{OTHER}"])
@pytest.mark.parametrize("there", [(), ("App",)])
def test_json_is_what_the_schema_says(app: Tree, targets: str, there: tuple[str, ...]) -> None:
    for module in there:
        app.install(module, "Lib")
    run = app.run("missing", "--format", "json", "--target", targets, app.stack("App", "Lib", "Nowhere"))
    assert run.returncode == 3
    document = json.loads(run.stdout)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert [one["target"] for one in document["targets"]] == targets.split(",")
    assert len(document["entries"]) == 3 * len(document["targets"])


def test_json_has_two_names(app: Tree) -> None:
    stack = app.stack("App", "Lib")
    assert app.run("missing", "--json", stack).stdout == app.run("missing", "--format", "json", stack).stdout


def every_format(tree: Tree, *arguments: str) -> tuple[int, str, dict[str, str]]:
    """The exit code of one run, all that it prints, and what it writes in each format."""
    files = {form: tree.base / f"out.{form}" for form in ("text", "junit", "github", "markdown")}
    run = tree.run("missing", *(f"--output={form}={file}" for form, file in files.items()), *arguments)
    return run.returncode, run.stdout + run.stderr, {form: files[form].read_text(encoding="utf-8") for form in files}


def test_nothing_is_missing(app: Tree) -> None:
    app.install("App", "Lib")
    code, printed, written = every_format(app, app.stack("App", "Lib"))
    assert code == 0, printed
    assert not [word for word in BAD if word in printed + "".join(written.values())]
    assert [form for form in written if PROOF in written[form]] == ["text", "github", "markdown"]


def test_something_is_missing_on_one_of_two_targets(app: Tree) -> None:
    app.install("App", "Lib")
    code, printed, written = every_format(app, "--target", f"{TARGET},{OTHER}", app.stack("App", "Lib"))
    assert code == 1, printed
    assert PROOF not in printed + "".join(written.values())
    found = [form for form in written if " required modules missing:" in written[form]]
    assert found == ["text", "github", "markdown"]
    assert all(OTHER in text for text in written.values())


def test_one_run_annotates_and_writes_the_summary(app: Tree) -> None:
    app.stack("App", "Lib", name="stacks/a.yml")
    outputs = [f"--output={form}={app.base / form}" for form in ("markdown", "junit", "json")]
    run = app.run("missing", "--format", "github", *outputs, "stacks/a.yml", GITHUB_WORKSPACE=str(app.base.parent))
    assert run.returncode == 1
    where = re.escape(f"file={app.base.name}/stacks/a.yml,line=2")
    assert re.search(rf"^::error title=App/1.0%3A missing,{where}::App/1.0 is missing on", run.stdout, re.MULTILINE)
    assert (app.base / "markdown").read_text(encoding="utf-8").startswith("### ❌ ")
    assert ET.parse(app.base / "junit").getroot().get("failures") == "1"
    assert json.loads((app.base / "json").read_text(encoding="utf-8"))["proven"] is False


@pytest.mark.parametrize("arguments", [["--format", "yaml"], ["--output", "yaml=x"], ["--output", "json=/no/where/x"]])
def test_a_wrong_format_is_wrong_usage(app: Tree, arguments: list[str]) -> None:
    run = app.run("missing", *arguments, app.stack("App"))
    assert (run.returncode, run.stdout) == (2, "")


def test_why_is_no_format(app: Tree) -> None:
    assert app.run("missing", "--why", "Lib", "--json", app.stack("App")).returncode == 2
    assert app.run("missing", "--why", "Lib", "--output", "json=x", app.stack("App")).returncode == 2


def test_what_stdout_cannot_show_breaks_nothing(app: Tree) -> None:
    stack = app.stack("App", "Lib")
    run = app.run("missing", "--target", f"{TARGET},{OTHER}", stack, PYTHONIOENCODING="ascii")
    assert run.returncode == 1
    assert f"no {TARGET}" in run.stdout
    assert app.run("missing", "--format", "markdown", stack, PYTHONIOENCODING="ascii").returncode == 1


def on_terminal(tree: Tree, columns: int, *arguments: str, **variables: str) -> str:
    """What the command shows on a terminal of that width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "eessi_stack", *arguments]
    environment = tree.environment(TERM="xterm", **variables)
    with subprocess.Popen(command, cwd=tree.base, env=environment, stdout=follower, stderr=subprocess.DEVNULL):
        os.close(follower)
        shown = b""
        while True:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # the terminal's other end is closed
                break
    os.close(leader)
    return shown.decode()


def test_a_terminal_gets_lines_that_fit_and_colour(app: Tree) -> None:
    stack = app.stack("App", "Lib", "Nowhere-with-a-long-name-1.0-foss-2023b.eb")
    shown = on_terminal(app, 70, "missing", stack)
    assert "\x1b[31m" in shown
    lines = [line for line in re.sub(r"\x1b\[\d+m", "", shown).splitlines() if str(app.base) not in line]
    assert max(map(len, lines)) <= 70
    assert "\x1b" not in on_terminal(app, 70, "missing", stack, NO_COLOR="1")
    assert max(map(len, app.run("missing", stack).stdout.splitlines())) > 100


@pytest.mark.parametrize(("form", "needs"), [("text", set()), ("junit", {"xml"}), ("github", set())])
def test_a_format_imports_only_what_it_needs(app: Tree, form: str, needs: set[str]) -> None:
    stack = app.stack("App", "Lib")
    app.run("missing", stack)  # which fills the stores
    command = [sys.executable, "-X", "importtime", "-m", "eessi_stack", "missing", "--format", form, stack]
    run = subprocess.run(command, env=app.environment(), capture_output=True, text=True, check=False)
    names = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert "eessi_stack" in names
    assert names & set(HEAVY) == needs


def test_an_easystack_that_does_not_parse_is_annotated(tree: Tree) -> None:
    (tree.base / "bad.yml").write_text("easyconfigs:\n  - Alpha-1.0.eb:\n      options:\n        rebiuld: true\n")
    run = tree.run("missing", "bad.yml", "--format", "github")
    assert run.returncode == 2
    assert run.stdout.startswith("::error file=bad.yml,line=4,title=easystack::")
    assert "did you mean" in run.stdout
