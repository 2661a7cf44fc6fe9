"""Every `eessi-stack` command of the README runs. `make demo` and `make test` are run by .ci/run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from eessi_stack.errors import EXIT_CODES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.removeprefix("$ ") for block in BLOCKS for line in block.splitlines() if line.startswith("$ eessi-stack")
]
DEMO_TREE = ROOT / ".demo" / "tree"


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) > 10
    assert "$ make demo" in README
    assert "$ make test" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:]
    if words[0] == "install" and "--dry-run" not in words and not DEMO_TREE.exists():
        pytest.skip("takes minutes: `make demo` runs it, and leaves the tree that makes it quick")
    tree = DEMO_TREE if DEMO_TREE.exists() and words[0] != "diff" else tmp_path / "tree"
    if words[0] == "diff":  # of two targets, and the demo has one
        for target, version in (("x86_64/generic", "1.0"), ("aarch64/generic", "1.1")):
            modules = tree / "versions/2023.06/software/linux" / target / "modules/all/Alpha"
            modules.mkdir(parents=True)
            (modules / f"{version}.lua").write_text(f"""whatis("Version: {version}")\n""")
    ours = {"REPO": tree, "WORK_DIR": tmp_path / "work", "CACHE_DIR": tmp_path / "cache"}
    environment = os.environ | {f"EESSI_STACK_{name}": str(path) for name, path in ours.items()}
    run = subprocess.run(
        [sys.executable, "-m", "eessi_stack", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode in (0, 1), run.stderr
    assert run.stdout
    if words[0] == "missing" and "--json" not in words and "--why" not in words:
        proven = "No missing installations" in run.stdout
        assert proven == (run.returncode == 0)


def test_the_exit_codes_are_those_of_the_program() -> None:
    for code, meaning in EXIT_CODES.items():
        assert f"| {code.value} | {meaning} |" in README
