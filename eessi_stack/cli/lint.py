"""`eessi-stack lint`: everything that is wrong in easystacks, at once, each with its file and line."""

import json
import os
import sys
from collections.abc import Collection, Iterable
from importlib import metadata
from pathlib import Path

import click

from eessi_stack import config, easybuild_options
from eessi_stack.cli import complete, output, stack
from eessi_stack.cli.formats import github
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.easystack import files
from eessi_stack.easystack.lint import Finding
from eessi_stack.easystack.lint import lint as findings_of
from eessi_stack.easystack.sheet import Easystack
from eessi_stack.errors import ExitCode, StackError, StackErrors

#: What is no finding in an easystack: there is none.
ABSENT = ("easystack-none", "easystack-unreadable")


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True, shell_complete=complete.easystacks)
@click.option("--format", "form", type=click.Choice(("text", "json", "github")), default="text")
@click.option("--json", "as_json", is_flag=True, help="short for --format json")
@settings_options("robot-paths", "cache-dir", without=("repo", "eessi-version", "target", "accel"))
@click.pass_context
def lint(context: click.Context, *, settings: Settings, easystacks: tuple[str, ...], form: str, as_json: bool) -> None:
    """Say everything that is wrong in easystacks, whether they parse or not.

    Easyconfigs need only be there, they are not read: `missing` says which cannot be parsed.

    A folder stands for the easystacks in it; a name without a path for one that comes with eessi-stack.
    """
    paths, absent = find(easystacks)
    read, errors = files.scan(paths, cache_dir=settings.cache_dir, unusable=True)
    absent += [error for error in errors if error.reference in ABSENT]
    wrong = [error for error in errors if error.reference not in ABSENT]
    findings = findings_of(read, wrong, easyconfigs(settings, read), any_toolchain=config.any_toolchain())
    paths_read = {one.file for one in read} | {one.file for one in findings}
    entries = sum(len(one.stack.requests) for one in read)
    notes = version_notes()
    for note in notes:
        output.message(note)
    if as_json or form == "json":
        output.result(json.dumps(document(findings, len(paths_read), entries, notes), indent=2))
    else:
        said = map(annotation, findings) if form == "github" else map(str, findings)
        lines = [*said, *([] if absent else [summary(findings, len(paths_read), entries)])]
        if lines:
            output.result("\n".join(lines))
    if absent:
        raise StackErrors(tuple(absent))
    context.exit(ExitCode.FINDING if findings else ExitCode.OK)


def find(names: Iterable[str]) -> tuple[list[str], list[StackError]]:
    """The paths of those that are there, and what is to be said of the others."""
    paths, errors = [], []
    for name in names:
        try:
            paths.append(str(stack.find(name)))
        except StackError as error:
            errors.append(error)
    return paths, errors


def easyconfigs(settings: Settings, read: Iterable[Easystack]) -> Collection[str]:
    """The names of all easyconfigs that entries can mean; none where EasyBuild's own are not found."""
    own = os.path.join(sys.prefix, "easybuild", "easyconfigs")  # noqa: PTH118 (walked as text)
    if not os.path.isdir(own):  # noqa: PTH112
        return ()
    names = {
        name
        for path in (*map(str, settings.robot_paths), own)
        for _, _, files in os.walk(path)
        for name in files
        if name.endswith(".eb")
    }
    requests = [request for one in read for request in one.stack.requests if request.filename not in names]
    return names | {request.filename for request in requests if _is_file(request.easyconfig)}


def _is_file(easyconfig: str) -> bool:
    return os.path.isfile(f"{easyconfig.removesuffix('.eb')}.eb")  # noqa: PTH113 (many of them)


def version_notes() -> tuple[str, ...]:
    """What one should know of the list of options: another EasyBuild may have others."""
    try:
        installed = metadata.version("easybuild-framework")
    except metadata.PackageNotFoundError:
        return ()
    known = easybuild_options.made_from()
    note = f"options are checked by the list of EasyBuild {known}; the one installed here is {installed}"
    return () if installed == known else (note,)


def annotation(finding: Finding) -> str:
    """A finding as GitHub shows it at its line."""
    message = "; ".join(part for part in (finding.cause, finding.hint) if part)
    place = github.line_of(finding.file, finding.line, Path.cwd(), config.workspace())
    return github.command("error", message, **place, title=f"easystack: {finding.kind}")


def summary(findings: Collection[Finding], files: int, entries: int) -> str:
    found = output.count(len(findings), "finding") if findings else "No findings"
    return f"{found} in {output.count(files, 'easystack')} ({entries} {'entry' if entries == 1 else 'entries'})"


def document(findings: Iterable[Finding], files: int, entries: int, notes: Iterable[str]) -> dict[str, object]:
    return {
        "format": "eessi-stack-lint",
        "version": 1,
        "easystacks": files,
        "entries": entries,
        "notes": list(notes),
        "findings": [
            {"file": one.file, "line": one.line, "kind": one.kind, "message": one.cause, "hint": one.hint}
            for one in findings
        ],
    }
