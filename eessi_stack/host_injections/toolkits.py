"""Which driver a CUDA toolkit needs, by the table in data/. Pure, but for reading it."""

import re
import tomllib
from enum import Enum
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "nvidia.toml"

Version = tuple[int, ...]


class Support(Enum):
    """What a driver does for a toolkit."""

    FULL = "has all that it needs"
    MINOR = "runs it by CUDA's minor version compatibility"
    NONE = "is too old for it"
    UNKNOWN = "is not known to run it"


def parse(version: str) -> Version:
    """`535.104.05` → (535, 104, 5)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


@cache
def _data() -> dict[str, dict[str, str]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def library_names() -> frozenset[str]:
    return frozenset(_data()["libraries"]["names"])


def needs(cuda: str) -> str:
    """The oldest driver with all that a toolkit can do; empty where nobody said."""
    wanted = parse(cuda)
    rows = _rows()
    same = [row for row in rows if row[0][:2] == wanted[:2]]
    return max((row for row in same if row[0] <= wanted), default=min(same, default=((), "")))[1]


def needs_at_least(cuda: str) -> str:
    """The oldest driver that runs anything of a toolkit's major version; empty where nobody said."""
    return _data()["compatible"].get(str(parse(cuda)[0]), "")


def support(cuda: str, driver: str) -> Support:
    full, least, have = needs(cuda), needs_at_least(cuda), parse(driver)
    if full and have >= parse(full):
        return Support.FULL
    if least and have >= parse(least):
        return Support.MINOR
    return Support.NONE if least else Support.UNKNOWN


def newest(driver: str) -> str:
    """The newest CUDA, without its update, that a driver has all for: `12.2`; empty for a driver older than any."""
    have = parse(driver)
    found = [row[0] for row in _rows() if parse(row[1]) <= have]
    return ".".join(map(str, max(found)[:2])) if found else ""


def _rows() -> list[tuple[Version, str]]:
    return [(parse(cuda), driver) for cuda, driver in _data()["toolkits"].items()]
