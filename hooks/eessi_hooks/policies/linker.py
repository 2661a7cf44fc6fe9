"""RPATH also for who calls the linker by its full name: GCC does, as `x86_64-pc-linux-gnu-ld`."""

import re
import shutil
from pathlib import Path
from typing import Protocol, cast

from eessi_hooks.step import Refused, Step

_LINKERS = ("ld", "ld.gold", "ld.bfd")
_OPTIONAL = "ld.gold"  #: binutils has given it up


class _Block(Protocol):
    start_dir: str | None


def wrap(step: Step) -> bool:
    """Give each of EasyBuild's wrappers a copy with the prefix; nothing where GCC is not built from its sources."""
    from easybuild.tools.config import build_option

    guess = Path(cast("_Block", step.block).start_dir or "/nonexistent") / "config.guess"
    if not (build_option("rpath") and guess.is_file()):
        return False
    prefix = triplet(guess, step.target.eprefix or "")
    wrapped = [_wrapped(linker, prefix) for linker in _LINKERS]
    return any(wrapped)


def triplet(guess: Path, eprefix: str) -> str:
    """What config.guess calls this machine; for RISC-V, what the compatibility layer calls it where that differs."""
    from easybuild.tools.run import run_shell_cmd

    said = str(run_shell_cmd(f"sh {guess}", hidden=True).output).strip()
    other = said.replace("-unknown-", "-pc-")
    tools = Path(eprefix) / "usr" / "bin"
    return other if not (tools / f"{said}-ld").exists() and (tools / f"{other}-ld").exists() else said


def _wrapped(linker: str, prefix: str) -> bool:
    wrapper = _wrapper(linker)
    if wrapper is None:
        return False
    copy = wrapper.with_name(f"{prefix}-{linker}")
    copy.write_text(prefixed(wrapper.read_text(encoding="utf-8"), linker, prefix), encoding="utf-8")
    copy.chmod(wrapper.stat().st_mode)
    return True


def prefixed(text: str, linker: str, prefix: str) -> str:
    """A wrapper for the prefixed linker, whose arguments are read as those of the other, which EasyBuild knows."""
    named = re.sub(r"^CMD=.*$", f"CMD={linker}", text, flags=re.MULTILINE)
    return re.sub(rf"/{re.escape(linker)}(?=['\"]? \"\$\{{CMD_ARGS\[@\]\}}\")", f"/{prefix}-{linker}", named)


def _wrapper(linker: str) -> Path | None:
    from easybuild.tools.toolchain.toolchain import Toolchain

    found = shutil.which(linker)
    if found and Toolchain.is_rpath_wrapper(found):
        return Path(found)
    if linker == _OPTIONAL:
        return None
    msg = f"no RPATH wrapper for {linker} in PATH"
    raise Refused(msg)
