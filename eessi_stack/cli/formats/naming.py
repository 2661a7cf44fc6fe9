"""Several targets in few words, so that one reads at a glance which they are. Pure."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache

from eessi_stack.model import Target

#: Stands for a CPU target with all its accelerators.
ALONG = "+accel"

Group = tuple[str, frozenset[Target]]

#: Up to so many targets or terms read well; where it takes more, those that are not meant may be fewer.
FEW = 3


def named(some: Collection[Target], among: tuple[Target, ...], most: int | None = None) -> str:
    """`all 53 targets`, `all but aarch64/a64fx`, `all aarch64 targets`, `x86_64/amd/zen3+accel, zen4 and 4 more`.

    `among` are all targets that there are; `most` is how many terms there may be.
    """
    meant = [target for target in among if target in some]
    terms = list(_terms(meant, among))
    others = [label for label, _ in _terms([target for target in among if target not in some], among)]
    if len(meant) > FEW and 0 < len(others) < min(len(terms), FEW):
        return f"all but {' and '.join(label.removeprefix('all ') for label in _shortened(others))}"
    shown = terms if most is None else terms[:most]
    more = len(meant) - len(frozenset[Target]().union(*(members for _, members in shown)))
    words = ", ".join(_shortened([label for label, _ in shown]))
    return f"{words} and {more} more" if more else words


def _terms(meant: Sequence[Target], among: tuple[Target, ...]) -> Iterator[Group]:
    """Whole groups of targets, the largest first, then those that are left one by one."""
    left = set(meant)
    wholes = [group for group in _groups(among) if group[1] <= left]
    while wholes:
        label, members = max(wholes, key=lambda group: len(group[1] & left))
        if len(members & left) <= 1:
            break
        yield label, members
        left -= members
    yield from ((str(target), frozenset((target,))) for target in meant if target in left)


@cache
def _groups(among: tuple[Target, ...]) -> tuple[Group, ...]:
    """The groups that have a name of their own, those that say the most first."""
    found: dict[str, set[Target]] = {f"all {len(among)} targets": set(among)}
    for target in among:
        for label in _labels(target):
            found.setdefault(label, set()).add(target)
    return tuple((label, frozenset(members)) for label, members in found.items() if _is_one(label, members))


def _is_one(label: str, members: Collection[Target]) -> bool:
    return len(members) > 1 and (ALONG not in label or any(one.accelerator is None for one in members))


def _labels(target: Target) -> Iterator[str]:
    vendor = target.cpu.rpartition("/")[0]
    yield "all accelerator targets" if target.accelerator else "all CPU targets"
    yield f"all {target.family} targets"
    if vendor != target.family:
        yield f"all {vendor} targets"
    if target.accelerator:
        yield f"all {target.accelerator.split('/', 1)[0]} targets"
        yield f"all {target.accelerator} targets"
    else:
        yield f"all {target.family} CPU targets"
    yield target.cpu + ALONG


def _shortened(labels: Sequence[str]) -> list[str]:
    """Only the last part of what stands in the same folder as the one before it."""
    folders = ["", *(label.rpartition("/")[0] if not label.startswith("all ") else "" for label in labels)]
    return [
        label.rpartition("/")[2] if folder and folder == before else label
        for label, folder, before in zip(labels, folders[1:], folders, strict=False)
    ]


def under_their_cpu(targets: Sequence[Target]) -> list[tuple[int, str]]:
    """The order of rows, as (index, label): accelerators below the CPU that they go with, and named without it."""
    cpus = {target.cpu: index for index, target in reversed(list(enumerate(targets)))}
    ordered = sorted(range(len(targets)), key=lambda at: (cpus[targets[at].cpu], targets[at].accelerator is not None))
    plain = {target.cpu for target in targets if target.accelerator is None}
    return [(at, _row_label(targets[at], plain)) for at in ordered]


def _row_label(target: Target, plain: Collection[str]) -> str:
    return f"  accel/{target.accelerator}" if target.accelerator and target.cpu in plain else str(target)
