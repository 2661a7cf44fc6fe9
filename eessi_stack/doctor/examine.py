"""Tries what an install needs of the machine and the tree."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from stat import S_IWGRP
from urllib.parse import urlsplit

from eessi_stack import caches, config
from eessi_stack.doctor import prefix
from eessi_stack.doctor.check import Check, error, ok, warning
from eessi_stack.doctor.load import user_of
from eessi_stack.eb import environment, trial
from eessi_stack.errors import StackError
from eessi_stack.place import Place
from eessi_stack.scratch import scratch

#: The oldest Lmod that EasyBuild 5 works with.
OLDEST_LMOD = (8, 0)

#: How many modules that a cache misleads about are named.
NAMED = 5

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


def examine(place: Place) -> Iterator[Check]:
    """One thing after the other, as soon as it is known."""
    folder = place.tree.prefix(place.target)
    yield _easybuild(place)
    yield from _lmod(place)
    yield from _target(place)
    yield _compat(place)
    yield from _work_dir(place)
    yield from prefix.prefix(folder)
    yield from prefix.room(folder, "free space")
    yield from prefix.room(place.settings.work_dir, "work-dir")
    yield _umask(place)
    yield _locale(place)
    yield from prefix.group(folder)
    yield _injections(place)
    yield from _proxies()


def _easybuild(place: Place) -> Check:
    with scratch() as here:
        found = trial.easybuild({**place.environment, "TMPDIR": str(here.path)})
    if found.good:
        return ok("EasyBuild", found.said)
    return error("EasyBuild", found.said, "install it again: pip install --force-reinstall eessi-stack")


def _lmod(place: Place) -> Iterator[Check]:
    try:
        command = caches.find_lmod(place)
    except StackError as problem:
        yield error("Lmod", problem.message, problem.hint)
        return
    found = trial.lmod(command)
    if not found.good:
        yield error("Lmod", f"{command}: {found.said}", "name a working one by --lmod")
    elif tuple(map(int, re.findall(r"\d+", found.said)[:2])) < OLDEST_LMOD:
        oldest = ".".join(map(str, OLDEST_LMOD))
        yield error(
            "Lmod", f"{command} is {found.said}: EasyBuild needs {oldest} or newer", "name a newer one by --lmod"
        )
    else:
        yield ok("Lmod", f"{found.said} ({command})")
        yield _module_load(place, command)
        yield from _cache(place)


def _module_load(place: Place, command: Path) -> Check:
    with scratch() as here:
        file = here.path / "Trial" / "1.0.lua"
        file.parent.mkdir()
        file.write_text('help([==[x]==])\nsetenv("TRIAL", "1")\n', encoding="utf-8")
        for path in (file.parent, file):  # whatever the umask: of root's own private files Lmod takes none
            path.chmod(0o755)
        loaded = trial.load(command, [here.path], "Trial/1.0", user_of(place))
    return ok("module load", "loads a module") if loaded.good else error("module load", loaded.said)


def _cache(place: Place) -> Iterator[Check]:
    if not place.tree.modules(place.target.cpu_only).is_dir():
        return
    try:
        (report,) = caches.checked([place])
    except StackError as problem:
        said = ": ".join(filter(None, (problem.message, *problem.context.splitlines()[:1])))
        yield warning("Lmod cache", said, problem.hint)
        return
    if report.problem:
        yield warning("Lmod cache", report.problem)
    elif report.findings:
        said = "; ".join(one.said(NAMED) for one in report.findings)
        yield warning("Lmod cache", said, "`eessi-stack cache check` names all, `eessi-stack cache update` mends them")
    else:
        yield ok("Lmod cache", "every module is in")


def _target(place: Place) -> Iterator[Check]:
    if place.target.cpu in place.runs:
        yield ok("target", f"{place.target}: this CPU runs it")
        return
    hint = "build it on a CPU that runs it, or choose another target with --target"
    runs = place.runs[0] if place.runs else "none of EESSI's targets"
    same = place.runs and place.runs[0].split("/")[0] == place.target.family
    message = f"{place.target}: this CPU ({runs}) does not run what is built for it"
    yield warning("target", message, hint) if same else error("target", message, hint)


def _compat(place: Place) -> Check:
    if place.compat is None:
        return ok("compat layer", "none: the host stands in for it")
    found = trial.compat(place.compat)
    if found.good:
        return ok("compat layer", f"{place.compat} runs here")
    hint = (
        "its programs must run on this machine: is it of this CPU family, and is its prefix the path it was built for?"
    )
    return error("compat layer", f"{place.compat}: {found.said}", hint)


def _work_dir(place: Place) -> Iterator[Check]:
    """Builds compile and run programs there: mounted `noexec`, none of them would."""
    folder = place.settings.work_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as here:
            made = trial.compiler(environment.with_compat(place.environment, place.compat), Path(here))
    except OSError as problem:
        yield error(
            "work-dir", f"{folder}: {problem.strerror}", "name another one with --work-dir, EESSI_STACK_WORK_DIR"
        )
        return
    if made.good:
        yield ok("compiler", f"gcc {made.said.splitlines()[0]}: compiles, and runs what it made in {folder}")
    else:
        hint = "install a compiler (gcc), or name a --work-dir where programs may run"
        yield error("compiler", made.said.splitlines()[-1], hint)


def _umask(place: Place) -> Check:
    """What EasyBuild is told: `install` itself does not leave it to the caller's."""
    try:
        mask = environment.umask(place.environment)
    except StackError as problem:
        return error("umask", problem.message, problem.hint)
    modules = place.tree.modules(place.target)
    if mask & 0o055:
        return warning("umask", f"{mask:04o}: others cannot read what is installed", "set EASYBUILD_UMASK=022")
    if mask & 0o020 and modules.is_dir() and modules.stat().st_mode & S_IWGRP:
        message = f"{mask:04o}: the group may write to {modules}, but not to what is installed"
        return warning("umask", message, "set EASYBUILD_UMASK=002, or EESSI_PROJECT_INSTALL")
    return ok("umask", f"{mask:04o} for what is installed")


def _locale(place: Place) -> Check:
    wanted = place.environment.get("LC_ALL", "C")
    if trial.locale(place.environment).good:
        return ok("locale", wanted)
    return warning("locale", f"{wanted} is not there: builds that print other letters may fail", f"install {wanted}")


def _injections(place: Place) -> Check:
    folder = place.tree.host_injections
    if not os.path.lexists(folder):
        return ok("host_injections", f"no {folder}: nothing of the site is used")
    if folder.exists() and not folder.is_dir():
        return warning("host_injections", f"{folder} is not a folder", "take it away, or make it a link to a folder")
    if not folder.is_dir():
        hint = "make the folder that it leads to, or have CVMFS lead elsewhere"
        return warning("host_injections", f"{folder} leads to {folder.resolve()}, which is not there", hint)
    return ok("host_injections", f"{folder} leads to {folder.resolve()}")


def _proxies() -> Iterator[Check]:
    import socket  # noqa: PLC0415 (slow to import)

    for name in PROXIES:
        if not (value := config.inherited(name)):
            continue
        url = urlsplit(value if "//" in value else f"//{value}")
        try:
            server = f"{url.hostname}:{url.port or 3128}"  # and never the password
        except ValueError:
            yield error(name, "it names no server and port", f"set ${name} to `http://server:port`, or unset it")
            continue
        try:
            with socket.create_connection((url.hostname or "", url.port or 3128), timeout=5):
                yield ok(name, f"{server} answers")
        except OSError as problem:
            message = f"{server} does not answer: {problem.strerror or problem}"
            yield error(name, message, f"set ${name} to one that does, or unset it")
