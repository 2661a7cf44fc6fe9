"""Installs what is missing in `host_injections`: the full CUDA and cuDNN, by EasyBuild, one after the other."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from eessi_stack import intent, workplace
from eessi_stack.eb import builder, environment, installation, sources
from eessi_stack.eb.options import variable
from eessi_stack.eb.session import Session
from eessi_stack.errors import StackError
from eessi_stack.host_injections import space
from eessi_stack.host_injections.full import SOFTWARE, Full
from eessi_stack.host_injections.links import make_folder, put_link
from eessi_stack.model import Action, Outcome, Package, Result, Step, Target
from eessi_stack.place import Place

#: Of what is set for builds in a tree: EESSI's rules, and what only a part of the users is to get or can use.
_NOT_HERE = (
    *("hooks", "cuda-compute-capabilities", "amdgcn-capabilities", "set-gid-bit", "group-writable-installdir"),
    *("sticky-bit", "accept-eula-for", "installpath-modules"),
)


def missing(full: Iterable[Full]) -> tuple[Full, ...]:
    """The full installations to make, each once however many modules lead to it, CUDA before what needs it."""
    lacking = {one.folder: one for one in full if not one.is_there and not one.unreadable}
    return tuple(sorted(lacking.values(), key=lambda one: (SOFTWARE.index(one.name), one.module)))


def install(
    lacking: Iterable[Full], place: Place, accepted: frozenset[str], phase: Callable[[Full, str], None]
) -> Iterator[Outcome]:
    """Install those whose licence is accepted. StackError where nothing can be built here, or written there."""
    wanted = [one for one in lacking if one.name in accepted]
    if not wanted:
        return
    session = workplace.session(_native(place))
    space.check(list(space.demands(wanted, _sources(wanted, place, session, accepted), session)))
    for one in wanted:
        _prepare(one.prefix)
    workplace.check_writable({one.prefix for one in wanted} | {session.work_dir, session.sources})
    for one in wanted:
        own = replace(
            session,
            environment=settings(session.environment, accepted),
            layers=(one.prefix / "modules" / "all", *place.layers),  # of the tree, what is not among them
        )
        yield _build(one, own, place.settings.cores, partial(phase, one))


def _sources(
    wanted: Iterable[Full], place: Place, session: Session, accepted: frozenset[str]
) -> Mapping[str, sources.Sources]:
    packages = [Package(module=one.module, recipe=one.recipe) for one in wanted]
    own = settings(session.environment, accepted) | {variable("sourcepath"): str(session.sources)}
    return sources.of_packages(packages, place.target.family, own)


def _native(place: Place) -> Place:
    """Binaries of NVIDIA are for a whole CPU family: any machine of it can install them for any of its targets."""
    native = place.runs[0] if place.runs else place.target.cpu
    return replace(place, target=Target(cpu=native)) if native.startswith(f"{place.target.family}/") else place


def _prepare(prefix: Path) -> None:
    """Modules go where EESSI's own scripts look for them, and no user's module path leads."""
    try:
        for name in (".modules", ".eessi-stack"):
            make_folder(prefix / name)
        if not os.path.lexists(prefix / "modules"):
            put_link(prefix / "modules", Path(".modules"))
    except OSError as error:
        raise StackError(
            "not-writable",
            f"{error.filename}: cannot be written to: {error.strerror}",
            hint="install as the user whom host_injections belongs to, or have CVMFS lead it elsewhere",
        ) from error


def settings(of_tree: Mapping[str, str], accepted: frozenset[str]) -> dict[str, str]:
    """EasyBuild's settings for an installation that is whole, for everybody, and by the licences named now."""
    dropped = {"EESSI_ACCELERATOR_TARGET", *map(variable, _NOT_HERE)}
    kept = {name: value for name, value in of_tree.items() if name not in dropped}
    return {**kept, variable("umask"): "022", variable("accept-eula-for"): ",".join(sorted(accepted))}


def _build(one: Full, session: Session, cores: int, phase: Callable[[str], None]) -> Outcome:
    """One installation, under its mark, as those in the tree are."""
    package = Package(module=one.module, recipe=one.recipe)
    step = Step(package=package, action=Action.REBUILD, reason="not all there", prefix=one.prefix)
    try:
        with intent.hold(step.prefix, one.module) as mark:
            here = installation.of(step)
            if mark.left is not None:
                builder.recover(here, rebuild=mark.left.rebuild)
            intent.own(mark, rebuild=here.is_there, job=environment.batch_job())
            return session.build(step, cores, mark.lock, phase)
    except intent.BusyError as error:
        return Outcome(step=step, result=Result.FAILED, cause=f"it is being installed by {error}")
