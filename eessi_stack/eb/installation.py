"""One module of a prefix on disk: its directory, its module files, EasyBuild's lock on it."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eessi_stack import module_text
from eessi_stack.model import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where a module's installation is in its prefix, whether it is there or not."""

    prefix: Path
    module: str

    @property
    def folder(self) -> Path:
        return self.prefix / "software" / self.module

    @property
    def module_file(self) -> Path | None:
        return module_file(self.prefix / "modules" / "all" / self.module)

    @property
    def is_there(self) -> bool:
        """Whether it can be loaded: a module file says something, or it is an alias, as wrappers are."""
        return is_written(self.module_file) or self._is_alias

    @property
    def _is_alias(self) -> bool:
        folder = self.prefix / "modules" / "all" / self.module.rpartition("/")[0]
        files = (path for name in (".modulerc.lua", ".modulerc") if (path := folder / name).is_file())
        return any(self.module in _aliases(path, self.module) for path in files)

    @property
    def lock(self) -> Path:
        """EasyBuild's own lock: an empty directory, without an owner."""
        return self.prefix / "software" / ".locks" / f"{str(self.folder).replace('/', '_')}.lock"

    def clear(self, *, installed: bool = True) -> None:
        """Take away what an unfinished build of ours left: module file, its links, directory, EasyBuild's lock.

        The caller holds the module's intent mark, and knows that no other EasyBuild had a lock when the build began.
        `installed` is whether the directory is the build's own.
        """
        for path in self.module_files():
            path.unlink()
        if installed and self.folder.is_dir() and not self.folder.is_symlink():
            remove_tree(self.folder)
        self.unlock()

    def unlock(self) -> None:
        """Take away EasyBuild's lock, with the same knowledge."""
        if self.lock.is_dir():
            shutil.rmtree(self.lock)

    def module_files(self) -> Iterator[Path]:
        """The module file and the links to it, one in the folder of its category."""
        modules = self.prefix / "modules"
        for category in sorted(modules.iterdir()) if modules.is_dir() else ():
            for name in (f"{self.module}.lua", self.module):
                path = category / name
                if path.is_symlink() or path.is_file():
                    yield path


def module_file(base: Path) -> Path | None:
    """The module file of a name without suffix, in Lua or Tcl."""
    return next((path for path in (base.with_name(f"{base.name}.lua"), base) if path.is_file()), None)


def is_written(path: Path | None) -> bool:
    """Whether a module file says something: a full disk or a power cut leaves an empty one, or one of zeros."""
    return path is not None and bool(path.read_bytes().strip(b"\0 \t\r\n"))


def _aliases(path: Path, module: str) -> dict[str, str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    return module_text.aliases(text, f"{module.rpartition('/')[0]}/{path.name}")


def of(step: Step) -> Installation:
    """Where a step installs."""
    return Installation(prefix=step.prefix, module=step.package.module)


def age(path: Path) -> str:
    """How old something is, in words."""
    minutes = (time.time() - path.stat().st_mtime) / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"  # noqa: PLR2004 (two hours)


def remove_tree(folder: Path) -> None:
    """Remove a directory whose parts may be read-only, as installations are; of a link to one, the link alone."""
    if folder.is_symlink():
        folder.unlink()
        return
    for path, _, _ in os.walk(folder):
        Path(path).chmod(stat.S_IRWXU)
    shutil.rmtree(folder)
