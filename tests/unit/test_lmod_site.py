from pathlib import Path

from eessi_stack.lmod.site import MARK, lmodrc, quote, site_package
from eessi_stack.model import Target, Tree

ZEN3 = Target(cpu="x86_64/amd/zen3")


def facts(repo: str, version: str = "2023.06", *, has_compat: bool = True) -> dict[str, str]:
    text = site_package(Tree(repo=Path(repo), version=version), ZEN3, has_compat=has_compat)
    lines = [line.removeprefix("local ").split(" = ") for line in text.splitlines()[3:11]]
    return {name: value.strip('"') for name, value in lines}


def test_quoted() -> None:
    assert quote('a "b" \\ c\n') == '"a \\"b\\" \\\\ c\\n"'


def test_an_lmodrc_names_the_cache_and_its_timestamp() -> None:
    text = lmodrc(Path("/t/.lmod/cache"))
    assert text.startswith(MARK)
    assert '{ dir = "/t/.lmod/cache", timestamp = "/t/.lmod/cache/timestamp" }' in text


def test_where_eessi_looks_for_what_a_site_installs() -> None:
    found = facts("/cvmfs/software.eessi.io")
    assert found["SDK"] == "/cvmfs/software.eessi.io/host_injections/x86_64/software"
    assert found["DRIVER"] == "/cvmfs/software.eessi.io/host_injections/2023.06/compat/linux/x86_64/lib"
    later = facts("/cvmfs/software.eessi.io", "2025.06")
    assert later["DRIVER"] == "/cvmfs/software.eessi.io/versions/2025.06/compat/linux/x86_64/lib/nvidia"


def test_a_tree_that_nobody_publishes_holds_whole_packages() -> None:
    found = facts("/srv/software", has_compat=False)
    assert found["SDK"] == "nil"
    assert found["DRIVER"] == "nil"
    assert found["TREE"] == "/srv/software/versions/2023.06/"
