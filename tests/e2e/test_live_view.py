"""The live view in a real terminal, tmux: what is on the screen while builds go on, and what is left of it after."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.building import Site, needs_lmod, processes_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: `make test` installs it")


class Window:
    """A terminal of its own, in which one command runs and its exit code is told."""

    def __init__(self, folder: Path) -> None:
        self.words = ["tmux", "-S", str(folder / "tmux"), "-f", os.devnull]

    def tmux(self, *words: str, environment: dict[str, str] | None = None) -> str:
        run = subprocess.run([*self.words, *words], env=environment, capture_output=True, text=True, check=True)
        return run.stdout

    def start(self, command: list[str], columns: int, lines: int, environment: dict[str, str] | None = None) -> None:
        script = f"printf 'before\\n'; {shlex.join(command)}; printf 'ended: %s\\n' $?; sleep 600"
        size = ("-x", str(columns), "-y", str(lines))
        own = {name: value for name, value in (environment or os.environ).items() if name not in ("TMUX", "NO_COLOR")}
        self.tmux("-u", "new-session", "-d", *size, script, environment=own)

    def resize(self, columns: int, lines: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def press(self, key: str) -> None:
        self.tmux("send-keys", key)

    @property
    def screen(self) -> list[str]:
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines() if line.strip()]

    @property
    def shows_cursor(self) -> bool:
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def until(self, shown: Callable[[list[str]], bool]) -> list[str]:
        """The screen as soon as it is as it should be."""
        deadline = time.monotonic() + 60
        while not shown(screen := self.screen):
            assert time.monotonic() < deadline, "\n".join(screen)
            time.sleep(0.1)
        return screen

    def close(self) -> None:
        subprocess.run([*self.words, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    window = Window(tmp_path)
    yield window
    window.close()


def side_by_side(folder: Path, jobs: int, count: int) -> list[str]:
    return [sys.executable, str(ROOT / "tests" / "e2e" / "side_by_side.py"), *map(str, (folder, jobs, count))]


def header(screen: list[str]) -> int:
    return next((at for at, line in enumerate(screen) if " of " in line and " built · " in line), -1)


def builds(screen: list[str]) -> list[str]:
    """The names of the builds that go on."""
    return [line.split()[0].split("/")[0] for line in screen if line.endswith("building")]


def test_all_that_runs_is_on_the_screen_whatever_its_size(window: Window, tmp_path: Path) -> None:
    window.start(side_by_side(tmp_path, 4, 6), 80, 12)

    screen = window.until(lambda screen: any("gcc -O2" in line for line in screen) and len(builds(screen)) == 4)
    assert screen[:2] == ["before", "6 packages to build for x86_64/generic"]
    assert screen[2] == "0 of 6 built · 4 running · 2 waiting · at least 10m left (3 of 6 known)"
    assert builds(screen) == ["GROMACS", "SciPy-bundle", "zlib", "Größe"]
    assert "  1 core " in screen[3]
    assert screen[4].startswith("    gcc -O2 -c source")
    assert "~10m left" in screen[5]
    assert not window.shows_cursor

    window.resize(40, 12)
    screen = window.until(lambda screen: screen[-6].startswith("0/6 built · 4 running"))
    assert [line.split("/")[0].split()[0] for line in screen[-5:]] == [
        "GROMACS",
        "gcc",
        "SciPy-bundle",
        "zlib",
        "Größe",
    ]

    window.resize(160, 6)
    screen = window.until(lambda screen: len(builds(screen)) == 4)
    assert screen[-5] == "0 of 6 built · 4 running · 2 waiting · at least 10m left (3 of 6 known)"

    (tmp_path / "end-0").write_text("it broke")
    (tmp_path / "end-1").touch()
    screen = window.until(lambda screen: "1 of 6 built · 1 failed · 4 running" in screen[header(screen)])
    assert len(screen) == 6
    assert screen[0].startswith("[+] SciPy-bundle/2023.11-gfbf-2023b.1 ")
    assert builds(screen) == ["zlib", "Größe", "GROMACS", "SciPy-bundle"]

    window.resize(80, 24)
    for at in range(2, 6):
        (tmp_path / f"end-{at}").touch()
    screen = window.until(lambda screen: "ended: 0" in screen)
    assert window.shows_cursor
    assert header(screen) == -1
    assert builds(screen) == []
    assert [line[:3] for line in screen[-8:]] == ["[x]", "[+]", "[+]", "[+]", "[+]", "[+]", "the", "end"]


def test_ctrl_c_leaves_a_clean_screen(window: Window, tmp_path: Path) -> None:
    window.start(side_by_side(tmp_path, 3, 9), 100, 24)
    window.until(lambda screen: any("gcc -O2" in line for line in screen))

    window.press("C-c")

    screen = window.until(lambda screen: "ended: 130" in screen)
    assert window.shows_cursor
    assert screen[2].startswith("interrupted: what is being built is ended")
    assert [line[:3] for line in screen[3:6]] == ["[!]"] * 3
    assert screen[6:] == ["the end", "ended: 130"]


@needs_lmod
def test_an_install_shows_what_it_builds_and_ctrl_c_ends_it(window: Window, site: Site) -> None:
    reached = site.folder / "reached"
    command = site.command("install", site.easystack("Alpha", "Late"))
    window.start(command, 80, 24, site.environment | {"LATE_STEP": f"touch {reached}; sleep 300", "TERM": "screen"})

    window.until(lambda screen: screen[header(screen)].startswith("0 of 2 built · 2 running"))
    screen = window.until(lambda screen: reached.exists() and screen[header(screen)].startswith("1 of 2 built"))
    assert screen[header(screen) - 1].startswith("[+] Alpha/1.0 ")
    assert screen[header(screen) + 1].startswith("* Late/1.0 ")
    assert not window.shows_cursor
    window.resize(60, 10)
    window.until(lambda screen: screen[header(screen)].startswith("1 of 2 built · 1 running"))
    window.resize(80, 40)

    window.press("C-c")

    screen = window.until(lambda screen: "ended: 130" in screen)
    assert window.shows_cursor
    assert header(screen) == -1
    assert [line for line in screen if "INTERRUPTED: Late/1.0: interrupted" in line]
    assert "1 of 2 packages built" in "\n".join(screen)
    assert not [line for line in processes_of(site).values() if "easybuild.main" in line]


@needs_lmod
def test_after_an_install_only_what_it_did_is_left(window: Window, site: Site) -> None:
    window.start(site.command("install", site.easystack("Alpha", "Beta")), 80, 40, site.environment)

    screen = window.until(lambda screen: "ended: 1" in screen)

    assert window.shows_cursor
    assert header(screen) == -1
    assert sum(line.startswith("[+] Alpha/1.0 ") for line in screen) == 1
    assert sum(line.startswith("[x] Beta/1.0 ") for line in screen) == 1
