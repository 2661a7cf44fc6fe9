"""Where one command works: the tree, the target in it, and how EasyBuild is configured for both."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eessi_stack import cpuinfo, prefixes, target
from eessi_stack.config import Settings, shipped
from eessi_stack.eb import environment, options
from eessi_stack.errors import StackError
from eessi_stack.model import Stack, Target, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a command needs to know of where it works."""

    settings: Settings
    tree: Tree
    target: Target
    why: str  #: why this target
    runs: tuple[str, ...]  #: the targets that this machine can run, the best first
    compat: Path | None
    environment: Mapping[str, str]  #: of EasyBuild's processes
    notes: tuple[str, ...] = ()  #: what was chosen without being asked for

    @property
    def layers(self) -> tuple[Path, ...]:
        """The modules directories that a user of the target sees, the first one strongest."""
        return tuple(dict.fromkeys((self.tree.modules(self.target), self.tree.modules(self.target.cpu_only))))


def find(settings: Settings, stack: Stack | None = None) -> Place:
    """Find out where to work, on one target.

    StackError for settings that contradict the stack, or name nothing that there can be.
    """
    if len(settings.targets) > 1:
        raise StackError(
            "target-several", "this command works on one target at a time", hint=f"see {settings.origins['target']}"
        )
    return find_all(settings, stack)[0]


def find_all(settings: Settings, stack: Stack | None = None, *, every_target: bool = False) -> tuple[Place, ...]:
    """Find out where to work, on all the targets that are asked for: `every_target` the tree and its version have."""
    _check(settings)
    tree = Tree(repo=settings.repo, version=_version(settings, stack))
    runs = target.compatible(cpuinfo.parse(cpuinfo.host_cpuinfo()))
    chosen = _every_target(settings, tree, stack) if every_target else _targets(settings, tree, runs)
    return tuple(_place(settings, stack, tree, one, why, runs) for one, why in chosen)


def _place(  # noqa: PLR0913, PLR0917
    settings: Settings, stack: Stack | None, tree: Tree, chosen: Target, why: str, runs: tuple[str, ...]
) -> Place:
    compat = tree.compat(chosen)
    has_compat = any(os.path.isdir(compat / name) for name in ("usr", "lib"))  # noqa: PTH112 (never raises)
    site = options.Site(
        hooks=shipped("hooks") / "eb_hooks.py",
        robot_paths=settings.robot_paths,
        filter_deps=(*settings.filter_deps, *(stack.filter_deps if stack else ())),
        compat=compat if has_compat else None,
        user=environment.user_options(),
        mode=environment.install_mode(),
    )
    return Place(
        settings=settings,
        tree=tree,
        target=chosen,
        why=why,
        runs=runs,
        compat=site.compat,
        environment=environment.for_easybuild(
            options.locale(),
            options.configuration(tree, chosen, site),
            options.eessi_environment(tree, chosen, site.compat, site.mode),
        ),
        notes=_notes(tree, has_compat=has_compat),
    )


def _notes(tree: Tree, *, has_compat: bool) -> tuple[str, ...]:
    if not tree.root.is_dir():
        return (f"{tree.root} is not there yet: the tree is empty, and the host is its compat layer",)
    return () if has_compat else (f"no compat layer in {tree.root}: the host stands in for it",)


def _check(settings: Settings) -> None:
    if settings.repo.exists() and not settings.repo.is_dir():
        raise StackError("repo", f"{settings.origins['repo']}: {settings.repo} is not a folder")
    if settings.repo.parent.name == "versions" or (settings.repo / "software").is_dir():
        raise StackError(
            "repo-too-deep",
            f"{settings.origins['repo']}: {settings.repo} is a version of a repository, not the repository",
            hint="name the folder that holds `versions/`, and the version with --eessi-version",
        )
    for path in settings.robot_paths:
        if not path.is_dir():
            raise StackError("robot-path", f"{settings.origins['robot-paths']}: {path} is not a folder")
    if settings.lmod and not environment.find_lmod(settings.lmod, None):
        raise StackError("lmod", f"{settings.origins['lmod']}: {settings.lmod} is not a program")


def _version(settings: Settings, stack: Stack | None) -> str:
    asked, declared = settings.eessi_version, stack.eessi_version if stack else None
    if asked and declared and asked != declared:
        raise StackError(
            "version-contradiction",
            f"the stack is for EESSI {declared}, but {settings.origins['eessi-version']} says {asked}",
            context=", ".join(stack.files) if stack else "",
            hint=f"use --eessi-version {declared}, or change `eessi-version` in the easystack's header",
        )
    return asked or declared or prefixes.newest_version(settings.repo) or target.DEFAULT_VERSION


def _targets(settings: Settings, tree: Tree, runs: Sequence[str]) -> list[tuple[Target, str]]:
    """The targets, and why they: those asked for; else the best that the tree has for this CPU; else the CPU's own."""
    accelerator = _accelerator(settings)
    origin = settings.origins["target"]
    if settings.targets:
        named = [_named(name, tree, accelerator, origin) for name in settings.targets]
        return [(one, f"from {origin}") for one in dict.fromkeys(named)]
    existing = prefixes.best_existing(tree, runs)
    why = "the best prefix in the tree for this CPU" if existing else "this CPU"
    return [(Target(cpu=existing or runs[0], accelerator=accelerator), why)]


def _named(name: str, tree: Tree, accelerator: str | None, origin: str) -> Target:
    """A target as it is written, with its own accelerator (`x86_64/amd/zen4/accel/nvidia/cc90`) or without."""
    cpu, _, own = name.partition("/accel/")
    today = target.check_cpu(cpu, origin)
    if own:
        accelerator = target.check_accelerator(own, origin)
    cpu = prefixes.best_existing(tree, [today]) or today  # old trees have old names
    return Target(cpu=cpu, accelerator=accelerator)


def _every_target(settings: Settings, tree: Tree, stack: Stack | None) -> list[tuple[Target, str]]:
    """All targets, and what a stack names besides; of their accelerators, those asked for."""
    accelerator = _accelerator(settings)
    if settings.origins["target"] == "--target":  # a variable or file that names one is not so strong
        raise StackError("target-contradiction", "--target names targets, and --all-targets means all of them")
    every = prefixes.all_of(tree, _named_by(stack) if stack else ())
    if accelerator and not any(one.accelerator == accelerator for one in every):
        raise StackError(
            "accelerator-absent",
            f"{settings.origins['accel']}: no target of {tree.version} has {accelerator}",
            hint=f"they have {', '.join(sorted({one.accelerator for one in every if one.accelerator})) or 'none'}",
        )
    wanted = [one for one in every if not accelerator or one.accelerator in (None, accelerator)]
    return [(one, "one of all") for one in wanted]


def _named_by(stack: Stack) -> Iterator[Target]:
    """The targets that entries name, none of which their EESSI version need have."""
    for selector in dict.fromkeys(selector for request in stack.requests for selector in request.targets):
        cpu, _, accelerator = selector.partition("/accel/")
        whole = not accelerator or target.ACCELERATOR.fullmatch(accelerator)
        if whole and cpu in {row.name for row in target.table()}:
            yield Target(cpu=cpu, accelerator=accelerator or None)


def _accelerator(settings: Settings) -> str | None:
    if not settings.accelerator:
        return None
    return target.check_accelerator(settings.accelerator, settings.origins["accel"])
