"""Our RPATH wrappers do what EasyBuild's own do, whatever a compiler or linker is told."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from eessi_hooks.policies.wrapper import quicker

SCRIPTS = Path(sys.prefix) / "easybuild" / "scripts"
#: What is called: it prints all it is told, and where it is looked for.
REAL = '#!/bin/bash\nprintf "%s\\0" "$@" "$PATH"\n'
ROUNDS = 60


class Wrapped:
    """A command with a wrapper of EasyBuild's and one of ours, which both call it."""

    def __init__(self, folder: Path, name: str, filters: str, include: str) -> None:
        self.folder = folder
        real = folder / "real" / name
        real.parent.mkdir(exist_ok=True)
        real.write_text(REAL)
        real.chmod(0o755)
        self.wrapper = folder / "rpath_wrappers" / f"{name.replace('+', 'x')}_wrapper" / name
        self.wrapper.parent.mkdir(parents=True, exist_ok=True)
        self.theirs = (SCRIPTS / "rpath_wrapper_template.sh.in").read_text() % {
            "orig_cmd": str(real),
            "python": sys.executable,
            "rpath_args_py": f"'{SCRIPTS / 'rpath_args.py'}'",
            "rpath_filter": filters,
            "rpath_include": include,
            "rpath_wrapper_log": "/dev/null",
            "wrapper_dir": str(self.wrapper.parent),
        }

    def told(self, text: str, arguments: list[str], library_path: str) -> list[str]:
        """What the command is told by a wrapper of that text."""
        self.wrapper.write_text(text)
        self.wrapper.chmod(0o755)
        path = f"{self.wrapper.parent}:{os.environ['PATH']}:{self.wrapper.parent}:/somewhere"
        environment = {"PATH": path, "LIBRARY_PATH": library_path}
        run = subprocess.run([self.wrapper, *arguments], env=environment, capture_output=True, check=True)
        *words, path, _ = run.stdout.decode().split("\0")
        return [*words, path.strip(":")]


@pytest.fixture
def libraries(tmp_path: Path) -> list[str]:
    """Folders that are there, the same by another name, with a blank, filtered out, or not there."""
    for name in ("a", "b", "c d", "build/x", "pkg/lib64/stubs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "same-as-a").symlink_to("a")
    names = ("a", "b", "c d", "same-as-a", "a/../b", "gone", "build/x", "pkg/lib64/stubs", "pkg/lib64")
    return [*(str(tmp_path / name) for name in names), "/usr/lib", "/lib", "relative", "", "."]


def words(folders: list[str], chance: random.Random) -> list[str]:
    """A command line as builds have them, and as none should."""
    folder = chance.choice(folders)
    lines = [
        ["-c"],
        ["-E"],
        ["-v"],
        ["--version"],
        ["-dumpversion"],
        ["-x", chance.choice(["c", "c-header", "c++-header"])],
        [f"-L{folder}"],
        ["-L", folder],
        [f"-Wl,-rpath={folder}"],
        [f"-rpath={folder}"],
        ["-Xlinker", f"-rpath={folder}"],
        ["-Xlinker", "--enable-new-dtags"],
        ["-Xlinker", "--other"],
        ["-Wl,--enable-new-dtags"],
        ["--enable-new-dtags"],
        [f"-Wl,-rpath,{folder}"],
        ["-o", "a b"],
        ["-DX='quoted \"twice\"'"],
        ["-DY=$HOME`id`"],
        ["*"],
        [""],
        ["main.c"],
        ["-lfoo"],
        ["new\nline"],
        ["-Wl,-rpath=/x-Wl,-rpath=/y"],
    ]
    return [word for _ in range(chance.randrange(8)) for word in chance.choice(lines)]


@pytest.mark.parametrize("name", ["gcc", "g++", "ld", "ld.gold"])
def test_every_command_line_becomes_the_same(tmp_path: Path, libraries: list[str], name: str) -> None:
    chance = random.Random(7)
    filters = f"/lib.*,/usr.*,{tmp_path}/build.*,.*/lib(64)?/stubs/?.*"
    wrapped = Wrapped(tmp_path, name, filters, f"{tmp_path}/a,/not/there")
    ours = quicker(wrapped.theirs, wrapped.wrapper)
    assert ours
    for _ in range(ROUNDS):
        arguments = words(libraries, chance)
        library_path = ":".join(chance.sample(libraries, chance.randrange(5)))
        assert wrapped.told(ours, arguments, library_path) == wrapped.told(wrapped.theirs, arguments, library_path), (
            arguments,
            library_path,
        )


def test_without_filters_and_folders_to_include(tmp_path: Path, libraries: list[str]) -> None:
    wrapped = Wrapped(tmp_path, "gcc", "", "")
    ours = quicker(wrapped.theirs, wrapped.wrapper)
    assert ours
    arguments = [f"-L{folder}" for folder in libraries]
    assert wrapped.told(ours, arguments, "") == wrapped.told(wrapped.theirs, arguments, "")


@pytest.mark.parametrize("filters", ["/lib", "/g++.*", "/x{2}.*", "[ab].*", "a'b.*", "(?i)/lib.*"])
def test_what_could_mean_something_else_is_left_to_easybuild(tmp_path: Path, filters: str) -> None:
    wrapped = Wrapped(tmp_path, "gcc", filters, "")
    assert quicker(wrapped.theirs, wrapped.wrapper) is None


def test_what_is_no_wrapper_of_easybuilds_is_left_alone(tmp_path: Path) -> None:
    assert quicker("#!/bin/sh\nexec gcc\n", tmp_path / "gcc") is None


def test_the_exit_code_and_the_streams_are_the_commands(tmp_path: Path) -> None:
    wrapped = Wrapped(tmp_path, "gcc", "/lib.*", "")
    ours = quicker(wrapped.theirs, wrapped.wrapper)
    assert ours
    (tmp_path / "real" / "gcc").write_text("#!/bin/sh\ncat; echo bad >&2; exit 7\n")
    wrapped.wrapper.write_text(ours)
    wrapped.wrapper.chmod(0o755)
    run = subprocess.run([wrapped.wrapper, "-"], input="in", capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (7, "in", "bad\n")
