"""Tries what a build does to a prefix, and how much room there is for it."""

import errno
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from stat import S_ISGID, S_IWGRP

from eessi_stack.doctor.check import Check, Level, error, ok, warning
from eessi_stack.doctor.mount import mount_of

#: Free space and files below which builds are likely to fail, or sure to.
SPACE = (20e9, 1e9)
INODES = (100_000, 1_000)

#: How much a file server's clock may differ: builds compare time stamps by the second.
CLOCK = (2.0, 60.0)

#: What a build writes into, below a prefix.
FOLDERS = ("software", "modules/all", ".eessi-stack")

REMEDIES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room, or have the quota raised",
    errno.EROFS: "it is mounted read-only; on /cvmfs, build in EESSI's container, which has an overlay above it",
}


def prefix(folder: Path) -> Iterator[Check]:
    """Write to a prefix, and to what is there of the folders that a build writes into."""
    existing = existing_of(folder)
    below = [path for name in FOLDERS if (path := folder / name).is_dir()]
    try:
        for path in below:
            with tempfile.TemporaryFile(dir=path):
                pass
        with tempfile.TemporaryDirectory(dir=existing, prefix=".eessi-stack-trial-") as trial:
            skew, landed = _write(Path(trial))
    except OSError as problem:
        place = next((path for path in below if str(problem.filename or "").startswith(f"{path}/")), existing)
        hint = REMEDIES.get(problem.errno or 0, f"give this user {place}")
        yield error("prefix", f"{place} cannot be written: {problem.strerror}", hint)
        return
    yield ok("prefix", f"{folder} can be written" + ("" if existing == folder else f" ({existing} is there)"))
    yield from _one_file_system([existing, *below])
    yield landed
    yield _clock(skew)


def existing_of(folder: Path) -> Path:
    """The folder, or the next above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _write(folder: Path) -> tuple[float, Check]:
    """Make files and folders, move and link them, as a build does. How much the clocks differ, and where it landed."""
    before = time.time()
    Path(folder, "one").write_text("x", encoding="utf-8")
    stamp, after = Path(folder, "one").stat().st_mtime, time.time()
    landed = _landed(Path(folder, "one"))
    Path(folder, "below").mkdir()
    Path(folder, "one").rename(Path(folder, "below", "two"))
    Path(folder, "link").symlink_to("below/two")
    return max(before - stamp, stamp - after, 0.0), landed


def _one_file_system(folders: Sequence[Path]) -> Iterator[Check]:
    """What is put aside while it is rebuilt is moved, not copied."""
    first, *more = folders
    if others := [str(path) for path in more if path.stat().st_dev != first.stat().st_dev]:
        message = f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} on another one than {first}"
        yield warning(
            "file system", message, "have all of a prefix on one: a rebuild moves what is there out of its way"
        )


def _landed(file: Path) -> Check:
    """Where a file that was written is: with an overlay, in its upper folder."""
    mount = mount_of(file)
    if not mount or not mount.upper:
        return ok("file system", mount.kind if mount else "unknown")
    below = mount.upper / file.relative_to(mount.point)
    if below.exists() or not mount.upper.exists():  # of another mount namespace, where it cannot be looked at
        return ok("file system", f"an overlay: what is written lands in {mount.upper}")
    hint = "mount the overlay over the repository itself, not above or below it"
    return error("file system", f"an overlay, but what is written does not land in {mount.upper}", hint)


def _clock(skew: float) -> Check:
    level = Level.ERROR if skew > CLOCK[1] else Level.WARNING if skew > CLOCK[0] else Level.OK
    message = f"{skew:.1f} s between this machine and the prefix's file system"
    hint = "" if level is Level.OK else "let both take their time from one server (NTP)"
    return Check(name="clock", level=level, message=message, hint=hint)


def room(folder: Path, name: str) -> Iterator[Check]:
    existing = existing_of(folder)
    found = os.statvfs(existing)
    free, inodes = found.f_bavail * found.f_frsize, found.f_favail
    level = _level(free, SPACE)
    if found.f_files:  # some file systems count none
        level = max(level, _level(inodes, INODES), key=list(Level).index)
    files = f" and {inodes} more files" if found.f_files else ""
    hint = "" if level is Level.OK else "make room: a package of a few GB takes three times that while it is built"
    yield Check(name=name, level=level, message=f"{free / 1e9:.1f} GB{files} fit into {existing}", hint=hint)


def _level(value: float, limits: tuple[float, float]) -> Level:
    return Level.ERROR if value < limits[1] else Level.WARNING if value < limits[0] else Level.OK


def group(folder: Path) -> Iterator[Check]:
    """Where a group may write, what one of them installs must stay the group's."""
    there = [path for path in (folder, *(folder / name for name in FOLDERS[:2])) if path.is_dir()]
    shared = [path for path in there if path.stat().st_mode & S_IWGRP]
    if not shared:
        return
    lacking = [path for path in there if path not in shared]
    loose = [str(path) for path in shared if not path.stat().st_mode & S_ISGID]
    if len({path.stat().st_gid for path in shared}) > 1:
        names = ", ".join(f"{path} ({path.group()})" for path in shared)
        yield warning("group", f"not of one group: {names}", f"run `chgrp -R` on {folder}")
    elif lacking:
        message = f"the group may write to {shared[0]}, but not to {lacking[0]}"
        yield warning("group", message, f"run `chmod g+ws {lacking[0]}`")
    elif loose:
        hint = f"run `chmod -R g+s {folder}`"
        message = f"the group may write to {', '.join(loose)}, but what is made there is not the group's"
        yield warning("group", message, hint)
    else:
        yield ok("group", f"{folder} is the group's, and so is what is made there")
