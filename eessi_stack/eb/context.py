"""What all facts of one store rest on, as a key: EasyBuild, its configuration, the machine that recipes are told of."""

import glob
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from eessi_stack import __version__

#: How the variables begin that tell hooks and recipes what is built for.
TOLD = ("EESSI_", "EPREFIX")
#: Those of them that some targets do not have.
_OPTIONAL = ("EESSI_ACCELERATOR_TARGET", "EESSI_EPREFIX", "EPREFIX")

#: Options that differ between the targets of one CPU family; EasyBuild gives them to recipes as templates only.
CAPABILITIES = {
    "cuda_compute_capabilities": "EASYBUILD_CUDA_COMPUTE_CAPABILITIES",
    "amdgcn_capabilities": "EASYBUILD_AMDGCN_CAPABILITIES",
}


def varying(environment: Mapping[str, str | None]) -> dict[str, str | None]:
    """The variables that say what is built for; whether a recipe has read one of them is noted with it."""
    told = {name: value for name, value in environment.items() if name.startswith(TOLD)}
    return {**{name: environment.get(name) for name in (*_OPTIONAL, *CAPABILITIES.values())}, **told}


def key(family: str, environment: Mapping[str, str], our_hooks: Path) -> str:
    """One word for a context."""
    return digest("\n".join(_parts(family, environment, our_hooks)))


def digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogateescape"), digest_size=12).hexdigest()


def _parts(family: str, environment: Mapping[str, str], our_hooks: Path) -> Iterator[str]:
    yield from (__version__, sys.prefix, sys.version, family)
    # Hooks of others may read anything while they are loaded: what they are told counts for all that they touch.
    apart = varying(environment) if environment.get("EASYBUILD_HOOKS") == str(our_hooks) else {}
    for name, value in sorted(environment.items()):
        if name.startswith(("EASYBUILD_", *TOLD)) and name not in apart:
            yield f"{name}={value}"
            if _is_relative(value):
                yield os.getcwd()  # noqa: PTH109 (a text)
        if name.startswith("EASYBUILD_INCLUDE_"):
            yield from sorted(path for pattern in value.split(",") for path in _included(pattern))
    yield from (environment.get("PYTHONPATH", ""), *sys.path[0 if sys.flags.safe_path else 1 :])
    yield environment.get("HOME", "")
    yield shutil.which("eb", path=environment.get("PATH")) or ""  # beside which its easyconfigs are


def _is_relative(value: str) -> bool:
    """Whether something in it is the path of a file or folder from here."""
    return any(part and not part.startswith("/") and glob.glob(part) for part in re.split("[,:]", value))  # noqa: PTH207


def _included(pattern: str) -> list[str]:
    return glob.glob(os.path.expanduser(pattern))  # noqa: PTH111, PTH207 (as EasyBuild does it)
