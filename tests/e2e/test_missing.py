"""`eessi-stack missing` on a small stack: App needs Lib, and Tool to be built."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Tree

PROOF = "No missing installations"


@pytest.fixture
def app(tree: Tree) -> Tree:
    tree.recipe("Tool")
    tree.recipe("Lib")
    tree.recipe("App", needs=["Lib"], builds_with=["Tool"])
    return tree


def states(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Module → state, of the document on stdout."""
    document: dict[str, Any] = json.loads(run.stdout)
    return {package["module"]: package["state"] for package in document["packages"]}


def test_all_installed(app: Tree) -> None:
    for module, loads in {"App": ["Lib"], "Lib": [], "Tool": []}.items():
        app.install(module, *loads)
    run = app.run("missing", app.stack("App", "Lib"))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"{PROOF} (2 installed")
    for word in ("ERROR: ", "FATAL: ", "FAILED: ", " required modules missing:"):
        assert word not in run.stdout + run.stderr


def test_all_missing(app: Tree) -> None:
    run = app.run("missing", app.stack("App"))
    assert run.returncode == 1
    assert "3 out of 3 required modules missing:" in run.stdout
    assert PROOF not in run.stdout
    named = [line.split()[1] for line in run.stdout.splitlines() if line.startswith("  * ")]
    assert sorted(named[:2]) == ["Lib/1.0", "Tool/1.0"], "what is needed comes first"
    assert named[2] == "App/1.0"


def test_one_missing(app: Tree) -> None:
    app.install("Lib")
    app.install("Tool")
    run = app.run("missing", app.stack("App", "Lib"))
    assert run.returncode == 1
    assert "1 out of 3 required modules missing:" in run.stdout
    assert f"App-1.0.eb  {app.base / 'stack.yml'}:2" in run.stdout


def test_json_has_every_entry_in_order(app: Tree) -> None:
    app.install("Lib")
    path = app.stack("Lib", "App", "Tool")
    run = app.run("missing", "--json", path)
    assert run.returncode == 1
    document = json.loads(run.stdout)
    assert (document["format"], document["version"], document["proven"]) == ("eessi-stack-missing", 1, False)
    assert [(one["easyconfig"], one["file"], one["line"], one["state"]) for one in document["entries"]] == [
        ("Lib-1.0.eb", path, 2, "installed"),
        ("App-1.0.eb", path, 3, "missing"),
        ("Tool-1.0.eb", path, 4, "missing"),
    ]


def test_an_entry_asked_for_twice_is_answered_twice(app: Tree) -> None:
    run = app.run("missing", "--json", app.stack("Lib", "Lib"))
    assert [one["module"] for one in json.loads(run.stdout)["entries"]] == ["Lib/1.0", "Lib/1.0"]


def test_a_folder_of_easystacks(app: Tree) -> None:
    app.stack("App", name="stacks/one.yml")
    app.stack("Lib", name="stacks/sub/two.yml")
    run = app.run("missing", "--json", str(app.base / "stacks"))
    assert [one["module"] for one in json.loads(run.stdout)["entries"]] == ["App/1.0", "Lib/1.0"]


@pytest.mark.parametrize(
    "text", ["easyconfigs:\n  - App-1.0.eb: {options: [\n", "easyconfigs:\n", "easyconfigs: []\n", ""]
)
def test_an_easystack_that_does_not_parse_or_names_nothing(tree: Tree, text: str) -> None:
    path = tree.base / "bad.yml"
    path.write_text(text)
    run = tree.run("missing", str(path))
    assert (run.returncode, run.stdout) == (2, "")
    assert "ERROR: " in run.stderr
    assert "bad.yml" in run.stderr


def test_an_unknown_easyconfig_leaves_the_others_answered(app: Tree) -> None:
    app.install("Lib")
    stack = app.stack("Lib", "GROMACS-2024.1-foss-2032b.eb")
    run = app.run("missing", stack)
    assert run.returncode == 3
    assert "ERROR: " in run.stdout
    assert "no easyconfig GROMACS-2024.1-foss-2032b.eb in the robot path; did you mean GROMACS-2024.1-" in run.stdout
    assert PROOF not in run.stdout
    assert states(app.run("missing", "--json", stack))["Lib/1.0"] == "installed"


def test_an_unknown_dependency(app: Tree) -> None:
    app.recipe("Bad", needs=["NoSuchThing"])
    run = app.run("missing", "--json", app.stack("Bad"))
    assert run.returncode == 3
    assert states(run) == {"Bad/1.0": "missing", "NoSuchThing/1.0": "error"}


@pytest.mark.parametrize("more", ["raise ValueError('out of order')", "raise SystemExit(0)", "name = ("])
def test_an_easyconfig_that_cannot_be_parsed_leaves_the_others_answered(app: Tree, more: str) -> None:
    app.recipe("Bad", more=more)
    app.install("Lib")
    run = app.run("missing", "--json", app.stack("Bad", "Lib", "Tool"))
    assert run.returncode == 3
    entries = json.loads(run.stdout)["entries"]
    assert [one["state"] for one in entries] == ["error", "installed", "missing"]
    assert (entries[0]["module"], bool(entries[0]["reason"])) == ("Bad-1.0.eb", True)


def test_a_dependency_whose_recipe_is_for_something_else(app: Tree) -> None:
    (app.recipes / "Lub-1.0.eb").write_text((app.recipes / "Lib-1.0.eb").read_text())
    app.recipe("Bad", needs=["Lub"])
    run = app.run("missing", "--json", app.stack("Bad", "Tool"))
    assert run.returncode == 3
    assert states(run) == {"Bad/1.0": "missing", "Lub-1.0.eb": "error", "Tool/1.0": "missing"}


def test_what_is_asked_for_must_be_valid_as_for_eb(app: Tree) -> None:
    app.recipe("Bad", more="moduleclass = 'nonsense'")
    app.recipe("User", needs=["Bad"])
    assert states(app.run("missing", "--json", app.stack("User"))) == {"Bad/1.0": "missing", "User/1.0": "missing"}
    run = app.run("missing", app.stack("Bad"))
    assert run.returncode == 3
    assert "moduleclass provided 'nonsense' is not valid" in run.stdout


def test_without_easybuild(app: Tree, tmp_path: Path) -> None:
    poison = tmp_path / "poison" / "easybuild" / "__init__.py"
    poison.parent.mkdir(parents=True)
    poison.write_text("raise ImportError('out of order')\n")
    run = app.run("missing", app.stack("Lib"), PYTHONPATH=str(poison.parents[1]))
    assert (run.returncode, run.stdout) == (3, "")
    assert "ERROR: EasyBuild cannot be imported" in run.stderr
    assert "out of order" in run.stderr


def test_easybuild_refuses_its_configuration(app: Tree) -> None:
    run = app.run("missing", app.stack("Lib"), EASYBUILD_MODULE_NAMING_SCHEME="NoSuchScheme")
    assert (run.returncode, run.stdout) == (3, "")
    assert "NoSuchScheme" in run.stderr


def test_why(app: Tree) -> None:
    path = app.stack("App")
    run = app.run("missing", "--why", "Lib", path)
    assert run.returncode == 1
    assert run.stdout.splitlines()[0] == "Lib/1.0: missing"
    assert f"{path}:2  App/1.0 → Lib/1.0" in run.stdout


def test_why_of_what_nobody_asks_for(app: Tree) -> None:
    run = app.run("missing", "--why", "Lub", app.stack("App"))
    assert (run.returncode, run.stdout) == (2, "")
    assert "did you mean `Lib`?" in run.stderr


def test_a_load_that_is_gone_is_broken(app: Tree) -> None:
    app.install("App", "Lib")
    app.install("Tool")
    run = app.run("missing", app.stack("App"))
    assert run.returncode == 1
    assert "FAILED: installed, but broken:" in run.stdout
    assert "loads Lib/1.0, which is gone" in run.stdout
    assert PROOF not in run.stdout


def test_a_load_that_is_gone_further_down_is_broken(app: Tree) -> None:
    app.install("App", "Lib")
    app.install("Lib", "Zlib/1.3")
    run = app.run("missing", "--json", app.stack("App"))
    assert run.returncode == 1
    assert states(run)["Lib/1.0"] == "broken"


def test_what_only_todays_recipe_wants_is_drift(app: Tree) -> None:
    app.install("App")
    app.install("Tool")
    stack = app.stack("App")
    run = app.run("missing", stack)
    assert run.returncode == 0
    assert PROOF in run.stdout
    assert "drift" in run.stdout
    assert "Lib/1.0" in run.stdout
    strict = app.run("missing", "--strict", "--json", stack)
    assert strict.returncode == 1
    assert states(strict)["Lib/1.0"] == "missing"


def test_a_build_dependency_of_an_installed_package_is_drift(app: Tree) -> None:
    app.install("App", "Lib")
    app.install("Lib")
    stack = app.stack("App")
    run = app.run("missing", "--json", stack)
    assert run.returncode == 0
    assert states(run) == {"App/1.0": "installed", "Lib/1.0": "installed", "Tool/1.0": "drift"}
    assert states(app.run("missing", "--strict", "--json", stack))["Tool/1.0"] == "missing"


@pytest.mark.parametrize(
    ("name", "line"),
    [(".modulerc.lua", 'module_version("Lib/1.0.3", "1.0")'), (".modulerc", "#%Module\nmodule-version Lib/1.0.3 1.0")],
)
def test_an_alias_counts_as_installed(app: Tree, name: str, line: str) -> None:
    app.install("Lib/1.0.3")
    rc = app.modules / "Lib" / name
    rc.write_text(line + "\n")
    stack = app.stack("Lib")
    assert states(app.run("missing", "--json", stack)) == {"Lib/1.0": "installed"}
    (app.modules / "Lib" / "1.0.3.lua").unlink()
    gone = app.run("missing", "--json", stack)
    assert (gone.returncode, states(gone)) == (1, {"Lib/1.0": "missing"})


def test_a_target_without_a_tree_is_not_proven(app: Tree) -> None:
    run = app.run("missing", app.stack("Lib"), EESSI_STACK_TARGET="aarch64/generic")
    assert run.returncode == 1
    assert PROOF not in run.stdout


ARCH = """
dependencies = [('Lib', {'arch=x86_64': '1.0', 'arch=AArch64': '2.0'}), ('Tool', '1.0', '-%(arch)s')]
if ARCH == 'aarch64':
    builddependencies = [('Yasm', '1.0'), ('Arm', '1.0')]
"""


@pytest.mark.parametrize(
    ("target", "modules"),
    [
        ("x86_64/generic", {"Both/1.0", "Lib/1.0", "Tool/1.0-x86_64"}),
        ("aarch64/a64fx", {"Both/1.0", "Lib/2.0", "Tool/1.0-aarch64", "Arm/1.0"}),  # where Yasm is filtered
    ],
)
def test_recipes_see_the_cpu_family_of_the_target(tree: Tree, target: str, modules: set[str]) -> None:
    tree.recipe("Both", more=ARCH)
    for module in ("Lib/1.0", "Lib/2.0", "Tool/1.0-x86_64", "Tool/1.0-aarch64", "Arm/1.0", "Yasm/1.0"):
        name, version = module.split("/")
        tree.recipe(name, version=version)
    run = tree.run("missing", "--json", tree.stack("Both"), EESSI_STACK_TARGET=target)
    assert states(run) == dict.fromkeys(modules, "missing")


def test_an_accelerator_that_no_target_has_is_wrong_usage(tree: Tree) -> None:
    tree.recipe("Alpha")
    run = tree.run("missing", tree.stack("Alpha"), "--all-targets", "--accel", "nvidia/cc75")
    assert run.returncode == 2
    assert "no target of 2023.06 has nvidia/cc75" in run.stderr
    assert "they have nvidia/cc70, nvidia/cc80, nvidia/cc90" in run.stderr
