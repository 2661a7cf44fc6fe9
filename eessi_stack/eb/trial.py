"""Tries what builds and users need, each in a process of its own: EasyBuild, a compiler, a compat layer, Lmod."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60

#: Where what Lmod says of an error ends: advice for people, and what it was doing.
_ADVICE = re.compile(r"Please check|While processing the following|(?<!:)\n\s*\n")

PROGRAM = "#include <stdio.h>\nint main(void) { puts(__VERSION__); return 0; }\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How something went: whether well, and what it said."""

    good: bool
    said: str


def _try(command: list[str], environment: Mapping[str, str], text: str = "", folder: Path | None = None) -> Trial:
    try:
        run = subprocess.run(
            command,
            env=dict(environment),
            input=text,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Trial(good=False, said=f"there is no {command[0]}")
    except OSError as error:
        return Trial(good=False, said=error.strerror or str(error))
    except subprocess.TimeoutExpired:
        return Trial(good=False, said=f"{command[0]} did not end within {SECONDS} seconds")
    said = "\n".join(filter(None, (run.stdout.strip(), run.stderr.strip())))
    return Trial(good=run.returncode == 0, said=said or f"exit code {run.returncode}")


def program(command: list[str]) -> Trial:
    """Run a program of the host with the caller's environment."""
    return _try(command, os.environ)


def easybuild(environment: Mapping[str, str]) -> Trial:
    """Its version, as EasyBuild itself says it."""
    found = _try([sys.executable, "-m", "easybuild.main", "--version"], environment)
    last = found.said.splitlines()[-1] if found.said else ""
    return Trial(good=found.good, said=last.removeprefix("This is EasyBuild ").partition(" (")[0])


def compiler(environment: Mapping[str, str], folder: Path) -> Trial:
    """Compile a program in a folder, and run it there."""
    program = folder / "trial"
    made = _try(["gcc", "-x", "c", "-", "-o", str(program)], environment, PROGRAM, folder)
    if not made.good:
        return made
    ran = _try([str(program)], environment)
    return ran if ran.good else Trial(good=False, said=f"what gcc made in {folder.parent} does not run: {ran.said}")


def compat(layer: Path) -> Trial:
    """Start a program of a compat layer: its loader and C library must run on this machine."""
    shells = [path for path in (layer / "bin" / "bash", layer / "usr" / "bin" / "bash") if path.exists()]
    if not shells:
        return Trial(good=False, said=f"there is no bash in {layer}")
    return _try([str(shells[0]), "-c", "echo $BASH_VERSION"], {"PATH": os.defpath})


def locale(environment: Mapping[str, str]) -> Trial:
    """Take on the locale that builds get."""
    code = "import locale; print(locale.setlocale(locale.LC_ALL, ''))"
    return _try([sys.executable, "-c", code], environment)


def lmod(command: Path) -> Trial:
    """The version of an Lmod."""
    found = _try([str(command), "bash", "--version"], {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/"})
    version = next(
        (line.split("Version", 1)[1].split()[0] for line in found.said.splitlines() if "Version" in line), ""
    )
    return Trial(good=found.good and bool(version), said=version or found.said)


def load(command: Path, layers: Iterable[Path], module: str, environment: Mapping[str, str]) -> Trial:
    """Load a module as a user does who has nothing else loaded."""
    path = os.pathsep.join(str(layer) for layer in layers)
    found = _try([str(command), "bash", "load", module], {**environment, "MODULEPATH": path})
    good = found.good and f":{module}:" in f":{_loaded(found.said)}:"
    return Trial(good=good, said="" if good else _error(found.said))


def _loaded(said: str) -> str:
    """The value of LOADEDMODULES among the assignments that Lmod prints for a shell."""
    start = "LOADEDMODULES="
    parts = (part.strip().removeprefix("export ") for line in said.splitlines() for part in line.split(";"))
    return next((part[len(start) :].strip("\"'") for part in parts if part.startswith(start)), "")


def _error(said: str) -> str:
    """What Lmod says is wrong, on one line."""
    _, found, after = said.partition("Lmod has detected the following error:")
    words = _ADVICE.split((after if found else said).strip())[0].split()
    return " ".join(words) or "it is not loaded afterwards"
