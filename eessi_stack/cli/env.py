"""`eessi-stack env`: what a shell evaluates to use the tree."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from eessi_stack import caches, config, gpu, place, prefixes
from eessi_stack.cli import output
from eessi_stack.cli.options import settings_options
from eessi_stack.config import Settings
from eessi_stack.eb import options
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target
from eessi_stack.place import Place

SHELLS = ("bash", "zsh", "fish", "csh")

#: What only a target with an accelerator has, or a tree with a compat layer: unset for one without.
OPTIONAL = (
    *("EESSI_ACCELERATOR_TARGET", "EESSI_MODULEPATH_ACCEL", "EESSI_SITE_MODULEPATH_ACCEL"),
    *("EESSI_EPREFIX", "EPREFIX"),
)


@click.command()
@click.option("--shell", type=click.Choice(SHELLS), default="bash", show_default=True, help="whose language to speak")
@settings_options("lmod")
def env(*, settings: Settings, shell: str) -> None:
    """Print what a shell evaluates to use the tree, as EESSI's initialisation sets it.

    \b
    bash:       eval "$(eessi-stack env)"
    zsh:        eval "$(eessi-stack env --shell zsh)"
    fish:       eessi-stack env --shell fish | source
    csh, tcsh:  eval "`eessi-stack env --shell csh`"
    """  # noqa: D301 (click's mark for lines that stay as they are)
    here = place.find(settings)
    chosen = Target(cpu=here.target.cpu, accelerator=accelerator(here))
    if not here.tree.modules(chosen.cpu_only).is_dir():
        raise StackError(
            "modules-absent",
            f"there is nothing to use: no {here.tree.modules(chosen.cpu_only)}",
            hint="name another target by --target, or another tree by --repo",
            exit_code=ExitCode.FINDING,
        )
    variables = environment(here, chosen)
    unset = [name for name in OPTIONAL if name not in variables]
    output.result("\n".join(script(shell, variables, unset, lmod_of(here))))


def accelerator(here: Place) -> str | None:
    """The accelerator's prefix to use: the one asked for, else what fits this machine's GPU."""
    asked = here.target.accelerator
    try:
        wanted = asked or gpu.detect().accelerator
    except StackError as error:
        if error.reference != "gpu-none":
            output.message(f"{error.message}: {error.context}")
        return None
    found = prefixes.best_accelerator(here.tree, here.target.cpu, wanted)
    if found != wanted:
        instead = f"{found} is used in its place" if found else "the CPU's modules alone are used"
        output.message(f"{here.tree.prefix(here.target.cpu_only)} has nothing for {wanted}: {instead}")
    return found


def environment(here: Place, chosen: Target) -> dict[str, str]:
    """The variables of EESSI's initialisation; what the caller has of the other paths stays behind ours."""
    tree, cpu = here.tree, chosen.cpu_only
    own = tree.prefix(cpu)
    variables = options.eessi_environment(tree, chosen, here.compat, mode="")
    modules = {"": tree.modules(cpu)} | ({"_ACCEL": tree.modules(chosen)} if chosen.accelerator else {})
    for suffix, path in modules.items():
        variables |= {f"EESSI_MODULEPATH{suffix}": str(path), f"EESSI_SITE_MODULEPATH{suffix}": _site(here, path)}
    variables["EESSI_VERSION_DEFAULT"] = tree.version
    variables["EESSI_ARCHDETECT_OPTIONS"] = os.pathsep.join(here.runs)
    variables["EESSI_SITE_SOFTWARE_PATH"] = _site(here, own)
    layers = [str(path) for path in reversed(modules.values())]
    sites = [path for path in (_site(here, Path(layer)) for layer in layers) if os.path.isdir(path)]  # noqa: PTH112
    variables["MODULEPATH"] = joined(here, "MODULEPATH", [*sites, *layers])
    of_site = Path(_site(here, own), ".lmod", "lmodrc.lua")
    files = [str(own / ".lmod" / "lmodrc.lua"), *([str(of_site)] if of_site.is_file() else [])]
    variables["LMOD_RC"] = joined(here, "LMOD_RC", files)
    variables["LMOD_PACKAGE_PATH"] = str(own / ".lmod")
    if here.compat:
        variables["PATH"] = joined(here, "PATH", [str(here.compat / "usr" / "bin"), str(here.compat / "bin")])
    return variables


def _site(here: Place, path: Path) -> str:
    """Where a site puts what goes with a path of the tree."""
    if own := config.inherited("EESSI_SITE_SOFTWARE_PREFIX"):
        return str(Path(own) / path.relative_to(here.tree.repo))
    return str(here.tree.host_injections / path.relative_to(here.tree.repo / "versions"))


def joined(here: Place, name: str, ours: list[str]) -> str:
    """Paths before those that the variable has already; those of another target of the repository go."""
    inherited = config.inherited(name).split(os.pathsep)
    others = [path for path in inherited if path and not _is_replaced(here, name, path)]
    return os.pathsep.join(dict.fromkeys([*ours, *others]))


def _is_replaced(here: Place, name: str, path: str) -> bool:
    """Of PATH it is only a compat layer's: programs of modules that are loaded stay."""
    versions = f"{here.tree.repo}/versions/"
    if name == "PATH":
        return path.startswith(versions) and path.removeprefix(versions).split("/")[1:2] == ["compat"]
    return path.startswith((versions, f"{here.tree.host_injections}/", _site(here, here.tree.repo / "versions")))


def lmod_of(here: Place) -> Path | None:
    """The folder of Lmod's initialisations for shells."""
    try:
        return caches.find_lmod(here).parent.parent / "init"
    except StackError as error:
        output.message(f"{error.message}; {error.hint}")
        return None


def script(shell: str, variables: Mapping[str, str], unset: list[str], lmod: Path | None) -> Iterator[str]:
    """The lines for a shell; Lmod's initialisation where there is no `module` yet, or another program's."""
    if shell == "fish":
        yield from (f"set -e {name};" for name in unset)
        yield from (f"set -gx {name} {for_fish(name, value)};" for name, value in variables.items())
        if lmod:
            yield f"type -q module; and set -q LMOD_CMD; or source {_fish(str(lmod / 'fish'))};"
    elif shell == "csh":
        yield from (f"unsetenv {name};" for name in unset)
        yield from (f"setenv {name} {_csh(value)};" for name, value in variables.items())
        if lmod:
            yield f'if ( "`alias module`" == "" || ! $?LMOD_CMD ) source {_csh(str(lmod / "csh"))};'
    else:
        yield from (f"unset {name};" for name in unset)
        yield from (f"export {name}={shlex.quote(value)};" for name, value in variables.items())
        if lmod:
            start = shlex.quote(str(lmod / shell))
            yield f'{{ type module >/dev/null 2>&1 && [ -n "${{LMOD_CMD:-}}" ]; }} || . {start};'


def for_fish(name: str, value: str) -> str:
    """What fish takes for a list of paths by its name is one word a path."""
    return " ".join(map(_fish, value.split(os.pathsep))) if name.endswith("PATH") else _fish(value)


def _fish(text: str) -> str:
    return "'" + re.sub(r"(['\\])", r"\\\1", text) + "'"


def _csh(text: str) -> str:
    return "'" + text.replace("'", "'\\''").replace("!", "\\!") + "'"
