"""`eessi-stack missing`: say what of a stack is missing in the tree, and prove it when nothing is."""

import json
from collections.abc import Iterator
from typing import Any

import click

from eessi_stack import flow
from eessi_stack.cli import output, stack
from eessi_stack.cli.options import settings_options
from eessi_stack.compare import why as paths_to
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Comparison, Package, State, Verdict
from eessi_stack.place import Place


@click.command()
@click.argument("easystacks", metavar="EASYSTACK...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="ask as `eb --missing` does: every module of the recipes must be there")
@click.option("--why", metavar="NAME", help="explain one package: who asks for it, by which path of dependencies")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@settings_options("robot-paths", "filter-deps")
@click.pass_context
def missing(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    strict: bool,
    why: str | None,
    as_json: bool,
) -> None:
    """Say what of the stack is missing in the tree.

    A folder stands for the easystacks in it; a name without a path for one that comes with eessi-stack.
    """
    if why and as_json:
        raise click.UsageError("--why explains in words: it has no --json")
    asked, place = stack.load(easystacks, settings)
    comparison, packages = flow.missing(asked, place, strict=strict)
    if why:
        output.result("\n".join(explained(why, comparison, packages)))
    elif as_json:
        output.result(json.dumps(document(comparison, place), indent=2))
    else:
        output.result("\n".join(text(comparison)))
    context.exit(verdict(comparison))


def verdict(comparison: Comparison) -> ExitCode:
    """The exit code: what could not be told weighs more than what is missing."""
    if comparison.of(State.ERROR) or not comparison.requests:
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if comparison.of(State.MISSING, State.BROKEN) else ExitCode.OK


def text(comparison: Comparison) -> Iterator[str]:
    lost = comparison.of(State.MISSING)
    if lost:
        yield f"{len(lost)} out of {len(comparison.verdicts)} required modules missing:"
        yield ""
        yield from columns([(f"* {one.package.module}", one.package.filename, wanted(one)) for one in lost])
        yield ""
    yield from undecided(comparison)
    yield from section("FAILED: installed, but broken:", comparison.of(State.BROKEN))
    yield from section("excluded:", comparison.of(State.EXCLUDED))
    yield from section(
        "drift (recipes that changed since the stack was built; not counted as missing):", comparison.of(State.DRIFT)
    )
    yield summary(comparison)


def undecided(comparison: Comparison) -> Iterator[str]:
    return section("ERROR: could not be decided:", comparison.of(State.ERROR))


def section(title: str, verdicts: tuple[Verdict, ...]) -> Iterator[str]:
    if verdicts:
        yield title
        yield ""
        yield from columns([(f"* {one.package.module}", one.reason, wanted(one)) for one in verdicts])
        yield ""


def wanted(one: Verdict) -> str:
    """Who wants a package, in a few words: the easystack lines, else the first packages that need it."""
    if one.package.requests:
        return ", ".join(request.source for request in one.package.requests)
    if not one.wanted_by:
        return ""
    more = len(one.wanted_by) - 2
    return f"for {', '.join(one.wanted_by[:2])}" + (f" and {more} more" if more > 0 else "")


def columns(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    """Rows whose cells line up, as far as they are not very long."""
    first, second = (min(max(len(row[column]) for row in rows), 50) for column in (0, 1))
    for one, two, three in rows:
        yield f"  {one:<{first}}  {two:<{second}}  {three}".rstrip()


def summary(comparison: Comparison) -> str:
    entries = [one.state for _, one in comparison.requests]
    counts = ", ".join(f"{entries.count(state)} {state}" for state in State if state in entries)
    if verdict(comparison) is ExitCode.OK:
        drifted = len(comparison.of(State.DRIFT))
        return f"No missing installations ({counts}" + (f"; {drifted} drifted)" if drifted else ")")
    return f"{len(entries)} asked for on {comparison.target}: {counts}"


def document(comparison: Comparison, place: Place) -> dict[str, Any]:
    return {
        "format": "eessi-stack-missing",
        "version": 1,
        "tree": str(place.tree.root),
        "target": str(comparison.target),
        "proven": verdict(comparison) is ExitCode.OK,
        "entries": [
            {
                "easyconfig": request.easyconfig,
                "file": request.file,
                "line": request.line,
                "module": one.package.module,
                "state": one.state,
                "reason": one.reason,
            }
            for request, one in comparison.requests
        ],
        "packages": [
            {
                "module": one.package.module,
                "easyconfig": one.package.recipe,
                "state": one.state,
                "reason": one.reason,
                "wanted_by": list(one.wanted_by),
            }
            for one in comparison.verdicts
        ],
    }


def explained(name: str, comparison: Comparison, packages: tuple[Package, ...]) -> Iterator[str]:
    found = [one for one in comparison.verdicts if name in _names(one)]
    if not found:
        known = [each for one in comparison.verdicts for each in _names(one)]
        hint = output.did_you_mean(name, known)
        raise StackError("package-unknown", f"{name} is not part of this stack on {comparison.target}", hint=hint)
    for one in found:
        yield from _explained(one, packages)


def _explained(one: Verdict, packages: tuple[Package, ...]) -> Iterator[str]:
    yield f"{one.package.module}: {one.state}" + (f", {one.reason}" if one.reason else "")
    yield f"  recipe {one.package.recipe or '(none)'}"
    for path in paths_to(packages, one.package.module):
        root = next(package for package in packages if package.module == path[0])
        for request in root.requests:
            yield f"  {request.source}  {' → '.join(path)}"


def _names(one: Verdict) -> tuple[str, ...]:
    """A package can be named by its module, its software, or its easyconfig."""
    module, filename = one.package.module, one.package.filename
    return module, filename, filename.removesuffix(".eb"), module.split("/", 1)[0]
