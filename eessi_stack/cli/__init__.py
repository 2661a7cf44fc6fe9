"""The command line: one file a command, loaded when asked for, and the one place where errors become exit codes."""

import gc
import importlib
import signal
import sys
from contextlib import suppress

import click

from eessi_stack import __version__
from eessi_stack.cli import output
from eessi_stack.config import is_colorless  # not the module: a command is called so too
from eessi_stack.errors import EXIT_CODES, ExitCode, StackError

#: command → what `--help` says of it; the module of the same name, with `_` for `-`, holds it.
COMMANDS = {
    "detect": "Detect the host's CPU and GPU, and the best prefix of the tree",
    "missing": "Say what of a stack is missing in the tree",
    "plan": "Say what install would build, where and why",
    "install": "Install what is missing, packages side by side",
    "fetch": "Fetch the sources of what is missing",
    "history": "Show what was built, when, and how long it took",
    "status": "Say how the tree is: its modules, caches, locks, and what the last runs did",
    "diff": "Say what two targets, versions or saved states do not share",
    "cache": "Check Lmod's caches of what is there, and make them anew",
    "host-injections": "Check and install what a site adds: full CUDA and cuDNN, links to its GPU driver",
    "env": "Print what a shell evaluates to use the tree",
    "doctor": "Try everything that an install needs",
    "lint": "Say everything that is wrong in easystacks",
    "hooks": "Say what the hooks change in builds, and why",
    "config": "Show the settings in force and where each comes from",
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs: `--help` and `detect` stay light."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"eessi_stack.cli.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = output.did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"no such command `{args[0]}`" + (f"; {near}" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what goes wrong is told while it is known whether colour is wanted."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except StackError as error:
            output.error(error)
            return error.exit_code
        except OSError as error:
            output.error(StackError("system", f"{error.filename or 'system'}: {error.strerror or error}"))
            return ExitCode.UNDECIDED
        except Exception:  # noqa: BLE001 (a bug: its trace goes to a file, not to the reader)
            output.bug()
            return ExitCode.UNDECIDED

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in EXIT_CODES.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="eessi-stack")
def cli() -> None:
    """Declare a software stack in easystack files; eessi-stack makes a version tree match it, and proves it."""
    output.use_color("never" if is_colorless() else "auto")


def _interrupt(*_: object) -> None:
    """A signal ends a run as Ctrl-C does: builds are ended, what was left behind is taken away."""
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; every failure ends here, as a message and an exit code."""
    output.open_closed_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` stays one
            signal.signal(number, _interrupt)
    gc.disable()  # most commands end before there is anything to collect; `install` has it again
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        with suppress(OSError):  # nobody reads it
            error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        output.message("interrupted")
        code = ExitCode.INTERRUPTED
    sys.exit(int(code or 0))
