"""The options that every command shares, turned into Settings."""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from eessi_stack import config
from eessi_stack.cli import complete, output
from eessi_stack.settings import OPTIONS, Option

if TYPE_CHECKING:  # imported only where a shell asks
    from click.shell_completion import CompletionItem

#: Settings that are flags of every command; the others have one where a command uses them.
SHARED = ("repo", "eessi-version", "target", "accel", "color")


def _complete(option: Option, _: click.Context, __: click.Parameter, begun: str) -> "list[CompletionItem]":
    return complete.setting(option, begun)


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
                shell_complete=complete.targets if option.name == "target" else partial(_complete, option),
            )(wrapped)
        return wrapped

    return decorate
