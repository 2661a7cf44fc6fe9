"""What two sets of modules do not share: modules, versions, extensions. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eessi_stack.compare.excluded import exclude
from eessi_stack.model import Exclusion, Package, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is there on one side of a comparison."""

    label: str
    target: Target
    modules: Mapping[str, tuple[str, ...]]  #: module → its extensions, as in `numpy/1.26.4`
    loads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filtered: frozenset[str] = frozenset()  #: software that is not built for it, as the compat layer or nobody has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Something of which each side has something else: only that of each."""

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A module that one side does not have, for a reason."""

    module: str
    side: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    first: tuple[str, ...]  #: modules of software that only the first side has more of
    second: tuple[str, ...]
    versions: tuple[Pair, ...]  #: software of which each side has other versions
    extensions: tuple[Pair, ...]  #: modules of both, with other extensions
    left_out: tuple[LeftOut, ...]  #: what does not count

    @property
    def count(self) -> int:
        return len(self.first) + len(self.second) + len(self.versions) + len(self.extensions)


def difference(first: Side, second: Side, exclusions: Iterable[Exclusion] = ()) -> Difference:
    """What the sides do not share; what one is without for a reason does not count."""
    exclusions = tuple(exclusions)
    without_first = _left_out(second, first, exclusions)
    without_second = _left_out(first, second, exclusions)
    only_first = _by_name(first.modules.keys() - second.modules.keys() - without_second.keys())
    only_second = _by_name(second.modules.keys() - first.modules.keys() - without_first.keys())
    paired = sorted(only_first.keys() & only_second.keys(), key=str.casefold)
    left_out = [
        LeftOut(module=module, side=side.label, reason=reason)
        for side, reasons in ((first, without_first), (second, without_second))
        for module, reason in reasons.items()
    ]
    return Difference(
        first=tuple(_modules(only_first, paired)),
        second=tuple(_modules(only_second, paired)),
        versions=tuple(Pair(name=name, first=only_first[name], second=only_second[name]) for name in paired),
        extensions=tuple(_extensions(first, second)),
        left_out=tuple(sorted(left_out, key=lambda one: (one.side, one.module.casefold()))),
    )


def _left_out(has: Side, lacks: Side, exclusions: tuple[Exclusion, ...]) -> Mapping[str, str]:
    """Of what the one side has and the other has not, why: it is filtered or excluded there, or needs what is.

    What both sides filter has been built on one of them all the same: that is no reason.
    """
    absent = has.modules.keys() - lacks.modules.keys()
    filtered = {name for name in absent if name.partition("/")[0] in lacks.filtered - has.filtered}
    where = "there" if has.target.family == lacks.target.family else f"for {lacks.target.family}"
    reasons = dict.fromkeys(sorted(filtered), f"not built {where}: filter-deps has it")
    if not exclusions:
        return reasons
    packages = [Package(module=name, dependencies=has.loads.get(name, ())) for name in _in_build_order(has, absent)]
    return {**reasons, **exclude(packages, exclusions, lacks.target).reasons}


def _in_build_order(side: Side, names: Iterable[str]) -> list[str]:
    """The modules, each after what it loads."""
    wanted, done, stack = set(names), dict[str, None](), sorted(names, reverse=True)
    opened: set[str] = set()
    while stack:
        name = stack[-1]
        below = [one for one in side.loads.get(name, ()) if one in wanted and one not in done and one not in opened]
        opened.add(name)
        if below:
            stack += below
        else:
            done[name] = None
            stack.pop()
    return list(done)


def _by_name(modules: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Software → its versions, as they are in the modules' names."""
    found: dict[str, list[str]] = {}
    for module in sorted(modules, key=str.casefold):
        name, _, version = module.partition("/")
        found.setdefault(name, []).append(version)
    return {name: tuple(versions) for name, versions in found.items()}


def _modules(only: Mapping[str, tuple[str, ...]], paired: Iterable[str]) -> Iterator[str]:
    for name, versions in only.items():
        if name not in paired:
            yield from (f"{name}/{version}" if version else name for version in versions)


def _extensions(first: Side, second: Side) -> Iterator[Pair]:
    for module in sorted(first.modules.keys() & second.modules.keys(), key=str.casefold):
        one, other = first.modules[module], second.modules[module]
        if one != other and set(one) != set(other):
            yield Pair(
                name=module,
                first=tuple(name for name in one if name not in other),
                second=tuple(name for name in other if name not in one),
            )
