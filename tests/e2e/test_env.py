"""What `env` prints, evaluated in each shell, leads to modules that load; and so does shell completion."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import TARGET, VERSION, Tree
from tests.e2e.lmod_user import LMOD

OURS = str(Path(sys.executable).parent)

#: How a user evaluates it, and what starts the shell without the user's own files.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-c"], 'eval "$(eessi-stack env{})"'),
    "zsh": (["zsh", "-f", "-c"], 'eval "$(eessi-stack env --shell zsh{})"'),
    "fish": (["fish", "--no-config", "-c"], "eessi-stack env --shell fish{} | source"),
    "csh": (["tcsh", "-f", "-c"], 'eval "`eessi-stack env --shell csh{}`"'),
}
ODD = """it's "a" $HOME `id` \\t !x; #y & *"""


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    program = SHELLS[request.param][0][0]
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    return str(request.param)


def evaluate(tree: Tree, shell: str, then: str, options: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell that has evaluated what `env` prints."""
    start, how = SHELLS[shell]
    environment = tree.environment(PATH=f"{OURS}:{os.environ['PATH']}", USER="somebody", TERM="dumb", **more)
    environment.pop("LMOD_CMD", None)
    script = f"{how.format(options)}\n{then}"
    if shell == "csh":  # reads one line where it is given one
        path = tree.base / "script.csh"
        path.write_text(script + "\n")
        start, script = ["tcsh", "-f"], str(path)
    return subprocess.run([*start, script], cwd=tree.base, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(LMOD is None, reason="no Lmod here")
def test_modules_load(tree: Tree, shell: str) -> None:
    tree.install("Alpha")
    (tree.modules / "Alpha" / "1.0.lua").write_text('setenv("ALPHA", "is loaded")\n')
    assert tree.run("cache", "update").returncode == 0
    run = evaluate(tree, shell, "module load Alpha\necho $ALPHA")
    assert run.stdout.strip() == "is loaded", run.stderr
    run = evaluate(tree, shell, "module --config")
    assert str(tree.modules.parents[1] / ".lmod" / "cache") in run.stdout + run.stderr


def test_every_letter_of_a_path_arrives(tree: Tree, shell: str) -> None:
    odd = replace(tree, base=tree.base / ODD)
    odd.install("Alpha")
    odd.recipes.mkdir()
    run = evaluate(odd, shell, "env")
    values = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
    assert values["EESSI_MODULEPATH"] == str(odd.modules), run.stderr
    assert values["MODULEPATH"].split(":")[0] == str(odd.modules)
    assert values["LMOD_PACKAGE_PATH"] == str(odd.modules.parents[1] / ".lmod")


def test_evaluated_twice_it_is_the_same(tree: Tree, shell: str) -> None:
    tree.install("Alpha")
    how = SHELLS[shell][1].format("")
    mine = {"MODULEPATH": f"/mine:{tree.repo}/versions/{VERSION}/software/linux/x86_64/generic/modules/all"}
    run = evaluate(tree, shell, f"{how}\nenv", **mine)
    values = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
    assert values["MODULEPATH"] == f"{tree.modules}:/mine", run.stderr
    assert values["EESSI_SOFTWARE_SUBDIR"] == TARGET


def test_an_accelerator_stands_before_its_cpu(tree: Tree, shell: str) -> None:
    tree.install("Alpha")
    gpu = tree.modules.parents[1] / "accel" / "nvidia" / "cc80" / "modules" / "all"
    gpu.mkdir(parents=True)
    run = evaluate(tree, shell, "env", " --accel nvidia/cc86")
    values = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
    assert values["MODULEPATH"] == f"{gpu}:{tree.modules}", run.stderr
    assert values["EESSI_ACCELERATOR_TARGET"] == "accel/nvidia/cc80"
    assert "nothing for nvidia/cc86: nvidia/cc80 is used in its place" in run.stderr
    run = evaluate(tree, shell, "env", " -q", EESSI_ACCELERATOR_TARGET="accel/nvidia/cc80")
    assert "EESSI_ACCELERATOR_TARGET" not in run.stdout


def test_what_a_site_has_stands_first(tree: Tree) -> None:
    tree.install("Alpha")
    own = tree.repo / "host_injections" / VERSION / "software" / "linux" / TARGET
    (own / "modules" / "all").mkdir(parents=True)
    run = tree.run("env")
    assert f"export MODULEPATH={own}/modules/all:{tree.modules};" in run.stdout
    assert f"export EESSI_SITE_SOFTWARE_PATH={own};" in run.stdout


def test_a_site_may_have_its_own_place(tree: Tree) -> None:
    tree.install("Alpha")
    own = tree.base / "site" / "versions" / VERSION / "software" / "linux" / TARGET
    (own / "modules" / "all").mkdir(parents=True)
    run = tree.run("env", EESSI_SITE_SOFTWARE_PREFIX=str(tree.base / "site"))
    assert f"export EESSI_SITE_SOFTWARE_PATH={own};" in run.stdout
    assert f"export MODULEPATH={own}/modules/all:{tree.modules};" in run.stdout


def test_the_compat_layers_tools_come_first(tree: Tree) -> None:
    tree.install("Alpha")
    compat = tree.repo / "versions" / VERSION / "compat" / "linux" / "x86_64"
    (compat / "usr" / "bin").mkdir(parents=True)
    run = tree.run("env")
    assert f"export PATH={compat}/usr/bin:{compat}/bin:" in run.stdout
    assert f"export EPREFIX={compat};" in run.stdout


def test_of_path_only_another_compat_layer_goes(tree: Tree) -> None:
    tree.install("Alpha")
    compat = tree.repo / "versions" / VERSION / "compat" / "linux" / "x86_64"
    (compat / "usr" / "bin").mkdir(parents=True)
    loaded = tree.modules.parents[1] / "software" / "Alpha" / "1.0" / "bin"
    other = tree.repo / "versions" / "2025.06" / "compat" / "linux" / "x86_64" / "bin"
    run = tree.run("env", PATH=f"{loaded}:{other}:/bin")
    assert f"export PATH={compat}/usr/bin:{compat}/bin:{loaded}:/bin;" in run.stdout


def test_what_was_left_of_a_tree_with_a_compat_layer_goes(tree: Tree, shell: str) -> None:
    tree.install("Alpha")
    run = evaluate(tree, shell, "env", EESSI_EPREFIX="/elsewhere", EPREFIX="/elsewhere")
    assert "EPREFIX=" not in run.stdout
    runs = tree.run("detect", "--cpu", "--all", EESSI_STACK_TARGET="").stdout
    assert f"EESSI_ARCHDETECT_OPTIONS={runs}" in run.stdout


def test_a_user_of_a_tree_does_not_install_into_it(tree: Tree) -> None:
    tree.install("Alpha")
    assert "EESSI_CVMFS_INSTALL" not in tree.run("env").stdout


@pytest.mark.skipif(LMOD is None, reason="no Lmod here")
def test_another_program_that_is_called_module_is_replaced(tree: Tree, shell: str) -> None:
    tree.install("Alpha")
    other = {"csh": "alias module false", "fish": "function module; false; end"}.get(shell, "module() { false; }")
    path = tree.base / "script"
    path.write_text(f"{other}\n{SHELLS[shell][1].format('')}\nmodule load Alpha\necho $LOADEDMODULES\n")
    start = ["tcsh", "-f"] if shell == "csh" else SHELLS[shell][0][:-1]
    environment = tree.environment(PATH=f"{OURS}:{os.environ['PATH']}", USER="somebody", TERM="dumb")
    environment.pop("LMOD_CMD", None)
    run = subprocess.run([*start, path], cwd=tree.base, env=environment, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "Alpha/1.0", run.stderr


def test_a_target_that_is_not_there_is_said(tree: Tree) -> None:
    run = tree.run("env", "--target", "aarch64/a64fx")
    assert run.returncode == 1
    assert not run.stdout
    assert "nothing to use" in run.stderr


#: What the README says, and what asks the shell to complete `eessi-stack cache u`.
COMPLETION = {
    "bash": (
        'eval "$(_EESSI_STACK_COMPLETE=bash_source eessi-stack)"',
        "COMP_WORDS=(eessi-stack cache u); COMP_CWORD=2; _eessi_stack_completion eessi-stack u; echo ${COMPREPLY[@]}",
    ),
    "zsh": (
        'autoload -U compinit; compinit -D; eval "$(_EESSI_STACK_COMPLETE=zsh_source eessi-stack)"',
        (
            "[[ -n ${_comps[eessi-stack]} ]] && COMP_WORDS='eessi-stack cache u' COMP_CWORD=2 "
            "_EESSI_STACK_COMPLETE=zsh_complete eessi-stack"
        ),
    ),
    "fish": (
        "_EESSI_STACK_COMPLETE=fish_source eessi-stack | source",
        'complete -C "eessi-stack cache u"',
    ),
}


@pytest.mark.parametrize("name", COMPLETION)
def test_commands_are_completed(tree: Tree, name: str) -> None:
    start = SHELLS[name][0]
    if not shutil.which(start[0]):
        pytest.skip(f"no {start[0]} here")
    environment = tree.environment(PATH=f"{OURS}:{os.environ['PATH']}", TERM="dumb")
    script = "\n".join(COMPLETION[name])
    run = subprocess.run([*start, script], cwd=tree.base, env=environment, capture_output=True, text=True, check=False)
    assert "update" in run.stdout, run.stderr
    assert "check" not in run.stdout
