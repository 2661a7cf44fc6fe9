"""Rebuild an installation and lose neither it nor the new one: the old one is kept until the new one is complete.

What is installed has its path in it, so the new one must be built where the old one is. Where bubblewrap works, it is
built in a folder that is mounted there, for EasyBuild alone: others use the old one meanwhile, and both change places
at the end. Elsewhere the old one is moved aside first. EasyBuild's own `--bwrap` starts itself anew and leaves the
moving to whoever called it, so we call bubblewrap around EasyBuild ourselves.

One file says what holds: while the old module file lies in `kept`, the old installation is the one that counts, and
`restore` puts it back. It is taken there before anything is moved, and removed when the new one is complete.
"""

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from eessi_stack import kept
from eessi_stack.eb.installation import Installation, module_file, remove_tree
from eessi_stack.eb.options import variable

FOLDER = Path(".eessi-stack")
_PROBE = ("bwrap", "--dev-bind", "/", "/", "--bind", "/tmp", "/tmp", "--", "true")  # noqa: S108 (any folder does)
_PROBE_TIMEOUT = 10  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """The places of a rebuild; the old and the new folder are beside the installation, so that a rename moves them."""

    installation: Installation

    @property
    def kept(self) -> Path:
        """Where the old module file is kept, without its suffix."""
        return kept.place(self.installation.prefix, self.installation.module)

    def kept_file(self) -> Path | None:
        return kept.find(self.installation.prefix, self.installation.module)

    @property
    def old(self) -> Path:
        return self._beside("old")

    @property
    def new(self) -> Path:
        return self._beside("new")

    @property
    def new_modules(self) -> Path:
        return self.installation.prefix / FOLDER / "new" / quote(self.installation.module, safe="")

    def _beside(self, what: str) -> Path:
        folder = self.installation.folder
        return folder.with_name(f".{folder.name}.eessi-stack-{what}")

    def stage(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """Make room for the new one; the words before EasyBuild's command, and what it is told besides."""
        self.installation.folder.mkdir(parents=True, exist_ok=True)
        with _writable(self.new.parent):
            self.new.mkdir()
        self.new_modules.mkdir(parents=True)
        ways = (os.path.realpath(self.new), os.path.realpath(self.installation.folder))  # bubblewrap follows no links
        words = ("bwrap", "--dev-bind", "/", "/", "--bind", *ways, "--")
        return words, {variable("installpath-modules"): str(self.new_modules)}

    @property
    def new_module_file(self) -> Path | None:
        return module_file(self.new_modules / "all" / self.installation.module)

    def set_aside(self) -> None:
        """Take the old one out of the way, the module file first: nobody loads what is being moved."""
        current = self.installation.module_file
        assert current
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        folder = self.installation.folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _writable(folder.parent):
            current.rename(self.kept.with_name(f"{self.kept.name}{_suffix(current)}"))
            if folder.is_dir():
                move(folder, self.old)
            else:
                self.old.mkdir()

    def swap(self) -> None:
        """Put the staged new one in the place of the old one."""
        self.set_aside()
        with _writable(self.new.parent):
            self.new.rename(self.installation.folder)
        self._publish()
        self.commit()

    def _publish(self) -> None:
        """The new module files to their final place: the links of the categories first, what is loaded last."""
        modules = self.installation.prefix / "modules"
        staged = [path for path in self.new_modules.rglob("*") if path.is_file() or path.is_symlink()]
        for path in sorted(staged, key=lambda path: not path.is_symlink()):
            target = modules / path.relative_to(self.new_modules)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                final = str(path.readlink()).replace(str(self.new_modules), str(modules))
                path.unlink()
                path.symlink_to(final)
            path.replace(target)

    def commit(self) -> None:
        """From now on the new one counts; the old one is removed."""
        if old := self.kept_file():
            old.unlink()
        self.tidy()

    def restore(self) -> bool:
        """Put the old one back unless it is where it was; whether it had to be. It can be cut off at any point."""
        old = self.kept_file()
        if old:
            self._put_back(old)
        self.tidy()
        return old is not None

    def _put_back(self, old_file: Path) -> None:
        folder = self.installation.folder
        if new := self.installation.module_file:
            new.unlink()
        if self.old.is_dir():
            with _writable(folder.parent):
                if folder.is_dir():
                    remove_tree(folder)
                self.old.rename(folder)
        base = self.installation.prefix / "modules" / "all" / self.installation.module
        old_file.rename(base.with_name(f"{base.name}{_suffix(old_file)}"))

    def tidy(self) -> None:
        """Remove what no longer counts, and the empty folder that stood in for an installation without one."""
        with _writable(self.old.parent):
            for folder in (self.old, self._beside("old.part"), self.new, self.new_modules):
                if folder.is_dir():
                    remove_tree(folder)
            with suppress(OSError):
                self.installation.folder.rmdir()


def _suffix(path: Path) -> str:
    return ".lua" if path.name.endswith(".lua") else ""


def move(folder: Path, to: Path) -> None:
    """Rename a folder; where it comes from a lower layer of an overlay, which cannot be, copy it first."""
    try:
        folder.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = to.with_name(f"{to.name}.part")
        if part.is_dir():
            remove_tree(part)
        shutil.copytree(folder, part, symlinks=True)
        part.rename(to)
        remove_tree(folder)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """A folder that its owner has made read-only can be written to meanwhile."""
    if os.access(folder, os.W_OK) or not folder.is_dir():
        yield
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(mode | stat.S_IWUSR)
    try:
        yield
    finally:
        folder.chmod(mode)


@cache
def can_stage() -> bool:
    """Whether bubblewrap is there and may mount: in most containers it may not."""
    try:
        return subprocess.run(_PROBE, capture_output=True, check=False, timeout=_PROBE_TIMEOUT).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
