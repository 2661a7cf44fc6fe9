"""What EasyBuild keeps beside an installation, against what there is now."""

from pathlib import Path

import pytest

from eessi_stack.eb import provenance
from eessi_stack.eb.provenance import changed
from eessi_stack.model import Package


def write(path: Path, text: str = "as it was") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a recipe, two patches, an easyblock and hooks, none of which has changed."""
    kept = tmp_path / "software/Abc/1/easybuild"
    for name in ("Abc-1.eb", "Abc-1_own.patch", "Abc-1_common.patch"):
        write(kept / name)
    write(kept / "reprod/easyblocks/abc.py")
    write(kept / "reprod/hooks/eb_hooks.py")
    write(tmp_path / "recipes/Abc-1.eb")
    write(tmp_path / "recipes/Abc-1_own.patch")
    write(tmp_path / "robot/a/Abc/Abc-1_common.patch")
    write(tmp_path / "hooks/eb_hooks.py")
    easyblock = write(tmp_path / "easyblocks/abc.py")
    monkeypatch.setattr(provenance, "_easyblocks", lambda: {"abc.py": easyblock})
    return tmp_path


def what(world: Path) -> str:
    package = Package(module="Abc/1", recipe=str(world / "recipes/Abc-1.eb"))
    return changed(world / "software/Abc/1", package, world / "hooks", [world / "robot"])


def test_nothing_has_changed(world: Path) -> None:
    assert what(world) == ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("recipes/Abc-1.eb", "recipe changed"),
        ("recipes/Abc-1_own.patch", "patch changed"),
        ("robot/a/Abc/Abc-1_common.patch", "patch changed"),
        ("easyblocks/abc.py", "easyblock changed"),
        ("hooks/eb_hooks.py", "hooks changed"),
    ],
)
def test_what_has_changed_is_named(world: Path, path: str, expected: str) -> None:
    write(world / path, "changed")
    assert what(world) == expected


def test_the_first_change_is_named(world: Path) -> None:
    write(world / "hooks/eb_hooks.py", "changed")
    assert what(world) == "hooks changed"
    write(world / "recipes/Abc-1_own.patch", "changed")
    assert what(world) == "patch changed"
    write(world / "recipes/Abc-1.eb", "changed")
    assert what(world) == "recipe changed"


@pytest.mark.parametrize(
    "path",
    [
        "recipes/Abc-1_own.patch",
        "robot/a/Abc/Abc-1_common.patch",
        "hooks/eb_hooks.py",
        "software/Abc/1/easybuild/Abc-1.eb",
        "software/Abc/1/easybuild/reprod/easyblocks/abc.py",
    ],
)
def test_of_what_is_not_there_nothing_is_said(world: Path, path: str) -> None:
    (world / path).unlink()
    assert what(world) == ""


def test_an_installation_that_keeps_nothing(tmp_path: Path) -> None:
    package = Package(module="Abc/1", recipe=str(write(tmp_path / "Abc-1.eb")))
    assert changed(tmp_path / "none", package, tmp_path / "hooks", []) == ""


def test_easyblocks_are_those_that_easybuild_is_installed_with() -> None:
    assert provenance._easyblocks()["configuremake.py"].is_file()
