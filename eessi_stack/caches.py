"""The Lmod caches of the places where a command works: one a CPU target, checked and made anew."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eessi_stack import intent, prefixes
from eessi_stack.eb import environment
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.lmod import check, reader
from eessi_stack.lmod.check import Report
from eessi_stack.lmod.home import Home
from eessi_stack.model import Target
from eessi_stack.place import Place

if TYPE_CHECKING:  # `check` does without
    from eessi_stack.lmod.update import Updated

#: Of EasyBuild's environment, what Lmod's own tool must not get.
_NOT_FOR_LMOD = ("EASYBUILD_", "MODULERC", "PYTHON")


def homes(places: Sequence[Place]) -> tuple[Home, ...]:
    """The CPU targets of the places, each with the modules of all its accelerators: one cache is for all of them."""
    there = prefixes.in_tree(places[0].tree)
    found = {}
    for place in places:
        cpu = place.target.cpu_only
        beside = [one for one in there if one.cpu == cpu.cpu and one.accelerator]
        found[cpu] = Home(
            target=cpu,
            tree=place.tree,
            layers=tuple(place.tree.modules(one) for one in (cpu, *beside)),
            has_compat=place.compat is not None,
        )
    return tuple(found.values())


def find_lmod(place: Place) -> Path:
    """The Lmod to ask: the one named, else that of this machine's compat layer, else its own. StackError (exit 3)."""
    compat = place.tree.compat(Target(cpu=place.runs[0])) if place.runs else None
    if found := environment.find_lmod(place.settings.lmod, compat):
        return found
    raise StackError(
        "lmod-absent",
        "no Lmod: what it makes of its caches cannot be told",
        hint="install it, or name its command (libexec/lmod) by --lmod",
        exit_code=ExitCode.UNDECIDED,
    )


def checked(places: Sequence[Place]) -> tuple[Report, ...]:
    """What is wrong with the caches of these places. StackError, exit code 3, where no Lmod can be asked."""
    found = homes(places)
    answers = reader.read(find_lmod(places[0]), found)
    return tuple(check.check(home, answers, _incomplete(home)) for home in found)


def _incomplete(home: Home) -> frozenset[str]:
    """The modules that are being built, or whose build was cut off: their files may be there already."""
    return frozenset(module for layer in home.layers for module in intent.marks(layer.parents[1]))


def updated(places: Sequence[Place], say: Callable[[str], Any] = lambda _: None) -> Iterator["Updated"]:
    """Make the caches of these places anew, each as soon as it is done; one that fails keeps none from it.

    StackError, exit code 3, where there is no Lmod.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (slow to import, as the other)

    from eessi_stack.lmod import update as making  # noqa: PLC0415

    command = find_lmod(places[0])
    reader.check(command)
    by_cpu = {place.target.cpu_only: place for place in places}
    lmods = {cpu: making.Lmod(command=command, environment=_for_lmod(place)) for cpu, place in by_cpu.items()}
    pool = ThreadPoolExecutor(places[0].settings.cores)
    try:
        yield from pool.map(lambda home: making.update(home, lmods[home.target], say), homes(places))
    finally:
        pool.shutdown(cancel_futures=True)


def update(place: Place, say: Callable[[str], Any] = lambda _: None) -> "Updated":
    """Make the cache of one place anew, as `install` does where it has changed something."""
    return next(updated([place], say))


def _for_lmod(place: Place) -> dict[str, str]:
    return {name: value for name, value in place.environment.items() if not name.startswith(_NOT_FOR_LMOD)}
