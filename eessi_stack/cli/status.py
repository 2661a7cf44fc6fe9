"""`eessi-stack status`: what an operator of a tree wants to see first."""

import json
from collections.abc import Sequence

import click

from eessi_stack import gpu, place
from eessi_stack import status as standing
from eessi_stack.cli import complete, output, stack
from eessi_stack.cli.formats import standing as forms
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.place import Place
from eessi_stack.status import Status


@click.command()
@click.argument("easystacks", metavar="[EASYSTACK...]", nargs=-1, shell_complete=complete.easystacks)
@click.option("--all-targets", is_flag=True, help="the matrix of every target that the tree and its version have")
@click.option("--software", metavar="NAME", help="which versions of one software or extension there are, and where")
@click.option("--json", "as_json", is_flag=True, help="one JSON document, with all modules: `diff` compares with it")
@settings_options("robot-paths", "filter-deps", "cache-dir", "lmod")
@click.pass_context
def status(  # noqa: PLR0913 (one parameter a flag)
    context: click.Context,
    *,
    settings: Settings,
    easystacks: tuple[str, ...],
    all_targets: bool,
    software: str | None,
    as_json: bool,
) -> None:
    """Say how the tree is: what is there, whether users see it, who builds what, and what the last runs did.

    With easystacks also what of them is installed, missing, excluded or drifted.
    """
    if software and (easystacks or as_json):
        raise click.UsageError("--software goes with neither easystacks nor --json")
    if easystacks:
        asked, places = stack.load_for_all(easystacks, settings, every_target=all_targets)
    else:
        asked, places = None, place.find_all(settings, every_target=all_targets)
        stack.warn(places)
    if software:
        context.exit(_software(places, software))
    found = standing.status(places, asked, extensions=as_json)
    if as_json:
        output.result(json.dumps(forms.document(found, _gpu())))
    elif len(found) == 1:
        output.result("\n".join(forms.one(found[0], _gpu(), output.width())))
    else:
        output.result("\n".join(forms.matrix(found, output.width())))
    context.exit(forms.verdict(found))


def _gpu() -> str:
    """The GPU of this machine, as far as nvidia-smi tells."""
    try:
        return gpu.detect().accelerator
    except StackError as error:
        return error.message.partition(":")[2].strip() if error.reference == "gpu-none" else error.message


def _software(places: Sequence[Place], name: str) -> ExitCode:
    """Where each version of a software is; of an extension, in which modules."""
    found = standing.status(places, extensions=True, with_caches=False)
    lines = list(forms.software(found, name))
    if not lines:
        raise _unknown(found, name)
    output.result("\n".join(lines))
    return ExitCode.UNDECIDED if any(one.problem for one in found) else ExitCode.OK


def _unknown(found: Sequence[Status], name: str) -> StackError:
    names = {module.split("/")[0] for one in found if one.side for module in one.side.modules}
    message = f"{name}: no module or extension of that name in {found[0].place.tree.root}"
    return StackError("software-absent", message, hint=output.did_you_mean(name, names), exit_code=ExitCode.FINDING)
