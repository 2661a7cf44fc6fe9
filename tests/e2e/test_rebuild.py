"""Rebuilding what is there, with the real EasyBuild and Lmod: old or new, whatever is killed; never a mixture."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eessi_stack.scratch import scratch
from tests.e2e.building import Site, load, needs_lmod, until_all_have_ended

pytestmark = needs_lmod

#: How often a rebuild is killed at a random moment; `KILLS=30` for a long look.
KILLS = int(os.environ.get("KILLS", "2"))

RECIPE = """
easyblock = 'Bundle'
name = 'Stamp'
version = '1.0'
homepage = 'https://github.com/EESSI'
description = "Sample of eessi-stack's tests: says when it was built, in its module file and in its directory."
toolchain = SYSTEM
postinstallcmds = [
    'mkdir -p %(installdir)s/bin && echo "$STAMP" > %(installdir)s/stamp.txt && sleep 1',
    'test "$STAMP" != bad',
    'cp %(installdir)s/stamp.txt %(installdir)s/bin/stamp.txt',
]
sanity_check_paths = {'files': ['stamp.txt', 'bin/stamp.txt'], 'dirs': []}
modextravars = {'STAMP_OF_MODULE': __import__('os').environ.get('STAMP', '')}
moduleclass = 'devel'
"""


def can_mount() -> bool:
    words = ["bwrap", "--dev-bind", "/", "/", "--bind", "/tmp", "/tmp", "--", "true"]
    return bool(shutil.which("bwrap")) and subprocess.run(words, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with Stamp built, and beside it what was there then: an installation cannot be moved."""
    folder = tmp_path_factory.mktemp("stamped") / "site"
    folder.mkdir()
    build_stamp(Site(folder))
    copy(folder, folder.with_name("kept"))
    return folder


@pytest.fixture(params=["beside the old one", "in its place"])
def stamped(request: pytest.FixtureRequest, built: Path) -> Iterator[Site]:
    """A site with Stamp built, where bubblewrap works or does not."""
    if request.param == "beside the old one" and not can_mount():
        pytest.skip("bubblewrap is not installed, or may not mount here")
    subprocess.run(["chmod", "-R", "u+w", str(built)], check=True)  # installations are read-only
    shutil.rmtree(built)
    copy(built.with_name("kept"), built)
    site = site_in(built)
    if request.param == "in its place":
        without_bubblewrap(site)
    yield site
    site.close()


def site_in(folder: Path) -> Site:
    site = Site(folder)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(folder / "recipes")
    return site


def without_bubblewrap(site: Site) -> None:
    programs = site.folder / "bin"
    programs.mkdir()
    (programs / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (programs / "bwrap").chmod(0o755)
    site.environment["PATH"] = f"{programs}:{site.environment['PATH']}"


def build_stamp(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    (recipes / "Stamp-1.0.eb").write_text(RECIPE)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    run = site.run("install", site.easystack("Stamp"), STAMP="old")
    assert run.returncode == 0, run.stdout + run.stderr
    assert stamp(site) == "old"


def copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def stamp(site: Site) -> str:
    """When what is there was built; its module file, its directory and what Lmod loads must agree."""
    folder = site.prefix / "software" / "Stamp" / "1.0"
    module = re.search(r'setenv\("STAMP_OF_MODULE", "(.*)"\)', site.module("Stamp").read_text())
    assert module
    found = {
        module[1],
        (folder / "stamp.txt").read_text().strip(),
        (folder / "bin" / "stamp.txt").read_text().strip(),
        *re.findall(r"^STAMP_OF_MODULE=(.*)$", load(site, "Stamp/1.0").stdout, re.MULTILINE),
    }
    assert len(found) == 1, f"a mixture: {found}"
    return str(found.pop())


def leftovers(site: Site) -> list[str]:
    hidden = [path for path in (site.prefix / "software" / "Stamp").iterdir() if path.name != "1.0"]
    kept = [path for name in ("kept", "new", "intent") for path in (site.prefix / ".eessi-stack" / name).glob("*")]
    return [str(path) for path in hidden + kept]


def test_a_rebuild_replaces_what_was_there(stamped: Site) -> None:
    stack = stamped.easystack("Stamp")

    run = stamped.run("install", stack, "--rebuild", "Stamp", STAMP="new")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Stamp/1.0: rebuild: asked for" in run.stderr
    assert stamp(stamped) == "new"
    assert leftovers(stamped) == []
    assert (stamped.prefix / "software" / "Stamp" / "1.0" / "stamp.txt").stat().st_mode & 0o222 == 0
    assert (stamped.prefix / "modules" / "devel" / "Stamp" / "1.0.lua").resolve() == stamped.module("Stamp").resolve()


def test_a_rebuild_that_fails_leaves_what_was_there(stamped: Site) -> None:
    run = stamped.run("install", stamped.easystack("Stamp"), "--rebuild", "Stamp", STAMP="bad")

    assert run.returncode == 1
    assert "FAILED: Stamp/1.0" in run.stdout
    assert stamp(stamped) == "old"
    assert leftovers(stamped) == []


def test_an_interrupted_rebuild_leaves_what_was_there(stamped: Site) -> None:
    run = stamped.start("install", stamped.easystack("Stamp"), "--rebuild", "Stamp", STAMP="new")
    time.sleep(3)
    run.send_signal(signal.SIGINT)

    assert run.wait(timeout=30) in (130, 0)
    assert stamp(stamped) in ("old", "new")
    assert leftovers(stamped) == []


def test_a_rebuild_that_is_killed_leaves_old_or_new(stamped: Site) -> None:
    stack, seed = stamped.easystack("Stamp"), random.randrange(1000)
    moments = random.Random(seed)
    for number in range(KILLS):
        before = stamp(stamped)
        run = stamped.start("install", stack, "--rebuild", "Stamp", STAMP=f"new{number}")
        time.sleep(moments.uniform(0.2, 9))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        until_all_have_ended(stamped)

        after = stamped.run("missing", stack, STAMP=before)

        assert after.returncode == 0, f"seed {seed}, kill {number}: {after.stdout}{after.stderr}"
        assert stamp(stamped) in (before, f"new{number}"), f"seed {seed}, kill {number}"
        assert leftovers(stamped) == []
    with scratch():  # as any run that asks EasyBuild: takes away what the killed ones left in $TMPDIR
        pass


def test_what_has_changed_is_rebuilt_when_asked(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    recipe = recipes / "Stamp-1.0.eb"
    recipe.write_text(RECIPE)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    stack = site.easystack("Stamp")
    assert site.run("install", stack, STAMP="old").returncode == 0

    unchanged = site.run("plan", stack, "--rebuild", "changed", STAMP="old")
    assert unchanged.returncode == 0
    assert "--rebuild changed: nothing differs" in unchanged.stderr
    recipe.write_text(RECIPE + "\n# another\n")
    assert site.run("plan", stack, STAMP="old").returncode == 0, "nothing is rebuilt that nobody asks for"
    plan = site.run("plan", stack, "--rebuild", "changed", STAMP="old")

    assert plan.returncode == 1
    assert "rebuild: recipe changed" in plan.stdout


def test_an_entry_that_asks_for_a_rebuild_has_it_once(site: Site) -> None:
    stack = site.folder / "stack.yml"
    stack.write_text("easyconfigs:\n  - Alpha-1.0.eb\n")
    assert site.run("install", stack).returncode == 0
    stack.write_text("easyconfigs:\n  - Alpha-1.0.eb:\n      options:\n        rebuild: true\n")

    plan = site.run("plan", stack)
    assert "rebuild: asked for" in plan.stdout, plan.stdout
    assert site.run("install", stack).returncode == 0

    assert site.run("plan", stack).returncode == 0


def test_a_module_without_its_directory_is_repaired(site: Site) -> None:
    stack = site.easystack("Alpha")
    assert site.run("install", stack).returncode == 0
    folder = site.prefix / "software" / "Alpha" / "1.0"
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o700)
    shutil.rmtree(folder)

    missing = site.run("missing", stack)
    assert missing.returncode == 1, missing.stdout
    assert "Alpha/1.0  its module file is there, its installation is gone" in missing.stdout
    assert site.run("missing", "--strict", stack).returncode == 0, "`eb --missing` does not see it"
    plan = site.run("plan", stack)
    assert "repair: module without directory" in plan.stdout, plan.stdout + plan.stderr
    assert site.run("install", stack).returncode == 0

    assert (folder / "Alpha.txt").is_file()
    assert site.run("missing", stack).returncode == 0


def test_what_easybuild_installs_without_files_is_installed(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    head = "homepage = 'https://github.com/EESSI'\ndescription = 'no files'\ntoolchain = SYSTEM\n"
    blocks = {"Chain": "Toolchain", "Nothing": "Bundle", "GCC": "SystemCompiler"}
    for name, block in blocks.items():
        version = "system" if name == "GCC" else "1.0"
        own = f"easyblock = {block!r}\nname = {name!r}\nversion = {version!r}\nmoduleclass = 'devel'\n"
        (recipes / f"{name}-{version}.eb").write_text(head + own)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    stack = site.folder / "stack.yml"
    stack.write_text("easyconfigs:\n  - Chain-1.0.eb\n  - Nothing-1.0.eb\n  - GCC-system.eb\n")

    run = site.run("install", stack)

    assert run.returncode == 0, run.stdout + run.stderr
    assert site.run("missing", stack).returncode == 0
    assert site.run("plan", stack).returncode == 0
