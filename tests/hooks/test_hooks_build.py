"""Small packages really built by EasyBuild and Lmod, with the hooks."""

import re
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
            name, version = re.findall(r"^(?:name|version) = '(.*)'", text, re.MULTILINE)
            (tmp_path / f"{name}-{version}.eb").write_text(text)
        options = [f"--hooks={hooks_file}", f"--prefix={tmp_path}", "--modules-tool=Lmod", "--read-only-installdir"]
        command = [sys.executable, "-m", "easybuild.main", *options, *(f"{n}.eb" for n in range(len(easyconfigs)))]
        env = easybuild_env({"EASYBUILD_ROBOT_PATHS": f"{tmp_path}:", **target})
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


CUDA = """
easyblock = 'Tarball'
name = 'CUDA'
version = '13.0.2'
homepage = 'https://example.org'
description = 'its sources are nowhere'
toolchain = SYSTEM
sources = ['cuda.tar.gz']
moduleclass = 'system'
"""
USER = """
easyblock = 'Bundle'
name = 'User'
version = '1.0'
homepage = 'https://example.org'
description = 'needs CUDA'
toolchain = SYSTEM
dependencies = [('CUDA', '13.0.2')]
moduleclass = 'tools'
"""
VOLTA = {"EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "7.0", "EESSI_VERSION": "2025.06"}
VARIABLE = "EESSI_IGNORE_CUDA_13_0_2_CC_7_0"


def load(tmp_path: Path, module: str, env: dict[str, str], more: str = "") -> str:
    """What Lmod says to who loads a module."""
    lmod = f'eval "$($LMOD_CMD bash {{}})"; {more}'.format
    command = f"{lmod(f'use {tmp_path}/modules/all')} {lmod(f'load {module}')} echo loaded:$LOADEDMODULES"
    done = subprocess.run(["bash", "-c", more + command], capture_output=True, text=True, check=False, env=env)
    return " ".join((done.stdout + done.stderr).split())


def test_what_a_target_cannot_have_becomes_a_module_that_says_so(
    build: Callable[..., subprocess.CompletedProcess[str]], easybuild_env: Env, tmp_path: Path
) -> None:
    done = build(CUDA, USER, target=VOLTA)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("fetching files and verifying checksums [skipped]") == 2
    for module in ("CUDA/13.0.2", "User/1.0"):
        said = load(tmp_path, module, easybuild_env({}))
        assert "CUDA 13.0.2 has no support for CUDA compute capability 7.0" in said
        assert f"loaded:{module}" not in said
        forced = load(tmp_path, module, easybuild_env({}), more=f"export {VARIABLE}=1; ")
        assert f"loaded:{module}" in forced
    text = (tmp_path / "modules" / "all" / "User" / "1.0.lua").read_text()
    assert 'add_property("arch","gpu")' in text
    written = [
        *(tmp_path / "software" / "User" / "1.0").rglob("*"),
        *(tmp_path / "software" / "CUDA" / "13.0.2").rglob("*"),
    ]
    assert written
    assert not [path for path in written if path.stat().st_mode & 0o222]
    assert "CUDA/13.0.2" not in re.findall(r'(?:load|depends_on)\("(.*?)"\)', text)


def bundle(name: str, version: str, *needs: tuple[str, str]) -> str:
    return (
        USER.replace("'User'", repr(name))
        .replace("'1.0'", repr(version))
        .replace("('CUDA', '13.0.2')", str(needs)[1:-1])
    )


def test_what_needs_such_a_module_becomes_one_too(
    build: Callable[..., subprocess.CompletedProcess[str]], easybuild_env: Env, tmp_path: Path
) -> None:
    toolkit, cudnn = ("CUDA", "12.9.1"), ("cuDNN", "9.15.0.57")
    user, follower = bundle("User", "1.0", toolkit, cudnn), bundle("Follower", "1.0", toolkit, ("User", "1.0"))
    done = build(bundle(*toolkit), bundle(*cudnn), user, follower, target=VOLTA)
    assert done.returncode == 0, done.stdout
    assert "loaded:CUDA/12.9.1" in load(tmp_path, "CUDA/12.9.1", easybuild_env({}))
    assert "cuDNN 9.12.0 and newer ones" in load(tmp_path, "Follower/1.0", easybuild_env({}))
    log = (tmp_path / "modules" / "all" / "Follower" / "1.0.lua").read_text()
    assert log.count("LmodError") == 1


def test_a_toolchain_that_the_version_does_not_support_is_refused_before_anything_is_built(
    build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    odd = RUST.replace("SYSTEM", "{'name': 'GCCcore', 'version': '11.3.0'}")
    done = build(odd, target={"EESSI_VERSION": "2023.06", "EASYBUILD_ROBOT": str(tmp_path)})
    assert done.returncode != 0
    assert "toolchain GCCcore/11.3.0, which EESSI 2023.06 does not support" in done.stdout + done.stderr
    assert "GCCcore/12.3.0" in done.stdout + done.stderr
    assert not (tmp_path / "software").exists()


def test_how_it_was_made_stays_when_it_is_rebuilt(
    build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    shipped = {**A64FX, "EESSI_CVMFS_INSTALL": "1"}
    assert build(RUST, target=shipped).returncode == 0
    assert build(f"{RUST}postinstallcmds = ['false']\n", target={**shipped, "EASYBUILD_REBUILD": "1"}).returncode != 0
    assert build(RUST, target=A64FX | {"EASYBUILD_REBUILD": "1"}).returncode == 0
    (kept,) = (tmp_path / "reprod" / "Rust" / "1.65.0").iterdir()
    assert re.fullmatch(r"\d{8}_\d{6}UTC", kept.name)
    names = {str(path.relative_to(kept / "easybuild")) for path in kept.rglob("*.*")}
    assert {"Rust-1.65.0.eb", "reprod/easyblocks/bundle.py", "reprod/hooks/eessi_hooks/rules/filtered.py"} <= names


def recipe(name: str, version: str, *needs: str) -> str:
    """One like RUST; `needs` are written `CUDA/12.1.1`."""
    text = RUST.replace("'Rust'", f"'{name}'").replace("'1.65.0'", f"'{version}'")
    return f"{text}dependencies = {[tuple(need.split('/')) for need in needs]}\n"


TOOLKIT = recipe("CUDA", "12.1.1")
TORCH = recipe("Torch", "1.0", "CUDA/12.1.1")
WHISPER = recipe("Whisper", "1.0", "Torch/1.0")


def test_each_prefix_takes_what_belongs_there(
    build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    cpu = {"EESSI_SOFTWARE_PATH": str(tmp_path), "EESSI_CVMFS_INSTALL": "1"}
    accel = {**cpu, "EASYBUILD_INSTALLPATH": f"{tmp_path}/accel/nvidia/cc80"}
    for refused, target, why in (
        (TOOLKIT, cpu, "CUDA needs an accelerator and would be installed outside of accel/"),
        (RUST, accel, "Rust needs no accelerator and would be installed below accel/"),
    ):
        done = build(refused, target=target)
        assert done.returncode != 0
        assert why in " ".join(done.stdout.split())
        assert list(tmp_path.rglob("*.lua")) == []

    done = build(TOOLKIT, TORCH, WHISPER, target=accel)
    assert done.returncode == 0, done.stdout
    made = sorted(path.parent.name for path in (tmp_path / "accel").glob("nvidia/cc80/modules/all/*/*.lua"))
    assert made == ["CUDA", "Torch", "Whisper"]


GCCCORE = """
easyblock = 'Bundle'
name = 'GCCcore'
version = '12.2.0'
homepage = 'https://example.org'
description = 'the names of compilers'
toolchain = SYSTEM
moduleclass = 'compiler'
"""
FLAGS = """
easyblock = 'Bundle'
name = 'Flags'
version = '1.0'
homepage = 'https://example.org'
description = 'what its extensions are compiled with'
toolchain = {'name': 'GCCcore', 'version': '12.2.0'}
exts_list = [
    ('numpy', '1.24.2', {'easyblock': 'SaysFlags', 'nosource': True}),
    ('scipy', '1.10.1', {'easyblock': 'SaysFlags', 'nosource': True}),
]
sanity_check_paths = {'files': ['flags'], 'dirs': []}
moduleclass = 'tools'
"""
SAYS_FLAGS = """
from pathlib import Path

from easybuild.framework.extensioneasyblock import ExtensionEasyBlock
from easybuild.tools.run import run_shell_cmd


class SaysFlags(ExtensionEasyBlock):
    def install_extension(self, *args, **kwargs):
        folder = Path(self.installdir)
        (folder / 'bin').mkdir(exist_ok=True)  # the module changes, and EasyBuild makes the environment anew
        for kind in ('build', 'install'):
            run_shell_cmd(f"{self.cfg[f'pre{kind}opts']} echo {self.name} {kind} $CFLAGS >> {folder}/flags")
        (folder / 'bin' / 'tool').touch()

    def sanity_check_step(self, *args, **kwargs):
        return True, ''
"""


def test_the_flags_of_one_extension_are_its_own(
    build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "saysflags.py").write_text(SAYS_FLAGS)
    v1 = {"EESSI_SOFTWARE_SUBDIR": "aarch64/neoverse_v1"}
    done = build(GCCCORE, FLAGS, target={**v1, "EASYBUILD_INCLUDE_EASYBLOCKS": str(tmp_path / "saysflags.py")})
    assert done.returncode == 0, done.stdout
    lines = (tmp_path / "software" / "Flags" / "1.0-GCCcore-12.2.0" / "flags").read_text().splitlines()
    flags = {" ".join(line.split()[:2]): re.findall(r"-m(?:arch|cpu)=(\S+)", line) for line in lines}
    assert flags == {
        "numpy build": ["armv8.4-a"],
        "numpy install": ["armv8.4-a"],
        "scipy build": ["native"],
        "scipy install": ["native"],
    }
