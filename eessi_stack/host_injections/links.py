"""Links to the driver's libraries, where the loader of the compat layer looks for them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.host_injections import toolkits
from eessi_stack.host_injections.driver import Driver
from eessi_stack.lmod import site
from eessi_stack.model import Target, Tree

DRIVER_VERSION = "driver_version.txt"
CUDA_VERSION = "cuda_version.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where the links are, or are to be."""

    looked: Path  #: where the loader looks
    folder: Path  #: what that leads to
    chain: tuple[tuple[Path, Path], ...] = ()  #: links to make that lead from the one to the other, the last one first
    problem: str = ""  #: why nothing can be linked


def home(tree: Tree, target: Target) -> Home:
    """Where the loader looks, and what that leads to: a folder that is there, or the one that EESSI's scripts use."""
    looked = Path(site.driver_folder(tree, target))
    real = Path(os.path.realpath(looked))
    if real.is_dir():
        return Home(looked=looked, folder=real)
    if tree.version > site.LIBRARIES_INJECTED:
        return _later(looked, real, tree)
    latest = tree.host_injections / "nvidia" / target.family / "latest"
    if latest.is_dir():
        return Home(looked=looked, folder=latest.resolve(), chain=((looked, latest),))
    folder = latest.with_name("host")
    return Home(looked=looked, folder=folder, chain=((latest, Path("host")), (looked, latest)))


def _later(looked: Path, real: Path, tree: Tree) -> Home:
    """Since 2025.06 the compat layer has a link there, which CVMFS leads to where the site says."""
    if not looked.is_symlink():
        return Home(looked=looked, folder=looked, problem=f"the compat layer has no {looked}")
    if real == Path(os.devnull):
        variable = f"EESSI_{tree.version.replace('.', '')}_NVIDIA_OVERRIDE"
        problem = f"{looked} leads nowhere: set {variable} or EESSI_NVIDIA_OVERRIDE_DEFAULT in CVMFS's configuration"
        return Home(looked=looked, folder=real, problem=problem)
    return Home(looked=looked, folder=real)


def wrong(where: Home, driver: Driver) -> Iterator[str]:
    """What is wrong with the links to a driver; nothing where all of its libraries are linked."""
    if not where.looked.is_dir():
        yield f"{where.looked} is not there"
        return
    wanted = driver.links
    absent = [name for name in wanted if not os.path.lexists(where.folder / name)]
    dead = [path.name for path in sorted(where.folder.iterdir()) if not path.exists()]
    other = [name for name, path in wanted.items() if _differs(where.folder / name, path)]
    for names, what in ((absent, "not linked"), (dead, "links that lead nowhere"), (other, "of another driver")):
        if names:
            yield f"{len(names)} {what}, such as {names[0]}"
    said = version(where)
    if wanted and said and driver.version and said != driver.version:
        yield f"linked for driver {said}, and this is {driver.version}"


def _differs(link: Path, path: Path) -> bool:
    return link.exists() and path.exists() and not link.samefile(path)


def version(where: Home) -> str:
    """Of which driver the links are, as they say themselves."""
    try:
        return (where.folder / DRIVER_VERSION).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def link(where: Home, driver: Driver) -> None:
    """Make all links anew: each is there at any time, and those of a former driver go at last. OSError."""
    make_folder(where.folder)
    for name, path in driver.links.items():
        put_link(where.folder / name, path)
    for old in set(where.folder.iterdir()):
        if old.is_symlink() and old.name not in driver.links:
            old.unlink()
    for name, text in ((DRIVER_VERSION, driver.version), (CUDA_VERSION, toolkits.newest(driver.version))):
        _put_text(where.folder / name, f"{text}\n")
    for path, leads_to in where.chain:
        make_folder(path.parent)
        put_link(path, leads_to)


def put_link(path: Path, leads_to: Path) -> None:
    """A link in the place of whatever link or file is there, at once; never inside of a folder that one leads to."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    new.symlink_to(leads_to)
    try:
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _put_text(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def make_folder(folder: Path) -> None:
    """A folder that everybody can read, whatever the umask, with all above it that are not there. OSError."""
    real = Path(os.path.realpath(folder))  # a link may lead to what is not there yet
    for path in reversed([path for path in (real, *real.parents) if not path.exists()]):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
