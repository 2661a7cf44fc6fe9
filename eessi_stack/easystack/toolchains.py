"""Which toolchain an easyconfig is of by its name, and whether an EESSI version has it."""

import re
import runpy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from eessi_stack.config import shipped

#: Toolchains that easyconfigs are of, besides those that EESSI has had: EasyBuild 5.4.1's.
_OTHERS = (
    *("intel", "intel-compilers", "iimpi", "iompi", "iomkl", "gomkl", "golf", "NVHPC", "nvompi", "nvofbf"),
    *("fosscuda", "gompic", "gcccuda", "rfoss", "rfbf"),
)


@cache
def _table() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What the hooks go by."""
    found = runpy.run_path(str(shipped("hooks") / "eessi_hooks" / "supported.py"))["SUPPORTED"]
    return cast("Mapping[str, Mapping[str, Sequence[str]]]", found)


@cache
def _named() -> re.Pattern[str]:
    names = {*_OTHERS, *(name for of_version in _table().values() for name in of_version)}
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"-({'|'.join(longest_first)})-(\d[^-]*(?:-ROCm-[\d.]+\d)?)(?=-|\.eb$)")


def unsupported(filename: str, version: str) -> tuple[str, tuple[str, ...]] | None:
    """The toolchain of an easyconfig that an EESSI version does not have, and those that it has; else None.

    Nothing is said of a version that is not known, and of easyconfigs whose name has no toolchain.
    """
    table = _table().get(version)
    found = _named().search(filename)
    if table is None or found is None or found[2] in table.get(found[1], ()):
        return None
    tops = [name for name in table if name.endswith("foss") or name == "rompi"]
    return f"{found[1]}/{found[2]}", tuple(f"{name}/{one}" for name in tops for one in table[name])
