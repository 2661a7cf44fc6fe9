"""`eessi-stack detect`: what this machine is, which software it can run, and where in the tree that is."""

import json
import shutil
import sys
import textwrap
from collections import Counter
from typing import Any, TextIO

import click

from eessi_stack import gpu, prefixes, target
from eessi_stack.cli import output
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.cpuinfo import PROC_CPUINFO, CpuInfo, archspec_name, host_cpuinfo, machine_name, parse, this_machine
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target, Tree


@click.command()
@click.option("--cpu", is_flag=True, help="only the best CPU target, for scripts")
@click.option("--all", "every", is_flag=True, help="with --cpu: all that can run, best first, joined by colons")
@click.option("--accel", is_flag=True, help="only the accelerator; exit 2 without nvidia-smi, 3 when it fails")
@click.option("--prefix", is_flag=True, help="only the path of the best prefix in the tree; exit 1 without one")
@click.option("--json", "as_json", is_flag=True, help="everything, as one JSON document")
@click.option("--cpuinfo", "file", metavar="FILE", type=click.File(errors="replace"), help="ask for another machine")
@click.option("--machine", metavar="ARCH", help="with --cpuinfo: its CPU family, where the file does not say")
@settings_options(without=("target", "accel"))
def detect(  # noqa: PLR0913 (one parameter a flag)
    *,
    settings: Settings,
    cpu: bool,
    every: bool,
    accel: bool,
    prefix: bool,
    as_json: bool,
    file: TextIO | None,
    machine: str | None,
) -> None:
    """Detect the CPU and GPU of this machine, or of the one that a file is from, and the best prefix of the tree.

    FILE holds its /proc/cpuinfo or its output of lscpu, - is stdin. $EESSI_SOFTWARE_SUBDIR_OVERRIDE and
    $EESSI_ACCELERATOR_TARGET_OVERRIDE are respected.
    """
    if cpu + accel + prefix + as_json > 1:
        raise click.UsageError("--cpu, --accel, --prefix and --json exclude each other")
    if every and not cpu:
        raise click.UsageError("--all goes with --cpu")
    if machine and not file:
        raise click.UsageError("--machine goes with --cpuinfo")
    if accel:
        output.result(f"accel/{_accelerator(settings)[0]}")
    elif cpu:
        targets = _override(settings, file) or target.compatible(_facts(file, machine))
        output.result(":".join(targets if every else targets[:1]))
    elif prefix:
        targets = _override(settings, file) or target.compatible(_facts(file, machine))
        output.result(_prefix(_tree(settings), targets))
    else:
        document = _document(settings, file, machine)
        output.result(json.dumps(document, indent=2) if as_json else _text(document))


def _override(settings: Settings, file: TextIO | None) -> tuple[str, ...]:
    """Return the CPU targets somebody set. A file asks about its own machine, whatever is set for this one."""
    if file:
        return ()
    return tuple(target.check_cpu(name, settings.origins["target"]) for name in settings.targets)


def _facts(file: TextIO | None, machine: str | None) -> CpuInfo:
    if file is None:
        return parse(host_cpuinfo(), this_machine())
    cpu = parse(file.read(), machine_name(machine) if machine else None)
    if not cpu.features:
        raise StackError(
            "cpuinfo-empty",
            f"{file.name}: says nothing of {cpu.machine} features",
            hint="it wants the content of /proc/cpuinfo or the output of `lscpu`; --machine names another CPU family",
        )
    return cpu


def _accelerator(settings: Settings) -> tuple[str, str]:
    """Return the accelerator and what says so."""
    if settings.accelerator:
        origin = settings.origins["accel"]
        return target.check_accelerator(settings.accelerator, origin), origin
    found = gpu.detect()
    counts = (f"{count} x {model}" for model, count in Counter(found.models).items())
    return found.accelerator, "nvidia-smi: " + ", ".join(counts)


def _accelerator_or_none(settings: Settings, file: TextIO | None) -> tuple[str | None, str]:
    """Return the same, but no GPU is no error, and one of this machine says nothing of another."""
    if settings.accelerator or not file:
        try:
            return _accelerator(settings)
        except StackError as error:
            if not error.reference.startswith("gpu-"):
                raise
            return None, ": ".join(filter(None, (error.message.removeprefix("no accelerator: "), error.context)))
    return None, "a file says nothing of GPUs"


def _tree(settings: Settings) -> Tree:
    version = settings.eessi_version or prefixes.newest_version(settings.repo) or target.DEFAULT_VERSION
    return Tree(repo=settings.repo, version=version)


def _prefix(tree: Tree, targets: tuple[str, ...]) -> str:
    found = prefixes.best_existing(tree, targets)
    if found is None:
        raise StackError(
            "prefix-none",
            f"{tree.root / 'software'} has no prefix for this CPU",
            context=f"looked for {', '.join(targets)}",
            hint="--repo and --eessi-version name another tree",
            exit_code=ExitCode.FINDING,
        )
    return str(tree.prefix(Target(cpu=found)))


def _document(settings: Settings, file: TextIO | None, machine: str | None) -> dict[str, Any]:
    """Return all that `detect` has to say: what --json prints, and the text is made from."""
    cpu, tree, override = _facts(file, machine), _tree(settings), _override(settings, file)
    runs = target.compatible(cpu)
    targets = override or runs
    accelerator, accelerator_origin = _accelerator_or_none(settings, file)
    found = prefixes.best_existing(tree, targets)
    found_accelerator = prefixes.best_accelerator(tree, found, accelerator) if found and accelerator else None
    return {
        "format": "eessi-stack-detect",
        "version": 1,
        "cpu": {"machine": cpu.machine, "vendor": cpu.vendor, "model": cpu.model, "archspec": archspec_name(cpu)},
        "target": targets[0],
        "target_origin": settings.origins["target"] if override else file.name if file else "this CPU",
        "compatible": list(runs),
        "accelerator": f"accel/{accelerator}" if accelerator else None,
        "accelerator_origin": accelerator_origin,
        "tree": {"repo": str(tree.repo), "eessi_version": tree.version, "exists": tree.root.is_dir()},
        "prefix": str(tree.prefix(Target(cpu=found))) if found else None,
        "prefix_target": found,
        "accelerator_prefix": str(tree.prefix(Target(cpu=found, accelerator=found_accelerator)))
        if found and found_accelerator
        else None,
        "notes": _notes(cpu, runs, override, settings.origins["target"]),
    }


def _notes(cpu: CpuInfo, runs: tuple[str, ...], override: tuple[str, ...], origin: str) -> list[str]:
    notes = [
        f"{origin} asks for {name}, which this CPU cannot run: expect illegal instructions"
        for name in override
        if name not in runs
    ]
    if not cpu.features:
        notes.append(f"{PROC_CPUINFO} says nothing of CPU features: only {runs[0]} is sure to run")
    difference = target.explain(cpu, runs[0])
    return [*notes, difference] if difference else notes


def _text(document: dict[str, Any]) -> str:
    cpu, tree = document["cpu"], document["tree"]
    root = f"{tree['repo']}/versions/{tree['eessi_version']}"
    rows = [
        ("CPU", f"{cpu['model'] or 'unnamed'} ({cpu['machine']}, vendor {cpu['vendor'] or 'not said'})"),
        ("target", f"{document['target']} ({document['target_origin']})"),
        ("can run", " ".join(document["compatible"])),
        ("archspec", cpu["archspec"] or "no detection for this CPU family"),
        ("accelerator", f"{document['accelerator'] or 'none'} ({document['accelerator_origin']})"),
        ("tree", root if tree["exists"] else f"{root} (not there)"),
        ("prefix", _prefix_text(document)),
        ("accel prefix", _accelerator_text(document)),
        *(("note", note) for note in document["notes"]),
    ]
    return "\n".join(_row(label, text) for label, text in rows if text)


def _prefix_text(document: dict[str, Any]) -> str:
    if not document["prefix"]:
        return "none: the tree has no prefix for any of these targets"
    first, found = document["target"], document["prefix_target"]
    why = "" if found == first else f" (the tree has no {first})"
    return f"{document['prefix']}{why}"


def _accelerator_text(document: dict[str, Any]) -> str:
    if not document["accelerator"] or not document["prefix"]:
        return ""
    nothing = f"none: {document['prefix_target']} has nothing for {document['accelerator']}"
    return document["accelerator_prefix"] or nothing


def _row(label: str, text: str) -> str:
    """Wrap on a terminal only, so that a line in a pipe is a fact."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    lines = textwrap.wrap(text, max(width - 13, 40), break_long_words=False, break_on_hyphens=False)
    styled = click.style(f"{label:<13}", fg="yellow" if label == "note" else "cyan")
    return styled + f"\n{'':<13}".join(lines)
