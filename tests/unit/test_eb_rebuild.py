"""A rebuild that is killed before any of its file system operations leaves the old installation or the new one."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eessi_stack.eb import rebuild
from eessi_stack.eb.installation import Installation, remove_tree
from eessi_stack.eb.rebuild import Rebuild, move

MODULE = "A/1.0"
#: What changes the file system, of all that is used.
CHANGES = {
    os: ("rename", "replace", "mkdir", "unlink", "remove", "rmdir", "symlink", "chmod"),
    shutil: ("copyfile",),
}


class KilledError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class Kill:
    """Lets so many changes of the file system happen, and none after them: no `finally` mends what a kill leaves."""

    def __init__(self, patch: pytest.MonkeyPatch, after: int) -> None:
        self.left = after
        for module, names in CHANGES.items():
            for name in names:
                patch.setattr(module, name, self._counted(getattr(module, name)))

    def _counted(self, change: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **kwargs: object) -> object:
            if self.left <= 0:
                raise KilledError
            self.left -= 1
            return change(*args, **kwargs)

        return counted


def killed(do: Callable[[], object], after: int) -> bool:
    """Whether it was killed before it came to its end."""
    with pytest.MonkeyPatch.context() as patch:
        Kill(patch, after)
        try:
            do()
        except KilledError:
            return True
    return False


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class World:
    """A prefix with one installation, which is whole as long as all of it says the same word."""

    def __init__(self, prefix: Path, *, folder: bool = True, suffix: str = ".lua", read_only: bool = False) -> None:
        self.prefix = prefix
        self.one = Installation(prefix=prefix, module=MODULE)
        self.has_folder = folder
        if folder:
            self.fill(self.one.folder, "old", read_only=read_only)
        self.publish(prefix / "modules", "old", suffix)

    @property
    def rebuild(self) -> Rebuild:
        """As another process sees it."""
        return Rebuild(installation=self.one)

    def fill(self, folder: Path, word: str, *, read_only: bool = False) -> None:
        for name in ("bin/a", "lib/python/a.py", "easybuild/log"):
            write(folder / name, word)
        (folder / "current").symlink_to("bin")
        if read_only:
            for path, _, files in os.walk(folder, topdown=False):
                for name in files:
                    Path(path, name).chmod(0o444)
                Path(path).chmod(0o555)

    def publish(self, modules: Path, word: str, suffix: str = ".lua") -> None:
        """As EasyBuild does: the module file, then a link to it."""
        path = write(modules / "all" / f"{MODULE}{suffix}", word)
        link = modules / "bio" / f"{MODULE}{suffix}"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path)

    def words(self) -> set[str]:
        """What the files of the directory say; `part` where some are not there."""
        folder = self.one.folder
        if not folder.is_dir():
            return {"none"}
        if not self.has_folder and not any(folder.iterdir()):
            return {"empty"}
        files = [path for path in folder.rglob("*") if path.is_file() and "current" not in path.parts]
        return {path.read_text() for path in files} | ({"part"} if len(files) != 3 else set())

    def state(self) -> str:
        """`old` or `new`, where module file, link and directory agree."""
        assert self.one.module_file, "neither old nor new"
        word = self.one.module_file.read_text()
        if word == "new" or self.has_folder:
            assert self.words() == {word}, f"module {word}, directory {self.words()}"
        else:
            assert self.words() == {"none"}, "there was no directory, and now there is"
        names = [path.name for path in (self.prefix / "modules/bio/A").iterdir() if path.exists()]
        assert names, "the link of the category is gone"
        return word

    def check_loadable(self) -> None:
        """Whatever module file is there, what it loads is there too."""
        if self.one.module_file:
            assert self.words() == {self.one.module_file.read_text()} or not self.has_folder

    def litter(self) -> list[str]:
        beside = [path.name for path in (self.prefix / "software/A").glob(".*")]
        return beside + [str(path) for path in (self.prefix / ".eessi-stack").glob("*/*")]


def beside(world: World) -> None:
    """A rebuild that bubblewrap has out of the way."""
    one = world.rebuild
    one.stage()
    world.fill(one.new, "new")
    world.publish(one.new_modules, "new")
    one.swap()


def in_place(world: World) -> None:
    one = world.rebuild
    one.set_aside()
    world.fill(world.one.folder, "new")
    world.publish(world.prefix / "modules", "new")
    one.commit()


def in_place_and_failed(world: World) -> None:
    one = world.rebuild
    one.set_aside()
    write(world.one.folder / "bin/a", "new")
    one.restore()


def beside_and_failed(world: World) -> None:
    one = world.rebuild
    one.stage()
    write(one.new / "bin/a", "new")
    one.restore()


FLOWS = (beside, in_place, in_place_and_failed, beside_and_failed)
#: How the old installation is.
KINDS: dict[str, dict[str, object]] = {
    "plain": {},
    "read-only": {"read_only": True},
    "no-directory": {"folder": False},
    "tcl": {"suffix": ""},
}


def worlds(tmp_path: Path, kind: str) -> Iterator[World]:
    """A new one every time."""
    number = 0
    while True:
        number += 1
        yield World(tmp_path / str(number), **KINDS[kind])  # type: ignore[arg-type]


@pytest.fixture(params=[False, True], ids=["renamed", "copied"])
def copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the old directory is of a lower layer of an overlay, which cannot be renamed."""
    if request.param:
        rename = os.rename

        def refused(path: str | Path, to: str | Path) -> None:
            if Path(path).name == "1.0" and Path(path).is_dir():
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            rename(path, to)

        monkeypatch.setattr(os, "rename", refused)
    return bool(request.param)


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_killed_anywhere_it_leaves_old_or_new(tmp_path: Path, flow: Callable[[World], None], kind: str) -> None:
    found = []
    for after, world in enumerate(worlds(tmp_path, kind)):
        if not killed(lambda world=world: flow(world), after):  # type: ignore[misc]
            break
        world.check_loadable()
        world.rebuild.restore()
        found.append(world.state())
        assert world.litter() == [], f"killed before change {after}"
        assert not world.rebuild.restore()
    assert len(found) > 5
    assert "_and_failed" not in flow.__name__ or set(found) == {"old"}
    assert found == sorted(found, reverse=True), "once the new one counts, it does not go away again"


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_killed_again_while_it_is_put_back(tmp_path: Path, flow: Callable[[World], None]) -> None:
    made = worlds(tmp_path, "plain")
    for first in range(0, 60, 5):
        for second in range(60):
            world = next(made)
            if not killed(lambda world=world: flow(world), first):  # type: ignore[misc]
                return
            again = killed(world.rebuild.restore, second)
            world.check_loadable()
            world.rebuild.restore()
            assert world.state() in ("old", "new")
            assert world.litter() == []
            if not again:
                break


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_what_is_not_killed(tmp_path: Path, flow: Callable[[World], None], kind: str) -> None:
    word = "old" if flow in (in_place_and_failed, beside_and_failed) else "new"
    world = next(worlds(tmp_path, kind))
    flow(world)
    assert world.state() == word
    assert world.litter() == []


def test_a_failure_puts_back_modes_and_times_too(tmp_path: Path) -> None:
    world = World(tmp_path, read_only=True)
    seen = {path: path.lstat() for path in (tmp_path / "software/A/1.0").rglob("*")}
    in_place_and_failed(world)
    for path, before in seen.items():
        after = path.lstat()
        assert (after.st_mode, after.st_mtime_ns, after.st_ino) == (before.st_mode, before.st_mtime_ns, before.st_ino)
    assert (tmp_path / "software/A/1.0").stat().st_mode & 0o777 == 0o555


def test_a_link_in_place_of_the_installation_is_moved_and_removed_as_a_link(tmp_path: Path) -> None:
    world = World(tmp_path / "prefix", folder=False)
    elsewhere = write(tmp_path / "elsewhere/file", "kept").parent
    elsewhere.chmod(0o755)
    world.one.folder.parent.mkdir(parents=True)
    world.one.folder.symlink_to(elsewhere)
    in_place_and_failed(world)
    assert world.one.folder.readlink() == elsewhere
    in_place(world)
    assert not world.one.folder.is_symlink()
    assert world.words() == {"new"}
    assert (elsewhere / "file").read_text() == "kept"
    assert elsewhere.stat().st_mode & 0o777 == 0o755
    assert world.litter() == []


def test_other_modules_are_not_touched(tmp_path: Path) -> None:
    world = World(tmp_path)
    others = [
        write(tmp_path / name, "other")
        for name in ("software/A/1.0.1/x", "modules/all/A/1.0.1.lua", "modules/all/A/1.lua", "modules/bio/B/1.lua")
    ]
    beside(world)
    in_place(world)
    in_place_and_failed(world)
    assert [path.read_text() for path in others] == ["other"] * len(others)


def test_a_new_link_leads_to_where_the_module_file_is_in_the_end(tmp_path: Path) -> None:
    world = World(tmp_path)
    beside(world)
    assert (tmp_path / "modules/bio/A/1.0.lua").readlink() == tmp_path / "modules/all/A/1.0.lua"


def test_what_easybuild_is_told_to_build_beside(tmp_path: Path) -> None:
    one = World(tmp_path).rebuild
    words, told = one.stage()
    assert words == ("bwrap", "--dev-bind", "/", "/", "--bind", str(one.new), str(one.installation.folder), "--")
    assert told == {"EASYBUILD_INSTALLPATH_MODULES": str(one.new_modules)}
    assert one.new_module_file is None
    path = write(one.new_modules / "all" / f"{MODULE}.lua", "new")
    assert one.new_module_file == path


def test_nothing_is_put_back_where_nothing_was_taken_away(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert not world.rebuild.restore()
    assert world.state() == "old"
    assert not Rebuild(installation=Installation(prefix=tmp_path / "none", module=MODULE)).restore()


def test_a_disk_that_is_full_while_a_directory_is_copied_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def crosses(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        patch.setattr(os, "rename", crosses)
        with pytest.raises(OSError, match="No space left"):
            move(world.one.folder, world.rebuild.old)
    assert world.state() == "old"
    world.rebuild.restore()
    assert world.litter() == []


def test_another_error_than_that_of_an_overlay_is_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move(tmp_path / "none", tmp_path / "to")


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[Path]:
    """A folder of who may not do what root may; whoever runs the tests, where that is not root."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # nobody else enters pytest's, which each new pytest sees to
    os.chown(folder, 65534, 65534)
    os.setresuid(65534, 65534, 0)
    try:
        yield folder
    finally:
        os.setresuid(0, 0, 0)
        shutil.rmtree(folder)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_an_owner_who_is_not_root_rebuilds_what_is_read_only(nobody: Path, flow: Callable[[World], None]) -> None:
    for after in range(100):
        world = World(nobody / str(after), read_only=True)
        ended = not killed(lambda world=world: flow(world), after)  # type: ignore[misc]
        world.check_loadable()
        world.rebuild.restore()
        assert world.state() in ("old", "new")
        assert world.litter() == []
        if ended:
            break
        if after % 4 == 0:  # what pytest removes at the end need not be big
            remove_tree(world.prefix)
    else:
        pytest.fail("it never ends")


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_the_folder_of_a_software_may_be_read_only(nobody: Path, flow: Callable[[World], None]) -> None:
    world = World(nobody)
    folder = nobody / "software/A"
    folder.chmod(0o555)
    try:
        if flow in (beside, beside_and_failed):
            flow(world)
        else:  # EasyBuild itself makes the installation's folder
            world.rebuild.set_aside()
            world.rebuild.restore()
        assert world.state() == ("new" if flow is beside else "old")
        assert world.litter() == []
        assert folder.stat().st_mode & 0o777 == 0o555
    finally:
        folder.chmod(0o755)


def test_bubblewrap_that_is_not_there_or_may_not_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", absent)
    assert not rebuild.can_stage.__wrapped__()
