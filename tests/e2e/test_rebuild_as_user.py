"""Rebuilds by a user who is not root: what is installed is read-only to its owner too."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.building import needs_lmod, until_all_have_ended
from tests.e2e.other_user import STRANGER, USER, UserSite, as_user, can_change_user
from tests.e2e.test_rebuild import build_stamp, leftovers, stamp, without_bubblewrap

pytestmark = [
    needs_lmod,
    pytest.mark.skipif(
        not can_change_user(),
        reason="not root, or cannot become another user: test_rebuild.py is as whoever runs it",
    ),
]


@pytest.fixture
def bare() -> Iterator[UserSite]:
    """A site where any user may go: the folders of pytest are closed."""
    folder = Path(tempfile.mkdtemp(prefix="eessi-stack-user-", dir="/tmp"))
    site = UserSite(folder)
    yield site
    for process in site.started:
        process.kill()
        process.wait()
    shutil.rmtree(folder)


def prepared(site: UserSite) -> UserSite:
    site.folder.chmod(0o755)
    site.give()
    build_stamp(site)
    installed = site.prefix / "software" / "Stamp" / "1.0"
    assert installed.stat().st_uid not in (0, os.geteuid())
    assert not any(path.stat().st_mode & 0o222 for path in (installed, *installed.rglob("*")))
    return site


@pytest.fixture(params=["beside the old one", "in its place"])
def stamped(request: pytest.FixtureRequest, bare: UserSite) -> UserSite:
    if request.param == "in its place":
        without_bubblewrap(bare)
    else:
        words = [*as_user(bare.user), "bwrap", "--dev-bind", "/", "/", "--bind", "/tmp", "/tmp", "--", "true"]
        if not shutil.which("bwrap") or subprocess.run(words, check=False, capture_output=True).returncode:
            pytest.skip("bubblewrap is not installed, or may not mount here")
    return prepared(bare)


def test_the_new_one_is_in_place(stamped: UserSite) -> None:
    run = stamped.run("install", stamped.easystack("Stamp"), "--rebuild", "Stamp", STAMP="new")

    assert run.returncode == 0, run.stdout + run.stderr
    assert stamp(stamped) == "new"
    assert leftovers(stamped) == []


def test_one_that_fails_leaves_the_old_one(stamped: UserSite) -> None:
    run = stamped.run("install", stamped.easystack("Stamp"), "--rebuild", "Stamp", STAMP="bad")

    assert run.returncode == 1
    assert "FAILED: Stamp/1.0" in run.stdout
    assert stamp(stamped) == "old"
    assert leftovers(stamped) == []


def killed(site: UserSite) -> None:
    """A rebuild that is killed, with its whole group, while it builds."""
    run = site.start("install", site.easystack("Stamp"), "--rebuild", "Stamp", STAMP="new")
    folder = site.prefix / "software" / "Stamp"
    places = (folder / "1.0" / "stamp.txt", folder / ".1.0.eessi-stack-new" / "stamp.txt")
    deadline = time.monotonic() + 60
    while not any(path.exists() and path.read_text() == "new\n" for path in places):
        assert run.poll() is None, "it ended"
        assert time.monotonic() < deadline, "it never built"
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    until_all_have_ended(site)


def test_one_that_is_killed_leaves_the_old_one(stamped: UserSite) -> None:
    killed(stamped)

    run = stamped.run("missing", stamped.folder / "stack.yml")

    assert run.returncode == 0, run.stdout + run.stderr
    assert stamp(stamped) == "old"
    assert leftovers(stamped) == []


def test_who_may_not_put_the_old_one_back_is_told_where_it_is(bare: UserSite) -> None:
    without_bubblewrap(bare)
    prepared(bare)
    killed(bare)
    stack = bare.folder / "stack.yml"

    bare.user = STRANGER
    bare.environment["XDG_CACHE_HOME"] = "/nonexistent"
    run = bare.run("missing", stack)

    assert run.returncode == 1, run.stdout + run.stderr
    old = bare.prefix / "software" / "Stamp" / ".1.0.eessi-stack-old"
    assert f"Stamp/1.0: its rebuild was cut off; what was there before is in {old} and cannot be " in run.stderr
    assert "Permission denied" in run.stderr
    assert "Stamp/1.0" in run.stdout

    bare.user = USER
    bare.environment["XDG_CACHE_HOME"] = str(bare.folder / "cache")
    run = bare.run("missing", stack)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Stamp/1.0: its rebuild was cut off; what was there before is in its place again" in run.stderr
    assert stamp(bare) == "old"
