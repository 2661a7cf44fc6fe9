"""`eessi-stack diff`: what two targets, versions or saved states do not share."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from eessi_stack import contents, place
from eessi_stack.cli import complete, output, stack
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.differ import Difference, Pair, Side, difference
from eessi_stack.easystack import files
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Exclusion
from eessi_stack.observe import Observer


@click.command()
@click.argument("first", metavar="A", shell_complete=complete.sides)
@click.argument("second", metavar="B", shell_complete=complete.sides)
@click.option("--stack", "easystacks", multiple=True, metavar="EASYSTACK", help="what it excludes does not count")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("cache-dir")
@click.pass_context
def diff(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    first: str,
    second: str,
    easystacks: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what A and B do not share: modules, their versions, their extensions.

    Each is a target (`x86_64/amd/zen3`, with `/accel/nvidia/cc90` for an accelerator), a version of the tree
    (`2023.06`), or a file that `eessi-stack status --json` printed.
    """
    exclusions = _exclusions(stack.find_all(easystacks), settings)
    observer = Observer(settings.cache_dir)
    sides = [_live(name, settings, observer) for name in (first, second)]
    named = next((str(side.target) for side in sides if side), place.find(settings).target)
    one, other = (
        side or contents.saved(Path(name), str(named)) for side, name in zip(sides, (first, second), strict=True)
    )
    found = difference(one, other, exclusions)
    if as_json:
        output.result(json.dumps(document(one, other, found), indent=2))
    else:
        output.result("\n".join(text(one, other, found, output.width())))
    context.exit(verdict(one, other, found))


def _exclusions(easystacks: Sequence[Path], settings: Settings) -> tuple[Exclusion, ...]:
    """What easystacks leave out; known issues alone will do."""
    found, errors = files.scan(easystacks, cache_dir=settings.cache_dir)
    if errors:
        raise StackErrors(errors)
    return files.merge(one.stack for one in found).exclusions


def _live(name: str, settings: Settings, observer: Observer) -> Side | None:
    """A side that is in the tree now; None for a file."""
    if Path(name).is_file():
        return None
    if Path(name).name == name and (settings.repo / "versions" / name).is_dir():
        here = place.find(replace(settings, eessi_version=name))
    else:
        _check(name, settings)
        origins = {**settings.origins, "target": "diff"}
        asked = settings.accelerator if settings.origins["accel"] == "--accel" and "/accel/" not in name else None
        here = place.find(replace(settings, targets=(name,), accelerator=asked, origins=origins))
        name = str(here.target) if asked else name
    return contents.look(here, observer, name)


def _check(name: str, settings: Settings) -> None:
    """StackError for what looks like a file or a version, and is not there."""
    path = Path(name)
    if re.fullmatch(r"\d+\.\d+", name):
        raise StackError("version-absent", f"there is no version {name} in {settings.repo / 'versions'}")
    if path.exists() or path.is_absolute() or path.suffix == ".json":
        what = "not a file" if path.exists() else "no such file"
        raise StackError("status-absent", f"{name}: {what}", hint="name one that `eessi-stack status --json` printed")


def verdict(one: Side, other: Side, found: Difference) -> ExitCode:
    """Of two that have nothing nobody can say whether they are the same."""
    if not (one.modules or other.modules):
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if found.count or not (one.modules and other.modules) else ExitCode.OK


def text(one: Side, other: Side, found: Difference, width: int | None) -> Iterator[str]:
    if one.modules and other.modules:
        yield from _differences(one, other, found, width)
    yield summary(one, other, found)


def _differences(one: Side, other: Side, found: Difference, width: int | None) -> Iterator[str]:
    for side, modules in ((one, found.first), (other, found.second)):
        if modules:
            yield f"only in {side.label} ({len(modules)} of {len(side.modules)}):"
            yield from (f"  {module}" for module in modules)
            yield ""
    for title, pairs in (("versions", found.versions), ("extensions", found.extensions)):
        if pairs:
            yield f"{title} that differ ({len(pairs)}):"
            for pair in pairs:
                yield from _pair(pair, (one.label, other.label), width)
            yield ""
    if found.left_out:
        yield f"left out on purpose, which does not count ({len(found.left_out)}):"
        for left in found.left_out:
            yield from _folded(f"{left.module}, not in {left.side}: {left.reason}", 2, width)
        yield ""


def _pair(pair: Pair, labels: Sequence[str], width: int | None) -> Iterator[str]:
    yield f"  {pair.name}"
    for label, names in zip(labels, (pair.first, pair.second), strict=True):
        if names:
            yield from _folded(f"{label}: {', '.join(names)}", 4, width)


def _folded(line: str, indent: int, width: int | None) -> Iterator[str]:
    first, *more = fit(line, width, indent + 4)
    yield f"{'':{indent}}{first}"
    yield from (f"{'':{indent + 4}}{part}" for part in more)


def summary(one: Side, other: Side, found: Difference) -> str:
    both = f"{one.label} and {other.label}"
    if empty := nothing(one, other):
        return empty
    if found.count:
        return f"{output.count(found.count, 'difference')} between {both}"
    return f"No differences between {both} ({output.count(len(one.modules), 'module')})"


def nothing(one: Side, other: Side) -> str:
    """Why there is nothing to compare, where that is so."""
    empty = [side.label for side in (one, other) if not side.modules]
    if not empty:
        return ""
    have = "has" if len(empty) == 1 else "both have"
    return f"{' and '.join(empty)} {have} no modules: there is nothing to compare"


def document(one: Side, other: Side, found: Difference) -> dict[str, object]:
    return {
        "format": "eessi-stack-diff",
        "version": 1,
        "same": verdict(one, other, found) is ExitCode.OK,
        "problem": nothing(one, other),
        "sides": [
            {"name": side.label, "target": str(side.target), "modules": len(side.modules)} for side in (one, other)
        ],
        "only": [list(found.first), list(found.second)],
        "versions": [{"name": pair.name, "only": [list(pair.first), list(pair.second)]} for pair in found.versions],
        "extensions": [
            {"module": pair.name, "only": [list(pair.first), list(pair.second)]} for pair in found.extensions
        ],
        "left_out": [{"module": left.module, "side": left.side, "reason": left.reason} for left in found.left_out],
    }
