"""Which file system a path is on, as the kernel says."""

import re
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    point: Path
    kind: str  #: `ext4`, `overlay`, `fuse`
    upper: Path | None = None  #: where what is written to an overlay lands


def mount_of(path: Path) -> Mount | None:
    """The mount that a path is on; None where the kernel does not say."""
    try:
        return find(MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"), path.resolve())
    except OSError:
        return None


def find(table: str, path: Path) -> Mount | None:
    """The last mount of a table whose point the path is at or below, the deepest one."""
    mounts = [mount for line in table.splitlines() if (mount := _parse(line)) and path.is_relative_to(mount.point)]
    return max(reversed(mounts), key=lambda mount: len(mount.point.parts), default=None)


def _parse(line: str) -> Mount | None:
    left, separator, right = line.partition(" - ")
    fields, rest = left.split(), right.split()
    if not separator or len(fields) < 5 or len(rest) < 3:  # noqa: PLR2004 (proc(5))
        return None
    options = dict(option.partition("=")[::2] for option in rest[2].split(","))
    upper = options.get("upperdir")
    return Mount(point=Path(_plain(fields[4])), kind=rest[0], upper=Path(_plain(upper)) if upper else None)


def _plain(text: str) -> str:
    """Blanks and the like are octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
