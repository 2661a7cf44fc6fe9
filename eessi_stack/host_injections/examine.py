"""What is there of what a site adds, and what of it a target's modules lack."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.host_injections import driver, full, links, toolkits
from eessi_stack.host_injections.driver import Driver
from eessi_stack.host_injections.full import Full
from eessi_stack.host_injections.item import Item, State
from eessi_stack.host_injections.links import Home
from eessi_stack.host_injections.toolkits import Support
from eessi_stack.observe import Observer
from eessi_stack.place import Place

INSTALL = "eessi-stack host-injections install"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was looked at, on one target."""

    place: Place
    driver: Driver
    home: Home
    full: tuple[Full, ...]

    @property
    def cuda(self) -> tuple[str, ...]:
        """The versions of CUDA in the tree, or on their way there."""
        return tuple(dict.fromkeys(one.module.partition("/")[2] for one in self.full if one.name == "CUDA"))

    @property
    def is_native(self) -> bool:
        """Whether the target is for CPUs like this machine's, so that this machine's driver is the one to look at."""
        return bool(self.place.runs) and self.place.runs[0].startswith(f"{self.place.target.family}/")


def look(place: Place, libraries: Path | None = None, easyconfigs: Iterable[str] = ()) -> Found:
    """Look at everything; `libraries` is a folder with a driver's, in the place of this machine's.

    `easyconfigs` are of what the tree has no part of yet. StackError where one is not of CUDA or cuDNN.
    """
    in_tree = tuple(full.find(place.tree, place.target, Observer(place.settings.cache_dir)))
    asked = [full.named(place.tree, place.target, one) for one in easyconfigs]
    known = {one.module for one in in_tree}
    return Found(
        place=place,
        driver=driver.find(place.target.family, libraries),
        home=links.home(place.tree, place.target),
        full=(*in_tree, *(one for one in asked if one.module not in known)),
    )


def items(found: Found) -> Iterator[Item]:
    """What is true of it, one thing after the other."""
    yield _folder(found)
    yield from driver_items(found)
    for one in found.full:
        yield of_full(one)


def _folder(found: Found) -> Item:
    folder = found.place.tree.host_injections
    facts = {"path": str(folder), "leads_to": os.path.realpath(folder), "writable": _is_writable(folder)}
    wanted = any(one.required for one in found.full)
    said = f"{folder}" if not folder.is_symlink() else f"{folder} leads to {facts['leads_to']}"
    if not folder.is_dir():
        state = State.MISSING if wanted else State.OK
        need = "" if wanted else ", and nothing in the tree needs it"
        hint = f"`{INSTALL}` makes it" if facts["writable"] else "have CVMFS lead it to a folder that you can write to"
        return Item(
            name="host_injections",
            state=state,
            message=f"{said}, which is not there{need}" if folder.is_symlink() else f"no {said}{need}",
            hint=hint if wanted else "",
            facts=facts,
        )
    if facts["writable"]:
        return Item(name="host_injections", state=State.OK, message=f"{said}, which can be written to", facts=facts)
    hint = "install as the user whom it belongs to"
    message = f"{said}, which you cannot write to"
    return Item(name="host_injections", state=State.WARNING, message=message, hint=hint, facts=facts)


def _is_writable(folder: Path) -> bool:
    real = Path(os.path.realpath(folder))
    there = next(path for path in (real, *real.parents) if path.exists())
    return os.access(there, os.W_OK | os.X_OK)


def driver_items(found: Found) -> Iterator[Item]:
    """The driver, each CUDA that it is to run, and the links to it."""
    if not found.is_native:
        message = f"this machine has other CPUs than {found.place.target.family}: its driver says nothing"
        state = State.UNDECIDED if found.cuda else State.OK
        yield Item(name="driver", state=state, message=message, hint="check on a machine that the target is for")
        return
    yield _driver(found)
    if found.driver.version:
        yield from (_support(cuda, found.driver.version) for cuda in found.cuda)
    yield _links(found)


def _driver(found: Found) -> Item:
    one = found.driver
    facts = {"version": one.version, "cuda": toolkits.newest(one.version), "libraries": sorted(one.libraries)}
    if one.is_there and one.version:
        newest = f"; all of CUDA up to {facts['cuda']}" if facts["cuda"] else ""
        said = f"{one.version}, {len(one.libraries)} libraries{newest}"
        state = State.WARNING if one.problem else State.OK
        return Item(name="driver", state=state, message=said, hint=one.problem, facts=facts)
    if one.is_there or one.problem:
        message = one.problem or f"{one.libraries['libcuda.so.1']} does not say of which version it is"
        return Item(name="driver", state=State.UNDECIDED, message=message, facts=facts)
    if one.gone:
        state = State.MISSING if found.cuda else State.WARNING
        hint = "what is left of a driver: install NVIDIA's driver again"
        return Item(name="driver", state=state, message=f"{one.gone} leads to nothing", hint=hint, facts=facts)
    if not found.cuda:
        message = "none on this machine, and the tree has no CUDA"
        return Item(name="driver", state=State.OK, message=message, facts=facts)
    if not one.is_needed:
        message = "none, and no NVIDIA GPU in this machine: it can build for CUDA, and run nothing of it"
        return Item(name="driver", state=State.WARNING, message=message, facts=facts)
    hint = "install NVIDIA's driver"
    return Item(name="driver", state=State.MISSING, message="no libcuda.so.1 was found", hint=hint, facts=facts)


def _support(cuda: str, version: str) -> Item:
    """Whether a driver runs what a toolkit has compiled."""
    found = toolkits.support(cuda, version)
    wanted = toolkits.needs(cuda) or "one that is not known"
    states = {Support.FULL: State.OK, Support.MINOR: State.WARNING, Support.NONE: State.MISSING}
    message = f"driver {version} {found.value}" + ("" if found is Support.FULL else f": all of it needs {wanted}")
    if found is Support.NONE:
        message += f", anything {toolkits.needs_at_least(cuda)}"
    return Item(
        name=f"driver for CUDA/{cuda}",
        state=states.get(found, State.UNDECIDED),
        message=message,
        hint="update the driver" if found is Support.NONE else "",
        facts={"wanted": toolkits.needs(cuda), "version": version},
    )


def _links(found: Found) -> Item:
    where = found.home
    facts = {"looked": str(where.looked), "folder": str(where.folder), "linked_for": links.version(where)}
    if found.place.compat is None:
        message = "no compat layer: the host's own loader finds the driver"
        return Item(name="links", state=State.OK, message=message, facts=facts)
    if not found.cuda and not found.driver.is_there:
        return Item(name="links", state=State.OK, message="nothing to link, and nothing that needs it", facts=facts)
    problems = list(links.wrong(where, found.driver))
    if problems and not found.driver.is_needed:
        message = f"{'; '.join(problems)}: to be made where a driver is"
        return Item(name="links", state=State.WARNING, message=message, facts=facts)
    if problems:
        hint = where.problem or (f"`{INSTALL}` makes them" if found.driver.is_there else "install where the driver is")
        return Item(name="links", state=State.MISSING, message="; ".join(problems), hint=hint, facts=facts)
    return Item(name="links", state=State.OK, message=f"{where.looked} leads to the driver", facts=facts)


def of_full(one: Full) -> Item:
    """Whether the full installation is there that a module of the tree leads to."""
    facts = {
        "shipped": str(one.shipped),
        "full": str(one.folder),
        "links": one.links,
        "dangling": len(one.dangling),
        "example": one.dangling[0] if one.dangling else "",
        "recipe": one.recipe,
    }
    state, message, hint = _judged(one)
    return Item(name=one.module, state=state, message=message, hint=hint, facts=facts)


def _judged(one: Full) -> tuple[State, str, str]:
    if one.unreadable:
        return State.UNDECIDED, one.unreadable, "look as a user who can read it"
    if not one.required:
        return State.OK, f"{one.shipped} is whole: it leads nowhere else", ""
    hint = f"`{INSTALL} --accept-eula {one.name}` installs it"
    if one.dangling:
        message = f"{len(one.dangling)} of {one.links} links lead to nothing in {one.folder}, such as {one.dangling[0]}"
        return State.MISSING, message, hint
    if not one.recorded:
        return State.MISSING, f"no {one.folder}/easybuild, without which Lmod does not load it", hint
    if one.shut:
        return State.MISSING, f"{one.shut} is shut to others, who see nothing of it", f"chmod o+rx {one.shut}"
    return State.OK, f"all {one.links} links lead to {one.folder}" if one.links else f"{one.folder} is there", ""
