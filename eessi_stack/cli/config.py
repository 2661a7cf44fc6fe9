"""`eessi-stack config`: what is in force, and where each value comes from."""

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import click

from eessi_stack import place
from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.eb import environment, options
from eessi_stack.settings import OPTIONS, written

EVERYTHING = tuple(option.name for option in OPTIONS)

#: Settings that people write with a unit.
AMOUNTS = ("memory", "timeout")

#: Where a value starts.
_EDGE = 15

#: The variables that plain `eb` needs to see the tree as eessi-stack does.
FOR_EB = ("EASYBUILD_", "EESSI_", "EPREFIX")


@click.command()
@click.option("--easybuild", is_flag=True, help="the same configuration for plain `eb`, as shell exports")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options(*EVERYTHING)
def config(*, settings: Settings, easybuild: bool, as_json: bool) -> None:
    """Show the settings in force and where each comes from."""
    here = place.find(settings)
    if easybuild:
        own = {
            "EASYBUILD_MODULES_TOOL": "Lmod",
            "EASYBUILD_INSTALLPATH": str(here.tree.prefix(here.target)),
            "EASYBUILD_PREFIX": str(settings.work_dir / options.folder_of(here.tree.prefix(here.target))),
            "EASYBUILD_SOURCEPATH": str(settings.sources),
            "MODULEPATH": os.pathsep.join(str(layer) for layer in here.layers),
        }
        if lmod := environment.find_lmod(settings.lmod, here.compat):
            own["LMOD_CMD"] = str(lmod)
        chosen = {name: value for name, value in here.environment.items() if _is_for_eb(name)} | own
        for name, value in sorted(chosen.items()):
            output.result(f"export {name}={shlex.quote(value)}")
        return
    rows = [in_force(settings, name, here) for name in EVERYTHING]
    if as_json:
        values = {name: {"value": value, "from": origin} for name, value, origin in rows}
        output.result(json.dumps({"format": "eessi-stack-config", "version": 1, "settings": values}, indent=2))
        return
    readable = [(name, _readable(settings, name) or value or "-", origin) for name, value, origin in rows]
    output.result("\n".join(lines(readable, output.width())))


def lines(rows: Sequence[tuple[str, str, str]], width: int | None) -> Iterator[str]:
    """A setting a line; on a terminal where it would not fit, its origin stands below."""
    for name, value, origin in rows:
        line = f"{name:<14} {value:<50} {origin}"
        if width is None or len(line) <= width:
            yield line
            continue
        first, *more = fit(value, width, _EDGE)
        yield f"{name:<14} {first}"
        yield from (f"{'':<{_EDGE}}{part}" for part in (*more, *fit(f"from {origin}", width, _EDGE)))


def _readable(settings: Settings, name: str) -> str:
    """Of amounts and times, how one would write them."""
    value = getattr(settings, name) if name in AMOUNTS else None
    return written(name, value) if value is not None else ""


def _is_for_eb(name: str) -> bool:
    return name.startswith(FOR_EB) and not name.startswith("EESSI_STACK_")


def in_force(settings: Settings, name: str, here: place.Place) -> tuple[str, str, str]:
    """A setting, its value, and where that comes from: also what was chosen because nobody said."""
    value, origin = shown(settings, name), settings.origins[name]
    chosen = {
        "eessi-version": (here.tree.version, "the newest in the tree, or the easystack's"),
        "target": (here.target.cpu, here.why),
        "lmod": (str(environment.find_lmod(None, here.compat) or ""), "found"),
    }
    if not value and name in chosen:
        value, origin = chosen[name]
    return name, value, origin


def shown(settings: Settings, name: str) -> str:
    """A setting as it would be written."""
    fields = {"target": "targets", "accel": "accelerator"}
    value: Any = getattr(settings, fields.get(name, name.replace("-", "_")))
    if isinstance(value, tuple):
        return (":" if name == "robot-paths" else ",").join(str(part) for part in value)
    return "" if value is None else str(value)
