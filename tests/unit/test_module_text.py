"""What the text of module files says. Looking through directories: test_inventory_scan.py."""

import pytest

from eessi_stack.module_text import _alias, loads

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
    ("first", "second", "alias", "real"),
    [
        ("Java/11.0.20", "11", "Java/11", "Java/11.0.20"),
        ("/11.0.20", "default", "Java/default", "Java/11.0.20"),
        ("J/11", "Java/11.0.20", "J/11", "Java/11.0.20"),
        ("lang/Java/11.0.20", "11", "lang/Java/11", "lang/Java/11.0.20"),
    ],
)
def test_versions_and_aliases_have_the_real_module_on_different_sides(
    first: str, second: str, alias: str, real: str
) -> None:
    assert _alias(first, second, "Java") == (alias, real)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('whatis([==[in R: load("data.RData")]==])\nload("A/1")\n', ("A/1",)),
        ('--[[\ndepends_on("Gone/1")\n]]\nload("A/1")\n', ("A/1",)),
        ('load(atleast("A","0.5"))\n', ()),
        ('load("A/1") load("B/1")\n', ("A/1", "B/1")),
        ('load("A/1", "B/1")\n', ("A/1", "B/1")),
        ('if x then load("A/1") else load("B/1") end\n', ("A/1", "B/1")),
        ('if not isloaded("A-B/1") then load("A-B/1") end -- load("C/1")\n', ("A-B/1",)),
    ],
)
def test_only_what_lua_runs_counts(text: str, expected: tuple[str, ...]) -> None:
    assert loads(text) == expected
