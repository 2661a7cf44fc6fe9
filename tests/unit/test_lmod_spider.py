import os
from pathlib import Path

import pytest

from eessi_stack.lmod.spider import answers, scan


def write(path: Path, text: str = "help([[x]])\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_modules_are_what_lmod_takes_for_them(tmp_path: Path) -> None:
    for name in ("GCC/12.lua", "a/b/1.lua", "empty/1.lua"):
        write(tmp_path / name)
    write(tmp_path / "Tcl" / "1.0", "#%Module\n")
    for name in ("README", "GCC/12.lua~", "GCC/#12.lua#", "GCC/__x.lua", "GCC/.lua", ".git/x.lua"):
        write(tmp_path / name)
    assert set(scan(tmp_path).modules) == {"GCC/12.lua", "a/b/1.lua", "empty/1.lua", "Tcl/1.0"}


def test_what_says_more_of_modules_is_none(tmp_path: Path) -> None:
    for name in ("GCC/12.lua", "GCC/.modulerc.lua", "GCC/.version", "Java/.modulerc"):
        write(tmp_path / name)
    (tmp_path / "GCC" / "default").symlink_to("12.lua")
    seen = scan(tmp_path)
    assert set(seen.modules) == {"GCC/12.lua"}
    assert set(seen.others) == {"GCC/.modulerc.lua", "GCC/.version", "GCC/default", "Java/.modulerc"}


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "real" / "GCC" / "12.lua")
    root = tmp_path / "all"
    root.mkdir()
    (root / "GCC").symlink_to(tmp_path / "real" / "GCC")
    (root / "gone.lua").symlink_to("nowhere")
    (tmp_path / "real" / "GCC" / "again").symlink_to(tmp_path / "real" / "GCC")
    assert set(scan(root).modules) == {"GCC/12.lua"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's own files are passed over")
def test_root_does_not_see_its_own_private_ones(tmp_path: Path) -> None:
    write(tmp_path / "GCC" / "12.lua").chmod(0o600)
    write(tmp_path / "Private" / "1.lua").parent.chmod(0o750)
    assert not scan(tmp_path).modules


def test_names_that_only_begin_like_those_that_say_more_are_modules(tmp_path: Path) -> None:
    for name in ("GCC/.version.lua", "GCC/.modulerc-old.lua"):
        write(tmp_path / name)
    write(tmp_path / "GCC" / "default", "no link, of which Lmod asks nothing")
    assert set(scan(tmp_path).modules) == {"GCC/.version.lua", "GCC/.modulerc-old.lua", "GCC/default"}


def test_a_folder_of_modules_hides_the_module_of_its_name(tmp_path: Path) -> None:
    for name in ("B.lua", "B/2.lua", "C/1.lua", "C/1/x.lua", "D.lua", "D/README", "E.lua", "E/x/1.lua"):
        write(tmp_path / name)
    assert set(scan(tmp_path).modules) == {"B/2.lua", "C/1/x.lua", "D.lua", "E.lua", "E/x/1.lua"}


def test_what_is_no_file_is_no_module(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.lua")
    assert not scan(tmp_path).files


def test_a_default_is_the_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    for name in ("1.lua", "2.lua"):
        os.link(write(tmp_path / "of-both.lua"), (write(tmp_path / "GCC" / "x")).with_name(name))
    default = tmp_path / "GCC" / "default"
    default.symlink_to("1.lua")
    before = scan(tmp_path).others
    default.unlink()
    default.symlink_to("2.lua")
    assert scan(tmp_path).others != before


def test_a_folder_that_is_not_there_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "none")


def test_answers() -> None:
    said = """for\tcache\t/c
lua\t5.3
reads\t/c/spiderT.lua
path\t/m/all
module\t/m/all\t/m/all/GCC/12.lua
path\t/m/none
reached\t/m/none
twin\t
for\trc\t/rc
entry\t/c\t/c/timestamp
for\tcode\t/s
broken\tfoo:1: no
end"""
    got = answers(said.splitlines())
    one = got["cache", "/c"]
    assert (one.lua, one.reads, one.twin) == ("5.3", "/c/spiderT.lua", "")
    assert one.modules == {"/m/all": frozenset({"GCC/12.lua"}), "/m/none": frozenset()}
    assert one.reached == {"/m/none"}
    assert got["rc", "/rc"].entries == (("/c", "/c/timestamp"),)
    assert got["rc", "/rc"].twin is None
    assert got["code", "/s"].broken == "foo:1: no"


def test_an_answer_that_was_cut_off_is_none() -> None:
    with pytest.raises(ValueError, match="cut off"):
        answers(["for\tcache\t/c", "lua\t5.3"])
