"""What a test row says: a build, a hook point, and all that the rules change there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from eessi_hooks.target import BuildTarget

NO_FAILURE = "|| echo 'failing tests are ignored by a rule of eessi_hooks'"
BINUTILS = "/compat/usr/lib64/binutils/x86_64-pc-linux-gnu/2.41"
HOST = BuildTarget()
COMPAT = BuildTarget(eprefix="/compat")


def on(name: str, eessi_version: str = "2023.06") -> BuildTarget:
    return BuildTarget(cpu=name, family=name.split("/", 1)[0], eessi_version=eessi_version)


def nothing(_block: SimpleNamespace, _folder: Path) -> dict[str, object]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Row:
    at: str
    name: str  #: `GROMACS/2024.4`
    target: BuildTarget
    #: Parameters, and `$VARIABLE`, `--option`, `parallel`, `refused` while they last; and what `after` sees.
    changes: Mapping[str, object]
    cfg: Mapping[str, object] = field(default_factory=dict)
    toolchain: tuple[str, str] = ("GCC", "13.2.0")
    options: Mapping[str, object] = field(default_factory=dict)  #: EasyBuild's, before
    before: Callable[[SimpleNamespace, Path], object] = nothing  #: makes what the build finds
    after: Callable[[SimpleNamespace, Path], Mapping[str, object]] = nothing  #: what else has changed


def parsed(name: str, target: BuildTarget, changes: Mapping[str, object], **more: object) -> Row:
    toolchain = more.pop("toolchain", ("GCC", "13.2.0"))
    assert isinstance(toolchain, tuple)
    return Row(at="parse", name=name, target=target, changes=changes, cfg=more, toolchain=toolchain)


def configured(name: str, target: BuildTarget, changes: Mapping[str, object], **cfg: object) -> Row:
    return Row(at="pre_configure", name=name, target=target, changes=changes, cfg=cfg)


def while_testing(name: str, target: BuildTarget, changes: Mapping[str, object], **cfg: object) -> Row:
    return Row(at="pre_test", name=name, target=target, changes=changes, cfg=cfg)


def ignored(name: str, target: BuildTarget) -> Row:
    return while_testing(name, target, {"testopts": f"-v {NO_FAILURE} "}, testopts="-v")


def limited(name: str, target: BuildTarget, cores: int) -> Row:
    return Row(at="post_ready", name=name, target=target, changes={"parallel": cores})
