"""What NVIDIA's licences let EESSI ship of CUDA and cuDNN; everything else is a link to what a site installs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from eessi_hooks.policies.install_path import EESSI
from eessi_hooks.rule import Condition
from eessi_hooks.step import Refused, Step

HOST_INJECTIONS = "/cvmfs/software.eessi.io/host_injections"
#: An installation: its CPU family, and what comes after the prefix. Neither version, CPU nor accelerator matter.
_INSTALLED = re.compile(EESSI.pattern + r"[^/]+/software/[^/]+/(?P<family>[^/]+)/(?:.*?/)?(?P<rest>software/.+)")
_FILE = re.compile(r"[^\s,]+\.(?:so|a|h|hpp|bc)(?=[\s,]|$)")
_TYPOS = {"libnvrtx-builtins_static.a": "libnvrtc-builtins_static.a"}  # in the EULA of CUDA 12.4
_CUDNN = "2. Distribution. The following portions of the SDK are distributable under the Agreement:"


class Allowed(NamedTuple):
    """What a licence lists."""

    files: frozenset[str] = frozenset()  #: `libcudart.so`, also with a version after it; `crt/host_config.h`
    endings: frozenset[str] = frozenset()  #: `.so`
    stems: frozenset[str] = frozenset()  #: `EULA`: the texts that say all this, at the top

    def has(self, path: Path) -> bool:
        """Whether a file of an installation, by its path in there, may be shipped."""
        if len(path.parts) == 1 and path.name.partition(".")[0] in self.stems:
            return True
        if Path(_library(path.name)).suffix in self.endings:
            return True
        names = (path.name, "/".join(path.parts[-2:]))
        return any(name in self.files or _library(name) in self.files for name in names)


def strip(step: Step) -> bool:
    """Replace what may not be shipped by links."""
    block = cast("_Block", step.block)
    stray = list(not_allowed(block.name, Path(block.installdir)))
    for path in stray:
        target = host_injection(path)
        path.unlink()
        path.symlink_to(target)
    return bool(stray)


def check(step: Step) -> bool:
    """Refuse to go on with a file that may not be shipped."""
    block = cast("_Block", step.block)
    stray = list(not_allowed(block.name, Path(block.installdir)))
    if stray:
        msg = (
            f"the licence of {block.name} does not allow to ship {', '.join(map(str, stray[:5]))} ({len(stray)} files)"
        )
        raise Refused(msg)
    return False


def not_allowed(software: str, folder: Path) -> Iterator[Path]:
    """The files of an installation that its licence does not list; EasyBuild's own notes are no part of it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    own = [path for path in files if path.relative_to(folder).parts[0] != "easybuild"]
    if own:  # a module that only says why it does not load has no files, and no licence
        allowed = allowed_by[software](folder)
        yield from (path for path in own if not allowed.has(path.relative_to(folder)))


def host_injection(path: Path) -> str:
    """Where a site has a file: one copy for all EESSI versions, CPU targets and accelerators of a CPU family."""
    found = _INSTALLED.fullmatch(str(path))
    if not found:
        msg = f"{path} is in no prefix of EESSI"
        raise Refused(msg)
    return f"{HOST_INJECTIONS}/{found['family']}/{found['rest']}"


def cuda(folder: Path) -> Allowed:
    """What attachment A of CUDA's EULA lists, but for what is distributable under a condition that EESSI is not."""
    text = _read(folder / "EULA.txt")
    attachment = re.search(r"^2\.6\. Attachment A$(.*?)^2\.7\. Attachment B$", text, re.DOTALL | re.MULTILINE)
    components = re.split(r"^Component$", attachment[1] if attachment else "", flags=re.MULTILINE)
    words = {word for one in components if "only distributable" not in one for word in _FILE.findall(one)}
    files = frozenset(_TYPOS.get(word, word) for word in words)
    if "libcudart.so" not in files or any("nvcc" in name for name in files):
        msg = f"{folder}/EULA.txt cannot be understood: it should list libcudart.so, and not nvcc"
        raise Refused(msg)
    return Allowed(files=files, stems=frozenset({"EULA", "README"}))


def cudnn(folder: Path) -> Allowed:
    """The endings that cuDNN's licence names."""
    lines = _read(folder / "LICENSE").splitlines()
    line = next((line.strip() for line in lines if line.strip().startswith(_CUDNN)), None)
    if line is None:
        msg = f"{folder}/LICENSE cannot be understood: it has no line that begins with `{_CUDNN}`"
        raise Refused(msg)
    words = line.removeprefix(_CUDNN).replace(",", " ").split()
    return Allowed(
        endings=frozenset(word.rstrip(".") for word in words if word.startswith(".")), stems=frozenset({"LICENSE"})
    )


allowed_by = {"CUDA": cuda, "cuDNN": cudnn}


class _Block(Protocol):
    name: str
    installdir: str


def _is_shipped(step: Step) -> bool:
    return bool(EESSI.match(cast("_Block", step.block).installdir)) if hasattr(step.block, "installdir") else True


IS_SHIPPED = Condition("the installation is one that EESSI ships", _is_shipped)


def _library(name: str) -> str:
    """`libcudart.so.13.0.96` → `libcudart.so`."""
    return re.sub(r"(\.so)(?:\.\d+)+$", r"\1", name)


def _read(licence: Path) -> str:
    try:
        return licence.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        msg = f"without its licence nobody knows what may be shipped: {error}"
        raise Refused(msg) from None
