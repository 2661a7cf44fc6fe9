"""The command `install`: what it takes. What it says is tested with the formats."""

from pathlib import Path

from click.testing import CliRunner

from eessi_stack.cli.install import install


def test_a_plan_or_easystacks_must_be_named(tmp_path: Path) -> None:
    assert CliRunner().invoke(install, ["--repo", str(tmp_path)], env={"HOME": str(tmp_path)}).exit_code == 2
    (tmp_path / "plan").write_text("{}")
    both = CliRunner().invoke(install, ["s.yml", "--plan", str(tmp_path / "plan")], env={"HOME": str(tmp_path)})
    assert both.exit_code == 2
    assert "either" in both.output
