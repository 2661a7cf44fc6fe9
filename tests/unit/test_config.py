"""Where a setting comes from. The configuration file is empty here: test_config_file.py has those with something in."""

import os
from pathlib import Path
from typing import Any

import pytest

from eessi_stack import machine
from eessi_stack.config import Settings, dumb_terminal, github_actions, load
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.settings import OPTIONS, Option, written

NOTHING = Path(os.devnull)


def settings(flags: dict[str, Any] | None = None, **environ: str) -> Settings:
    return load({"repo": "/repo", **(flags or {})}, environ, NOTHING)


def test_defaults() -> None:
    got = settings(USER="me", TMPDIR="/scratch")
    assert (got.eessi_version, got.targets, got.accelerator, got.lmod) == (None, (), None, None)
    assert (got.robot_paths, got.filter_deps, got.color) == ((), (), "auto")
    assert got.work_dir == Path("/scratch/me/easybuild")
    assert got.sources == Path("/scratch/me/easybuild/sources")
    assert (got.cores, got.memory, got.timeout) == (machine.cores(), machine.memory(), None)
    assert set(got.origins) == {option.name for option in OPTIONS}
    assert {origin for name, origin in got.origins.items() if name != "repo"} == {"default"}


def test_sources_are_below_the_work_dir_that_was_asked_for() -> None:
    assert settings({"work-dir": "/w"}).sources == Path("/w/sources")
    assert settings({"work-dir": "/w", "sources": "/s"}).sources == Path("/s")


def test_a_flag_is_stronger_than_every_variable() -> None:
    got = settings({"eessi-version": "2025.06"}, EESSI_STACK_EESSI_VERSION="2023.06", EESSI_VERSION="2021.12")
    assert (got.eessi_version, got.origins["eessi-version"]) == ("2025.06", "--eessi-version")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_an_earlier_variable_is_stronger(option: Option) -> None:
    values = {"cores": "4", "jobs": "4", "memory": "4G", "timeout": "4h", "color": "always"}
    value = values.get(option.name, "one")
    environ = dict.fromkeys(option.variables, value)
    for variable in option.variables:
        assert load({}, environ, NOTHING).origins[option.name] == f"${variable}"
        del environ[variable]


def test_an_empty_variable_and_an_absent_flag_say_nothing() -> None:
    got = settings({"accel": None, "target": ()}, EESSI_STACK_ACCEL="", EESSI_ACCELERATOR_TARGET_OVERRIDE="nvidia/cc80")
    assert (got.accelerator, got.origins["accel"]) == ("nvidia/cc80", "$EESSI_ACCELERATOR_TARGET_OVERRIDE")
    assert (got.targets, got.origins["target"]) == ((), "default")


@pytest.mark.parametrize("written", ["nvidia/cc90", "accel/nvidia/cc90"])
def test_an_accelerator_can_be_written_as_eessi_does(written: str) -> None:
    assert settings({"accel": written}).accelerator == "nvidia/cc90"


def test_lists() -> None:
    got = settings(
        {"target": ("x86_64/amd/zen3", "aarch64/generic")},
        EESSI_STACK_FILTER_DEPS=" zlib, ,XZ,",
        EESSI_STACK_ROBOT_PATHS="/a::/b",
    )
    assert got.targets == ("x86_64/amd/zen3", "aarch64/generic")
    assert got.filter_deps == ("zlib", "XZ")
    assert got.robot_paths == (Path("/a"), Path("/b"))


def test_several_targets_in_one_variable() -> None:
    assert settings(EESSI_STACK_TARGET="x86_64/generic,aarch64/generic").targets == (
        "x86_64/generic",
        "aarch64/generic",
    )


def test_paths_are_absolute_and_know_the_home() -> None:
    got = settings({"sources": "~/s", "work-dir": "w"})
    assert got.sources == Path.home() / "s"
    assert got.work_dir == Path.cwd() / "w"


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("cores", "0"),
        ("cores", "-1"),
        ("cores", "two"),
        ("color", "blue"),
        ("jobs", "0"),
        ("memory", "0G"),
        ("memory", "16X"),
        ("memory", "-1G"),
        ("memory", "1.G"),
        ("timeout", "0"),
        ("timeout", "5"),
        ("timeout", "5w"),
        ("timeout", "5hB"),
        ("memory", "16Gi5"),
        ("timeout", "h"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_origin(flag: str, value: str) -> None:
    with pytest.raises(StackError) as caught:
        settings({flag: value})
    assert caught.value.reference == "config-value"
    assert caught.value.message.startswith(f"--{flag}: '{value}' is not ")
    assert caught.value.exit_code is ExitCode.USAGE
    with pytest.raises(StackError, match=rf"\$EESSI_STACK_{flag.upper()}: '{value}'"):
        settings(None, **{f"EESSI_STACK_{flag.upper()}": value})


def test_no_color_is_honoured_and_a_choice_is_stronger() -> None:
    assert settings(NO_COLOR="1").color == "never"
    assert settings(NO_COLOR="").color == "auto"
    assert settings(TERM="dumb").color == "never"
    assert settings(TERM="xterm").color == "auto"
    assert settings({"color": "auto"}, TERM="dumb").color == "auto"
    assert settings({"color": "always"}, NO_COLOR="1").color == "always"


def test_every_option_has_its_own_variable_first() -> None:
    for option in OPTIONS:
        assert option.variables[0] == f"EESSI_STACK_{option.name.upper().replace('-', '_')}"
        assert option.help
        assert option.wants


def test_sources_are_kept_in_the_first_of_easybuilds_source_paths() -> None:
    assert load({}, {"EASYBUILD_SOURCEPATH": "/a:/b"}).sources == Path("/a")


def test_a_path_has_no_dots() -> None:
    assert load({"repo": "/a/../b"}, {}).repo == Path("/b")


@pytest.mark.parametrize(("value", "said"), [("true", True), ("false", False), ("", False)])
def test_githubs_ci_says_so(value: str, *, said: bool) -> None:
    assert github_actions({"GITHUB_ACTIONS": value}) is said
    assert not github_actions({})


@pytest.mark.parametrize(("term", "dumb"), [("xterm-256color", False), ("tmux", False), ("dumb", True), ("", True)])
def test_a_dumb_terminal_says_so(term: str, *, dumb: bool) -> None:
    assert dumb_terminal({"TERM": term}) is dumb
    assert dumb_terminal({})


@pytest.mark.parametrize(
    ("cores", "asked", "jobs"),
    [("1", "", 1), ("2", "", 2), ("8", "", 2), ("9", "", 3), ("64", "", 16), ("8", "6", 6), ("2", "6", 2)],
)
def test_every_job_has_a_core_at_least(cores: str, asked: str, jobs: int) -> None:
    assert settings({"cores": cores, "jobs": asked or None}).jobs == jobs


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("16G", 16 << 30),
        ("16GiB", 16 << 30),
        ("512M", 512 << 20),
        ("1.5T", 3 << 39),
        ("2K", 2048),
        ("4096", 4096),
        ("16g", 16 << 30),
        ("2gib", 2 << 30),
        ("8GB", 8 << 30),
    ],
)
def test_memory_is_in_powers_of_1024(text: str, count: int) -> None:
    assert settings({"memory": text}).memory == count


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("90m", 5400.0), ("1.5H", 5400.0), ("1d", 86400.0)])
def test_a_time_has_a_unit(text: str, seconds: float) -> None:
    assert settings({"timeout": text}).timeout == seconds


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("memory", 16 << 30, "16G"),
        ("memory", 25276514304, "23.5G"),
        ("memory", 512 << 20, "512M"),
        ("memory", 100, "100"),
        ("timeout", 5400.0, "90m"),
        ("timeout", 86400.0, "1d"),
        ("timeout", 0.5, "0.5s"),
        ("cores", 4, "4"),
    ],
)
def test_a_number_is_shown_as_one_would_write_it(name: str, value: float, text: str) -> None:
    assert written(name, value) == text
