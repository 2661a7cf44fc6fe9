"""Other places that have a source with the same sha256: PyPI through pip, Debian's archive by its index."""

import lzma
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from eessi_stack.eb import supervise

Place = tuple[str, Callable[[Path], None]]

DEBIAN = "http://deb.debian.org/debian"  # what it serves is checked by sha256, so plain HTTP is enough
SUITES = ("trixie", "bookworm", "bullseye", "sid")
_INDEX_AGE = 7 * 24 * 3600  # seconds for which an index is fresh enough

_PYPI_HOSTS = ("pypi.python.org", "pypi.io", "pypi.org", "files.pythonhosted.org")
_SDIST = re.compile(r"^(?P<name>.+)-(?P<version>[^-]+)\.(?:tar\.gz|tar\.bz2|tar\.xz|zip|tgz)$")
_WHEEL = re.compile(r"^(?P<name>[^-]+)-(?P<version>[^-]+)-.+\.whl$")


class Mirrors:
    """The places to try when EasyBuild's own URLs do not have a file."""

    def __init__(self, cache: Path, debian: str = DEBIAN) -> None:
        self._cache = cache
        self._debian = debian
        self._lock = threading.Lock()
        self._by_sha256: dict[str, dict[str, str]] = {}  #: suite → sha256 → path below the archive

    def places(self, name: str, urls: Sequence[str], checksums: Sequence[str]) -> list[Place]:
        found: list[Place] = []
        if any(host in url for url in urls for host in _PYPI_HOSTS) and (requirement := _requirement(name)):
            found.append((f"PyPI ({requirement})", lambda part: pip_download(requirement, name, part)))
        found.append(("Debian's archive", lambda part: self._from_debian(checksums, part)))
        return found

    def _from_debian(self, checksums: Sequence[str], part: Path) -> None:
        for suite in SUITES:
            index = self._index(suite)
            for checksum in checksums:
                if checksum in index:
                    with urllib.request.urlopen(f"{self._debian}/{index[checksum]}", timeout=60) as reply:  # noqa: S310
                        part.write_bytes(reply.read())
                    return
        raise ValueError("no file with this checksum in its index")

    def _index(self, suite: str) -> dict[str, str]:
        with self._lock:
            if suite not in self._by_sha256:
                self._by_sha256[suite] = self._load_index(suite)
            return self._by_sha256[suite]

    def _load_index(self, suite: str) -> dict[str, str]:
        """The suite's index of sources, kept for a week as one line a file."""
        kept = self._cache / f"debian-{suite}.txt"
        if not kept.is_file() or time.time() - kept.stat().st_mtime > _INDEX_AGE:
            url = f"{self._debian}/dists/{suite}/main/source/Sources.xz"
            with urllib.request.urlopen(url, timeout=60) as reply:  # noqa: S310 (the scheme is DEBIAN's)
                text = lzma.decompress(reply.read()).decode()
            lines = "\n".join(f"{checksum} {path}" for checksum, path in orig_files(text))
            kept.parent.mkdir(parents=True, exist_ok=True)
            part = kept.with_suffix(f".{threading.get_native_id()}")
            part.write_text(lines, encoding="utf-8")
            part.replace(kept)
        return dict(line.split(" ", 1) for line in kept.read_text(encoding="utf-8").splitlines())


def orig_files(index: str) -> list[tuple[str, str]]:
    """(sha256, path) of every upstream tarball that a Debian index of sources lists."""
    found = []
    for paragraph in index.split("\n\n"):
        folder = re.search(r"^Directory: (.+)$", paragraph, re.MULTILINE)
        block = re.search(r"^Checksums-Sha256:\n((?: .+\n?)+)", paragraph, re.MULTILINE)
        if not folder or not block:
            continue
        for line in block.group(1).splitlines():
            checksum, _, name = line.split()
            if ".orig" in name and not name.endswith(".asc"):
                found.append((checksum, f"{folder.group(1)}/{name}"))
    return found


def _requirement(filename: str) -> str | None:
    """`numpy-1.26.4.tar.gz` → `numpy==1.26.4`."""
    match = _WHEEL.match(filename) if filename.endswith(".whl") else _SDIST.match(filename)
    return f"{match['name']}=={match['version']}" if match else None


def pip_download(requirement: str, filename: str, part: Path) -> None:
    """Have pip, with its own configuration of indexes, download one release file."""
    name = requirement.split("==", 1)[0]
    kind = "--only-binary" if filename.endswith(".whl") else "--no-binary"
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps", kind, name]
        done = _watched([*command, "--dest", folder, requirement])
        files = list(Path(folder).iterdir())
        if done.returncode or not files:
            raise ValueError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip found nothing")
        files[0].replace(part)


def _watched(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends when this process does, however it ends."""
    lifeline, held = os.pipe()
    try:
        return subprocess.run(
            [sys.executable, "-I", supervise.__file__, str(lifeline), *command],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            pass_fds=(lifeline,),
        )
    finally:
        os.close(lifeline)
        os.close(held)
