"""The host's NVIDIA driver: its libraries, where the host's own loader finds them, and its version."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eessi_stack.eb import trial
from eessi_stack.host_injections import toolkits

#: Where Apptainer binds the host's libraries with `--nv`.
CONTAINER = Path("/.singularity.d/libs")
#: How `ldconfig -p` marks libraries of an architecture, of those that run others' too.
_MARKS = {"x86_64": "x86-64", "aarch64": "AArch64", "ppc64le": "64bit"}
_LISTED = re.compile(r"\s+(?P<name>\S+) \((?P<about>[^)]*)\) => (?P<path>/.+)")
_VERSION = re.compile(r"libcuda\.so\.(\d{3,}(?:\.\d+)+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A driver as this machine has it."""

    libraries: Mapping[str, Path] = field(default_factory=dict)  #: file name → where it is
    version: str = ""  #: empty where it cannot be told
    problem: str = ""  #: why something could not be told
    gone: Path | None = None  #: a `libcuda.so.1` that leads to nothing: what is left of a driver
    is_needed: bool = True  #: not on a machine without an NVIDIA GPU, such as one that only builds

    @property
    def is_there(self) -> bool:
        return "libcuda.so.1" in self.libraries

    @property
    def links(self) -> dict[str, Path]:
        """What is to be linked: Lmod's hook looks for a `libcuda.so`, which not every packaging has."""
        return {"libcuda.so": self.libraries["libcuda.so.1"], **self.libraries} if self.is_there else {}


def find(family: str, folder: Path | None = None) -> Driver:
    """The driver of this machine, or the one whose libraries are in a folder."""
    if folder:
        return _driver(_in_folder(folder))
    listed = trial.program([_ldconfig(), "-p"])
    found = _driver({**parse_ldconfig(listed.said, family), **_in_folder(CONTAINER)})
    if not found.is_there:
        problem = "" if listed.good else f"what the host's loader finds cannot be told: {listed.said}"
        return replace(found, problem=problem, is_needed=has_gpu(Path("/")))
    of_file = found.version
    smi = trial.program(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"])
    of_kernel = version_said(smi.said) if smi.good else ""
    problem = doubt(of_file, of_kernel, "" if of_kernel else smi.said)
    return replace(found, version=of_file or of_kernel, problem=problem)


def has_gpu(root: Path) -> bool:
    """Whether there is an NVIDIA GPU, by its kernel module's device, WSL's, or the PCI bus; without any driver too."""
    if any((root / "dev" / name).exists() for name in ("nvidiactl", "dxg")):
        return True
    vendors = (root / "sys/bus/pci/devices").glob("*/vendor")
    return any(_said(one) == "0x10de" and _said(one.with_name("class")).startswith("0x03") for one in vendors)


def _said(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _driver(libraries: Mapping[str, Path]) -> Driver:
    """What is really there: the loader's list, and links, can be older than the files."""
    there = {name: path for name, path in libraries.items() if path.exists()}
    cuda = libraries.get("libcuda.so.1")
    if cuda and "libcuda.so.1" not in there:
        return Driver(gone=cuda)
    return Driver(libraries=there, version=_of_file(there))


def doubt(of_file: str, of_kernel: str, failure: str) -> str:
    """What nvidia-smi says against the libraries; on a machine without it, nothing does."""
    if of_kernel and of_file and of_kernel != of_file:
        return (
            f"the kernel runs driver {of_kernel}, but the libraries are of {of_file}: was it updated without a reboot?"
        )
    return f"nvidia-smi fails: {failure.splitlines()[0]}" if failure and "there is no" not in failure else ""


def version_said(said: str) -> str:
    """The version that nvidia-smi gives for the first device; empty where it says something else."""
    found = re.match(r"\d+(?:\.\d+)+$", said.strip(), re.MULTILINE)
    return found[0] if found else ""


def parse_ldconfig(listed: str, family: str) -> dict[str, Path]:
    """The driver's libraries in what `ldconfig -p` prints; the first of a name is the one that the loader takes."""
    found: dict[str, Path] = {}
    for line in listed.splitlines():
        one = _LISTED.fullmatch(line)
        if one and _is_driver(one["name"]) and _MARKS.get(family, "") in one["about"]:
            found.setdefault(one["name"], Path(one["path"]))
    return found


def _is_driver(name: str) -> bool:
    stem, dot, _ = name.partition(".so")
    return bool(dot) and stem in toolkits.library_names()


def _in_folder(folder: Path) -> dict[str, Path]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return {}
    return {name: folder / name for name in names if _is_driver(name)}


def _of_file(libraries: Mapping[str, Path]) -> str:
    """The version in the name of the file that `libcuda.so.1` leads to, or of one beside it."""
    if "libcuda.so.1" not in libraries:
        return ""
    return version_in([libraries["libcuda.so.1"].resolve().name, *libraries])


def version_in(names: Iterable[str]) -> str:
    return next((found[1] for name in names if (found := _VERSION.fullmatch(name))), "")


def _ldconfig() -> str:
    """The host's own, never one of a compat layer that is first in PATH."""
    return next((path for path in ("/sbin/ldconfig", "/usr/sbin/ldconfig") if os.access(path, os.X_OK)), "ldconfig")
