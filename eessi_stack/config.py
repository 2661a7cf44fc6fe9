"""Flags > environment > `eessi-stack.toml` → Settings. Outside `eb/`, the only reader of the environment."""

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from eessi_stack import machine
from eessi_stack.errors import StackError, StackErrors
from eessi_stack.settings import OPTIONS, Option, paths

CVMFS_REPO = Path("/cvmfs/software.eessi.io")
CONFIG_FILE = "eessi-stack.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force. None where nobody said: the step that needs it decides, and says what it chose."""

    repo: Path
    eessi_version: str | None
    targets: tuple[str, ...]
    accelerator: str | None
    robot_paths: tuple[Path, ...]
    filter_deps: tuple[str, ...]
    sources: Path
    work_dir: Path
    cache_dir: Path
    cores: int
    jobs: int
    memory: int  #: bytes
    timeout: float | None  #: seconds that the build of one package may take
    lmod: Path | None
    color: str
    origins: Mapping[str, str]  #: setting → where its value comes from


def load(
    flags: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Settings in force. StackError `config-*` for a file or value that cannot be used."""
    environ = os.environ if environ is None else environ
    _check_variables(environ)
    path = config_file or _find_config(environ)
    table = _read_config(path) if path else {}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for option in OPTIONS:
        values[option.name], origins[option.name] = _value(option, flags, environ, table, str(path))
    return _settings(values, origins, environ)


def _value(
    option: Option, flags: Mapping[str, Any], environ: Mapping[str, str], table: Mapping[str, Any], file: str
) -> tuple[Any, str]:
    if flags.get(option.name):
        return _parsed(option, flags[option.name], f"--{option.name}"), f"--{option.name}"
    for variable in option.variables:
        if environ.get(variable):
            return _parsed(option, environ[variable], f"${variable}"), f"${variable}"
    if table.get(option.name) not in (None, ""):
        return _parsed(option, table[option.name], f"{file}: {option.name}"), file
    if option.name == "color" and environ.get("NO_COLOR"):
        return "never", "$NO_COLOR"
    if option.name == "color" and environ.get("TERM") in {"dumb", "unknown"}:
        return "never", "$TERM"
    return None, "default"


def _parsed(option: Option, value: object, origin: str) -> object:
    separator = ":" if option.parse is paths else ","
    parts = value if isinstance(value, list | tuple) else (value,)
    text = separator.join(str(part) for part in parts)
    if not all(type(part) in (str, int) for part in parts):  # TOML's 2025.10 is the number 2025.1
        raise StackError("config-value", f"{origin}: {text} is neither a text nor a whole number", hint="quote it")
    try:
        return option.parse(text)
    except ValueError as error:
        raise StackError(
            "config-value", f"{origin}: {text!r} is not {option.wants}", hint=f"`{option.name}`: {option.help}"
        ) from error


def _settings(values: Mapping[str, Any], origins: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    work_dir: Path = values["work-dir"] or _default_work_dir(environ)
    cores: int = values["cores"] or machine.cores()
    return Settings(
        repo=values["repo"] or default_repo(),
        eessi_version=values["eessi-version"],
        targets=values["target"] or (),
        accelerator=values["accel"],
        robot_paths=values["robot-paths"] or (),
        filter_deps=values["filter-deps"] or (),
        sources=values["sources"] or work_dir / "sources",
        work_dir=work_dir,
        cache_dir=values["cache-dir"] or _default_cache_dir(environ),
        cores=cores,
        jobs=min(cores, values["jobs"] or max(2, math.ceil(cores / 4))),
        memory=values["memory"] or machine.memory(),
        timeout=values["timeout"],
        lmod=values["lmod"],
        color=values["color"] or "auto",
        origins=dict(origins),
    )


def default_repo() -> Path:
    """EESSI's repository where it is mounted, a folder of the user's own elsewhere."""
    if (CVMFS_REPO / "versions").is_dir():
        return CVMFS_REPO
    from platformdirs import user_data_path  # noqa: PLC0415 (most runs do not need it)

    return user_data_path("eessi-stack")


def _default_work_dir(environ: Mapping[str, str]) -> Path:
    """EESSI's own default: https://www.eessi.io/docs/using_eessi/building_on_eessi/."""
    user = environ.get("USER") or str(os.getuid())
    return Path(environ.get("TMPDIR") or "/tmp") / user / "easybuild"  # noqa: S108 (a folder of the user's own below)


def _default_cache_dir(environ: Mapping[str, str]) -> Path:
    """The user's cache directory: https://specifications.freedesktop.org/basedir-spec/latest/."""
    home = environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (never raises)
    return Path(home, "eessi-stack")


def _find_config(environ: Mapping[str, str]) -> Path | None:
    if environ.get("EESSI_STACK_CONFIG"):
        return Path(environ["EESSI_STACK_CONFIG"])
    home = Path(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))  # noqa: PTH111 (never raises)
    candidates = (Path(CONFIG_FILE), home / "eessi-stack" / CONFIG_FILE)
    return next((path for path in candidates if path.is_file()), None)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StackError("config-file", f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StackError("config-file", f"{path}: not valid TOML: {error}") from error
    known = [option.name for option in OPTIONS]
    if errors := tuple(_unknown(f"{path}: unknown setting `{key}`", key, known) for key in table if key not in known):
        raise StackErrors(errors)
    return table


def _check_variables(environ: Mapping[str, str]) -> None:
    """A misspelt variable of ours would be taken for nothing said."""
    known = ["EESSI_STACK_CONFIG", *(option.variables[0] for option in OPTIONS)]
    ours = [name for name in environ if name.startswith("EESSI_STACK_")]
    if errors := tuple(_unknown(f"${name}: no such setting", name, known) for name in ours if name not in known):
        raise StackErrors(errors)


def _unknown(message: str, name: str, known: list[str]) -> StackError:
    near = get_close_matches(name, known, n=1)
    return StackError(
        "config-key", message, hint=f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
    )


def workspace(environ: Mapping[str, str] | None = None) -> Path | None:
    """The checkout that a job of GitHub's CI works in: its annotations name files as they are called there."""
    folder = (os.environ if environ is None else environ).get("GITHUB_WORKSPACE")
    return Path(folder).resolve() if folder else None


def github_actions(environ: Mapping[str, str] | None = None) -> bool:
    """Whether GitHub's CI reads what is printed."""
    return (os.environ if environ is None else environ).get("GITHUB_ACTIONS") == "true"


def is_colorless(environ: Mapping[str, str] | None = None) -> bool:
    """Whether nothing is to be coloured unless a setting says so."""
    environ = os.environ if environ is None else environ
    return bool(environ.get("NO_COLOR")) or dumb_terminal(environ)


def dumb_terminal(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal cannot move its cursor."""
    return (os.environ if environ is None else environ).get("TERM", "") in ("", "dumb", "unknown")


def inherited(name: str) -> str:
    """What the caller's environment has of a variable that `eessi-stack env` adds to; empty where it has nothing."""
    return os.environ.get(name, "")


def any_toolchain(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a site has toolchains of its own, or asks for no check, in EESSI's own variables."""
    own = os.environ if environ is None else environ
    sites = (name for name in own if name.startswith("EESSI_SITE_TOP_LEVEL_TOOLCHAINS_"))
    return any(own[name] for name in ("EESSI_OVERRIDE_TOOLCHAIN_CHECK", *sites) if name in own)


def shipped(name: str) -> Path:
    """The folder `hooks` or `easystacks`: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent
    places = (package / "shipped" / name, package.parent / name)
    return next((place for place in places if place.is_dir()), places[0])
