"""`eessi-stack hooks`: which rules there are, and which of them apply to an easyconfig, where, and why."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from eessi_stack import place
from eessi_stack.cli import output
from eessi_stack.cli.formats.layout import fit
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings, shipped
from eessi_stack.eb import environment
from eessi_stack.eb.ask import ask_once
from eessi_stack.errors import ExitCode, StackError

Json = dict[str, Any]
MODULE = "eessi_stack.eb.explain"
FOR_ALL = "all software"


@click.group()
def hooks() -> None:
    """Say what the hooks change in builds, and why."""


@hooks.command("list", short_help="List every rule, and why it is there")
@click.option("--software", metavar="NAME", help="only the rules for one software")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options(without=("repo", "eessi-version", "target", "accel"))
def list_rules(*, settings: Settings, software: str | None, as_json: bool) -> None:  # noqa: ARG001 (all commands have them)
    """List every rule: for which software, at which step, what it changes, and why; and what is left out."""
    question = {"hooks": str(shipped("hooks") / "eb_hooks.py"), "software": software}
    answer = ask_once(MODULE, question, environment.for_easybuild())
    meant = answer.pop("meant")
    if as_json:
        output.result(json.dumps({"format": "eessi-stack-hooks-list", "version": 1, **answer}, indent=2))
        return
    output.result("\n".join(folded(listed(answer, software), output.width())))
    if meant:
        output.message(f"did you mean `--software {meant}`?")


@hooks.command(short_help="Say which rules apply to an easyconfig on a target")
@click.argument("easyconfig")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("robot-paths", "filter-deps")
@click.pass_context
def explain(context: click.Context, *, settings: Settings, easyconfig: str, as_json: bool) -> None:
    """Explain which rules apply to an easyconfig on a target; of those that nearly apply, which condition fails.

    Nothing is built. Exit code 1 where a rule refuses the build.
    """
    here = place.find(settings)
    if not as_json:
        output.message(f"target {here.target}: {here.why}")
    answer = ask(here, easyconfig)
    if as_json:
        document = {"format": "eessi-stack-hooks-explain", "version": 1, "target": str(here.target), **answer}
        output.result(json.dumps(document, indent=2))
    else:
        output.result("\n".join(folded(explained(answer, str(here.target)), output.width())))
    context.exit(ExitCode.FINDING if any("refuses" in one for one in answer["applies"]) else ExitCode.OK)


def ask(here: place.Place, easyconfig: str) -> Json:
    """StackError where there is no such easyconfig, or EasyBuild cannot parse it."""
    hooks_file = str(shipped("hooks") / "eb_hooks.py")
    question = {
        "hooks": hooks_file,
        "family": here.target.family,
        "easyconfig": easyconfig,
        "prefix": str(here.tree.prefix(here.target)),
    }
    answer = ask_once(MODULE, question, {**here.environment, "EASYBUILD_HOOKS": hooks_file})
    if "absent" in answer:
        message = f"no easyconfig {easyconfig} in the robot path"
        raise StackError("easyconfig-absent", message, hint=answer["absent"], exit_code=ExitCode.UNDECIDED)
    if "error" in answer:
        raise StackError("easyconfig-broken", f"{easyconfig}: {answer['error']}", exit_code=ExitCode.UNDECIDED)
    return answer


def listed(answer: Json, software: str | None) -> Iterable[str]:
    for rule in answer["rules"]:
        yield f"{named(rule['for'])} at {rule['at']}"
        yield from described(rule, rule["conditions"])
    for one in answer["left_out"]:
        versions = f" {', '.join(one['versions'])}" if one["versions"] else ""
        yield f"left out: {named(one['software'])}{versions} at {one['at']}: {one['why']}"
    own = f" for {software}, besides {answer['for_all']} for {FOR_ALL}" if software else ""
    yield f"{output.count(len(answer['rules']), 'rule')}{own}"


def folded(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Lines as a terminal has room for; what is folded stands below its begin."""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        first, *more = fit(line.strip(), width, indent + 2)
        yield " " * indent + first.strip()
        yield from (" " * (indent + 2) + rest for rest in more)


def explained(answer: Json, target: str) -> Iterable[str]:
    applies, nearly = answer["applies"], answer["nearly"]
    yield f"{answer['module']} for {target}: {output.count(len(applies), 'rule')} to apply"
    for rule in applies:
        yield f"{subject(rule)}at {rule['at']}"
        yield from described(rule, [])
    if nearly:
        yield f"{output.count(len(nearly), 'rule')} for this software but not for this build:"
    for rule in nearly:
        yield f"{subject(rule)}at {rule['at']}"
        yield f"    would {rule['does']}"
        yield from (f"    but {reason}" for reason in rule["unmet"])
    yield from (f"left out at {one['at']}: {one['why']}" for one in answer["left_out"])


def described(rule: Json, conditions: Iterable[str]) -> Iterable[str]:
    """What one does and why, below the line that names it."""
    yield from (f"    for: {condition}" for condition in conditions)
    yield f"    {rule['does']}"
    yield from (f"      {line}" for line in rule.get("details", ()))
    if "refuses" in rule:
        yield f"    REFUSED: {rule['refuses']}"
    yield f"    why: {rule['why']}"


def named(software: list[str]) -> str:
    return FOR_ALL if software == ["*"] else ", ".join(software)


def subject(rule: Json) -> str:
    """`extension isoband/0.2.4 `; nothing for the package itself."""
    return f"{rule['kind']} {rule['software']}/{rule['version']} " if rule["kind"] else ""
