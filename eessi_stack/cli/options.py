"""The options that every command shares, turned into Settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from eessi_stack import config
from eessi_stack.cli import output
from eessi_stack.settings import OPTIONS

#: Settings that are flags of every command; the others have one where a command uses them.
SHARED = ("repo", "eessi-version", "target", "accel", "color")


def settings_options(*more: str, without: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the shared flags but `without`, and those of `more`, to a command, which gets `settings` in their place."""
    names = {*SHARED, *more} - {*without}
    chosen = [option for option in OPTIONS if option.name in names]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(**arguments: Any) -> Any:  # noqa: ANN401 (click passes what the options give)
            flags = {option.name: arguments.pop(option.name.replace("-", "_")) for option in chosen}
            settings = config.load(flags)
            output.use_color(settings.color)
            output.use_verbosity(arguments.pop("verbose") - arguments.pop("quiet"))
            return command(settings=settings, **arguments)

        wrapped: Callable[..., Any] = run
        wrapped = click.option("-q", "--quiet", count=True, help="only results and errors")(wrapped)
        wrapped = click.option("-v", "--verbose", count=True, help="also what EasyBuild is doing")(wrapped)
        for option in reversed(chosen):
            wrapped = click.option(
                f"--{option.name}",
                multiple=option.name == "target",
                metavar=option.name.upper().replace("-", "_"),
                help=f"{option.help}; {option.wants} [${option.variables[0]}]",
            )(wrapped)
        return wrapped

    return decorate
