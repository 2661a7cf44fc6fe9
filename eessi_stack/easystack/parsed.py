"""Easystacks as parsed on recent runs, kept by what is in them: YAML is read only where a file is new or changed."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from eessi_stack import stored
from eessi_stack.easystack.sheet import Sheet

FILENAME = "easystacks.json"

#: How many easystacks are kept, or as many as one run reads; EESSI has some four hundred.
MAX_SHEETS = 1000

#: The code and data that decide what a text means: where they change, nothing kept is believed.
MEANING = (
    "data/targets.toml",
    "easystack/document.py",
    "easybuild_options.py",
    "easystack/selector.py",
    "easystack/sheet.py",
    "easystack/yaml_composer.py",
    "easystack/yaml_exclusions.py",
    "easystack/yaml_nodes.py",
)

_PACKAGE = Path(__file__).parents[1]


class Sheets:
    """The sheets of recent runs. Without a folder to keep them in there are none, and nothing is kept."""

    def __init__(self, folder: Path | None, options: Mapping[str, str]) -> None:
        self._path = folder / FILENAME if folder else None
        self._schema = schema(options) if folder else ""
        self._kept: dict[str, Any] = (stored.load(self._path, self._schema) or {}) if self._path else {}
        self._used: dict[str, Any] = {}
        self._is_new = False

    def find(self, content: bytes) -> Sheet | None:
        """What a file of this content says."""
        key = _digest(content) if self._kept else ""
        if key not in self._kept:
            return None
        self._used[key] = self._kept[key]
        return Sheet(**self._kept[key])

    def add(self, content: bytes, sheet: Sheet) -> None:
        if self._path:
            self._used[_digest(content)] = {name: getattr(sheet, name) for name in Sheet.__slots__}
            self._is_new = True

    def save(self) -> None:
        """Keep what this run used, and as many as there is room for of the others, the last used first."""
        if self._path and self._is_new:
            newest_first = list((self._used | self._kept).items())
            stored.save(self._path, self._schema, dict(newest_first[: max(MAX_SHEETS, len(self._used))]))


def schema(options: Mapping[str, str]) -> str:
    digest = blake2b(repr(sorted(options.items())).encode(), digest_size=16)
    for name in MEANING:
        digest.update((_PACKAGE / name).read_bytes())
    return f"eessi-stack-easystacks {digest.hexdigest()}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
