"""Linkers called by their full name get RPATH too."""

import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from eessi_hooks.policies.linker import prefixed, triplet

SCRIPTS = Path(sys.prefix) / "easybuild" / "scripts"
PREFIX = "x86_64-pc-linux-gnu"
Env = Callable[[Mapping[str, str]], dict[str, str]]
#: As GCC: sources with a config.guess, and steps that call the linker.
GCCCORE = f"""
easyblock = 'MakeCp'
name = 'GCCcore'
version = '12.2.0'
homepage = 'https://example.org'
description = 'sources with a config.guess'
toolchain = SYSTEM
sources = ['gcc.tar.gz']
prebuildopts = 'command -v ld {PREFIX}-ld > found && '
files_to_copy = ['found']
sanity_check_paths = {{'files': ['found'], 'dirs': []}}
moduleclass = 'compiler'
"""


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


def test_a_real_build_finds_it(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> None:
    sources = tmp_path / "gcc-12.2.0"
    sources.mkdir()
    (sources / "config.guess").write_text(f"echo {PREFIX}\n")
    (sources / "Makefile").write_text("all:\n")
    with tarfile.open(tmp_path / "gcc.tar.gz", "w:gz") as tar:
        tar.add(sources, "gcc-12.2.0")
    (tmp_path / "GCCcore.eb").write_text(GCCCORE)
    options = [f"--hooks={hooks_file}", f"--prefix={tmp_path}", f"--sourcepath={tmp_path}", "--rpath"]
    command = [sys.executable, "-m", "easybuild.main", *options, "--modules-tool=Lmod", str(tmp_path / "GCCcore.eb")]
    env = easybuild_env({"EESSI_EPREFIX": str(tmp_path)})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stdout
    wrapper, copy = (tmp_path / "software" / "GCCcore" / "12.2.0" / "found").read_text().splitlines()
    assert "/rpath_wrappers/" in wrapper
    assert copy == str(Path(wrapper).with_name(f"{PREFIX}-ld"))
