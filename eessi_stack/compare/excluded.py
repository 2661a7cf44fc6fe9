"""What a stack leaves out on one target on purpose, and what that blocks. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eessi_stack.model import Exclusion, Package, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    reasons: Mapping[str, str] = field(default_factory=dict)  #: module → why it is left out
    unused: tuple[Exclusion, ...] = ()  #: the exclusions for this target that exclude nothing


def exclude(absent: Iterable[Package], exclusions: Iterable[Exclusion], target: Target) -> Excluded:
    """What is left out of the packages that are not there, which come in build order."""
    fitting = [one for one in exclusions if not one.targets or any(target.fits(selector) for selector in one.targets)]
    if not fitting:
        return Excluded()
    named = {_name(one): one for one in reversed(fitting)}
    reasons: dict[str, str] = {}
    issues: dict[str, str] = {}
    used: set[str] = set()
    for package in absent:
        module = package.module
        if by := next((name for name in _names(package) if name in named), ""):
            used.add(by)
            issues[module] = _in_brackets(named[by].issue)
            reasons[module] = named[by].reason + issues[module]
        elif blocker := next((name for name in package.needs if name in reasons), ""):
            issues[module] = issues[blocker]
            reasons[module] = f"blocked by {blocker}, which is excluded{issues[blocker]}"
    return Excluded(reasons=reasons, unused=tuple(one for one in fitting if _name(one) not in used))


def _name(exclusion: Exclusion) -> str:
    return exclusion.easyconfig.removesuffix(".eb")


def _names(package: Package) -> Iterator[str]:
    """Both names of a package; an entry without an easyconfig has its file name in the module's place."""
    yield package.filename.removesuffix(".eb")
    yield package.module.removesuffix(".eb").replace("/", "-")


def _in_brackets(issue: str) -> str:
    return f" ({issue})" if issue else ""
