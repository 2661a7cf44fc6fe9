"""The prefixes that a tree has: all of them, and the best for a CPU and a GPU."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from eessi_stack import target
from eessi_stack.model import Target, Tree


def best_existing(tree: Tree, compatible: Iterable[str]) -> str | None:
    """The first CPU target that has a prefix in the tree, by the name its folder has there (`aarch64/graviton2`)."""
    folders = (folder for cpu in compatible for folder in (cpu, *target.row_of(cpu).aliases))
    return next((folder for folder in folders if tree.prefix(Target(cpu=folder)).is_dir()), None)


def in_tree(tree: Tree) -> tuple[Target, ...]:
    """Every target that has a prefix in the tree, by the name its folder has there: each CPU, then its accelerators."""
    root = tree.root / "software" / "linux"
    found = []
    for folder in sorted(folder for family in _folders(root) for folder in _prefixes(family)):
        cpu = str(folder.relative_to(root))
        found.append(Target(cpu=cpu))
        accelerators = [name for vendor in _folders(folder / "accel") for name in _folders(vendor)]
        found += [Target(cpu=cpu, accelerator=f"{name.parent.name}/{name.name}") for name in sorted(accelerators)]
    return tuple(found)


def all_of(tree: Tree, named: Iterable[Target] = ()) -> tuple[Target, ...]:
    """The targets that the tree's version should have, absent ones too, then what else the tree has or is `named`.

    StackError `version-unknown` where nobody knows the version's targets and the tree has none.
    """
    present = {(target.resolve_alias(one.cpu), one.accelerator): one for one in in_tree(tree)}
    names = {today: one.cpu for (today, _), one in present.items()}
    expected = () if present and not target.is_known(tree.version) else target.known(tree.version)
    wanted = [Target(cpu=names.get(one.cpu, one.cpu), accelerator=one.accelerator) for one in expected]
    added = [replace(one, cpu=names.get(one.cpu, one.cpu)) for one in named]
    others = [one for one in dict.fromkeys([*present.values(), *added]) if one not in wanted]
    return tuple(sorted([*wanted, *others], key=lambda one: (_order(one.cpu), one.cpu, one.accelerator or "")))


def _order(cpu: str) -> int:
    today = target.resolve_alias(cpu)
    return next((at for at, row in enumerate(target.table()) if row.name == today), len(target.table()))


def _prefixes(folder: Path) -> list[Path]:
    """The folders below one of a CPU family that hold software: `generic`, `amd/zen3`."""
    names = {"modules", "software", "accel"}
    found = []
    for each in _folders(folder):
        below = _folders(each)
        found += [each] if names & {one.name for one in below} else below
    return found


def _folders(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def best_accelerator(tree: Tree, cpu: str, accelerator: str) -> str | None:
    """The accelerator prefix of a CPU prefix that the GPU can use best: the same, or an older minor one of NVIDIA."""
    vendor, name = accelerator.split("/", 1)
    present = {entry.name for entry in (tree.prefix(Target(cpu=cpu)) / "accel" / vendor).glob("*") if entry.is_dir()}
    if vendor != "nvidia":
        return accelerator if name in present else None
    major, minor = name[:-1], int(name[-1])
    return next((f"nvidia/{major}{older}" for older in range(minor, -1, -1) if f"{major}{older}" in present), None)


def newest_version(repo: Path) -> str | None:
    """The newest version that a repository holds."""
    folders = [entry.name for entry in repo.glob("versions/[!.]*") if entry.is_dir()]
    return max(folders, key=lambda name: (re.match(r"\d{4}\.\d{2}", name) is not None, name), default=None)
