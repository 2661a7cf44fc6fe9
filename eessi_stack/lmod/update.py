"""Makes an Lmod cache anew, by Lmod's own tool, beside the old one; swapped in when proven to be whole."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eessi_stack.errors import StackError
from eessi_stack.lmod import check, reader, record, site, spider, swap
from eessi_stack.lmod.check import Finding, Kind
from eessi_stack.lmod.home import Home
from eessi_stack.lmod.reader import TOOL
from eessi_stack.scratch import scratch

SECONDS = 3600

ROOM = "make room, and run this again"

#: How many modules of a cache that could not be made are named; `check` names all.
NAMED = 5

#: Drafts of the cache; what is left of one belongs to a run that was killed.
DRAFT = ".cache-"
LOCK = ".lock"

#: How often a cache is made while modules come and go.
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lmod:
    """An Lmod, and the environment that its tool gets."""

    command: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What became of the cache of one CPU target."""

    home: Home
    modules: int = 0
    made: tuple[str, ...] = ()  #: of lmodrc.lua and SitePackage.lua, what was made anew
    failure: str = ""  #: why it is not what it should be; empty where it is proven to be
    hint: str = ""


class _FailedError(Exception):
    """The cache could not be made: why."""


def update(home: Home, lmod: Lmod, waiting: Callable[[str], Any] = lambda _: None) -> Updated:
    """Make the cache of one CPU target anew, and what tells Lmod of it; `waiting` is told of another that does."""
    try:
        if not any(spider.scan(layer).modules for layer in _layers(home)):
            hint = f"take away {home.cache}: users are told of what is gone" if home.cache.exists() else ""
            return Updated(home=home, failure=f"no modules in {home.layers[0]}", hint=hint)
        _make_folder(home)
        with _locked(home, waiting):
            count = _renew(home, lmod)
            made = _make_files(home, lmod)
            left = check.check(home, reader.read(lmod.command, [home]))
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return Updated(home=home, failure=what, hint=_hint(home, error))
    except (_FailedError, StackError) as error:
        what = "; ".join(filter(None, (str(error), getattr(error, "context", ""))))
        return Updated(home=home, failure=what, hint=ROOM if os.strerror(errno.ENOSPC) in what else "")
    return Updated(home=home, modules=count, made=made, failure=left.problem or _said(left.findings))


def _layers(home: Home) -> list[Path]:
    return [layer for layer in home.layers if layer.is_dir()]


def _said(findings: Iterable[Finding]) -> str:
    return "; ".join(one.said(NAMED) for one in findings)


def _hint(home: Home, error: OSError) -> str:
    if isinstance(error, PermissionError):
        in_modules = any(Path(str(error.filename)).is_relative_to(layer) for layer in home.layers)
        return "let this user read it" if in_modules else f"give this user {home.folder}, or run as its owner"
    if error.errno == errno.EROFS:
        return "make it where the tree can be written to: on the machine, or in the container, that it is built on"
    return ROOM if error.errno in {errno.ENOSPC, errno.EDQUOT} else ""


def _make_folder(home: Home) -> None:
    home.folder.mkdir(exist_ok=True)
    swap.hand_over(home.folder, _layers(home)[0])


@contextmanager
def _locked(home: Home, waiting: Callable[[str], Any]) -> Iterator[None]:
    """One at a time; the kernel lets go of the lock of a run that was killed."""
    path = home.folder / LOCK
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o664)
    try:
        with suppress(PermissionError):  # another member of the group has made it
            swap.hand_over(path, _layers(home)[0])
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting(f"{home.target}: another run updates its cache: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _renew(home: Home, lmod: Lmod) -> int:
    """Make a draft, prove it, and put it in the place of the cache; how many modules it holds."""
    place = home.cache.resolve()
    for left in place.parent.glob(f"{DRAFT}*"):
        swap.discard(left)
    draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=DRAFT))
    try:
        count = _draft(home, lmod, draft)
        for path in draft.iterdir():
            swap.hand_over(path, _layers(home)[0])
        swap.hand_over(draft, _layers(home)[0])
        swap.put_in_place(draft, place)
    finally:
        swap.discard(draft)
    return count


def _draft(home: Home, lmod: Lmod, draft: Path) -> int:
    """Fill a draft; modules that come or go meanwhile make it stale before it is finished."""
    for _ in range(TRIES):
        before = {layer: spider.scan(layer) for layer in _layers(home)}
        files = record.made_of(before)
        _run(lmod, draft, [*before])
        after = {layer: spider.scan(layer) for layer in _layers(home)}
        again = record.made_of(after)  # by now the time stamps of more of them can be relied on
        if after == before and record.same(files, again):
            break
    else:
        raise _FailedError("modules come and go faster than a cache can be made of them")
    record.save(draft, again)
    answer = reader.read_cache(lmod.command, draft)
    wrong = [*check.usable(draft, answer), *check.contents(draft, answer, before)]
    if wrong:
        raise _FailedError(f"{TOOL} made no cache that holds every module: {_said(wrong)}")
    return sum(len(seen.modules) for seen in before.values())


def _run(lmod: Lmod, draft: Path, layers: list[Path]) -> None:
    """Lmod's own tool, without what the caller's own Lmod is told."""
    paths = os.pathsep.join(str(layer) for layer in layers)
    if paths.split() != [paths] or any(letter in paths for letter in "*?["):
        raise _FailedError(f"{TOOL} does not work on paths with blanks or wildcards: {paths}")
    command = [str(lmod.command.parent / TOOL), "-d", str(draft), "-t", str(draft / "timestamp"), paths]
    code, said = _tool(command, lmod.environment)
    if code:
        raise _FailedError(f"{TOOL} failed with exit code {code}: {said[-1] if said else 'it said nothing'}")
    for old in draft.glob("spiderT.old.*"):
        old.unlink()


def _tool(command: list[str], environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run it where it finds nothing of the caller's: its exit code, and the lines that it said."""
    with (
        scratch() as nowhere,
        subprocess.Popen(
            command,
            env={**environment, "HOME": str(nowhere.path)},
            cwd=nowhere.path,
            pass_fds=(nowhere.lock,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            stdout, stderr = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            _end(process.pid)
            waits = f"{TOOL} did not end within {SECONDS} seconds: does a module file wait for something?"
            raise _FailedError(waits) from None
    return process.returncode, (stderr.strip() or stdout.strip()).splitlines()


def _end(pid: int) -> None:
    """End a process and what it has started: Lmod's tool is a script, and waits for what it runs."""
    children = Path(f"/proc/{pid}/task/{pid}/children")  # not on every kernel
    started = children.read_text(encoding="ascii").split() if children.exists() else []
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in started:
        _end(int(child))


def _make_files(home: Home, lmod: Lmod) -> tuple[str, ...]:
    """Make lmodrc.lua and SitePackage.lua where they are not there, not what they should be, or not for all to read."""
    seen = check.check(home, reader.read(lmod.command, [home]))
    kinds = {Kind.LMODRC: home.lmodrc, Kind.SITE_PACKAGE: home.site_package}
    wrong = {kinds[one.kind] for one in seen.findings if one.kind in kinds}
    named = " ".join(name for one in seen.findings if one.kind in (Kind.ACCESS, Kind.OWNER) for name in one.names)
    made = []
    for path, text in home.texts.items():
        if path in wrong:
            _keep_aside(path)
            swap.put_text(path, text, _layers(home)[0])
        elif str(path) in named:
            swap.put_text(path, path.read_text(encoding="utf-8", errors="surrogateescape"), _layers(home)[0])
        else:
            continue
        made.append(path.name)
    return tuple(made)


def _keep_aside(path: Path) -> None:
    """What a site made itself, and what cannot stay."""
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(site.MARK):
        shutil.copy2(path, path.with_name(f"{path.name}.old"))
