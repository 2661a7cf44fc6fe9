"""Hooks are found as EasyBuild finds them, by the folder of the hooks file; fakes stand in for its objects."""

import copy
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

HOOKS = Path(__file__).parents[2] / "hooks"
sys.path.insert(0, str(HOOKS))

LMOD = Path(os.environ.get("LMOD_CMD", "/usr/share/lmod/lmod/libexec/lmod"))
BlockMaker = Callable[..., SimpleNamespace]
EnvMaker = Callable[[Mapping[str, str]], dict[str, str]]


class FakeConfig(dict[str, object]):
    """As much of an easyconfig as hooks use."""

    parallel = 48
    templating = True

    def filename(self) -> str:
        return f"{self['name']}.eb"

    @contextmanager
    def disable_templating(self) -> Iterator[None]:
        self.templating = False
        yield
        self.templating = True


@pytest.fixture
def hooks_file() -> Path:
    return HOOKS / "eb_hooks.py"


@pytest.fixture
def make_block() -> BlockMaker:
    """Give a function that makes what EasyBuild hands to hooks; values are copied, so that tables stay as they are."""

    def make(
        name: str, version: str, toolchain: tuple[str, str] = ("system", "system"), **cfg: object
    ) -> SimpleNamespace:
        values = {
            "name": name,
            "toolchain": dict(zip(("name", "version"), toolchain, strict=True)),
            **copy.deepcopy(cfg),
        }
        return SimpleNamespace(name=name, version=version, cfg=FakeConfig(values), logfile="/nonexistent/log")

    return make


@pytest.fixture
def easybuild_env(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> EnvMaker:
    """Give the environment for an EasyBuild process that sees no configuration but the test's."""
    if not LMOD.exists():
        pytest.skip(f"EasyBuild needs Lmod, and there is none at {LMOD}: set LMOD_CMD")

    own = {"TMPDIR": str(tmp_path_factory.mktemp("easybuild"))}  # as a library EasyBuild leaves what it makes there

    def env(more: Mapping[str, str]) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # EasyBuild refuses to run as root, as in a container, unless told that it is meant.
        root = {"EASYBUILD_ALLOW_USE_AS_ROOT_AND_ACCEPT_CONSEQUENCES": "1"} if os.geteuid() == 0 else {}
        base = {"PATH": path, "HOME": str(tmp_path), "USER": "tester", "LANG": "C.UTF-8", "LMOD_CMD": str(LMOD)}
        style = {"EASYBUILD_OUTPUT_STYLE": "basic"}  # else it breaks long lines, such as those with long paths
        return {**base, **own, **root, **style, **more}

    return env
