"""Plans what makes a tree match a stack: on the comparison, what has changed since, and what builds took before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eessi_stack import journal, prefixes, schedule
from eessi_stack.config import shipped
from eessi_stack.eb import provenance
from eessi_stack.eb.installation import Installation
from eessi_stack.eb.refused import refused
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Answer, Comparison, Inventory, Plan, Request, Stack, Verdict
from eessi_stack.place import Place
from eessi_stack.plan import THERE, make_plan, rebuilds
from eessi_stack.schedule import Weight
from eessi_stack.survey import Survey
from eessi_stack.weigh import timed, weigh

#: What of an installation is built again: everything that has changed, besides what is named.
CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan, what its steps are expected to take, and the answer that it rests on."""

    plan: Plan
    weights: Mapping[str, Weight]
    answer: Answer

    @property
    def comparison(self) -> Comparison:
        assert self.answer.comparison
        return self.answer.comparison


def prepare(stack: Stack, place: Place, rebuild: Sequence[str] = (), *, dependents: bool = False) -> Prepared:
    """The steps that make the tree match the stack, and those of `rebuild`: names, and `changed`."""
    with Survey(stack, place.settings) as survey:
        answer, seen = survey.look(place, [place.target])
    assert answer.comparison
    made = _plan(answer.comparison, seen, place, rebuild, dependents=dependents)
    _check(made, place)
    if not made.steps:
        return Prepared(plan=made, weights={}, answer=answer)
    own = [step.prefix for step in made.steps]
    durations = _durations(own)
    texts = {step.package.recipe: _text(step.package.recipe) for step in made.steps}
    others = {place.tree.prefix(one) for one in prefixes.in_tree(place.tree)}.difference(own)
    weights = weigh(made, {**_durations(sorted(others)), **durations}, texts)
    critical = schedule.critical_path(made.steps, weights)
    plan = replace(made, steps=timed(made.steps, durations), critical=critical)
    return Prepared(plan=plan, weights=weights, answer=answer)


def _plan(comparison: Comparison, seen: Inventory, place: Place, rebuild: Sequence[str], *, dependents: bool) -> Plan:
    there = [(one, _installation(one, place)) for one in comparison.of(*THERE)]
    again = rebuilds(
        comparison,
        [name for name in rebuild if name != CHANGED],
        dict(_changed(there, place)) if CHANGED in rebuild else {},
        frozenset(_asked_since(there)),
        dependents=dependents,
    )
    return make_plan(comparison, seen, place.tree, again)


def _check(made: Plan, place: Place) -> None:
    """StackErrors, exit code 1, for what the hooks refuse: before anything is fetched or built."""
    found = refused(made.steps, place.target.family, place.environment, shipped("hooks") / "eb_hooks.py")
    asked = {step.package.module: step.package.requests for step in made.steps}
    errors = [
        StackError(
            "refused",
            f"{module}: {why}",
            context=", ".join(request.source for request in asked[module]),
            hint="`eessi-stack hooks explain` says more; nothing was built",
            exit_code=ExitCode.FINDING,
        )
        for module, why in found.items()
    ]
    if errors:
        raise StackErrors(tuple(errors))


def _durations(prefixes: Iterable[Path]) -> dict[str, float]:
    """What builds took there. Other targets do not say how long one takes here, but which of them take longer."""
    return journal.durations(
        event for prefix in dict.fromkeys(prefixes) for event in journal.events_if_readable(prefix)
    )


def _installation(verdict: Verdict, place: Place) -> Installation:
    """Where the module of a package is, in the prefix of the accelerator or of the CPU."""
    both = (place.target, place.target.cpu_only)
    found = [Installation(prefix=place.tree.prefix(one), module=verdict.package.module) for one in both]
    return next((one for one in found if one.module_file), found[-1])


def _changed(there: Iterable[tuple[Verdict, Installation]], place: Place) -> Iterator[tuple[str, str]]:
    hooks = shipped("hooks")
    for verdict, one in there:
        if verdict.package.recipe:
            what = provenance.changed(one.folder, verdict.package, hooks, place.settings.robot_paths)
            if what:
                yield verdict.package.module, what


def _asked_since(there: Iterable[tuple[Verdict, Installation]]) -> Iterator[Request]:
    """The entries that ask for a rebuild of what was built before their easystack was written.

    An easystack that asks for a rebuild is run more than once: after a failure, or for another target.
    """
    for verdict, one in there:
        for request in verdict.requests:
            if (request.rebuild or request.option("rebuild") is True) and _is_older(one.module_file, request.file):
                yield request


def _is_older(module_file: Path | None, easystack: str) -> bool:
    try:
        return module_file is not None and module_file.stat().st_mtime < Path(easystack).stat().st_mtime
    except OSError:
        return False


def _text(recipe: str) -> str:
    try:
        return Path(recipe).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
