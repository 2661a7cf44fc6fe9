"""How `install` says what became of a plan, in each of the formats. Pure."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eessi_stack import journal
from eessi_stack.cli import output
from eessi_stack.cli.formats import report as missing
from eessi_stack.cli.formats import text
from eessi_stack.cli.formats.card import Card, cards, headline, panel, summary
from eessi_stack.cli.formats.card_ci import annotations, case, markdown
from eessi_stack.cli.formats.report import Screen, about
from eessi_stack.cli.formats.words import quoted
from eessi_stack.errors import ExitCode
from eessi_stack.model import Action, Comparison, Outcome, Plan, Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was planned, what became of it, and whether nothing is missing now."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    proof: Comparison
    seconds: float = 0.0
    cache_problem: str = ""  #: why Lmod's cache could not follow what was built
    folder: Path = Path()  #: what the files of the stack are relative to
    workspace: Path | None = None  #: what they are called after in CI

    @property
    def bad(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.good)

    @property
    def proven(self) -> bool:
        return not self.bad and not self.cache_problem and missing.verdict(about(self.proof)) is ExitCode.OK

    @property
    def cards(self) -> tuple[Card, ...]:
        return cards(self.outcomes)


def verdict(run: Run) -> ExitCode:
    """The exit code."""
    if any(outcome.result is Result.INTERRUPTED for outcome in run.outcomes):
        return ExitCode.INTERRUPTED
    return max(missing.verdict(about(run.proof)), ExitCode.FINDING if run.bad or run.cache_problem else ExitCode.OK)


def render(run: Run, name: str, screen: Screen) -> str:
    """What became of it in one of the formats, without a newline at its end."""
    if name == "text":
        return "\n".join(_text(run, screen))
    return "\n".join(_FORMATS[name](run))


def _text(run: Run, screen: Screen) -> Iterator[str]:
    """What a run leaves to be said; last, everything that failed."""
    yield from _summary(run)
    yield from text.undecided(about(run.proof)) if run.bad else text.lines(about(run.proof))
    yield from _skipped(run)
    yield from _go_on(run)
    yield from _cache(run)
    for card in run.cards:
        yield ""
        yield from panel(card, screen)


def _summary(run: Run) -> Iterator[str]:
    if run.outcomes:
        built = sum(outcome.result is Result.BUILT for outcome in run.outcomes)
        present = sum(outcome.result is Result.PRESENT for outcome in run.outcomes)
        others = f", {present} by another run" if present else ""
        yield f"{built} of {output.count(len(run.outcomes), 'package')} built in {output.duration(run.seconds)}{others}"


def _skipped(run: Run) -> Iterator[str]:
    for outcome in run.bad:
        if outcome.result is Result.SKIPPED:
            yield f"SKIPPED: {outcome.step.package.module}: {outcome.cause}"


def _go_on(run: Run) -> Iterator[str]:
    """What to run for what is left: the same again would build again what has been rebuilt."""
    built = {outcome.step for outcome in run.outcomes if outcome.good}
    again = [step for step in run.plan.steps if step.action is Action.REBUILD]
    if run.bad and not built.isdisjoint(again):
        left = " ".join(f"--rebuild {step.package.module}" for step in again if step not in built)
        yield f"for what is left, run again {f'with {left}' if left else 'without --rebuild'}: the rest is rebuilt"
    elif any(outcome.result is Result.INTERRUPTED for outcome in run.outcomes):
        yield "run again to go on"


def _cache(run: Run) -> Iterator[str]:
    if run.cache_problem:
        yield f"FAILED: Lmod's cache: {run.cache_problem}"


def document(run: Run) -> Iterator[str]:
    known = {outcome.step: outcome for outcome in run.outcomes}
    steps = [
        {
            "module": step.package.module,
            "easyconfig": step.package.recipe,
            "action": step.action,
            "reason": step.reason,
            "prefix": str(step.prefix),
            "outcome": _outcome(known[step]) if step in known else None,
        }
        for step in run.plan.steps
    ]
    errors = [{"module": one.package.module, "reason": one.reason} for one in run.proof.of(State.ERROR)]
    head = {"format": "eessi-stack-install", "version": 1, "target": str(run.plan.target), "proven": run.proven}
    yield json.dumps({**head, "steps": steps, "errors": errors, "cache_problem": run.cache_problem}, indent=2)


def _outcome(outcome: Outcome) -> dict[str, object]:
    made = journal.ended(outcome)
    if failure := outcome.failure:
        made["failure"] = {
            "cause": failure.cause,
            "summary": failure.summary,
            "step": failure.step,
            "command": failure.command,
            "exit_code": failure.exit_code,
            "excerpt": list(failure.excerpt),
            "error_line": failure.error_line,
            "output": failure.output,
            "reenter": failure.reenter,
        }
    return made


def _junit(run: Run) -> Iterator[str]:
    """A suite of one run, a case a step."""
    found = {card.outcome.step: card for card in run.cards}
    name = str(run.plan.target)
    cases = [case(outcome, found.get(outcome.step), name) for outcome in run.outcomes] or [_nothing_built(run)]
    skipped = sum(outcome.result is Result.SKIPPED for outcome in run.outcomes)
    counts = {"tests": len(cases), "failures": len(found), "skipped": skipped}
    counts["errors"] = sum(one.find("error") is not None for one in cases)
    suite = Element("testsuite", {"name": name, **{key: str(value) for key, value in counts.items()}})
    suite.extend(cases)
    suites = Element("testsuites", name="eessi-stack install")
    suites.append(suite)
    indent(suites)
    written: bytes = tostring(suites, encoding="us-ascii", xml_declaration=True)
    yield written.decode("ascii")


def _nothing_built(run: Run) -> Element:
    """The case of a run without a step, as a report without any case is an error to some who read it."""
    made = Element("testcase", classname=str(run.plan.target), name="nothing to build")
    if not run.proven:
        SubElement(made, "error", message=quoted("; ".join(text.lines(about(run.proof)))))
    return made


def _github(run: Run) -> Iterator[str]:
    for card in run.cards:
        yield from annotations(card, run.folder, run.workspace)
    for card in run.cards:
        yield f"FAILED: {headline(card)}: {summary(card)}"
    yield from _skipped(run)
    yield from _go_on(run)
    yield from _cache(run)
    yield from _summary(run)
    yield from text.undecided(about(run.proof)) if run.bad else text.lines(about(run.proof))


def _markdown(run: Run) -> Iterator[str]:
    sign = "✅" if run.proven else "❌"
    yield f"### {sign} eessi-stack install: {run.plan.target}"
    yield ""
    yield from _summary(run)
    if not run.bad:
        yield from text.lines(about(run.proof))
    yield ""
    yield from (f"{line}\n" for line in (*_go_on(run), *_cache(run)))
    few = len(run.cards) == 1
    for card in run.cards:
        yield from markdown(card, unfolded=few)
    skipped = [outcome.step.package.module for outcome in run.bad if outcome.result is Result.SKIPPED]
    if skipped:
        yield f"skipped: {', '.join(f'`{module}`' for module in skipped)}"


_FORMATS: dict[str, Callable[[Run], Iterator[str]]] = {
    "json": document,
    "junit": _junit,
    "github": _github,
    "markdown": _markdown,
}
