"""The code that every fact rests on."""

import os
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from eessi_stack.eb.code import code_files, is_code
from eessi_stack.signature import signature

LATE = 2**62  #: when all code is old


def module(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that was imported from there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    made = ModuleType(name)
    made.__file__ = str(path)
    monkeypatch.setitem(sys.modules, name, made)
    return path


def files(tmp_path: Path, hooks: str = "", started: int = LATE) -> dict[str, object]:
    return dict(code_files(hooks, str(tmp_path / "scratch"), started))


def test_easybuild_the_hooks_and_what_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    installed = module("easybuild.some", tmp_path / "venv" / "easybuild" / "some.py", monkeypatch)
    rule = module("eessi_hooks.some", tmp_path / "venv" / "eessi_hooks" / "some.py", monkeypatch)
    beside = module("beside", tmp_path / "venv" / "hooks" / "beside.py", monkeypatch)
    hooks = module("hooks", tmp_path / "venv" / "hooks" / "hooks.py", monkeypatch)
    found = files(tmp_path, str(hooks))
    assert {str(installed), str(rule), str(beside), str(hooks)} <= found.keys()
    assert found[str(hooks)] == list(signature(str(hooks)))
    assert any(path.endswith("/eessi_stack/eb/facts.py") for path in found)


@pytest.mark.parametrize("hooks", ["", "/nowhere/hooks.py"])
def test_what_python_and_other_libraries_bring_does_not_count(tmp_path: Path, hooks: str) -> None:
    found = files(tmp_path, hooks)
    assert os.__file__ not in found
    assert pytest.__file__ not in found


def test_code_from_elsewhere_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = module("helper_of_hooks", tmp_path / "site" / "helper.py", monkeypatch)
    assert str(helper) in files(tmp_path)


def test_hooks_that_are_a_link_are_what_it_leads_to(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(name)
    link = tmp_path / "hooks.py"
    link.symlink_to("one.py")
    before = files(tmp_path, str(link))[str(link)]
    link.unlink()
    link.symlink_to("two.py")
    assert files(tmp_path, str(link))[str(link)] != before


def test_what_is_included_is_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EasyBuild makes a package of links in its temporary folder, which is gone afterwards."""
    block = tmp_path / "blocks" / "block.py"
    block.parent.mkdir()
    block.write_text("")
    package = tmp_path / "scratch" / "included" / "easybuild" / "easyblocks"
    (package / "generic").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "block.py").symlink_to(block)
    made = ModuleType("easybuild.easyblocks")
    made.__path__ = [str(package)]
    monkeypatch.setitem(sys.modules, "easybuild.easyblocks", made)
    module("easybuild.easyblocks.block", package / "block.py", monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "scratch" / "included"))
    found = files(tmp_path)
    assert str(block) in found
    assert not [path for path in found if path.startswith(str(tmp_path / "scratch"))]


def test_where_another_easyblock_can_turn_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "easyblocks"
    (root / "g").mkdir(parents=True)
    (root / "generic").mkdir()
    (root / "g" / "gcc.py").write_text("")
    for name, path in (("easyblocks", root), ("easyblocks.generic", root / "generic")):
        made = ModuleType(f"easybuild.{name}")
        made.__path__ = [str(path), str(tmp_path / "gone")]
        monkeypatch.setitem(sys.modules, f"easybuild.{name}", made)
    found = files(tmp_path)
    assert {str(root), str(root / "g"), str(root / "g" / "gcc.py"), str(root / "generic")} <= found.keys()
    assert found[str(tmp_path / "gone")] == []


def test_where_another_easybuild_can_turn_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert files(tmp_path)[f"{tmp_path}/easybuild"] == []


def test_what_changed_since_the_start_may_have_been_loaded_or_not(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.py"
    hooks.write_text("")
    assert files(tmp_path, str(hooks), started=time.time_ns())[str(hooks)] is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lib", True),
        ("/lib/easybuild/tools", True),
        ("/lib/click-8.dist-info", True),
        ("/lib/etc", False),
        ("/etc/os-release", False),
    ],
)
def test_folders_that_are_searched_for_code(monkeypatch: pytest.MonkeyPatch, path: str, *, expected: bool) -> None:
    monkeypatch.setattr(sys, "path", ["/lib"])
    assert is_code(path) is expected
