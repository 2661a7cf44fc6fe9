"""What software is built for, as the environment says it: the only reader of EESSI's variables."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

A64FX = "aarch64/a64fx"
AARCH64_GENERIC = "aarch64/generic"
AXION = "aarch64/google/axion"
CASCADELAKE = "x86_64/intel/cascadelake"
GRACE = "aarch64/nvidia/grace"
GRAVITON4 = "aarch64/aws/graviton4"
HASWELL = "x86_64/intel/haswell"
ICELAKE = "x86_64/intel/icelake"
NEOVERSE_N1 = "aarch64/neoverse_n1"
NEOVERSE_V1 = "aarch64/neoverse_v1"
P550 = "riscv64/sifive/p550"
POWER9 = "ppc64le/power9le"
PPC64LE_GENERIC = "ppc64le/generic"
RISCV64_GENERIC = "riscv64/generic"
SAPPHIRERAPIDS = "x86_64/intel/sapphirerapids"
SKYLAKE = "x86_64/intel/skylake_avx512"
X60 = "riscv64/spacemit/x60"
X86_64_GENERIC = "x86_64/generic"
ZEN2 = "x86_64/amd/zen2"
ZEN3 = "x86_64/amd/zen3"
ZEN4 = "x86_64/amd/zen4"
ZEN5 = "x86_64/amd/zen5"

FAMILIES = frozenset({"aarch64", "ppc64le", "riscv64", "x86_64"})
CPUS = frozenset(
    {A64FX, AARCH64_GENERIC, AXION, CASCADELAKE, GRACE, GRAVITON4, HASWELL, ICELAKE, NEOVERSE_N1, NEOVERSE_V1, P550}
    | {POWER9, PPC64LE_GENERIC, RISCV64_GENERIC, SAPPHIRERAPIDS, SKYLAKE, X60, X86_64_GENERIC, ZEN2, ZEN3, ZEN4, ZEN5},
)

SITE_PREFIX = "/cvmfs/software.eessi.io/host_injections/"
#: For whom software is installed, as EESSI's variables say it (`EESSI_CVMFS_INSTALL`); the first that is set holds.
MODES = ("cvmfs", "site", "project", "user")
TOOLCHAIN_OVERRIDE = "EESSI_OVERRIDE_TOOLCHAIN_CHECK"
PATH_OVERRIDE = "EESSI_OVERRIDE_STRICT_INSTALLPATH_CHECK"
CUDA_OVERRIDE = "EESSI_OVERRIDE_CUDA_CC_TOOLKIT_CHECK"
CUDNN_OVERRIDE = "EESSI_OVERRIDE_CUDA_CC_CUDNN_CHECK"
OVERRIDES = (TOOLCHAIN_OVERRIDE, PATH_OVERRIDE, CUDA_OVERRIDE, CUDNN_OVERRIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTarget:
    """What is not known is None, and rules that need it do not apply."""

    eessi_version: str | None = None  #: `2023.06`
    cpu: str | None = None  #: `x86_64/amd/zen3`
    family: str | None = None  #: `x86_64`
    eprefix: str | None = None  #: where the compatibility layer is; None: there is none, the host is used as it is
    accelerator: str | None = None  #: `nvidia/cc90`
    software_path: str | None = None  #: EESSI's prefix of the CPU target
    site_prefix: str = SITE_PREFIX  #: below it a site installs for itself
    mode: str | None = None  #: one of MODES: for whom it is installed
    site_toolchains: str | None = None  #: what a site builds with besides: a list of dictionaries, as JSON or Python
    overrides: frozenset[str] = frozenset()  #: names of the variables that switch off a check, of those that are set

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "BuildTarget":
        said = EnvironmentTarget(environ)
        return cls(**{one.name: getattr(said, one.name) for one in fields(cls)})


class EnvironmentTarget:
    """The same, each value read when it is asked for: who stores what a recipe is must know what it rests on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @property
    def eessi_version(self) -> str | None:
        return self._environ.get("EESSI_VERSION") or None

    @property
    def cpu(self) -> str | None:
        return self._environ.get("EESSI_SOFTWARE_SUBDIR") or None

    @property
    def family(self) -> str | None:
        return self._environ.get("EESSI_CPU_FAMILY") or (self.cpu.split("/", 1)[0] if self.cpu else None)

    @property
    def eprefix(self) -> str | None:
        return self._environ.get("EESSI_EPREFIX") or self._environ.get("EPREFIX") or None

    @property
    def accelerator(self) -> str | None:
        return self._environ.get("EESSI_ACCELERATOR_TARGET", "").removeprefix("accel/") or None

    @property
    def software_path(self) -> str | None:
        return self._environ.get("EESSI_SOFTWARE_PATH") or None

    @property
    def site_prefix(self) -> str:
        return self._environ.get("EESSI_SITE_SOFTWARE_PREFIX") or SITE_PREFIX

    @property
    def mode(self) -> str | None:
        return next((mode for mode in MODES if self._environ.get(f"EESSI_{mode.upper()}_INSTALL")), None)

    @property
    def site_toolchains(self) -> str | None:
        version = self.eessi_version
        return self._environ.get(site_toolchains_variable(version)) or None if version else None

    @property
    def overrides(self) -> frozenset[str]:
        return frozenset(name for name in OVERRIDES if self._environ.get(name))


def site_toolchains_variable(version: str) -> str:
    return f"EESSI_SITE_TOP_LEVEL_TOOLCHAINS_{version.replace('.', '_')}"
