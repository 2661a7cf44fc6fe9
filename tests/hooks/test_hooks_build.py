"""Small packages really built by EasyBuild and Lmod, with the hooks."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Env = Callable[[Mapping[str, str]], dict[str, str]]
#: Named like software that has a rule for the step that prepares the environment.
RUST = """
easyblock = 'Bundle'
name = 'Rust'
version = '1.65.0'
homepage = 'https://example.org'
description = 'nothing at all'
toolchain = SYSTEM
moduleclass = 'tools'
"""
A64FX = {"EESSI_SOFTWARE_SUBDIR": "aarch64/a64fx", "EESSI_VERSION": "2025.06"}


@pytest.fixture
def build(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*easyconfigs: str, target: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        for number, text in enumerate(easyconfigs):
            (tmp_path / f"{number}.eb").write_text(text)
        options = [f"--hooks={hooks_file}", f"--prefix={tmp_path}", "--modules-tool=Lmod", "--read-only-installdir"]
        command = [sys.executable, "-m", "easybuild.main", *options, *(f"{n}.eb" for n in range(len(easyconfigs)))]
        env = easybuild_env(target)
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=tmp_path, timeout=300)

    return run


def modules(package: Path) -> list[str]:
    return sorted(str(module.relative_to(package)) for module in package.rglob("*.py"))


def test_a_build_follows_the_rules_and_keeps_them(
    build: Callable[..., subprocess.CompletedProcess[str]], hooks_file: Path, tmp_path: Path
) -> None:
    done = build(RUST, target=A64FX)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "modules" / "all" / "Rust" / "1.65.0.lua").exists()
    easybuild = tmp_path / "software" / "Rust" / "1.65.0" / "easybuild"
    archived = easybuild / "reprod" / "hooks"
    assert (archived / "eb_hooks.py").read_text() == hooks_file.read_text()
    assert modules(archived / "eessi_hooks") == modules(hooks_file.parent / "eessi_hooks")
    assert not (archived / "eessi_hooks" / "rules").stat().st_mode & 0o222, "as read-only as the rest"
    (log,) = easybuild.glob("*.log*")
    updates = [line.split("'optarch' ")[1] for line in log.read_text().splitlines() if "option 'optarch'" in line]
    assert updates == ["was updated to: march=armv8.2-a", "was updated to: None"]
    assert "hook rule: Rust/1.65.0 at pre_prepare: set EasyBuild option optarch" in log.read_text()


def test_an_archived_package_works_as_hooks_again(
    build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    assert build(RUST, target={}).returncode == 0
    archived = tmp_path / "software" / "Rust" / "1.65.0" / "easybuild" / "reprod" / "hooks" / "eb_hooks.py"
    code = "import sys; from easybuild.tools.hooks import load_hooks; print(len(load_hooks(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, archived], capture_output=True, text=True, check=True, cwd="/")
    assert int(done.stdout) > 10


def test_a_failed_build_keeps_nothing(build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    done = build(f"{RUST}postinstallcmds = ['false']\n", target=A64FX)
    assert done.returncode != 0
    assert "postprocessing" in done.stdout
    assert list((tmp_path / "software").rglob("eessi_hooks")) == []
