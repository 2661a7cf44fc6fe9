import sys
from pathlib import Path

import pytest

from eessi_stack.eb.builder import _cause, clear, command, module_path, remove_tree, tail, what_failed
from eessi_stack.model import Action, OptionValue, Package, Request, Step


def step(
    prefix: Path, module: str = "A/1.0", action: Action = Action.INSTALL, *options: tuple[str, OptionValue]
) -> Step:
    asked = (Request(easyconfig="A-1.0.eb", file="s.yml", line=1, options=options),) if options else ()
    package = Package(module=module, recipe="/r/A-1.0.eb", requests=asked)
    return Step(package=package, action=action, reason="", prefix=prefix)


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("action", "more"), [(Action.INSTALL, ()), (Action.REPAIR, ("--rebuild",)), (Action.REBUILD, ("--rebuild",))]
)
def test_command(action: Action, more: tuple[str, ...]) -> None:
    start = (sys.executable, "-P", "-m", "easybuild.main", "/r/A-1.0.eb")
    assert command(step(Path("/p"), "A/1.0", action)) == (*start, *more)
    options = (("from-pr", 1), ("accept-eula-for", "CUDA"))
    assert command(step(Path("/p"), "A/1.0", action, *options)) == (*start, *more, "--accept-eula-for=CUDA")


def test_module_path_prefers_lua(tmp_path: Path) -> None:
    assert module_path(step(tmp_path)) is None
    tcl = write(tmp_path / "modules/all/A/1.0")
    assert module_path(step(tmp_path)) == tcl
    lua = write(tmp_path / "modules/all/A/1.0.lua")
    assert module_path(step(tmp_path)) == lua


def test_module_path_of_a_version_with_dots_and_of_a_dangling_link(tmp_path: Path) -> None:
    write(tmp_path / "modules/all/A/1.lua")
    assert module_path(step(tmp_path)) is None
    (tmp_path / "modules/all/A/1.0.lua").symlink_to("gone")
    assert module_path(step(tmp_path)) is None


def test_clear_takes_away_all_of_one_module_and_nothing_else(tmp_path: Path) -> None:
    lua = write(tmp_path / "modules/all/A/1.0.lua")
    other = write(tmp_path / "modules/all/A/1.0.1.lua")
    category = tmp_path / "modules/bio/A/1.0.lua"
    category.parent.mkdir(parents=True)
    category.symlink_to(lua)
    write(tmp_path / "software/A/1.0/bin/a")
    other_software = write(tmp_path / "software/A/1.0.1/bin/a")
    locks = tmp_path / "software/.locks"
    lock = locks / f"{str(tmp_path / 'software/A/1.0').replace('/', '_')}.lock"
    other_lock = locks / f"{str(tmp_path / 'software/A/1.0.1').replace('/', '_')}.lock"
    for folder in (lock, other_lock):
        folder.mkdir(parents=True)
    clear(step(tmp_path))
    assert not lua.exists()
    assert not category.is_symlink()
    assert not (tmp_path / "software/A/1.0").exists()
    assert not lock.exists()
    assert other.exists()
    assert other_software.exists()
    assert other_lock.exists()


def test_clear_takes_away_tcl_modules_too(tmp_path: Path) -> None:
    tcl = write(tmp_path / "modules/all/A/1.0")
    clear(step(tmp_path))
    assert not tcl.exists()


def test_clear_of_an_empty_prefix_and_of_a_linked_installation(tmp_path: Path) -> None:
    clear(step(tmp_path / "none"))
    kept = write(tmp_path / "elsewhere/bin/a")
    (tmp_path / "software/A").mkdir(parents=True)
    (tmp_path / "software/A/1.0").symlink_to(tmp_path / "elsewhere")
    clear(step(tmp_path))
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


def test_tail_is_the_last_lines_that_say_something(tmp_path: Path) -> None:
    log = write(tmp_path / "log", "".join(f"line {number}\n \n" for number in range(30)))
    assert tail(log) == tuple(f"line {number}" for number in range(10, 30))
    assert tail(log, 2) == ("line 28", "line 29")
    log.write_bytes(b"\xff\xfe first\n")
    assert len(tail(log)) == 1
    assert tail(write(log, "")) == ()


@pytest.mark.parametrize(
    ("code", "interrupted", "text", "cause"),
    [
        (1, False, "ERROR: first\nmore\nERROR: Build of A failed\nend\n", "Build of A failed"),
        (1, False, "no ERROR: at the start\n", "EasyBuild ended with exit code 1"),
        (137, False, "", "EasyBuild ended with exit code 137"),
        (0, False, "ERROR: from long ago\n", "EasyBuild ended well, but there is no module file"),
        (143, True, "ERROR: Build of A failed\n", "its build was ended; run again to go on"),
    ],
)
def test_cause(tmp_path: Path, *, code: int, interrupted: bool, text: str, cause: str) -> None:
    assert _cause(code, write(tmp_path / "log", text), interrupted=interrupted) == cause


def test_the_failed_commands_own_output_says_why(tmp_path: Path) -> None:
    output = write(tmp_path / "out.txt", "cc main.c\nmain.c:7: error: no beta\n")
    framing = f"== testing...\n\x1b[1;33m    output (stdout + stderr)  ->  {output}\x1b[0m\n== FAILED: it did\n"
    log = write(tmp_path / "log", framing)
    assert what_failed(log) == ("cc main.c", "main.c:7: error: no beta")
    output.unlink()
    assert what_failed(log) == ("== testing...", f"    output (stdout + stderr)  ->  {output}", "== FAILED: it did")
