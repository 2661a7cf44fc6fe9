"""What shells complete."""

from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem

from eessi_stack.cli import complete
from eessi_stack.settings import OPTIONS

COMMAND = click.Command("any")
CONTEXT, PARAMETER = click.Context(COMMAND), click.Argument(["any"])


def values(items: list[CompletionItem]) -> list[tuple[str, str]]:
    return [(item.type, item.value) for item in items]


def test_easystacks_are_names_or_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert values(complete.easystacks(CONTEXT, PARAMETER, "de")) == [("plain", "demo")]
    assert values(complete.easystacks(CONTEXT, PARAMETER, "/x/de")) == [("file", "/x/de")]
    assert values(complete.easystacks(CONTEXT, PARAMETER, "zz")) == [("file", "zz")]
    (tmp_path / "design.yml").touch()
    (tmp_path / "dev").mkdir()
    found = values(complete.easystacks(CONTEXT, PARAMETER, "de"))
    assert found == [("plain", "demo"), ("plain", "design.yml"), ("plain", "dev/")]


def test_targets() -> None:
    found = values(complete.targets(CONTEXT, PARAMETER, "x86_64/amd/"))
    assert ("plain", "x86_64/amd/zen3") in found
    assert all(value.startswith("x86_64/amd/") for _, value in found)


def test_what_diff_compares_may_be_a_file() -> None:
    assert values(complete.sides(CONTEXT, PARAMETER, "aarch64/a6")) == [("plain", "aarch64/a64fx")]
    assert values(complete.sides(CONTEXT, PARAMETER, "saved.j")) == [("file", "saved.j")]


def test_every_setting_that_is_a_path_is_completed_as_one() -> None:
    kinds = {option.name: [item.type for item in complete.setting(option, "")] for option in OPTIONS}
    assert kinds["repo"] == kinds["work-dir"] == ["dir"]
    assert kinds["lmod"] == ["file"]
    assert kinds["jobs"] == []
    (accel,) = (option for option in OPTIONS if option.name == "accel")
    assert "nvidia/cc90" in [item.value for item in complete.setting(accel, "nv")]
    (color,) = (option for option in OPTIONS if option.name == "color")
    assert [item.value for item in complete.setting(color, "a")] == ["always", "auto"]
