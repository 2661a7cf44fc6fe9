"""Easystack requests → Packages, by asking the reader process; EasyBuild is not imported here."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import msgspec

from eessi_stack.eb.options import BUILD_ONLY, ORIGIN, variable
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import OptionValue, Package, Request


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What eb/reader.py answers."""

    easybuild: str = ""
    failure: str = ""
    packages: tuple[Package, ...] = ()
    roots: tuple[tuple[str, ...], ...] = ()


def resolve(requests: Sequence[Request], family: str, environment: Mapping[str, str]) -> tuple[Package, ...]:
    """One graph of all requests. StackError `easybuild-*`, exit code 3, where EasyBuild cannot say.

    An entry whose own options change what it depends on is resolved with them, apart from the others. Where two of
    them give the same module, the entry that asks for it decides what it needs; where none does, it needs what either
    says, as `eb` asked for one entry after the other would find.
    """
    graphs = []
    for options, group in _groups(requests).items():
        own = {variable(name): _text(value) for name, value in options}
        graphs.append(_with_requests(group, _ask(group, family, {**environment, **own})))
    return _merged(graphs)


def _merged(graphs: Iterable[Iterable[Package]]) -> tuple[Package, ...]:
    merged: dict[str, Package] = {}
    for package in chain.from_iterable(graphs):
        known = merged.get(package.module)
        if known is None:
            merged[package.module] = package
        elif package.requests:
            merged[package.module] = replace(package, requests=known.requests + package.requests)
        elif not known.requests:
            merged[package.module] = _needing_both(known, package)
    return tuple(merged.values())


def _needing_both(one: Package, other: Package) -> Package:
    run = tuple(dict.fromkeys(one.dependencies + other.dependencies))
    build = dict.fromkeys(one.build_dependencies + other.build_dependencies)
    return replace(one, dependencies=run, build_dependencies=tuple(name for name in build if name not in run))


def _groups(requests: Iterable[Request]) -> dict[tuple[tuple[str, OptionValue], ...], list[Request]]:
    """Requests by those of their options that change the graph; most have none."""
    groups: dict[tuple[tuple[str, OptionValue], ...], list[Request]] = {}
    for request in requests:
        changing = tuple(pair for pair in request.options if pair[0] not in ORIGIN | BUILD_ONLY)
        groups.setdefault(changing, []).append(request)
    return groups


def _text(value: OptionValue) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _with_requests(requests: Sequence[Request], answer: _Answer) -> list[Package]:
    asked: dict[str, list[Request]] = {}
    for request, modules in zip(requests, answer.roots, strict=True):
        for module in modules:
            asked.setdefault(module, []).append(request)
    return [
        replace(package, requests=tuple(asked[package.module])) if package.module in asked else package
        for package in answer.packages
    ]


def _ask(requests: Sequence[Request], family: str, environment: Mapping[str, str]) -> _Answer:
    question = {"family": family, "recipes": [_recipe(request) for request in requests]}
    answer = msgspec.convert(run_reader("eessi_stack.eb.reader", question, environment), _Answer)
    if answer.failure:
        raise StackError(
            "easybuild-failed",
            answer.failure,
            hint="`eessi-stack config --easybuild` shows how EasyBuild is configured",
            exit_code=ExitCode.UNDECIDED,
        )
    return answer


def _recipe(request: Request) -> str:
    """A path stays one; a name gets the `.eb` that EasyBuild would append."""
    return request.easyconfig if request.easyconfig.endswith(".eb") else f"{request.easyconfig}.eb"


def run_reader(module: str, question: Mapping[str, Any], environment: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Run a module that answers one JSON question with one JSON document, EasyBuild's temporary files kept apart."""
    with tempfile.TemporaryDirectory(prefix="eessi-stack-") as scratch:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            check=False,
            env={**environment, "TMPDIR": scratch},
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise _no_answer(done.returncode, done.stderr) from None
    if answer.get("failure") and done.stderr:
        answer["failure"] += "\n" + done.stderr.strip()[-2000:]
    return answer


def _no_answer(returncode: int, stderr: str) -> StackError:
    return StackError(
        "easybuild-failed",
        f"EasyBuild gave no answer (exit code {returncode})",
        context=stderr.strip()[-2000:],
        exit_code=ExitCode.UNDECIDED,
    )
