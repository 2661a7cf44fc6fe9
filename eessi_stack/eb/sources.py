"""Fetch each source once, checked, from any place that has the same sha256. What has another checksum is never used."""

import fcntl
import glob
import hashlib
import http.client
import lzma
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

import msgspec

from eessi_stack.eb.ask import ask_once
from eessi_stack.eb.mirrors import Mirrors
from eessi_stack.eb.options import variable
from eessi_stack.model import Package

_TIMEOUT = 60  # seconds without a byte
_BLOCK = 1 << 20  # bytes
_AT_ONCE = 4  # downloads side by side
_GRACE = 2  # seconds in which downloads may end themselves when the run is told to end


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a build reads: where it belongs, where it can be had, what it must hash to."""

    path: str
    urls: tuple[str, ...] = ()
    checksums: tuple[str, ...] = ()  #: any of these SHA256 sums will do; none: EasyBuild itself checks
    git: bool = False  #: made from a git repository by EasyBuild itself
    config_guess: bool = False  #: the program that easyblocks run for `configure`, and go on without


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one package; `error` where EasyBuild could not tell them all."""

    files: tuple[Source, ...]
    error: str = ""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one source: where it came from, or why it could not be had."""

    source: Source
    origin: str = ""  #: "" where it was there already
    modules: tuple[str, ...] = ()  #: of the packages that need it, as far as somebody asked for packages
    problems: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.problems)


def obtain(  # noqa: PLR0913 (one of them is a keyword)
    packages: Sequence[Package],
    family: str,
    environment: Mapping[str, str],
    folder: Path,
    done: Callable[[Fetched], Any],
    *,
    offline: bool = False,
) -> dict[str, tuple[str, ...]]:
    """Have every source of packages in a folder; module → why not all of them can be had."""
    wanted = of_packages(packages, family, {**environment, variable("sourcepath"): str(folder)})
    needed: dict[str, list[str]] = {}
    for module, one in wanted.items():
        for file in one.files:
            needed.setdefault(file.path, []).append(module)

    def tell(result: Fetched) -> None:
        done(msgspec.structs.replace(result, modules=tuple(needed[result.source.path])))

    every = [file for one in wanted.values() for file in one.files]
    fetched = fetch(every, None if offline else Mirrors(folder / ".mirrors"), tell)
    problems = {result.source.path: result.problems for result in fetched}
    lacking = {}
    for module, one in wanted.items():
        why = [text for file in one.files if not file.config_guess for text in problems.get(file.path, ())]
        if one.error or why:
            lacking[module] = (*((one.error,) if one.error else ()), *why)
    return lacking


def of_packages(packages: Sequence[Package], family: str, environment: Mapping[str, str]) -> dict[str, Sources]:
    """Module → the files it needs, as EasyBuild's own fetch step names them."""
    question = {"family": family, "recipes": [package.recipe for package in packages]}
    answer = ask_once("eessi_stack.eb.source_list", question, environment)
    found = msgspec.convert(answer["packages"], list[Sources])
    return {package.module: sources for package, sources in zip(packages, found, strict=True)}


def fetch(sources: Iterable[Source], mirrors: Mirrors | None, done: Callable[[Fetched], Any]) -> tuple[Fetched, ...]:
    """Have every source in place, each fetched once however many packages want it; nothing is without mirrors."""
    wanted = {source.path: source for source in sources if not source.git}
    stop, waiting = Event(), SimpleQueue[tuple[Source, Future[Fetched]]]()
    futures = [Future[Fetched]() for _ in wanted]
    for one in zip(wanted.values(), futures, strict=True):
        waiting.put(one)
    # Not a pool: its threads keep the run alive until servers that say nothing are given up.
    for _ in range(min(_AT_ONCE, len(futures))):
        Thread(target=_work, args=(waiting, mirrors, stop), daemon=True).start()
    results = []
    try:
        for future in futures:
            results.append(future.result())
            done(results[-1])
    except BaseException:  # Ctrl-C, above all
        stop.set()
        wait(futures, _GRACE)
        raise
    return tuple(results)


def _work(waiting: "SimpleQueue[tuple[Source, Future[Fetched]]]", mirrors: Mirrors | None, stop: Event) -> None:
    """Fetch what waits, one after the other, until nothing does."""
    while True:
        try:
            source, future = waiting.get_nowait()
        except Empty:
            return
        try:
            future.set_result(_fetch(source, mirrors, stop))
        except BaseException as error:  # noqa: BLE001 (whoever asks for the result has it)
            future.set_exception(error)


def _fetch(source: Source, mirrors: Mirrors | None, stop: Event) -> Fetched:
    target = Path(source.path)
    try:
        if _good(target, source):
            return Fetched(source=source)
        if mirrors is None:
            return Fetched(source=source, problems=(_absent(target),))
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            if _good(target, source):  # another process may have fetched it meanwhile
                return Fetched(source=source)
            return _download_any(source, target, mirrors, stop)
    except OSError as error:
        return Fetched(source=source, problems=(f"{target}: {error.strerror or error}",))


def _absent(target: Path) -> str:
    why = "has another checksum than its easyconfig says" if target.is_file() else "is not there"
    return f"{target}: {why}, and nothing is downloaded with --offline"


def _good(path: Path, source: Source) -> bool:
    return path.is_file() and (not source.checksums or sha256(path) in source.checksums)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One download of a file at a time, on this machine and on file systems that share locks."""
    lock = target.with_name(f".{target.name}.lock")
    while True:
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(lock, file.fileno()):  # else who held it has taken it away, and the next one makes a new one
                yield
                lock.unlink(missing_ok=True)
                return


def _is_still(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def _download_any(source: Source, target: Path, mirrors: Mirrors, stop: Event) -> Fetched:
    problems = []
    places: list[tuple[str, Callable[[Path], None]]] = [(url, _downloader(url, stop)) for url in source.urls]
    if source.checksums and not source.config_guess:  # which is in no archive by itself
        places += mirrors.places(target.name, source.urls, source.checksums)
    prefix = f".fetch-{target.name}-"
    for left in target.parent.glob(f"{glob.escape(prefix)}*"):  # of a run that was killed: we hold the file's lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent) as scratch:
        for origin, get in places:
            part = Path(scratch) / target.name
            problem = "interrupted" if stop.is_set() else _get(get, part, source)
            if problem is None:
                if source.config_guess:
                    part.chmod(part.stat().st_mode | 0o111)
                _publish(part, target)
                return Fetched(source=source, origin=origin)
            problems.append(f"{origin}: {problem}")
    return Fetched(
        source=source, problems=(*_set_aside(source, target), *(problems or ["EasyBuild knows no URL for it"]))
    )


def _get(get: Callable[[Path], None], part: Path, source: Source) -> str | None:
    """Download to a temporary name; why it is no use, or None."""
    part.unlink(missing_ok=True)
    try:
        get(part)
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except (urllib.error.URLError, http.client.HTTPException, lzma.LZMAError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    if not source.checksums:
        return None
    found = sha256(part)
    return None if found in source.checksums else f"has another checksum: {found}"


def _downloader(url: str, stop: Event) -> Callable[[Path], None]:
    def get(part: Path) -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "eessi-stack"})  # noqa: S310 (see scheme below)
        if request.type not in ("http", "https", "ftp", "file"):
            raise ValueError(f"{request.type}: is not a scheme to download from")
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply, part.open("wb") as file:  # noqa: S310
            while block := reply.read1(_BLOCK):
                if stop.is_set():
                    raise ValueError("interrupted")
                file.write(block)
            expected = reply.headers.get("Content-Length")
        if expected is not None and part.stat().st_size != int(expected):
            raise ValueError(f"cut off after {part.stat().st_size} of {expected} bytes")

    return get


def _publish(part: Path, target: Path) -> None:
    """Give a checked file its name, at once; one with the wrong content is set aside, not lost."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    if target.exists():
        target.rename(_bad(target))
    part.replace(target)


def _set_aside(source: Source, target: Path) -> Iterator[str]:
    """What is there and is not what the easyconfig says; a file that nobody can download is its owner's to move."""
    if not target.is_file():
        return
    said = f"{target}: has another checksum: {sha256(target)}, and its easyconfig says {' or '.join(source.checksums)}"
    if source.urls:
        target.rename(_bad(target))
        said += f"; set aside as {_bad(target).name}"
    yield said


def _bad(target: Path) -> Path:
    return target.with_name(f"{target.name}.bad")
