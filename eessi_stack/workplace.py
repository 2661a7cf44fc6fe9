"""Makes a place ready to build in: what all builds share, and whether they can write where they will."""

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryFile

from eessi_stack import target
from eessi_stack.eb import environment, options
from eessi_stack.eb.session import Session, new_logs
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.place import Place


def session(place: Place) -> Session:
    """StackError where this machine cannot build for the target: its CPU cannot run it, or there is no Lmod."""
    cpu = target.resolve_alias(place.target.cpu)
    if cpu not in place.runs:
        raise _cannot_run(place)
    lmod = environment.find_lmod(place.settings.lmod, place.compat)
    if lmod is None:
        raise _no_lmod()
    return Session(
        environment=environment.with_compat(place.environment, place.compat),
        layers=place.layers,
        optarch=options.optarch(cpu, place.runs[0], target.gcc_flag(cpu)),
        lmod=lmod,
        sources=place.settings.sources,
        work_dir=place.settings.work_dir,
        logs=new_logs(place.settings.work_dir),
        timeout=place.settings.timeout,
    )


def check_writable(folders: Collection[Path]) -> None:
    """StackError, before anything is fetched, where a build could not write."""
    for folder in sorted(folders):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise StackError(
                "not-writable",
                f"{folder}: cannot be written to: {error.strerror}",
                hint="--repo, --work-dir and --sources name other folders; nothing was built",
            ) from error


def _cannot_run(place: Place) -> StackError:
    return StackError(
        "target-foreign",
        f"this machine cannot run what is built for {place.target.cpu}",
        context=f"it can run {', '.join(place.runs)}",
        hint="build on a machine of that CPU; `missing` and `install --dry-run` answer for it here",
    )


def _no_lmod() -> StackError:
    return StackError(
        "lmod-missing",
        "Lmod is not there, and EasyBuild needs it to build",
        context="looked for libexec/lmod in the compat layer and on the host",
        hint="install Lmod (Debian: `apt-get install lmod`), or name its command with --lmod",
        exit_code=ExitCode.UNDECIDED,
    )
