"""What the text of module files says. Looking through directories: test_inventory_scan.py."""

import pytest

from eessi_stack.module_text import aliases, extensions, has_folder, is_whole, loads

LUA = """help([==[
Description: does no load of work
]==])
whatis([==[Homepage: https://example.org]==])
local root = "/prefix/software/A/1.0"
conflict("A")
if not ( isloaded("GCC/12.3.0") ) then
    load("GCC/12.3.0")
end
depends_on("OpenMPI/4.1.5-GCC-12.3.0")
    depends_on( 'FFTW/3.3.10' , "HDF5/1.14.0" )
always_load("Java/11")
load("GCC/12.3.0")
-- load("Commented/1.0")
    -- depends_on("Commented/2.0")
if not isloaded("Inline/1") then load("Inline/1") end
unload("Gone/1.0")
prepend_path("PATH", pathJoin(root, "bin"))
setenv("NAME", "load")
"""

TCL = """#%Module
proc ModulesHelp { } {
    puts stderr { module help }
}
conflict A
if { ![ is-loaded GCC/12.3.0 ] } {
    module load GCC/12.3.0
}
depends-on OpenMPI/4.1.5-GCC-12.3.0
module load FFTW/3.3.10 HDF5/1.14.0
# module load Commented/1.0
prereq Java/11
module unload Gone/1.0
setenv NAME load
"""

LOADED = ("GCC/12.3.0", "OpenMPI/4.1.5-GCC-12.3.0", "FFTW/3.3.10", "HDF5/1.14.0", "Java/11")


def test_loads_of_lua() -> None:
    assert loads(LUA) == (*LOADED, "Inline/1")


def test_loads_of_tcl() -> None:
    assert loads(TCL) == LOADED


@pytest.mark.parametrize("text", ["", "\n", "#%Module\n", 'prepend_path("PATH", "/x")\n', "load\n", "module load x"])
def test_nothing_is_loaded(text: str) -> None:
    assert loads(text) == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('module_version("Java/11.0.20", "11")', {"Java/11": "Java/11.0.20"}),
        ('module_version("/11.0.20", "default")', {"Java/default": "Java/11.0.20"}),
        ('module_version("J/1.0", "1", "default")', {"J/1": "J/1.0", "J/default": "J/1.0"}),
        ('module_alias("J/11", "Java/11.0.20")', {"J/11": "Java/11.0.20"}),
        ('module_version("lang/Java/11.0.20", "11")', {"lang/Java/11": "lang/Java/11.0.20"}),
        ('-- module_version("J/1.0", "1")', {}),
        ('hide_version("J/1.0")', {}),
    ],
)
def test_versions_and_aliases_have_the_real_module_on_different_sides(said: str, expected: dict[str, str]) -> None:
    assert aliases(said, "Java/.modulerc.lua") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("module-version J/1.0 1 default", {"J/1": "J/1.0", "J/default": "J/1.0"}),
        ('module-version "J/1.0" {1} ;# a', {"J/1": "J/1.0"}),
        ("module-alias J/11 Java/11.0.20", {"J/11": "Java/11.0.20"}),
        ("# module-version J/1.0 1", {}),
    ],
)
def test_the_same_in_tcl(said: str, expected: dict[str, str]) -> None:
    assert aliases(f"#%Module\n{said}\n", "J/.modulerc") == expected


@pytest.mark.parametrize(
    "said",
    [
        'depends_on "B/1.0"',
        "depends_on('B/1.0')",
        "load([[B/1.0]])",
        'prereq("B/1.0")',
        'setenv("X", "[[") depends_on("B/1.0") setenv("Y", "]]")',
        'if not isloaded("B/1.0") then load("B/1.0") end',
    ],
)
def test_ways_to_load_in_lua(said: str) -> None:
    assert loads(said) == ("B/1.0",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('depends_on(atleast("B","1.0"))', ("B",)),
        ('load("B/" .. v)', ()),
        ('load("A", between("B", "1", "2"))', ("A", "B")),
    ],
)
def test_what_is_loaded_by_a_rule(said: str, expected: tuple[str, ...]) -> None:
    assert loads(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("module load B/1.0 ;# c", ("B/1.0",)),
        ('module load "B/1.0" {C/1}', ("B/1.0", "C/1")),
        ("module add B/1.0", ("B/1.0",)),
        ("if {![is-loaded B/1.0]} { module load B/1.0 }", ("B/1.0",)),
        ("module load B/1.0 \\\n  C/1", ("B/1.0", "C/1")),
        ("prereq B/1.0", ("B/1.0",)),
        ("prereq B/1.0 C/1", ()),
        ("module load $x", ()),
        ("# module load B/1.0", ()),
    ],
)
def test_ways_to_load_in_tcl(said: str, expected: tuple[str, ...]) -> None:
    assert loads(f"#%Module\n{said}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('whatis([==[in R: load("data.RData")]==])\nload("A/1")\n', ("A/1",)),
        ('--[[\ndepends_on("Gone/1")\n]]\nload("A/1")\n', ("A/1",)),
        ('load(atleast("A","0.5"))\n', ("A",)),
        ('load("A/1") load("B/1")\n', ("A/1", "B/1")),
        ('load("A/1", "B/1")\n', ("A/1", "B/1")),
        ('if x then load("A/1") else load("B/1") end\n', ("A/1", "B/1")),
        ('if not isloaded("A-B/1") then load("A-B/1") end -- load("C/1")\n', ("A-B/1",)),
    ],
)
def test_only_what_lua_runs_counts(text: str, expected: tuple[str, ...]) -> None:
    assert loads(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        'help([==[it (]==])\nload("A/1") -- a ( "comment\n',
        "#%Module\nputs {\n",
        'setenv("URL", "http://x--y(")\nload("A/1")\n',
        "x = 'it\\'s ('\n",
        '--[==[ ( ]==] whatis([[Name: a ( "b]])\n',
    ],
)
def test_a_whole_file(text: str) -> None:
    assert is_whole(text)


@pytest.mark.parametrize(
    "text", ["", "\0\0\n", "garbage(((", "help([==[R", 'load("A/1', 'load("A/1"', "if (x) then y = {1\n", "x = 'a\n"]
)
def test_half_a_file(text: str) -> None:
    assert not is_whole(text)


def test_what_looks_like_a_comment_in_a_text_is_none() -> None:
    assert loads('setenv("URL", "http://x--y") load("A/1")\n') == ("A/1",)


def test_extensions_of_lua() -> None:
    guarded = (
        'if convertToCanonical(LmodVersion()) >= convertToCanonical("8.2.8") then\n    extensions("a/1,b-c/2.0")\nend\n'
    )
    assert extensions(guarded) == ("a/1", "b-c/2.0")
    assert extensions('whatis([==[Extensions: a-1, b-2]==])\n-- extensions("c/3")\n') == ()


def test_extensions_of_tcl() -> None:
    assert extensions("#%Module\nif { 1 } {\n    extensions a/1 b/2\n}\n") == ("a/1", "b/2")


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ('local root = "/p/software/A/1"', True),
        ("set root /p/software/A/1", True),
        ("set root /p/software/A/1\n", True),
        ("prepend_path('PATH', '/p/software/A/1/bin')", True),
        ('local root = "/p/software/A/1.2"', False),
        ('local root = "/p/software/A/1-GCC"', False),
        ('local root = "/p/software/A/11"', False),
        ('local root = "/usr"', False),
        ('LmodError("no licence")\nlocal root = "/p/software/A/1"', False),
    ],
)
def test_what_is_installed_in_a_folder_of_its_own(text: str, *, has: bool) -> None:
    assert has_folder(text, "/p/software/A/1") is has
