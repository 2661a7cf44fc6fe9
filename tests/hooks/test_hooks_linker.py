"""Linkers called by their full name get RPATH too."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from eessi_hooks.policies.linker import prefixed, triplet

SCRIPTS = Path(sys.prefix) / "easybuild" / "scripts"
PREFIX = "x86_64-pc-linux-gnu"


def test_a_wrapper_for_the_prefixed_linker() -> None:
    text = 'CMD=$(basename "$0")\nlog "$CMD /usr/bin/ld $*"\n\'/usr/bin/ld\' "${CMD_ARGS[@]}"\n'
    expected = 'CMD=ld\nlog "$CMD /usr/bin/ld $*"\n\'/usr/bin/riscv64-pc-linux-gnu-ld\' "${CMD_ARGS[@]}"\n'
    assert prefixed(text, "ld", "riscv64-pc-linux-gnu") == expected


@pytest.mark.parametrize(("there", "expected"), [("pc", "pc"), ("unknown", "unknown"), ("other", "unknown")])
def test_what_the_compatibility_layer_calls_riscv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: str, expected: str
) -> None:
    said = SimpleNamespace(output="riscv64-unknown-linux-gnu\n")
    monkeypatch.setattr("easybuild.tools.run.run_shell_cmd", lambda *_, **__: said)
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "usr" / "bin" / f"riscv64-{there}-linux-gnu-ld").touch()
    assert triplet(tmp_path, str(tmp_path)) == f"riscv64-{expected}-linux-gnu"


def test_easybuilds_own_wrapper(tmp_path: Path) -> None:
    """What it gives the prefixed linker is what it gives the other one: its arguments with RPATH."""
    for name in ("ld", f"{PREFIX}-ld"):
        linker = tmp_path / "real" / name
        linker.parent.mkdir(exist_ok=True)
        linker.write_text('#!/bin/sh\necho "$0" "$@"\n')
        linker.chmod(0o755)
    folder = tmp_path / "rpath_wrappers" / "ld_wrapper"
    folder.mkdir(parents=True)
    text = (SCRIPTS / "rpath_wrapper_template.sh.in").read_text() % {
        "orig_cmd": str(tmp_path / "real" / "ld"),
        "python": sys.executable,
        "rpath_args_py": f"'{SCRIPTS / 'rpath_args.py'}'",
        "rpath_filter": "/none",
        "rpath_include": "/tree/lib",
        "rpath_wrapper_log": "/dev/null",
        "wrapper_dir": str(folder),
    }
    said = {}
    for name, script in (("ld", text), (f"{PREFIX}-ld", prefixed(text, "ld", PREFIX))):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
        done = subprocess.run([folder / name, "-lz"], capture_output=True, text=True, check=True)
        said[name] = done.stdout.split()
    assert said[f"{PREFIX}-ld"][0] == str(tmp_path / "real" / f"{PREFIX}-ld")
    assert said[f"{PREFIX}-ld"][1:] == said["ld"][1:]
    assert "-rpath=/tree/lib" in said["ld"]
