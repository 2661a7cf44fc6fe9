"""What every command that takes easystacks does first: find them, read them, say where it works."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from eessi_stack import easystack, place
from eessi_stack.cli import output
from eessi_stack.config import Settings, shipped
from eessi_stack.errors import StackError
from eessi_stack.model import Stack


def load(names: Sequence[str], settings: Settings) -> tuple[Stack, place.Place]:
    stack = easystack.read([find(name) for name in names])
    found = place.find(settings, stack)
    for note in found.notes:
        output.message(note)
    return stack, found


def find(name: str) -> Path:
    """A file or folder of that name, else the easystack that eessi-stack ships under it (`demo`, `2023.04`)."""
    path = Path(name)
    if path.exists() or "/" in name:
        return path
    return _shipped(name)


def _shipped(name: str) -> Path:
    folder = shipped("easystacks")
    for candidate in (folder / name, folder / f"{name}.yml"):
        if candidate.is_file():
            return candidate.relative_to(Path.cwd()) if candidate.is_relative_to(Path.cwd()) else candidate
    here = [entry.name for entry in Path().glob("*.y*ml")]
    known = [*here, *(entry.stem for entry in folder.glob("*.yml"))]
    near = get_close_matches(name, known, n=1)
    raise StackError(
        "easystack-unreadable",
        f"{name}: no such file, and no easystack of that name comes with eessi-stack",
        hint=f"did you mean `{near[0]}`?" if near else f"it comes with {', '.join(sorted(known))}",
    )
