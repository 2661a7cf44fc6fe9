"""What an installation keeps of how it was made: all of it, as it was, for everybody to read, also after a rebuild."""

import inspect
import subprocess
import tarfile
from pathlib import Path

import pytest
from easybuild.easyblocks.generic import tarball

from tests.e2e.building import Site, needs_lmod

pytestmark = needs_lmod
HOOKS = Path(__file__).parents[2] / "hooks"
RECIPE = """
easyblock = 'Tarball'
name = 'Patched'
version = '1.0'
homepage = 'https://github.com/EESSI'
description = 'of no use outside this test'
toolchain = SYSTEM
sources = ['patched-1.0.tar.gz']
patches = ['Patched-1.0_more.patch']
sanity_check_paths = {'files': ['text'], 'dirs': []}
moduleclass = 'devel'
"""
PATCH = "--- a/text\n+++ b/text\n@@ -1 +1 @@\n-before\n+after\n"


@pytest.fixture
def stack(site: Site) -> Path:
    """A package of a source and a patch, for an EESSI version that keeps a copy beside."""
    recipes, sources = site.folder / "recipes", site.folder / "work" / "sources" / "p" / "Patched"
    recipes.mkdir()
    sources.mkdir(parents=True)
    (recipes / "Patched-1.0.eb").write_text(RECIPE)
    (recipes / "Patched-1.0_more.patch").write_text(PATCH)
    (recipes / "text").write_text("before\n")
    with tarfile.open(sources / "patched-1.0.tar.gz", "w:gz") as file:
        file.add(recipes / "text", "patched-1.0/text")
    site.environment |= {"EESSI_STACK_ROBOT_PATHS": str(recipes), "EESSI_STACK_EESSI_VERSION": "2025.06"}
    return site.easystack("Patched")


def install(site: Site, *words: str | Path) -> None:
    command = site.command("install", *words)
    run = subprocess.run(
        command, env=site.environment, umask=0o077, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stdout + run.stderr


def is_all_there(kept: Path, recipes: Path) -> None:
    for name in ("Patched-1.0.eb", "Patched-1.0_more.patch"):
        assert (kept / name).read_bytes() == (recipes / name).read_bytes()
    assert (kept / "reprod" / "easyblocks" / "tarball.py").read_text() == inspect.getsource(tarball)
    hooks = {path.relative_to(HOOKS): path.read_bytes() for path in HOOKS.rglob("*.py")}
    archived = kept / "reprod" / "hooks"
    assert {path.relative_to(archived): path.read_bytes() for path in archived.rglob("*.py")} == hooks
    unreadable = [path for path in kept.rglob("*") if ~path.stat().st_mode & (0o005 if path.is_dir() else 0o004)]
    assert unreadable == []


def test_all_that_made_an_installation_is_kept_for_everybody(site: Site, stack: Path) -> None:
    recipes = site.folder / "recipes"
    prefix = site.prefix.parents[4] / "2025.06" / "software" / "linux" / "x86_64" / "generic"
    installed = prefix / "software" / "Patched" / "1.0"

    install(site, stack)

    assert (installed / "text").read_text() == "after\n"
    is_all_there(installed / "easybuild", recipes)
    (first,) = (prefix / "reprod" / "Patched" / "1.0").iterdir()
    is_all_there(first / "easybuild", recipes)

    (recipes / "Patched-1.0_more.patch").write_text(PATCH.replace("after", "later"))
    install(site, stack, "--rebuild", "changed")

    assert (installed / "text").read_text() == "later\n"
    is_all_there(installed / "easybuild", recipes)
    _, second = sorted((prefix / "reprod" / "Patched" / "1.0").iterdir())
    is_all_there(second / "easybuild", recipes)
    assert (first / "easybuild" / "Patched-1.0_more.patch").read_text() == PATCH
    assert all(~folder.stat().st_mode & 0o005 == 0 for folder in (first, second, *second.parents[:3]))
