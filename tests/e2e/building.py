"""A tree of its own that is built in by the real command line, EasyBuild and Lmod; and what is left of it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eessi_stack.eb.environment import find_lmod

EASYCONFIGS = Path(__file__).parents[1] / "data" / "easyconfigs"
LMOD = find_lmod(None, None)
needs_lmod = pytest.mark.skipif(LMOD is None, reason="Lmod is not installed: `make test` installs it")


class Site:
    """A tree of its own, and the command line in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = folder / "repo"
        self.prefix = self.repo / "versions" / "2023.06" / "software" / "linux" / "x86_64" / "generic"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("EASYBUILD_")} | {
            "EESSI_STACK_REPO": str(self.repo),
            "EESSI_STACK_EESSI_VERSION": "2023.06",
            "EESSI_STACK_TARGET": "x86_64/generic",
            "EESSI_STACK_WORK_DIR": str(folder / "work"),
            "EESSI_STACK_ROBOT_PATHS": str(EASYCONFIGS),
        }
        # EasyBuild looks for the programs of its last step below the sources.
        (folder / "work" / "sources" / "Late").mkdir(parents=True, exist_ok=True)
        shutil.copy(EASYCONFIGS / "late-step.sh", folder / "work" / "sources" / "Late")
        self.started: list[subprocess.Popen[bytes]] = []

    def easystack(self, *names: str) -> Path:
        path = self.folder / "stack.yml"
        path.write_text("easyconfigs:\n" + "".join(f"  - {name}-1.0.eb\n" for name in names))
        return path

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "eessi_stack", *map(str, words)]

    def run(self, *words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        env = self.environment | environment
        return subprocess.run(self.command(*words), env=env, capture_output=True, text=True, check=False, timeout=300)

    def start(self, *words: str | Path, **environment: str) -> "subprocess.Popen[bytes]":
        env = self.environment | environment
        process = subprocess.Popen(
            self.command(*words), env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()
        for folder, _, _ in os.walk(self.folder):
            Path(folder).chmod(0o700)  # installations are read-only

    def module(self, name: str) -> Path:
        return self.prefix / "modules" / "all" / name / "1.0.lua"

    def built(self) -> list[str]:
        """The modules that were built, as the journal has them, in order."""
        lines = (self.prefix / ".eessi-stack" / "journal.jsonl").read_text().splitlines()
        return [event["module"] for event in map(json.loads, lines) if event.get("result") == "built"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def load(site: Site, module: str) -> "subprocess.CompletedProcess[str]":
    """Load a module with Lmod, as a user would."""
    script = f'eval "$({LMOD} bash use {site.prefix}/modules/all)"; eval "$({LMOD} bash load {module})"; env'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


def until(happened: Path) -> None:
    deadline = time.monotonic() + 60
    while not happened.exists():
        assert time.monotonic() < deadline, f"{happened} never came"
        time.sleep(0.05)


def processes_of(site: Site) -> dict[int, str]:
    """Command lines of live processes that work in the site, by their numbers."""
    found = {}
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            environ, line = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(site.folder).encode() in environ and entry.name != str(os.getpid()):
            found[int(entry.name)] = line.replace(b"\0", b" ").decode()
    return found


def until_all_have_ended(site: Site) -> None:
    deadline = time.monotonic() + 60
    while left := processes_of(site):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
