"""Where a rebuild keeps the module file of what it replaces: as long as it is there, the old installation counts."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(".eessi-stack") / "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What became of an old installation whose rebuild was cut off."""

    module: str
    problem: str = ""  #: why it could not be put back
    where: Path = Path()  #: where it lies then


def place(prefix: Path, module: str) -> Path:
    """Where it is kept, without its suffix."""
    return prefix / FOLDER / quote(module, safe="")


def find(prefix: Path, module: str) -> Path | None:
    """The module file that is to be put back, unless the rebuild ends well."""
    base = place(prefix, module)
    return next((path for path in (base.with_name(f"{base.name}.lua"), base) if path.is_file()), None)
