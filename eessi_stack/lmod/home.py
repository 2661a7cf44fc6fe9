"""Where Lmod's files of a CPU target are. One cache is for it and all its accelerators. Pure."""

from dataclasses import dataclass
from pathlib import Path

from eessi_stack.lmod import site
from eessi_stack.model import Target, Tree

#: What eessi-stack notes of a cache that it made: what the module files were like.
RECORD = "modules.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A CPU target, and the modules directories that its cache is for."""

    target: Target
    tree: Tree
    layers: tuple[Path, ...]  #: that of the CPU first
    has_compat: bool = False

    @property
    def folder(self) -> Path:
        return self.tree.prefix(self.target) / ".lmod"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def lmodrc(self) -> Path:
        return self.folder / "lmodrc.lua"

    @property
    def site_package(self) -> Path:
        return self.folder / "SitePackage.lua"

    @property
    def texts(self) -> dict[Path, str]:
        """What the two files that tell Lmod of the target should hold."""
        return {
            self.lmodrc: site.lmodrc(self.cache),
            self.site_package: site.site_package(self.tree, self.target, has_compat=self.has_compat),
        }
