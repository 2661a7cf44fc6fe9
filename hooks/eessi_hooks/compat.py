"""Where things are in the compatibility layer: what the texts of rules name in braces."""

import re
from collections.abc import Callable
from pathlib import Path

from eessi_hooks.versions import version_key


def expand(text: str, eprefix: str | None) -> str:
    """Fill in `{eprefix}`, `{binutils}` and `{libbfd}`; other braces are the shell's."""
    if eprefix is None:
        return text
    return re.sub("|".join(map(re.escape, _PLACES)), lambda found: _PLACES[found[0]](eprefix), text)


def binutils(eprefix: str) -> str:
    """The folder of the newest binutils: a compatibility layer that was updated can have several."""
    found = [path for path in Path(eprefix).glob("usr/lib*/binutils/*-linux-gnu/2.*") if path.is_dir()]
    if not found:
        msg = f"no binutils in {eprefix}/usr/lib*/binutils/*-linux-gnu"
        raise LookupError(msg)
    return str(max(found, key=lambda path: (version_key(path.name), "/usr/lib64/" in str(path), str(path))))


def libbfd(eprefix: str) -> str:
    folder = Path(binutils(eprefix))
    library = folder / "libbfd.so"
    if not (library.exists() and (folder / "include").is_dir()):
        msg = f"{folder} has no libbfd.so with its include folder"
        raise LookupError(msg)
    return str(library)


_PLACES: dict[str, Callable[[str], str]] = {
    "{eprefix}": lambda eprefix: eprefix,
    "{binutils}": binutils,
    "{libbfd}": libbfd,
}
