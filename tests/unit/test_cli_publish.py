"""Where results go: what `--output` takes, and what is written when."""

from pathlib import Path

import click
import pytest

from eessi_stack.cli.formats.report import Screen
from eessi_stack.cli.publish import _outputs, publish


def outputs(*values: str) -> tuple[tuple[str, Path], ...]:
    command = click.Command("missing")
    return _outputs(click.Context(command), click.Option(["--output"]), values)


def test_outputs_name_a_format_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a=b.md"
    assert outputs(f"markdown={file}", f"json={file}") == (("markdown", file), ("json", file))
    assert outputs() == ()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("markdow=a.md", "did you mean `markdown`?"),
        ("yaml=a.yml", "the formats are text, json, junit, github, markdown"),
        ("a.md", "is not FORMAT=FILE"),
        ("json=-", "`-` is no file: --format says what goes to stdout"),
        ("markdown=", "is not a file that can be written"),
        ("markdown=/", "is not a file that can be written"),
        ("markdown=/no/such/folder/a.md", "is not a file that can be written"),
    ],
)
def test_what_is_wrong_with_an_output_is_said_first(value: str, says: str) -> None:
    with pytest.raises(click.BadParameter, match=r".") as caught:
        outputs(value)
    assert says in caught.value.message


def said(name: str, place: Screen) -> str:
    return f"{name} {place.width}"


def test_every_output_is_written_whatever_stdout_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("missing"), color=False):
        publish(said, "json", (("text", tmp_path / "a.txt"), ("markdown", tmp_path / "a.md")))
    assert capsys.readouterr().out == "json None\n"
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "text None\n"
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "markdown None\n"


def test_nothing_is_proven_on_stdout_where_a_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with click.Context(click.Command("missing")), pytest.raises(OSError, match="directory"):
        publish(said, "text", (("markdown", tmp_path),))
    assert capsys.readouterr().out == ""
