"""The full installations of CUDA and cuDNN that what a tree may ship of them leads to."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_IROTH, S_IXOTH

from eessi_stack import prefixes
from eessi_stack.errors import StackError
from eessi_stack.lmod import site
from eessi_stack.model import Target, Tree
from eessi_stack.observe import Observer

#: Of which licences allow to ship a part only.
SOFTWARE = ("CUDA", "cuDNN")
_INJECTED = "/host_injections/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """One module of a tree, and the full installation that it needs."""

    module: str  #: `CUDA/12.1.1`
    shipped: Path  #: its installation in the tree
    folder: Path  #: where the full one is, or is to be
    links: int = 0  #: files of it that are links into the full one
    dangling: tuple[str, ...] = ()  #: those that lead to what is not there, by their path in the installation
    unreadable: str = ""  #: why it cannot be told
    shut: Path | None = None  #: a folder on the way to it that others cannot enter
    recorded: bool = False  #: EasyBuild's notes are there, by which Lmod's hook knows a full installation
    required: bool = True  #: whether anything looks for it
    given: str = ""  #: the easyconfig that somebody named, to be installed before the tree has any of it

    @property
    def name(self) -> str:
        return self.module.partition("/")[0]

    @property
    def is_there(self) -> bool:
        return not self.required or (self.recorded and not self.dangling)

    @property
    def prefix(self) -> Path:
        """What the installation is below, as EasyBuild is told."""
        return Path(str(self.folder).removesuffix(f"/software/{self.module}"))

    @property
    def recipe(self) -> str:
        """The easyconfig: the one named, or that the tree's was made with; else its name, which EasyBuild looks for."""
        if self.given:
            return self.given
        name = f"{self.module.replace('/', '-', 1)}.eb"
        kept = self.shipped / "easybuild" / name
        return str(kept) if kept.is_file() else name


def find(tree: Tree, chosen: Target, observer: Observer) -> Iterator[Full]:
    """Every module of CUDA and cuDNN of a target: of its accelerator, or of all of them where it names none."""
    beside = [one for one in prefixes.in_tree(tree) if one.cpu == chosen.cpu and one.accelerator]
    above = [chosen] if chosen.accelerator else beside
    for one in (chosen.cpu_only, *above):
        modules = observer.layer(tree.modules(one)).modules
        for module in sorted(name for name in modules if name.partition("/")[0] in SOFTWARE):
            if not _is_alone(tree.prefix(one) / "software" / module):
                yield look(tree, one, module)


def _is_alone(shipped: Path) -> bool:
    """Whether a module has nothing but EasyBuild's notes: it only says why the target cannot have it."""
    try:
        return os.listdir(shipped) == ["easybuild"]  # noqa: PTH208 (no paths)
    except OSError:  # `look` says why
        return False


def named(tree: Tree, one: Target, easyconfig: str) -> Full:
    """What an easyconfig installs in full: EasyBuild finds a tree's part of it sane only when the rest is there.

    StackError where it is not of CUDA or cuDNN.
    """
    found = re.fullmatch(rf"({'|'.join(SOFTWARE)})-(\d.*)\.eb", easyconfig.rsplit("/", 1)[-1])
    if not found:
        raise StackError("injection-unknown", f"{easyconfig} is no easyconfig of {' or '.join(SOFTWARE)}")
    module = f"{found[1]}/{found[2]}"
    shipped, folder = _places(tree, one, module)
    try:
        recorded, shut = _is_there(folder / "easybuild"), _shut(folder)
    except OSError as error:
        return Full(module=module, shipped=shipped, folder=folder, unreadable=f"{error.filename}: {error.strerror}")
    return Full(module=module, shipped=shipped, folder=folder, recorded=recorded, shut=shut, given=easyconfig)


def _places(tree: Tree, one: Target, module: str) -> tuple[Path, Path]:
    """Where a tree has a module, and where a site has it, for all targets of a CPU family."""
    return tree.prefix(one) / "software" / module, tree.host_injections / one.family / "software" / module


def look(tree: Tree, one: Target, module: str) -> Full:
    """One module and its full installation."""
    shipped, usual = _places(tree, one, module)
    try:
        links = dict(_links(shipped))
        folder = _leads_to(links, module) or usual
        dangling = tuple(name for name in sorted(links) if not _is_there(shipped / name))
        return Full(
            module=module,
            shipped=shipped,
            folder=folder,
            links=len(links),
            dangling=dangling,
            shut=_shut(folder),
            recorded=_is_there(folder / "easybuild"),
            required=bool(links) or bool(site.PUBLISHED.match(f"{tree.root}/")),
        )
    except OSError as error:
        return Full(module=module, shipped=shipped, folder=usual, unreadable=f"{error.filename}: {error.strerror}")


def _links(shipped: Path) -> Iterator[tuple[str, str]]:
    """The links of an installation into `host_injections`: the path of each in there, and what it says."""
    for root, folders, files in os.walk(shipped, onerror=_raise):
        for name in (*folders, *files):
            path = f"{root}/{name}"
            if os.path.islink(path) and _INJECTED in (said := os.readlink(path)):  # noqa: PTH114, PTH115 (thousands)
                yield os.path.relpath(path, shipped), said


def _raise(error: OSError) -> None:
    raise error


def _leads_to(links: dict[str, str], module: str) -> Path | None:
    """The installation that links lead to: most of them, should there be two."""
    ends = re.escape(f"/software/{module}/")
    found = [match[1] for said in links.values() if (match := re.match(rf"(/.+?{ends})", said))]
    return Path(Counter(found).most_common(1)[0][0]) if found else None


def _is_there(path: Path) -> bool:
    """Whether a path leads to something. OSError where that cannot be told: who may not look has seen nothing."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _shut(folder: Path) -> Path | None:
    """The outermost folder from `host_injections` down to an installation that others cannot read and enter."""
    names = str(folder).split("/")
    start = len(names) - names[::-1].index("host_injections") if "host_injections" in names else len(names)
    for depth in range(start, len(names) + 1):
        path = Path("/".join(names[:depth]))
        if _is_there(path) and ~path.stat().st_mode & (S_IROTH | S_IXOTH):
            return path
    return None
