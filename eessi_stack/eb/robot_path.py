"""Where easyconfigs are found, and all that it rests on. In the reader's process."""

import os
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from easybuild.tools.config import build_option
from easybuild.tools.filetools import PATH_INDEX_FILENAME, create_index, load_index

from eessi_stack.eb.recorder import Recorder
from eessi_stack.eb.store import lookup_folders, lookup_places
from eessi_stack.signature import Kept, kept, signature

_ARCHIVE = "__archive__"


class RobotPath:
    """The folders of EasyBuild's robot path, the easyconfigs in them, and what was looked for there."""

    def __init__(self) -> None:
        self._roots: list[str] = build_option("robot_path") or []
        self.folders = self._roots
        if build_option("consider_archived_easyconfigs"):
            self.folders = [*self._roots, *(f"{root}/{_ARCHIVE}" for root in self._roots)]
        self.by_name: dict[str, str] = {}  #: every easyconfig by its file name
        self.until = 0.0  #: when the index of a folder is no longer valid
        self.lookups: dict[str, str] = {}
        self.watched: dict[str, Kept] = {}

    def read(self, recorder: Recorder | None = None) -> None:
        """Find every easyconfig; the first folder that has one of a name wins, as for `eb`."""
        for root in map(os.path.abspath, self._roots):
            if recorder:
                recorder.read_file(root, content=False)
            self.until = min(filter(None, (self.until, _valid_until(root))), default=0.0)
            index = load_index(root) or (create_index(root) if Path(root).is_dir() else ())
            for relative in sorted(index):
                if relative.endswith(".eb"):
                    self.by_name.setdefault(relative.rpartition("/")[2], f"{root}/{relative}")

    def no_such(self, filename: str) -> str:
        near = self.nearest(filename)
        return f"no easyconfig {filename} in the robot path" + (f"; did you mean {near}?" if near else "")

    def nearest(self, filename: str) -> str:
        """What one may have meant who wrote that; nothing where nothing is alike."""
        same = {name.lower(): name for name in self.by_name if name[:3].lower() == filename[:3].lower()}
        near = get_close_matches(filename.lower(), same, n=1)
        return same[near[0]] if near else ""

    def look_up(self, key: str, find: Callable[[], str | None]) -> str:
        """What a name leads to. It rests on the folders, and on what links that are looked at lead to."""
        if key not in self.lookups:
            for folder in lookup_folders(self.folders, key):
                self._watch(folder)
            for place in lookup_places(self.folders, key):
                if os.path.islink(place):  # noqa: PTH114 (called for thousands of places)
                    self._watch(place)
            self.lookups[key] = find() or ""
        return self.lookups[key]

    def _watch(self, path: str) -> None:
        if path not in self.watched:
            self.watched[path] = kept(signature(path))


def _valid_until(root: str) -> float:
    """When EasyBuild will not believe the index of a robot path any more; 0 where there is none."""
    try:
        with Path(root, PATH_INDEX_FILENAME).open(encoding="utf-8") as index:
            found = next((line.partition(": ")[2].strip() for line in index if line.startswith("# valid until: ")), "")
        return datetime.fromisoformat(found).timestamp()
    except (OSError, ValueError, OverflowError):
        return 0.0
