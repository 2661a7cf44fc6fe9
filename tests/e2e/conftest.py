"""A scratch repository, easyconfigs of our own, and the real command line on them, in an environment of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.building import site  # noqa: F401 (a fixture)

VERSION = "2023.06"
TARGET = "x86_64/amd/zen3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One target of one version, and a folder of easyconfigs that is searched before EasyBuild's own."""

    base: Path

    @property
    def repo(self) -> Path:
        return self.base / "repo"

    @property
    def modules(self) -> Path:
        return self.repo / "versions" / VERSION / "software" / "linux" / TARGET / "modules" / "all"

    @property
    def recipes(self) -> Path:
        return self.base / "easyconfigs"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the caller's settings but what a process needs to run."""
        kept = {name: os.environ[name] for name in ("PATH", "LMOD_CMD") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.base),
            "TMPDIR": tempfile.gettempdir(),
            "LANG": "C.UTF-8",
            "EESSI_STACK_REPO": str(self.repo),
            "EESSI_STACK_EESSI_VERSION": VERSION,
            "EESSI_STACK_TARGET": TARGET,
            "EESSI_STACK_ROBOT_PATHS": str(self.recipes),
            "EESSI_STACK_WORK_DIR": str(self.base / "work"),
            **more,
        }

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command line; keyword arguments are environment variables."""
        command = [sys.executable, "-m", "eessi_stack", *arguments]
        environment = self.environment(**variables)
        return subprocess.run(command, cwd=self.base, env=environment, capture_output=True, text=True, check=False)

    def stack(self, *easyconfigs: str, name: str = "stack.yml") -> str:
        """Write an easystack; a name without `.eb` is one of `recipe`'s."""
        names = [one if one.endswith(".eb") else f"{one}-1.0.eb" for one in easyconfigs]
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["easyconfigs:", *(f"  - {one}" for one in names), ""]))
        return str(path)

    def recipe(
        self,
        name: str,
        needs: Sequence[str] = (),
        builds_with: Sequence[str] = (),
        version: str = "1.0",
        more: str = "",
    ) -> None:
        """Write NAME-VERSION.eb: no sources, SYSTEM toolchain, dependencies by name; `more` is appended."""
        self.recipes.mkdir(exist_ok=True)
        lines = [
            "easyblock = 'Bundle'",
            f"name = '{name}'",
            f"version = '{version}'",
            "homepage = 'https://github.com/EESSI'",
            "description = 'of no use outside this test'",
            "toolchain = SYSTEM",
            f"dependencies = {[(need, '1.0') for need in needs]}",
            f"builddependencies = {[(need, '1.0') for need in builds_with]}",
            "moduleclass = 'devel'",
            more,
        ]
        (self.recipes / f"{name}-{version}.eb").write_text("\n".join(lines) + "\n")

    def install(self, module: str, *loads: str) -> None:
        """Write a module file that loads others, as EasyBuild would; a name without a version is one of `recipe`'s."""
        path = self.modules / f"{_versioned(module)}.lua"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["help([==[of no use outside this test]==])", *(f'depends_on("{_versioned(name)}")' for name in loads)]
        path.write_text("\n".join(lines) + "\n")


def _versioned(module: str) -> str:
    return module if "/" in module else f"{module}/1.0"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with nothing in it."""
    tree = Tree(base=tmp_path)
    tree.modules.mkdir(parents=True)
    tree.recipes.mkdir()
    return tree
