"""Which CUDA compute capabilities a toolkit compiles for, as `nvcc --list-gpu-arch` says."""

from eessi_hooks.build import without_letters
from eessi_hooks.step import Refused
from eessi_hooks.target import CUDA_OVERRIDE
from eessi_hooks.versions import is_before, version_key


def _set(capabilities: str) -> frozenset[str]:
    return frozenset(capabilities.split())


_11 = _set("35 37 50 52 53 60 61 62 70 72 75 80")
_12 = _set("50 52 53 60 61 62 70 72 75 80 86 87 89 90")
_12_8 = _12 | {"100", "101", "120"}
_13 = _set("75 80 86 87 88 89 90 100 103 110 120 121")
#: Minor version → capabilities. A later minor version knows all that the ones before it do.
KNOWN = {
    "11.0": _11,
    **dict.fromkeys(("11.1", "11.2", "11.3"), _11 | {"86"}),
    **dict.fromkeys(("11.4", "11.5", "11.6", "11.7"), _11 | {"86", "87"}),
    "11.8": _11 | {"86", "87", "89", "90"},
    **dict.fromkeys(("12.0", "12.1", "12.2", "12.3", "12.4", "12.5", "12.6"), _12),
    "12.8": _12_8,
    "12.9": _12_8 | {"103", "121"},
    **dict.fromkeys(("13.0", "13.1"), _13),
}


def supports(version: str, capability: str) -> bool:
    """Whether a toolkit compiles for a capability; Refused where that is not known."""
    minor = ".".join(version.split(".")[:2])
    wanted = without_letters(capability).replace(".", "")
    known = _nearest(minor)
    if known is not None and wanted in KNOWN[known]:
        return True
    if minor in KNOWN or _was_dropped(minor, wanted):
        return False
    msg = (
        f"it is not known whether CUDA {version} compiles for compute capability {capability}: "
        f"add it to eessi_hooks/policies/cuda.py, or set {CUDA_OVERRIDE}"
    )
    raise Refused(msg)


def _nearest(minor: str) -> str | None:
    """The newest toolkit that is known, of those of the same major version that are not newer."""
    major = minor.partition(".")[0]
    older = [one for one in KNOWN if one.partition(".")[0] == major and not is_before(minor, one)]
    return max(older, key=version_key, default=None)


def _was_dropped(minor: str, wanted: str) -> bool:
    """What the first toolkit of a major version does not know any more, and older ones did, does not come back."""
    major = minor.partition(".")[0]
    older = [KNOWN[one] for one in KNOWN if is_before(one, f"{major}.0")]
    own = [KNOWN[one] for one in KNOWN if one.partition(".")[0] == major]
    return bool(own) and any(wanted in one for one in older) and not any(wanted in one for one in own)
