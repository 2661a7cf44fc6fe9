"""The code that parses: EasyBuild's, the hooks' and our own. Where it changes, no fact is believed."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from eessi_stack.signature import Kept, kept, signature

_OURS = frozenset({"easybuild", "eessi_stack", "eessi_hooks"})
_HERE = str(Path(__file__).parent)  #: also what makes packages of what was read, which is not loaded here
#: Packages of EasyBuild into which people put files of their own.
_EXTENSIBLE = (
    "easybuild.easyblocks",
    "easybuild.easyblocks.generic",
    "easybuild.toolchains",
    "easybuild.tools.module_naming_scheme",
)


def code_files(hooks: str, scratch: str, started: int) -> dict[str, Kept]:
    """The files of that code, and the folders where more of it could turn up.

    What has changed since it was `started` is not kept: nobody knows what of it was loaded.
    """
    folder = f"{Path(hooks).resolve().parent}/" if hooks else ""
    paths = {*_extensions(), *_code_in(_HERE), *((hooks,) if hooks else ())}
    paths.update(path for name, module in list(sys.modules.items()) if (path := _file(name, module, folder)))
    paths.update(f"{folder}/easybuild" for folder in sys.path if not folder.startswith(scratch))
    found = {_origin(path, scratch) for path in paths}
    return {path: kept(signature(path), started) for path in found if path}


def is_code(path: str) -> bool:
    """Whether a folder was searched for code and for what is installed beside it, of which `code_files` tells."""
    return path in sys.path or path.endswith("-info") or path.startswith(tuple(f"{one}/easybuild/" for one in sys.path))


def _file(name: str, module: ModuleType, beside: str) -> str:
    """Of a module that is not of Python's own or another library's: nobody changes those under a running version."""
    path = getattr(module, "__file__", None) or ""
    if name.partition(".")[0] in _OURS or (beside and path.startswith(beside)):
        return path
    return "" if path.startswith((f"{sys.prefix}/", f"{sys.base_prefix}/")) else path


def _extensions() -> Iterator[str]:
    for name in _EXTENSIBLE:
        for root in getattr(sys.modules.get(name), "__path__", ()):
            folders = [root, *(entry.path for entry in _entries(root) if entry.is_dir() and len(entry.name) == 1)]
            yield from folders
            for folder in folders:
                yield from _code_in(folder)


def _code_in(folder: str) -> Iterator[str]:
    return (entry.path for entry in _entries(folder) if entry.name.endswith(".py"))


def _entries(folder: str) -> Iterable[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return ()


def _origin(path: str, scratch: str) -> str:
    """What is included stands in a temporary folder as a link; what else is there was made by EasyBuild."""
    if not path.startswith((f"{scratch}/", f"{os.path.realpath(scratch)}/")):
        return path
    try:
        return os.readlink(path)  # noqa: PTH115 (a text)
    except OSError:
        return ""
