"""Which packages want config.guess, and where their easyblocks look for it: the real EasyBuild says it."""

from pathlib import Path

import pytest

from eessi_stack.eb import environment
from eessi_stack.eb.options import variable
from eessi_stack.eb.sources import of_packages
from eessi_stack.model import Package
from tests.e2e.building import EASYCONFIGS

RECIPE = """
easyblock = '{easyblock}'
name = 'Guess'
version = '1.0'
homepage = 'https://github.com/EESSI'
description = "Sample of eessi-stack's tests."
toolchain = SYSTEM
{lines}
moduleclass = 'devel'
"""
COMPONENT = "components = [('x', '1', {{'easyblock': '{}', 'source_urls': [], 'sources': ['x.zip']}})]"


@pytest.mark.parametrize(
    ("easyblock", "lines", "wanted"),
    [
        ("ConfigureMake", "", True),
        ("Bundle", COMPONENT.format("ConfigureMake"), True),
        ("Bundle", COMPONENT.format("Binary"), False),
        ("Bundle", "exts_defaultclass = 'RPackage'", True),
        ("Bundle", "exts_defaultclass = 'PythonPackage'", False),
    ],
)
def test_who_wants_config_guess(tmp_path: Path, easyblock: str, lines: str, *, wanted: bool) -> None:
    recipe = tmp_path / "Guess-1.0.eb"
    recipe.write_text(RECIPE.format(easyblock=easyblock, lines=lines))
    own = environment.for_easybuild({variable("sourcepath"): str(tmp_path / "sources"), "TMPDIR": str(tmp_path)})
    packages = [
        Package(module="Guess/1.0", recipe=str(recipe)),
        Package(module="A", recipe=f"{EASYCONFIGS}/Alpha-1.0.eb"),
    ]

    found = of_packages(packages, "x86_64", own)

    assert (found["Guess/1.0"].error, found["A"].files) == ("", ())
    guesses = [file for file in found["Guess/1.0"].files if file.config_guess]
    assert len(guesses) == wanted
    for guess in guesses:
        where = Path(guess.path).relative_to(tmp_path / "sources")
        assert (where.parts[0], *where.parts[2:]) == ("generic", "ConfigureMake", "config.guess")
        assert guess.urls
        assert guess.checksums
