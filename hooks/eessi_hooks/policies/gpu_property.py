"""A module that needs a GPU says so, and which CUDA, cuDNN or ROCm it was built with."""

import re
from collections.abc import Iterator
from typing import cast

from eessi_hooks.build import ROCM_TOOLCHAINS, direct, text, toolchain
from eessi_hooks.dependencies import Dependency, moved
from eessi_hooks.step import Config, Refused, Step

PROPERTY = 'add_property("arch","gpu")'
_ROCM = re.compile(r"-ROCm-(.+)")
_SET = re.compile(r'setenv\("EESSI(CUDA|ROCM)VERSION","([^"]+)"\)')


def mark(step: Step) -> bool:
    """Make CUDA and cuDNN needed for the build alone, as they are not all there at run time, and write the footer."""
    versions = dict(_versions(step.cfg))
    if not versions:
        return False
    runs, builds = moved(_raws(step.cfg, "dependencies"), _raws(step.cfg, "builddependencies"), ("CUDA", "cuDNN"))
    step.cfg["dependencies"], step.cfg["builddependencies"] = runs, builds
    before = text(step.cfg, "modluafooter")
    lines = [PROPERTY, *(f'setenv("EESSI{name}VERSION","{version}")' for name, version in versions.items())]
    added = [line for line in lines if line not in before]
    step.cfg["modluafooter"] = "\n".join([*filter(None, [before]), *added])
    return bool(added)


def marked(cfg: Config) -> tuple[str, str] | None:
    """CUDA or ROCM and its version, as the footer has them."""
    found = _SET.search(text(cfg, "modluafooter"))
    return (found[1], found[2]) if found else None


def _raws(cfg: Config, param: str) -> list[object]:
    return list(cast("list[object]", cfg[param] or ()))


def _versions(cfg: Config) -> Iterator[tuple[str, str]]:
    deps = {dep.name: dep for dep in direct(cfg, "dependencies")}
    cudnn = deps.get("cuDNN")
    if "CUDA" in deps:
        yield "CUDA", deps["CUDA"].version
    elif cudnn and "-CUDA-" in cudnn.versionsuffix:
        yield "CUDA", cudnn.versionsuffix.partition("-CUDA-")[2]
    if cudnn:
        yield "CUDNN", cudnn.version
    if "ROCm-LLVM" in deps:
        yield "ROCM", _rocm_of(deps["ROCm-LLVM"])
    elif (rocm := rocm_of_toolchain(toolchain(cfg))) is not None:
        yield "ROCM", rocm


def _rocm_of(llvm: Dependency) -> str:
    found = _ROCM.match(llvm.versionsuffix)
    if not found:
        msg = f"the version suffix of {llvm} does not say for which ROCm it is (-ROCm-<version>)"
        raise Refused(msg)
    return found[1]


def rocm_of_toolchain(wanted: tuple[str, str]) -> str | None:
    """The ROCm version of a toolchain, by its own version or by what it is made of."""
    name, version = wanted
    if name not in ROCM_TOOLCHAINS:
        return None
    if found := _ROCM.search(version):
        return found[1]
    return next(filter(None, map(_rocm_of_component, _components(name, version))), None)


def _rocm_of_component(component: Dependency) -> str | None:
    if component.name == "ROCm-LLVM":
        return _rocm_of(component)
    return rocm_of_toolchain((component.name, component.version + component.versionsuffix))


def _components(name: str, version: str) -> list[Dependency]:
    """What the recipe of a toolchain depends on."""
    from easybuild.framework.easyconfig import easyconfig

    path = easyconfig.robot_find_easyconfig(name, version)
    return direct(easyconfig.process_easyconfig(path, validate=False)[0]["ec"], "dependencies") if path else []
