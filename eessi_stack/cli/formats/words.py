"""Sentences that several formats share, among them the words that other tools search logs for. Pure."""

import re

from eessi_stack.cli.formats.findings import Finding, in_prefix, modules
from eessi_stack.cli.formats.naming import named
from eessi_stack.cli.formats.report import Report, accelerator_entries, entries, position, trouble, verdict, verdict_on
from eessi_stack.errors import ExitCode
from eessi_stack.model import Answer, Exclusion, Request, State, Target, Verdict

#: Stands in the output where nothing is missing, and only there.
PROOF = "No missing installations"

_SIGNALS = re.compile(rf"\b(?:ERROR|FATAL|FAILED):|{PROOF}|(?<=required modules missing):")


def quoted(text: str) -> str:
    """What others wrote, on one line, without the words that our own output is searched for."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return _SIGNALS.sub(lambda found: "" if found[0] == ":" else found[0].lower(), " ".join(text.split()))


def headline(report: Report) -> str:
    """`3 out of 812 required modules missing:`; nothing where none is."""
    lost = len(modules(report, State.MISSING))
    return f"{lost} out of {len(modules(report))} required modules missing:" if lost else ""


def wanted(one: Verdict | Finding) -> str:
    """Who wants a package, in a few words: the first easystack lines, else the first packages that need it."""
    if one.requests:
        return _some(tuple(dict.fromkeys(request.source for request in one.requests)), most=3)
    return f"for {_some(one.wanted_by)}" if one.wanted_by else ""


def drifted(one: Verdict | Finding) -> str:
    """Why a package counts as drift: whose recipe changed, and what is there in its place."""
    why = quoted(one.reason)
    if any(user.replace("/", "-") in why for user in one.wanted_by):
        _, *problem = why.split("; ", 1)
        recipes = "recipes" if len(one.wanted_by) > 1 else "recipe"
        why = "; ".join((f"for {_some(one.wanted_by)}, whose {recipes} changed since", *problem))
    elif one.wanted_by:
        why = f"for {_some(one.wanted_by)}: {why}"
    return f"{why}; {one.instead} is installed in its place" if one.instead else why


def _some(names: tuple[str, ...], most: int = 2) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def elsewhere(report: Report) -> str:
    """Say that entries for accelerators were not asked about, where there are any."""
    count = len(accelerator_entries(report))
    return f"{entries(count)} for accelerators, which were not asked about (--accel, --all-targets)" if count else ""


def for_others(report: Report) -> str:
    """Say that entries are for other targets than those that were asked about, where there are any."""
    waiting = {position(entry) for entry in accelerator_entries(report)}
    others = [entry for entry in report.stack.requests if not any(entry.is_for(target) for target in report.targets)]
    count = sum(position(entry) not in waiting for entry in others)
    return f"{entries(count)} for other targets" if count else ""


def excluding(one: Exclusion) -> str:
    """Why a stack leaves something out, with the issue that says more."""
    return quoted(f"{one.reason} ({one.issue})" if one.issue else one.reason)


def asked(answer: Answer) -> tuple[Request, ...]:
    return tuple(entry for entry, _ in answer.comparison.requests) if answer.comparison else ()


def remark(answer: Answer) -> str:
    """What one must know of a target besides counts."""
    if trouble(answer):
        return parts(in_prefix(answer))[0]
    return quoted(answer.note) if asked(answer) else "no entry is for it"


def problem(why: str, targets: tuple[Target, ...], report: Report) -> str:
    """Why targets could not be told about, as far as its first line says it."""
    return f"ERROR: {named(targets, report.targets)}: {parts(why)[0]}"


def parts(why: str) -> list[str]:
    """What an error says, line by line: what happened, then where, why, and what to do next."""
    return [line for each in why.splitlines() if (line := quoted(each))] or ["no answer"]


def summary(report: Report) -> str:
    """The last line: PROOF, or what there is in its place."""
    proven = verdict(report) is ExitCode.OK
    return (
        _summary_of_one(report, proven=proven) if len(report.answers) == 1 else _summary_of_all(report, proven=proven)
    )


def _summary_of_one(report: Report, *, proven: bool) -> str:
    comparison = report.answers[0].comparison
    if comparison is None:
        return f"nothing could be told of {report.answers[0].target}"
    states = [one.state for _, one in comparison.requests]
    counts = ", ".join(f"{states.count(state)} {state}" for state in State if state in states)
    if not proven:
        lost = len(comparison.of(State.MISSING))
        of_all = f"; {lost} of {len(comparison.verdicts)} modules missing" if lost else ""
        return f"{len(states)} asked for on {comparison.target}: {counts}".removesuffix(": ") + of_all
    drift = len(comparison.of(State.DRIFT))
    return f"{PROOF} ({counts}" + (f"; {drift} drifted)" if drift else ")")


def _summary_of_all(report: Report, *, proven: bool) -> str:
    meant = [answer for answer in report.answers if trouble(answer) or asked(answer)]
    count = len({position(entry) for answer in meant for entry in asked(answer)})
    size = f"{count} {'entry' if count == 1 else 'entries'} on {len(report.answers)} targets"
    if proven:
        return f"{PROOF} ({'; '.join((size, *_left_over(report, len(report.answers) - len(meant))))})"
    codes = [verdict_on(answer) for answer in meant]
    parts = (
        (codes.count(ExitCode.OK), "without anything missing"),
        (codes.count(ExitCode.FINDING), "with something missing or broken"),
        (codes.count(ExitCode.UNDECIDED), "undecided"),
        (len(report.answers) - len(meant), "without any entry"),
    )
    return f"{size}: {', '.join(f'{number} {what}' for number, what in parts if number)}"


def _left_over(report: Report, without: int) -> list[str]:
    """What a proof leaves out: targets that nothing is for, and modules that are not there for a reason."""
    drift, excluded = (len(modules(report, state)) for state in (State.DRIFT, State.EXCLUDED))
    parts = ((without, "without any entry"), (drift, "drifted"), (excluded, "excluded"))
    return [f"{number} {what}" for number, what in parts if number]
