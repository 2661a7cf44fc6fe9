"""Which rules apply to a package, what they change, and why; of those that nearly apply, what keeps them from it."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

from eessi_hooks.build import parameter, toolchain
from eessi_hooks.engine import Applied
from eessi_hooks.extensions import listed
from eessi_hooks.obsolete import OBSOLETE, Obsolete
from eessi_hooks.rule import ANY, PARSE_EXTENSION, Facts, Rule, conditions, unmet
from eessi_hooks.rules import RULES
from eessi_hooks.step import Config, Refused, Step

Json = dict[str, object]

_OF_EXTENSIONS = (PARSE_EXTENSION, "pre_single_extension", "post_single_extension")
#: In which order EasyBuild comes to them; some rules must wait for a step's begin or end.
POINTS = (
    *("parse", PARSE_EXTENSION, "pre_build_and_install_loop", "pre_easyblock", "post_ready", "pre_prepare"),
    *(
        "post_prepare",
        "pre_configure",
        "pre_test",
        *_OF_EXTENSIONS[1:],
        "post_postproc",
        "pre_module",
        "post_easyblock",
        "post_build_and_install_loop",
    ),
)
NOTHING_TO_CHANGE = "finds nothing to change in the easyconfig"


class _Subject(NamedTuple):
    """The package, one of its extensions, or a component of a bundle: EasyBuild runs hooks for each."""

    step: Step
    kind: str  #: empty for the package itself


def listing(software: str | None = None) -> Json:
    """Every rule, or those for one software; how many there are for all; and what is left out."""
    return {
        "for_all": sum(rule.software == ANY for rule in RULES),
        "rules": [_described(rule) for rule in _sorted(RULES) if software is None or software in rule.software],
        "left_out": [_left_out(one) for one in OBSOLETE if software is None or software in one.software],
    }


def named() -> list[str]:
    """The software that there is a rule for, or that is left out."""
    softwares = [*(rule.software for rule in RULES), *(one.software for one in OBSOLETE)]
    return sorted({name for software in softwares for name in software} - {*ANY})


def explain(step: Step, parsed: Iterable[Applied]) -> Json:
    """One package, as its easyconfig is after parsing; `parsed` is what rules did meanwhile."""
    changed = {id(one.rule) for one in parsed if one.changed}
    applies: list[Json] = []
    nearly: list[Json] = []
    for rule in _sorted(RULES):
        for subject in _subjects(step):
            if not _is_about(rule, subject):
                continue
            where = {"software": subject.step.name, "version": subject.step.version, "kind": subject.kind}
            try:
                reasons = _unmet(rule, subject.step)
            except Refused as refusal:  # what decides it is not known
                applies.append({**where, **_described(rule), "details": [], "refuses": str(refusal)})
                continue
            effect = {} if reasons else _effect(rule, subject.step)
            at_parse = rule.at.startswith("parse")
            if not reasons and (id(rule) not in changed if at_parse else _edits_nothing(rule, subject)):
                reasons = [NOTHING_TO_CHANGE]
            if not reasons:
                applies.append({**where, **effect})
            elif rule.software != ANY:
                nearly.append({**where, **_described(rule), "does": _expanded(rule, step), "unmet": reasons})
    return {"applies": applies, "nearly": nearly, "left_out": [_left_out(one) for one in OBSOLETE if _is_of(one, step)]}


def _left_out(one: Obsolete) -> Json:
    return {"software": list(one.software), "at": one.at, "versions": list(one.versions), "why": one.why}


def _is_of(one: Obsolete, step: Step) -> bool:
    """Whether EESSI's hooks would do to this build what is left out here."""
    version, target = not one.versions or step.version in one.versions, not one.cpus or step.target.cpu in one.cpus
    return step.name in one.software and version and target


def _sorted(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: POINTS.index(rule.at))


def _described(rule: Rule) -> Json:
    return {
        "for": list(rule.software),
        "at": rule.at,
        "does": str(rule.do),
        "conditions": list(conditions(rule)),
        "why": rule.why,
    }


def _subjects(step: Step) -> Iterator[_Subject]:
    yield _Subject(step, "")
    for _, extension in listed(step.cfg):
        yield _Subject(replace(step, name=extension.name, version=extension.version), "extension")
    components = parameter(step.cfg, "components")
    for raw in components if isinstance(components, list) else ():
        if isinstance(raw, list | tuple) and len(raw) > 1:
            yield _Subject(replace(step, name=str(raw[0]), version=str(raw[1])), "component")


def _is_about(rule: Rule, subject: _Subject) -> bool:
    of_extensions = rule.at in _OF_EXTENSIONS
    if rule.software == ANY:
        return not subject.kind
    return subject.step.name in rule.software and of_extensions == (subject.kind == "extension")


def _unmet(rule: Rule, step: Step) -> list[str]:
    facts = Facts(
        point=rule.at,
        software=step.name,
        version=step.version,
        toolchain=toolchain(step.cfg),
        target=step.target,
        step=step,
    )
    return list(unmet(rule, facts))


def _expanded(rule: Rule, step: Step) -> str:
    try:
        return step.expand(str(rule.do))
    except LookupError:
        return str(rule.do)


def _edits_nothing(rule: Rule, subject: _Subject) -> bool:
    """Whether a rule finds nothing to edit: tried on what the easyconfig has now, which stays as it is."""
    if subject.kind or not rule.do.only_edits:
        return False
    try:
        return not rule.do.apply(replace(subject.step, cfg=_Draft(subject.step.cfg)))
    except LookupError:
        return False  # what it would write is not there


class _Draft(dict[str, object]):
    """An easyconfig whose parameters are read, and what is written to it stays here."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self._cfg = cfg

    def __missing__(self, param: str) -> object:
        return deepcopy(self._cfg[param])


def _effect(rule: Rule, step: Step) -> Json:
    """What a rule that applies does; one that only looks has a look."""
    effect = {**_described(rule), "details": list(rule.do.details(step)) if rule.do.details else []}
    try:
        effect["does"] = step.expand(str(rule.do))
        if rule.do.only_looks:
            rule.do.apply(step)
            effect["details"] = ["it passes"]
    except Refused as refusal:
        effect["refuses"] = str(refusal)
    except LookupError as error:
        effect["refuses"] = str(error.args[0] if error.args else error)
    return effect
