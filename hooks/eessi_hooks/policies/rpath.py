"""A site's own MPI: folders in host_injections that come first in RPATH, and need not be there."""

from typing import Protocol, cast

from eessi_hooks.policies.gpu_property import marked
from eessi_hooks.rule import Condition
from eessi_hooks.session import set_build_option
from eessi_hooks.step import Step


class _Toolchain(Protocol):
    def mpi_family(self) -> str | None: ...
    def comp_family(self) -> str: ...


def _toolchain(step: Step) -> _Toolchain | None:
    return cast("_Toolchain | None", getattr(step.cfg, "toolchain", None))


def _has_mpi(step: Step) -> bool:
    toolchain = _toolchain(step)
    return bool(step.target.software_path and toolchain and toolchain.mpi_family())


HAS_MPI = Condition("the toolchain has MPI, and EESSI's prefix is known", _has_mpi)


def folders(step: Step) -> list[str]:
    """Where a site can put the MPI libraries, the most specific place first."""
    toolchain = _toolchain(step)
    assert toolchain
    compiler, gpu = toolchain.comp_family(), marked(step.cfg)
    places = [f"system-{compiler}-{'-'.join(gpu)}"] if gpu else []
    base = f"{(step.target.software_path or '').replace('versions', 'host_injections', 1)}/rpath_overrides"
    return [
        f"{base}/{toolchain.mpi_family()}/{place}/{lib}"
        for place in (*places, f"system-{compiler}", "system")
        for lib in ("lib", "lib64")
    ]


def override(step: Step) -> bool:
    """Add them to what EasyBuild is told already."""
    from easybuild.tools.config import build_option

    told = build_option("rpath_override_dirs")
    set_build_option(step, "rpath_override_dirs", ":".join([*([told] if told else []), *folders(step)]))
    return True
