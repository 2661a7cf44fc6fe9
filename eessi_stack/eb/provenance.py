"""What has changed since an installation was built: EasyBuild keeps beside it what it was built from."""

import sysconfig
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from eessi_stack.model import Package

#: What can have changed, as plans name it, the first one that has.
RECIPE, PATCH, EASYBLOCK, HOOKS = "recipe changed", "patch changed", "easyblock changed", "hooks changed"


def changed(folder: Path, package: Package, hooks: Path, robot_paths: Sequence[Path]) -> str:
    """What of an installation's recipe, patches, easyblocks and hooks is not as it was; empty where all is.

    What was not kept cannot be compared: nothing is said of it.
    """
    kept = folder / "easybuild"
    if _differs(kept / package.filename, Path(package.recipe)):
        return RECIPE
    if any(_differs(patch, _patch_of(package, patch.name, robot_paths)) for patch in sorted(kept.rglob("*.patch"))):
        return PATCH
    if any(_differs(one, _easyblocks().get(one.name)) for one in sorted(kept.glob("reprod/easyblocks/*.py"))):
        return EASYBLOCK
    if any(_differs(one, hooks / one.relative_to(kept / "reprod" / "hooks")) for one in _hooks(kept)):
        return HOOKS
    return ""


def _differs(then: Path, now: Path | None) -> bool:
    """Whether both are there and not the same."""
    try:
        return now is not None and then.read_bytes() != now.read_bytes()
    except OSError:
        return False


def _hooks(kept: Path) -> Iterator[Path]:
    yield from sorted((kept / "reprod" / "hooks").rglob("*.py"))


def _patch_of(package: Package, name: str, robot_paths: Sequence[Path]) -> Path | None:
    """A patch where EasyBuild looks for it: beside its recipe, else in the robot path."""
    software = package.module.split("/", 1)[0]
    beside = [Path(package.recipe).parent]
    folders = beside + [
        path / sub for path in robot_paths for sub in ("", software, f"{software[0].lower()}/{software}")
    ]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


@cache
def _easyblocks() -> dict[str, Path]:
    """File name → EasyBuild's own easyblock of that name."""
    folder = Path(sysconfig.get_path("purelib")) / "easybuild" / "easyblocks"
    return {path.name: path for path in folder.glob("*/*.py")}
