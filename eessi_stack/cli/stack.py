"""What every command that takes easystacks does first: find them, read them, say where it works."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from eessi_stack import flow, place, target
from eessi_stack.cli import output
from eessi_stack.config import Settings, shipped
from eessi_stack.easystack import files
from eessi_stack.errors import StackError, StackErrors
from eessi_stack.kept import PutBack
from eessi_stack.model import Stack


def load(names: Sequence[str], settings: Settings, *, makes: bool = False) -> tuple[Stack, place.Place]:
    """The stack, and the one target to work on; `makes`: what is not there yet will be."""
    stack = _read(names, settings)
    found = place.find(settings, stack)
    if not makes:
        warn([found])
    _say_where([found])
    return stack, found


def load_for_all(
    names: Sequence[str], settings: Settings, *, every_target: bool
) -> tuple[Stack, tuple[place.Place, ...]]:
    """The stack, and all targets that are asked for."""
    stack = _read(names, settings)
    found = place.find_all(settings, stack, every_target=every_target)
    warn(found)
    _say_where(found)
    return stack, found


def warn(found: Sequence[place.Place]) -> None:
    """Say what was asked for by name and is nowhere: the repository, targets that the EESSI version does not have."""
    tree, origins = found[0].tree, found[0].settings.origins
    if origins["repo"] != "default" and not tree.repo.is_dir():
        output.message(f"warning: {tree.repo}, from {origins['repo']}, does not exist: it counts as an empty tree")
    for one in found:
        if target.is_foreign(one.target, tree.version) and not tree.prefix(one.target).is_dir():
            output.message(
                f"warning: EESSI {tree.version} does not have the target {one.target}: it would be a site's own"
            )


def _read(names: Sequence[str], settings: Settings) -> Stack:
    return files.read(find_all(names), cache_dir=settings.cache_dir)


def _say_where(found: Sequence[place.Place]) -> None:
    if chosen := "; ".join(_chosen(found)):
        output.message(chosen)
    for one in flow.put_back(found):
        output.message(f"{one.module}: its rebuild was cut off; what was there before is {_where(one)}")


def _chosen(found: Sequence[place.Place]) -> Iterator[str]:
    """What was chosen without being asked for on the command line."""
    if len(found) == 1 and found[0].why != "from --target":
        yield f"target {found[0].target}: {found[0].why}"
    yield from dict.fromkeys(note for one in found for note in one.notes)


def _where(one: PutBack) -> str:
    if not one.problem:
        return "in its place again"
    return f"in {one.where} and cannot be put back ({one.problem}): the next command of who may write there does it"


def find_all(names: Sequence[str]) -> list[Path]:
    """The easystacks of these names; StackErrors with all that is wrong, also in those that are there."""
    paths, errors = [], []
    for name in names:
        try:
            paths.append(find(name))
        except StackError as error:
            errors.append(error)
    if errors:
        try:
            files.read(paths)
        except StackErrors as several:
            errors += [error for error in several.errors if error.reference != "easystack-none"]
        raise StackErrors(tuple(errors))
    return paths


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
    ours = sorted(entry.stem for entry in folder.glob("*.yml"))
    near = get_close_matches(name, [*(entry.name for entry in Path().glob("*.y*ml")), *ours], n=1)
    raise StackError(
        "easystack-unreadable",
        f"{name}: no such file, and no easystack of that name comes with eessi-stack",
        hint=f"did you mean `{near[0]}`?" if near else f"it comes with {' and '.join(ours)}",
    )
