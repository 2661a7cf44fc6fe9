"""`eessi-stack host-injections`: what a site adds to a tree for its GPUs: what is there, and make the rest."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from eessi_stack import place
from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.host_injections import examine, links
from eessi_stack.host_injections import install as installing
from eessi_stack.host_injections.examine import Found
from eessi_stack.host_injections.full import SOFTWARE, Full
from eessi_stack.host_injections.item import Item, State, verdict

SIGNS = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "red", State.UNDECIDED: "red"}
LICENCES = {
    "CUDA": "https://docs.nvidia.com/cuda/eula",
    "cuDNN": "https://docs.nvidia.com/deeplearning/cudnn/backend/latest/reference/eula.html",
}
DRIVER = click.option(
    "--driver-libraries",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="where the NVIDIA driver's libraries are, instead of where the host's loader finds them",
)
EASYCONFIGS = click.argument("easyconfigs", nargs=-1, metavar="[EASYCONFIG]...")

_EDGE = 11


@click.group("host-injections")
def host_injections() -> None:
    """Check and install what a site adds to a tree: full CUDA and cuDNN, and links to its GPU driver's libraries."""


@host_injections.command(short_help="Say what of it is there, and what is missing")
@EASYCONFIGS
@DRIVER
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("cache-dir")
@click.pass_context
def check(
    context: click.Context,
    *,
    settings: Settings,
    easyconfigs: tuple[str, ...],
    driver_libraries: Path | None,
    as_json: bool,
) -> None:
    """Say what of it is there, and whether it is what the tree's modules need, and those of EASYCONFIGs to be built."""
    here = place.find(settings)
    if not as_json:
        output.message(f"target {here.target}: {here.why}")
    items = tuple(examine.items(examine.look(here, driver_libraries, easyconfigs)))
    if as_json:
        output.result(json.dumps(document(str(here.target), items), indent=2))
    else:
        output.result("\n".join(text(items, output.width())))
    context.exit(verdict(items))


def _licences(_: click.Context, __: click.Parameter, values: Sequence[str]) -> frozenset[str]:
    """`CUDA,cuDNN`, in any case of letters."""
    known = {name.lower(): name for name in SOFTWARE}
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    if unknown := [name for name in names if name.lower() not in known]:
        raise click.BadParameter(f"{unknown[0]} is none of {', '.join(SOFTWARE)}")
    return frozenset(known[name.lower()] for name in names)


@host_injections.command(short_help="Link and install what is missing")
@EASYCONFIGS
@click.option(
    "--accept-eula",
    "accepted",
    multiple=True,
    callback=_licences,
    metavar="NAMES",
    help="whose licence you have read and accept: CUDA, cuDNN or both, with a comma; nothing else is installed",
)
@DRIVER
@settings_options("work-dir", "sources", "robot-paths", "cores", "timeout", "lmod", "cache-dir")
@click.pass_context
def install(
    context: click.Context,
    *,
    settings: Settings,
    easyconfigs: tuple[str, ...],
    accepted: frozenset[str],
    driver_libraries: Path | None,
) -> None:
    """Link the driver's libraries, and install in full what the tree has of CUDA and cuDNN in part.

    EASYCONFIGs name what the tree is to have: what it ships of them passes its sanity check only when the rest is here.
    """
    here = place.find(settings)
    output.message(f"target {here.target}: {here.why}")
    found = examine.look(here, driver_libraries, easyconfigs)
    link(found)
    lacking = installing.missing(found.full)
    for outcome in installing.install(lacking, here, accepted, phase):
        output.result("\n".join(ended(outcome.step.package.module, outcome.cause, outcome.log, good=outcome.good)))
    refused = [one for one in lacking if one.name not in accepted]
    for name in dict.fromkeys(one.name for one in refused):
        output.error(_refused(name, [one.module for one in refused if one.name == name]))
    after = examine.look(here, driver_libraries, easyconfigs)
    items = [item for item in examine.items(after) if after.driver.is_there or item.name not in ("driver", "links")]
    output.result("\n".join(text(items, output.width())))
    if not after.driver.is_there and after.driver.is_needed:
        output.message("what the driver lacks is left out of this: `check` says it")
    context.exit(verdict(items))


def link(found: Found) -> None:
    """Link the driver's libraries where anything is wrong with the links. StackError where that cannot be done."""
    if found.place.compat is None:
        output.message("no compat layer: the host's own loader finds the driver, nothing to link")
    elif not found.is_native or not found.driver.is_there:
        output.message("no NVIDIA driver for the target on this machine: nothing to link")
    elif list(links.wrong(found.home, found.driver)):
        if found.home.problem:
            output.error(StackError("links", found.home.problem))
            return
        try:
            links.link(found.home, found.driver)
        except OSError as error:
            raise StackError(
                "not-writable",
                f"{error.filename2 or error.filename}: {error.strerror}",
                hint="install as the user whom host_injections belongs to; nothing was installed",
            ) from error
        output.result(f"[+] links to {output.count(len(found.driver.links), 'library')} in {found.home.folder}")


def phase(one: Full, doing: str) -> None:
    output.message(f"{one.module}: {doing}")


def ended(module: str, cause: str, log: str, *, good: bool) -> Iterator[str]:
    """What became of one installation."""
    if good:
        yield f"[+] {module}"
        return
    yield f"{click.style('[x]', fg='red')} {module}  {cause}"
    if log:
        yield f"    log: {log}"


def _refused(name: str, modules: Iterable[str]) -> StackError:
    return StackError(
        "eula",
        f"not installed: {', '.join(modules)}: you have not accepted the licence of {name}",
        hint=f"read {LICENCES[name]}; if you accept it, add --accept-eula {name}",
    )


def text(items: Sequence[Item], width: int | None) -> Iterator[str]:
    """A line an item, what to do about it below, and what that comes to."""
    for item in items:
        lead = click.style(f"{item.state:<9}", fg=SIGNS[item.state])
        first, *more = fit(f"{item.name}: {item.message}", width, _EDGE)
        yield f"{lead}  {first}"
        yield from (f"{'':{_EDGE}}{line}" for line in more)
        if item.hint:
            yield from (f"{'':{_EDGE}}{line}" for line in fit(f"hint: {item.hint}", width, _EDGE))
    yield summary(items)


def summary(items: Sequence[Item]) -> str:
    states = [item.state for item in items]
    if verdict(items) is ExitCode.OK:
        warnings = states.count(State.WARNING)
        but = f"; {output.count(warnings, 'warning')}" if warnings else ""
        return f"All is there that the tree needs of this site{but}"
    counts = [f"{states.count(one)} {one}" for one in (State.MISSING, State.UNDECIDED) if one in states]
    return f"{', '.join(counts)} of {output.count(len(items), 'thing')} looked at"


def document(target: str, items: Sequence[Item]) -> dict[str, object]:
    return {
        "format": "eessi-stack-host-injections",
        "version": 1,
        "target": target,
        "proven": verdict(items) is ExitCode.OK,
        "items": [
            {
                "name": one.name,
                "state": one.state,
                "message": one.message,
                "hint": one.hint,
                **({"facts": dict(one.facts)} if one.facts else {}),
            }
            for one in items
        ],
    }
