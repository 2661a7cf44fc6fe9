import os
import time
from pathlib import Path

import pytest

from eessi_stack.eb.installation import Installation, age, of, remove_tree
from eessi_stack.model import Action, Package, Step


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def one(prefix: Path, module: str = "A/1.0") -> Installation:
    return Installation(prefix=prefix, module=module)


def test_where_a_step_installs() -> None:
    step = Step(package=Package(module="A/1.0"), action=Action.INSTALL, reason="new", prefix=Path("/p"))
    assert of(step) == one(Path("/p"))
    assert of(step).folder == Path("/p/software/A/1.0")
    assert of(step).lock == Path("/p/software/.locks/_p_software_A_1.0.lock")


def test_a_module_file_in_lua_is_preferred(tmp_path: Path) -> None:
    assert one(tmp_path).module_file is None
    tcl = write(tmp_path / "modules/all/A/1.0")
    assert one(tmp_path).module_file == tcl
    lua = write(tmp_path / "modules/all/A/1.0.lua")
    assert one(tmp_path).module_file == lua


def test_a_version_with_dots_and_a_dangling_link_are_no_module_file(tmp_path: Path) -> None:
    write(tmp_path / "modules/all/A/1.lua")
    assert one(tmp_path).module_file is None
    (tmp_path / "modules/all/A/1.0.lua").symlink_to("gone")
    assert one(tmp_path).module_file is None
    assert not one(tmp_path).is_there


@pytest.mark.parametrize(("text", "there"), [("", False), ("\0\0\0", False), (" \n\0", False), ("help([[x]])\n", True)])
def test_an_empty_module_file_is_none(tmp_path: Path, text: str, *, there: bool) -> None:
    write(tmp_path / "modules/all/A/1.0.lua", text)
    assert one(tmp_path).is_there is there


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        (".modulerc.lua", 'module_version("Java/11.0.27", "11")\n', True),
        (".modulerc", "#%Module\nmodule-version Java/11.0.27 11\n", True),
        (".modulerc.lua", 'module_version("Java/17.0.15", "17")\n', False),
        (".modulerc.lua", 'hide_version("Java/11")\n', False),
    ],
)
def test_a_wrapper_is_there_as_an_alias(tmp_path: Path, name: str, text: str, *, there: bool) -> None:
    assert not one(tmp_path, "Java/11").is_there
    write(tmp_path / "modules/all/Java" / name, text)
    assert one(tmp_path, "Java/11").is_there is there
    assert one(tmp_path, "Java/11").module_file is None


def test_clear_takes_away_all_of_one_module_and_nothing_else(tmp_path: Path) -> None:
    lua = write(tmp_path / "modules/all/A/1.0.lua")
    tcl = write(tmp_path / "modules/all/A/1.0")
    category = tmp_path / "modules/bio/A/1.0.lua"
    category.parent.mkdir(parents=True)
    category.symlink_to(lua)
    write(tmp_path / "software/A/1.0/bin/a")
    one(tmp_path).lock.mkdir(parents=True)
    others = [write(tmp_path / path) for path in ("modules/all/A/1.0.1.lua", "software/A/1.0.1/bin/a")]
    one(tmp_path, "A/1.0.1").lock.mkdir(parents=True)
    one(tmp_path).clear()
    assert [path for path in (lua, tcl, category) if path.exists() or path.is_symlink()] == []
    assert not one(tmp_path).folder.exists()
    assert not one(tmp_path).lock.exists()
    assert [path for path in others if not path.exists()] == []
    assert one(tmp_path, "A/1.0.1").lock.exists()


def test_clear_leaves_a_directory_that_is_not_the_build_s_own(tmp_path: Path) -> None:
    write(tmp_path / "modules/all/A/1.0.lua")
    kept = write(tmp_path / "software/A/1.0/bin/a")
    one(tmp_path).clear(installed=False)
    assert kept.exists()
    assert one(tmp_path).module_file is None


def test_clear_of_an_empty_prefix_and_of_a_linked_installation(tmp_path: Path) -> None:
    one(tmp_path / "none").clear()
    kept = write(tmp_path / "elsewhere/bin/a")
    (tmp_path / "software/A").mkdir(parents=True)
    (tmp_path / "software/A/1.0").symlink_to(tmp_path / "elsewhere")
    one(tmp_path).clear()
    assert kept.exists()


def test_a_read_only_tree_can_be_removed(tmp_path: Path) -> None:
    kept = write(tmp_path / "kept/file")
    folder = tmp_path / "tree"
    write(folder / "a/b/file").chmod(0o444)
    (folder / "a/link").symlink_to(kept.parent)
    for path in (folder / "a/b", folder / "a", folder):
        path.chmod(0o555)
    kept.parent.chmod(0o555)
    remove_tree(folder)
    assert not folder.exists()
    assert kept.exists()
    assert kept.parent.stat().st_mode & 0o777 == 0o555


def test_of_a_link_to_a_tree_the_link_alone_is_removed(tmp_path: Path) -> None:
    kept = write(tmp_path / "kept/file")
    kept.parent.chmod(0o500)
    (tmp_path / "link").symlink_to("kept")
    remove_tree(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()
    assert kept.exists()
    assert kept.parent.stat().st_mode & 0o777 == 0o500


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 minutes"), (119, "119 minutes"), (121, "2 hours"), (6000, "100 hours")]
)
def test_age(tmp_path: Path, minutes: int, said: str) -> None:
    then = time.time() - minutes * 60
    os.utime(tmp_path, (then, then))
    assert age(tmp_path) == said
