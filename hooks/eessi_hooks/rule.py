"""A rule says which builds it is for, where it acts, what it does, and why. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from eessi_hooks.step import Action, Step
from eessi_hooks.target import BuildTarget
from eessi_hooks.versions import is_before

ANY = ("*",)  #: the software of a rule that is for all software
#: Not one of EasyBuild's hook points: each extension in the list of an easyconfig, as that is parsed. EasyBuild runs
#: no hooks for extensions that it installs in parallel.
PARSE_EXTENSION = "parse_extension"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a build besides what the fields of a rule say: in words, and as a function."""

    text: str
    holds: Callable[[Step], bool] = field(compare=False, repr=False)


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
    up_to: str | None = None  #: this version and older ones
    toolchain: tuple[str, str] | None = None
    cpus: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    since_eessi: str | None = None
    only_eessi: tuple[str, ...] = ()
    needs_eprefix: bool = False  #: there must be a compatibility layer
    when: Condition | None = None

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
    step: Step | None = field(default=None, compare=False)  #: what conditions are asked about


def matches(rule: Rule, facts: Facts) -> bool:
    return why_not(rule, facts) is None


def why_not(rule: Rule, facts: Facts) -> str | None:
    """Say which condition does not hold, the first of them; None where the rule applies."""
    return next(unmet(rule, facts), None)


def unmet(rule: Rule, facts: Facts) -> Iterator[str]:
    """Say which conditions do not hold; what costs most to find out, last."""
    if rule.at != facts.point:
        yield f"acts at {rule.at}, not at {facts.point}"
    if rule.software != ANY and facts.software not in rule.software:
        yield f"is for {', '.join(rule.software)}, not for {facts.software}"
    yield from _unmet_by_version(rule, facts)
    if rule.toolchain and rule.toolchain != facts.toolchain:
        yield f"is for toolchain {'/'.join(rule.toolchain)}, not for {'/'.join(facts.toolchain)}"
    yield from _unmet_by_target(rule, facts.target)
    if rule.when and facts.step and not rule.when.holds(facts.step):
        yield f"is for builds where {rule.when.text}"


def conditions(rule: Rule) -> Iterator[str]:
    """What a rule is for besides its software, in words."""
    if rule.versions:
        yield f"versions {', '.join(rule.versions)}"
    bounds = {"since": rule.since, "before": rule.before, "up to": rule.up_to}
    yield from (f"{word} {version}" for word, version in bounds.items() if version)
    if rule.toolchain:
        yield f"toolchain {'/'.join(rule.toolchain)}"
    if rule.cpus or rule.families:
        yield f"CPU {', '.join((*rule.cpus, *rule.families))}"
    if rule.since_eessi:
        yield f"EESSI since {rule.since_eessi}"
    if rule.only_eessi:
        yield f"EESSI {', '.join(rule.only_eessi)}"
    if rule.needs_eprefix:
        yield "with a compatibility layer"
    if rule.when:
        yield f"where {rule.when.text}"


def _unmet_by_version(rule: Rule, facts: Facts) -> Iterator[str]:
    if rule.versions and facts.version not in rule.versions:
        yield f"is for versions {', '.join(rule.versions)}, not for {facts.version}"
    if rule.since and is_before(facts.version, rule.since):
        yield f"is for {rule.since} and later, not for {facts.version}"
    if rule.before and not is_before(facts.version, rule.before):
        yield f"is for versions before {rule.before}, not for {facts.version}"
    if rule.up_to and is_before(rule.up_to, facts.version):
        yield f"is for {rule.up_to} and older versions, not for {facts.version}"


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
