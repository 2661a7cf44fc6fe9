"""Tries what an install needs of the machine and the tree."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISGID, S_IWGRP
from urllib.parse import urlsplit

from eessi_stack import caches, config
from eessi_stack.doctor.check import Check, Level, error, ok, warning
from eessi_stack.doctor.load import user_of
from eessi_stack.doctor.mount import mount_of
from eessi_stack.eb import environment, trial
from eessi_stack.errors import StackError
from eessi_stack.place import Place
from eessi_stack.scratch import scratch

#: Free space and files below which builds are likely to fail, or sure to.
SPACE = (20e9, 1e9)
INODES = (100_000, 1_000)

#: How much a file server's clock may differ: builds compare time stamps by the second.
CLOCK = (2.0, 60.0)

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


def examine(place: Place) -> Iterator[Check]:
    """One thing after the other, as soon as it is known."""
    prefix = place.tree.prefix(place.target)
    yield _easybuild(place)
    yield from _lmod(place)
    yield from _target(place)
    yield _compat(place)
    yield from _work_dir(place)
    yield from _prefix(prefix)
    yield from _room(prefix, "free space")
    yield from _room(place.settings.work_dir, "work-dir")
    yield _umask()
    yield _locale(place)
    yield from _group(place.tree.modules(place.target))
    yield _injections(place)
    yield from _proxies()


def _easybuild(place: Place) -> Check:
    with scratch() as here:
        found = trial.easybuild({**place.environment, "TMPDIR": str(here.path)})
    if found.good:
        return ok("EasyBuild", found.said)
    return error("EasyBuild", found.said, "install it again: pip install --force-reinstall eessi-stack")


def _lmod(place: Place) -> Iterator[Check]:
    try:
        command = caches.find_lmod(place)
    except StackError as problem:
        yield error("Lmod", problem.message, problem.hint)
        return
    found = trial.lmod(command)
    if not found.good:
        yield error("Lmod", f"{command}: {found.said}", "name a working one by --lmod")
        return
    yield ok("Lmod", f"{found.said} ({command})")
    with scratch() as here:
        (here.path / "Trial").mkdir()
        text = 'help([==[x]==])\nsetenv("TRIAL", "1")\n'
        (here.path / "Trial" / "1.0.lua").write_text(text, encoding="utf-8")
        loaded = trial.load(command, [here.path], "Trial/1.0", user_of(place))
    yield ok("module load", "loads a module") if loaded.good else error("module load", loaded.said)
    yield from _cache(place)


def _cache(place: Place) -> Iterator[Check]:
    if not place.tree.modules(place.target.cpu_only).is_dir():
        return
    try:
        (report,) = caches.checked([place])
    except StackError as problem:
        yield warning("Lmod cache", f"{problem.message}: {problem.context}", problem.hint)
        return
    if report.problem:
        yield warning("Lmod cache", report.problem)
    elif report.findings:
        said = "; ".join(one.message for one in report.findings)
        yield warning("Lmod cache", said, "`eessi-stack cache check` names them, `eessi-stack cache update` mends them")
    else:
        yield ok("Lmod cache", "every module is in")


def _target(place: Place) -> Iterator[Check]:
    if place.target.cpu in place.runs:
        yield ok("target", f"{place.target}: this CPU runs it")
        return
    hint = "build it on a CPU that runs it, or choose another target with --target"
    runs = place.runs[0] if place.runs else "none of EESSI's targets"
    same = place.runs and place.runs[0].split("/")[0] == place.target.family
    message = f"{place.target}: this CPU ({runs}) does not run what is built for it"
    yield warning("target", message, hint) if same else error("target", message, hint)


def _compat(place: Place) -> Check:
    if place.compat is None:
        return ok("compat layer", "none: the host stands in for it")
    found = trial.compat(place.compat)
    if found.good:
        return ok("compat layer", f"{place.compat} runs here")
    hint = (
        "its programs must run on this machine: is it of this CPU family, and is its prefix the path it was built for?"
    )
    return error("compat layer", f"{place.compat}: {found.said}", hint)


def _work_dir(place: Place) -> Iterator[Check]:
    """Builds compile and run programs there: mounted `noexec`, none of them would."""
    folder = place.settings.work_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as here:
            made = trial.compiler(environment.with_compat(place.environment, place.compat), Path(here))
    except OSError as problem:
        yield error(
            "work-dir", f"{folder}: {problem.strerror}", "name another one with --work-dir, EESSI_STACK_WORK_DIR"
        )
        return
    if made.good:
        yield ok("compiler", f"gcc {made.said.splitlines()[0]}: compiles, and runs what it made in {folder}")
    else:
        hint = "install a compiler (gcc), or name a --work-dir where programs may run"
        yield error("compiler", made.said.splitlines()[-1], hint)


def _prefix(prefix: Path) -> Iterator[Check]:
    """What a build does to a prefix: makes files and folders, moves them, takes them away."""
    existing = next(path for path in (prefix, *prefix.parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(dir=existing, prefix=".eessi-stack-trial-") as folder:
            before = time.time()
            Path(folder, "one").write_text("x", encoding="utf-8")
            stamp, after = Path(folder, "one").stat().st_mtime, time.time()
            landed = _landed(Path(folder, "one"))
            Path(folder, "below").mkdir()
            Path(folder, "one").rename(Path(folder, "below", "two"))
            Path(folder, "link").symlink_to("below/two")
    except OSError as problem:
        hint = "give this user the prefix; on /cvmfs, build in EESSI's container, which has an overlay above it"
        yield error("prefix", f"{existing} cannot be written: {problem.strerror}", hint)
        return
    yield ok("prefix", f"{prefix} can be written" + ("" if existing == prefix else f" ({existing} is there)"))
    yield landed
    yield _clock(max(before - stamp, stamp - after, 0.0))


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


def _room(folder: Path, name: str) -> Iterator[Check]:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    found = os.statvfs(existing)
    free, inodes = found.f_bavail * found.f_frsize, found.f_favail
    level = _level(free, SPACE)
    if found.f_files:  # some file systems count none
        level = max(level, _level(inodes, INODES), key=list(Level).index)
    files = f", {inodes} more files" if found.f_files else ""
    hint = "" if level is Level.OK else "make room: a package of a few GB takes three times that while it is built"
    yield Check(name=name, level=level, message=f"{free / 1e9:.1f} GB{files} in {existing}", hint=hint)


def _level(value: float, limits: tuple[float, float]) -> Level:
    return Level.ERROR if value < limits[1] else Level.WARNING if value < limits[0] else Level.OK


def _umask() -> Check:
    mask = os.umask(0o022)
    os.umask(mask)
    if mask & 0o055:
        return warning(
            "umask", f"{mask:04o}: others cannot read what is installed", "run `umask 022` before an install"
        )
    return ok("umask", f"{mask:04o}")


def _locale(place: Place) -> Check:
    wanted = place.environment.get("LC_ALL", "C")
    if trial.locale(place.environment).good:
        return ok("locale", wanted)
    return warning("locale", f"{wanted} is not there: builds that print other letters may fail", f"install {wanted}")


def _group(modules: Path) -> Iterator[Check]:
    """Where a group may write, what one of them installs must stay the group's."""
    if modules.is_dir() and modules.stat().st_mode & S_IWGRP:
        if modules.stat().st_mode & S_ISGID:
            yield ok("group", f"{modules} is the group's, and so is what is made there")
        else:
            hint = f"run `chmod -R g+s {modules.parents[1]}`"
            yield warning("group", f"the group may write to {modules}, but what is made there is not the group's", hint)


def _injections(place: Place) -> Check:
    folder = place.tree.host_injections
    if not os.path.lexists(folder):
        return ok("host_injections", f"no {folder}: nothing of the site is used")
    if not folder.is_dir():
        hint = "make the folder that it leads to, or have CVMFS lead elsewhere"
        return warning("host_injections", f"{folder} leads to {folder.resolve()}, which is not there", hint)
    return ok("host_injections", f"{folder} leads to {folder.resolve()}")


def _proxies() -> Iterator[Check]:
    import socket  # noqa: PLC0415 (slow to import)

    for name in PROXIES:
        if not (value := config.inherited(name)):
            continue
        url = urlsplit(value if "//" in value else f"//{value}")
        try:
            with socket.create_connection((url.hostname or "", url.port or 3128), timeout=5):
                yield ok(name, f"{url.hostname} answers")
        except (OSError, ValueError) as problem:
            yield error(name, f"{value} does not answer: {problem}", f"set ${name} to one that does, or unset it")
