"""What a build says of itself: parameters, direct dependencies, CUDA compute capabilities."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from eessi_hooks.dependencies import Dependency, read
from eessi_hooks.step import Config, Step

ROCM_TOOLCHAINS = ("rocm-compilers", "rompi", "rfbf", "rfoss")
ACCELERATED = ("CUDA", "ROCm-LLVM")  #: what makes a package one for an accelerator, by being or needing it


def parameter(cfg: Config, name: str) -> object:
    """The value of an easyconfig parameter; None where there is no such parameter."""
    return cfg.get(name)


def text(cfg: Config, name: str) -> str:
    value = parameter(cfg, name)
    return value if isinstance(value, str) else ""


def direct(cfg: Config, *params: str) -> list[Dependency]:
    """The direct dependencies, for the build and the run."""
    return [dep for param in params or ("builddependencies", "dependencies") for dep in _each(cfg, param)]


def itself_and_direct(step: Step) -> list[Dependency]:
    return [Dependency(step.name, step.version), *direct(step.cfg)]


def version_of(step: Step, name: str) -> str | None:
    """The version of a software that a build makes or needs."""
    return next((dep.version for dep in itself_and_direct(step) if dep.name == name), None)


def toolchain(cfg: Config) -> tuple[str, str]:
    value = cfg["toolchain"]
    assert isinstance(value, dict)
    return str(value["name"]), str(value["version"])


def is_accelerated(step: Step) -> bool:
    names = {dep.name for dep in itself_and_direct(step)}
    return not names.isdisjoint(ACCELERATED) or toolchain(step.cfg)[0] in ROCM_TOOLCHAINS


def capabilities(cfg: Config) -> tuple[str, ...]:
    """The CUDA compute capabilities that a build is for: EasyBuild's option, else the easyconfig's own."""
    from easybuild.tools.config import build_option

    found = build_option("cuda_compute_capabilities") or parameter(cfg, "cuda_compute_capabilities") or ()
    return tuple(cast("list[str]", found))


def without_letters(capability: str) -> str:
    """`9.0a` → `9.0`: what is specific to an architecture or family of them is left out."""
    return re.sub("[a-z]", "", capability)


def _each(cfg: Config, param: str) -> Iterator[Dependency]:
    for values in map(read, _flat(parameter(cfg, param))):
        version = _picked(values[1]) if values else None
        if values and values[0] and version:
            yield Dependency(str(values[0]), _resolved(cfg, version), _resolved(cfg, str(values[2])))


def _picked(version: object) -> str | None:
    """The version for this CPU family, where there is one for each."""
    from easybuild.tools.systemtools import pick_dep_version

    found = pick_dep_version(version) if isinstance(version, Mapping) else version
    return str(found) if found else None


def _flat(raws: object) -> Iterator[object]:
    """Dependencies that are iterated over are lists in a list."""
    for raw in raws if isinstance(raws, list | tuple) else ():
        if isinstance(raw, Sequence) and raw and not isinstance(raw[0], str) and not isinstance(raw, str):
            yield from _flat(raw)
        else:
            yield raw


def _resolved(cfg: Config, value: str) -> str:
    values = getattr(cfg, "template_values", None)
    try:
        return value % values if values and "%(" in value else value
    except (KeyError, TypeError, ValueError):
        return value
