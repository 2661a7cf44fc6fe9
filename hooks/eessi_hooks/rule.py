"""A rule says which builds it is for, where it acts, what it does, and why. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from eessi_hooks.actions import Action
from eessi_hooks.target import BuildTarget
from eessi_hooks.versions import is_before

ANY = ("*",)  #: the software of a rule that is for all software


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """All conditions must hold; one that is not given holds always."""

    software: tuple[str, ...]
    at: str  #: the hook point, `pre_configure`
    do: Action
    why: str  #: a sentence or a link: what the log and `hooks explain` say
    versions: tuple[str, ...] = ()
    since: str | None = None  #: this version of the software and later ones
    before: str | None = None  #: versions older than this one
    toolchain: tuple[str, str] | None = None
    cpus: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    since_eessi: str | None = None
    only_eessi: tuple[str, ...] = ()
    needs_eprefix: bool = False  #: there must be a compatibility layer

    def __str__(self) -> str:
        return f"{', '.join(self.software)} at {self.at}: {self.do}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the conditions of a rule are compared with."""

    point: str
    software: str
    version: str
    toolchain: tuple[str, str]
    target: BuildTarget


def matches(rule: Rule, facts: Facts) -> bool:
    return why_not(rule, facts) is None


def why_not(rule: Rule, facts: Facts) -> str | None:
    """Say which condition does not hold, the first of them; None where the rule applies."""
    return next(_unmet(rule, facts), None)


def _unmet(rule: Rule, facts: Facts) -> Iterator[str]:
    if rule.at != facts.point:
        yield f"acts at {rule.at}, not at {facts.point}"
    if rule.software != ANY and facts.software not in rule.software:
        yield f"is for {', '.join(rule.software)}, not for {facts.software}"
    yield from _unmet_by_version(rule, facts)
    if rule.toolchain and rule.toolchain != facts.toolchain:
        yield f"is for toolchain {'/'.join(rule.toolchain)}, not for {'/'.join(facts.toolchain)}"
    yield from _unmet_by_target(rule, facts.target)


def _unmet_by_version(rule: Rule, facts: Facts) -> Iterator[str]:
    if rule.versions and facts.version not in rule.versions:
        yield f"is for versions {', '.join(rule.versions)}, not for {facts.version}"
    if rule.since and is_before(facts.version, rule.since):
        yield f"is for {rule.since} and later, not for {facts.version}"
    if rule.before and not is_before(facts.version, rule.before):
        yield f"is for versions before {rule.before}, not for {facts.version}"


def _unmet_by_target(rule: Rule, target: BuildTarget) -> Iterator[str]:
    if rule.cpus and target.cpu not in rule.cpus:
        yield f"is for CPU {', '.join(rule.cpus)}, not for {target.cpu or 'an unknown one'}"
    if rule.families and target.family not in rule.families:
        yield f"is for CPU family {', '.join(rule.families)}, not for {target.family or 'an unknown one'}"
    version = target.eessi_version
    if rule.since_eessi and (version is None or is_before(version, rule.since_eessi)):
        yield f"is for EESSI {rule.since_eessi} and later, not for {version or 'a build outside EESSI'}"
    if rule.only_eessi and version not in rule.only_eessi:
        yield f"is for EESSI {', '.join(rule.only_eessi)}, not for {version or 'a build outside EESSI'}"
    if rule.needs_eprefix and target.eprefix is None:
        yield "needs a compatibility layer, and there is none"
