"""`--why`: one package explained, by which path of dependencies somebody asks for it. Pure."""

from collections.abc import Iterator

from eessi_stack.cli import output
from eessi_stack.cli.formats.findings import problems
from eessi_stack.cli.formats.naming import named
from eessi_stack.cli.formats.report import Report
from eessi_stack.cli.formats.words import drifted, problem
from eessi_stack.compare.verdict import why as paths_to
from eessi_stack.errors import StackError
from eessi_stack.model import Answer, Package, State, Target, Verdict


def explain(report: Report, name: str) -> str:
    """What every target says of the package, the same once; StackError where none knows it."""
    said: dict[tuple[str, ...], list[Target]] = {}
    for answer, _ in report.told:
        lines = tuple(_explained(answer, name))
        if lines:
            said.setdefault(lines, []).append(answer.target)
    silent = [problem(why, where, report) for why, where in problems(report)]
    if not said and not silent:
        raise _unknown(report, name)
    parts = [
        "\n".join((f"{named(where, report.targets)}:", *lines) if len(report.answers) > 1 else lines)
        for lines, where in said.items()
    ]
    return "\n\n".join(parts + silent)


def _explained(answer: Answer, name: str) -> Iterator[str]:
    for one in answer.comparison.verdicts if answer.comparison else ():
        if name in names(one):
            yield from _of_one(one, answer.packages)


def _of_one(one: Verdict, packages: tuple[Package, ...]) -> Iterator[str]:
    reason = drifted(one) if one.state is State.DRIFT else one.reason
    yield f"{one.package.module}: {one.state}" + (f", {reason}" if reason else "")
    yield f"  recipe {one.package.recipe or '(none)'}"
    for path in paths_to(packages, one.package.module):
        root = next(package for package in packages if package.module == path[0])
        for request in root.requests:
            yield f"  {request.source}  {' → '.join(path)}"


def names(one: Verdict) -> tuple[str, ...]:
    """A package can be named by its module, its software, or its easyconfig."""
    module, filename = one.package.module, one.package.filename
    return module, filename, filename.removesuffix(".eb"), module.split("/", 1)[0]


def _unknown(report: Report, name: str) -> StackError:
    known = {each for _, told in report.told for one in told.verdicts for each in names(one)}
    several = len(report.answers) > 1
    where = f"any of {len(report.answers)} targets" if several else named(report.targets, report.targets)
    return StackError(
        "package-unknown",
        f"{name} is not part of this stack on {where}",
        hint=output.did_you_mean(name, sorted(known)),
    )
