"""`cache check` and `cache update` with the real Lmod: what check names misleads a user, and update mends it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eessi_stack import model
from eessi_stack.lmod import update
from eessi_stack.lmod.home import Home
from eessi_stack.model import Target
from tests.e2e.conftest import TARGET, VERSION, Tree
from tests.e2e.lmod_user import LMOD, User

pytestmark = pytest.mark.skipif(LMOD is None, reason="no Lmod here")


@pytest.fixture
def user(tree: Tree) -> User:
    home = tree.base / "home"
    home.mkdir()
    return User(modules=tree.modules, home=home)


@pytest.fixture
def cached(tree: Tree) -> Tree:
    """A tree of two modules and the cache of them."""
    tree.install("Alpha")
    tree.install("Beta")
    run = tree.run("cache", "update")
    assert run.returncode == 0, run.stdout + run.stderr
    return tree


def cache(tree: Tree) -> Path:
    return tree.modules.parents[1] / ".lmod" / "cache"


def found(tree: Tree) -> dict[str, list[str]]:
    """Kind of finding → the names it is about."""
    run = tree.run("cache", "check", "--json")
    document = json.loads(run.stdout)
    findings = {one["kind"]: one["names"] for target in document["targets"] for one in target["findings"]}
    assert run.returncode == (1 if findings else 0), run.stderr
    return findings


def mended(tree: Tree) -> None:
    run = tree.run("cache", "update")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not found(tree)


def test_a_tree_without_modules_misleads_nobody_and_gets_no_cache(tree: Tree) -> None:
    assert not found(tree)
    assert "nothing-there" not in tree.run("cache", "check").stdout
    run = tree.run("cache", "update")
    assert run.returncode == 1
    assert "no modules" in run.stdout


def test_a_tree_that_is_not_there_is_not_right(tree: Tree) -> None:
    run = tree.run("cache", "check", "--repo", str(tree.base / "elsewhere"))
    assert run.returncode == 1
    assert "1 of 1 Lmod cache would have no modules in it" in run.stdout


def test_a_tree_without_a_cache_gets_one(tree: Tree, user: User) -> None:
    tree.install("Alpha")
    assert set(found(tree)) == {"absent", "lmodrc", "site-package"}
    mended(tree)
    assert user.finds("Alpha")
    assert user.loads_cached("Alpha/1.0")


def test_a_module_that_was_added_is_named(cached: Tree, user: User) -> None:
    cached.install("Gamma")
    assert not user.finds("Gamma")
    assert not user.loads_cached("Gamma/1.0")
    assert found(cached) == {"added": ["Gamma/1.0"]}
    mended(cached)
    assert user.finds("Gamma")
    assert user.loads_cached("Gamma/1.0")


def test_a_module_that_is_gone_is_named(cached: Tree, user: User) -> None:
    (cached.modules / "Alpha" / "1.0.lua").unlink()
    assert user.finds("Alpha")
    assert found(cached) == {"removed": ["Alpha/1.0"]}
    mended(cached)
    assert not user.finds("Alpha")


def test_a_tree_that_lost_all_its_modules_has_a_cache_that_misleads(cached: Tree, user: User) -> None:
    for name in ("Alpha", "Beta"):
        shutil.rmtree(cached.modules / name)
    assert user.finds("Alpha")
    assert found(cached) == {"nothing-there": [], "removed": ["Alpha/1.0", "Beta/1.0"]}
    assert "1 of 1 Lmod cache would mislead users" in cached.run("cache", "check").stdout
    run = cached.run("cache", "update")
    assert run.returncode == 1
    assert f"no modules in {cached.modules}\n    hint: take away {cache(cached)}" in run.stdout


def test_a_module_that_changed_is_named_whatever_its_time_says(cached: Tree, user: User) -> None:
    path = cached.modules / "Alpha" / "1.0.lua"
    before = path.stat()
    path.write_text('whatis("Description: quite another one")\n')
    os.utime(path, (before.st_atime, before.st_mtime))
    assert "quite another" not in user.module("spider", "Alpha/1.0")
    assert found(cached) == {"changed": ["Alpha/1.0"]}
    mended(cached)
    assert "quite another" in user.module("spider", "Alpha/1.0")


def test_a_module_that_was_only_touched_is_right(cached: Tree) -> None:
    os.utime(cached.modules / "Alpha" / "1.0.lua")
    assert not found(cached)


def test_of_a_cache_by_others_the_time_decides(cached: Tree) -> None:
    (cache(cached) / "modules.json").unlink()
    assert not found(cached)
    later = time.time() + 5
    os.utime(cached.modules / "Alpha" / "1.0.lua", (later, later))
    assert found(cached) == {"changed": ["Alpha/1.0"]}


def test_another_default_version_is_a_change(cached: Tree) -> None:
    (cached.modules / "Alpha" / ".modulerc.lua").write_text('module_version("Alpha/1.0", "best")\n')
    assert found(cached) == {"changed": ["Alpha/.modulerc"]}
    mended(cached)


def test_another_default_of_the_same_content_is_a_change(cached: Tree, user: User) -> None:
    cached.install("Alpha/1.1")
    default = cached.modules / "Alpha" / "default"
    default.symlink_to("1.1.lua")
    mended(cached)
    default.unlink()
    default.symlink_to("1.0.lua")
    assert "LOADEDMODULES=Alpha/1.1" in user.module("load", "Alpha", LMOD_CACHED_LOADS="yes")
    assert found(cached) == {"changed": ["Alpha/default"]}
    mended(cached)
    assert "LOADEDMODULES=Alpha/1.0" in user.module("load", "Alpha", LMOD_CACHED_LOADS="yes")


@pytest.mark.parametrize("name", ["spiderT.luac_*", "spiderT.lua"])
def test_a_truncated_cache_is_named(cached: Tree, user: User, name: str) -> None:
    (path,) = cache(cached).glob(name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert set(found(cached)) == {"broken" if "luac" in name else "twin"}
    mended(cached)
    assert user.finds("Alpha")


def test_a_text_that_ends_between_its_tables_is_broken(cached: Tree) -> None:
    (compiled,) = cache(cached).glob("spiderT.luac_*")
    compiled.unlink()
    text = cache(cached) / "spiderT.lua"
    text.write_text(text.read_text().split("mpathMapT")[0])
    assert set(found(cached)) == {"other-lua", "broken"}
    mended(cached)


def test_a_cache_of_another_lua_is_named(cached: Tree, user: User) -> None:
    (compiled,) = cache(cached).glob("spiderT.luac_*")
    compiled.rename(compiled.with_name("spiderT.luac_4.9"))
    assert set(found(cached)) == {"other-lua"}
    (cache(cached) / "spiderT.lua").unlink()
    assert set(found(cached)) == {"other-lua"}
    mended(cached)
    assert not (cache(cached) / "spiderT.luac_4.9").exists()
    assert user.finds("Alpha")


def test_twins_that_differ_are_named(cached: Tree) -> None:
    text = cache(cached) / "spiderT.lua"
    text.write_text(text.read_text().replace("Alpha", "Omega"))
    assert set(found(cached)) == {"twin"}
    mended(cached)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_timestamp_that_makes_lmod_ignore_the_cache_is_named(cached: Tree, *, is_there: bool) -> None:
    stamp = cache(cached) / "timestamp"
    if is_there:
        os.utime(stamp, (time.time() + 60, time.time() + 60))
    else:
        stamp.unlink()
    assert set(found(cached)) == {"ignored"}
    mended(cached)


def test_a_backup_that_lmod_would_take_is_named(cached: Tree) -> None:
    (compiled,) = cache(cached).glob("spiderT.luac_*")
    compiled.rename(compiled.with_name(compiled.name.replace("spiderT.", "spiderT.old.")))
    assert set(found(cached)) == {"ignored"}
    mended(cached)
    assert not list(cache(cached).glob("spiderT.old*"))


def test_a_cache_for_another_place_is_named(cached: Tree, tmp_path: Path) -> None:
    moved = Tree(base=tmp_path / "moved")
    shutil.copytree(cached.repo, moved.repo)
    moved.recipes.mkdir()
    kinds = found(moved)
    assert kinds["elsewhere"] == [str(moved.modules)]
    assert kinds["added"] == ["Alpha/1.0", "Beta/1.0"]
    assert "lmodrc" in kinds
    mended(moved)


def test_modules_that_a_module_leads_to_are_part_of_the_cache(cached: Tree, user: User) -> None:
    site = cached.base / "site"
    cached.install("Extend")
    (cached.modules / "Extend" / "1.0.lua").write_text(f'prepend_path("MODULEPATH", "{site}")\n')
    (site / "Own").mkdir(parents=True)
    (site / "Own" / "1.0.lua").write_text("help([==[of the site]==])\n")
    mended(cached)
    assert user.finds("Own/1.0")
    (site / "Own" / "2.0.lua").write_text("help([==[of the site]==])\n")
    assert found(cached) == {"added": ["Own/2.0"]}
    shutil.rmtree(site)
    assert found(cached) == {"removed": ["Own/1.0"]}
    mended(cached)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_foreign_owned_cache_is_named_and_mended(cached: Tree) -> None:
    os.chown(cache(cached), 65534, 65534)
    assert found(cached) == {"owner": [f"{cache(cached)} (nobody)"]}
    mended(cached)
    for path in cached.modules.rglob("*"):
        os.chown(path, 65534, 65534)
    os.chown(cached.modules, 65534, 65534)
    assert set(found(cached)) == {"owner"}
    mended(cached)
    assert cache(cached).stat().st_uid == 65534


WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-m", "eessi_stack")
NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root that gives its rights away"
)


def run_without_rights(tree: Tree, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As root whom no file obeys that is not its own."""
    command, environment = [*WITHOUT_RIGHTS, *arguments], tree.environment(**variables)
    return subprocess.run(command, cwd=tree.base, env=environment, capture_output=True, text=True, check=False)


@NEEDS_ROOT
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_group_that_shares_a_tree_shares_its_cache(cached: Tree, umask: int) -> None:
    prefix = cached.modules.parents[1]
    shutil.rmtree(prefix / ".lmod")
    for path in [prefix, *prefix.rglob("*")]:
        os.chown(path, 65534, 0)
        path.chmod(0o2775 if path.is_dir() else 0o664)
    before = os.umask(umask)
    try:
        mended(cached)
    finally:
        os.umask(before)
    assert {path.stat().st_uid for path in [prefix / ".lmod", *(prefix / ".lmod").rglob("*")]} == {65534}
    cached.install("Gamma")
    run = run_without_rights(cached, "cache", "update")  # a member of group 0
    assert run.returncode == 0, run.stdout
    assert not found(cached)


@NEEDS_ROOT
def test_a_cache_that_this_user_cannot_read_is_named(cached: Tree) -> None:
    (compiled,) = cache(cached).glob("spiderT.luac_*")
    os.chown(compiled, 65534, 65534)
    compiled.chmod(0o600)
    run = run_without_rights(cached, "cache", "check")
    assert run.returncode == 1
    assert f"not readable for all who may read the modules: {compiled}" in run.stdout
    os.chown(cache(cached).parent, 65534, 65534)
    cache(cached).parent.chmod(0o700)
    run = run_without_rights(cached, "cache", "check")
    assert run.returncode == 3
    assert f"could not be told: {cache(cached)}: cannot be read: Permission denied" in run.stdout
    assert "1 of 1 Lmod cache could not be told" in run.stdout
    assert run_without_rights(cached, "status").returncode == 3
    run = run_without_rights(cached, "cache", "update")
    assert f"hint: give this user {cache(cached).parent}" in run.stdout


@NEEDS_ROOT
def test_modules_that_cannot_be_read_are_not_told_as_a_stale_cache(cached: Tree) -> None:
    os.chown(cached.modules / "Alpha", 65534, 65534)
    (cached.modules / "Alpha").chmod(0o700)
    run = run_without_rights(cached, "cache", "check")
    assert run.returncode == 3
    assert "mislead" not in run.stdout
    run = run_without_rights(cached, "cache", "update")
    assert run.returncode == 1
    assert f"[x] {TARGET}  {cached.modules / 'Alpha'}: Permission denied\n    hint: let this user read it" in run.stdout


def test_what_others_cannot_read_or_all_can_write_is_named(cached: Tree) -> None:
    folder = cache(cached).parent
    (folder / "lmodrc.lua").chmod(0o640)
    (folder / "SitePackage.lua").chmod(0o666)
    run = cached.run("cache", "check")
    assert run.returncode == 1
    assert f"not readable for all who may read the modules: {folder / 'lmodrc.lua'}" in run.stdout
    assert f"anybody may write to what all users' Lmod runs: {folder / 'SitePackage.lua'}" in run.stdout
    mended(cached)
    cache(cached).chmod(0o700)
    assert set(found(cached)) == {"access"}
    mended(cached)


def test_files_that_tell_lmod_of_nothing_are_made_anew(cached: Tree) -> None:
    folder = cache(cached).parent
    (folder / "lmodrc.lua").write_text("scDescriptT = {}\n")
    (folder / "SitePackage.lua").write_text("hook = (\n")
    assert set(found(cached)) == {"lmodrc", "site-package"}
    mended(cached)
    assert (folder / "SitePackage.lua.old").read_text() == "hook = (\n"


def test_files_of_eessi_itself_are_right(cached: Tree) -> None:
    folder = cache(cached).parent
    (folder / "SitePackage.lua").write_text('local hook = require("Hook")\nfunction eessi_load_hook(t) end\n')
    entry = f'["dir"] = "{folder}/cache", ["timestamp"] = "{folder}/cache/timestamp"'
    rc = f"propT = {{\n}}\nscDescriptT = {{ {{ {entry} }} }}"
    (folder / "lmodrc.lua").write_text(rc)
    assert not found(cached)
    mended(cached)
    assert (folder / "lmodrc.lua").read_text() == rc


def test_accelerators_are_in_the_cache_of_their_cpu(cached: Tree, user: User) -> None:
    prefix = cached.modules.parents[1]
    path = prefix / "accel" / "nvidia" / "cc80" / "modules" / "all" / "Cuda" / "1.0.lua"
    path.parent.mkdir(parents=True)
    path.write_text("help([==[of a GPU]==])\n")
    assert found(cached)["added"] == ["Cuda/1.0"]
    mended(cached)
    both = f"{path.parents[1]}:{cached.modules}"
    assert "Cuda/1.0" in user.module("spider", "Cuda/1.0", MODULEPATH=both)
    assert not user.finds("Cuda/1.0")
    run = cached.run("cache", "check", "--accel", "nvidia/cc90")
    assert run.returncode == 0
    assert f"not in the tree: {TARGET}/accel/nvidia/cc90" in run.stderr
    assert "not in the tree" not in cached.run("cache", "check", "--accel", "nvidia/cc80").stderr


def test_one_target_that_fails_is_named_and_the_others_are_made(cached: Tree) -> None:
    other = cached.modules.parents[2] / "zen2"
    shutil.copytree(cached.modules.parents[1], other, ignore=shutil.ignore_patterns(".lmod"))
    (other / ".lmod").write_text("in the way")
    cached.install("Gamma")
    run = cached.run("cache", "update", "--all-targets", EESSI_STACK_TARGET="")
    assert run.returncode == 1
    assert "[x] x86_64/amd/zen2" in run.stdout
    assert "[+] x86_64/amd/zen3  3 modules" in run.stdout
    assert "1 of 2 Lmod caches made" in run.stdout
    assert not found(cached)


@NEEDS_ROOT
def test_a_module_that_makes_lmod_wait_for_ever_is_a_failure_by_name(
    cached: Tree, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached.install("Hangs")
    (cached.modules / "Hangs" / "1.0.lua").write_text('os.execute("sleep 30")\n')
    monkeypatch.setattr(update, "SECONDS", 3)
    home = Home(target=Target(cpu=TARGET), tree=model.Tree(repo=cached.repo, version=VERSION), layers=(cached.modules,))
    assert LMOD
    began = time.monotonic()
    outcome = update.update(home, update.Lmod(command=LMOD, environment=cached.environment()))
    assert "did not end within 3 seconds" in outcome.failure
    assert time.monotonic() - began < 20, "what it has started is ended too"
    assert user.finds("Alpha"), "the old cache is there"


def test_a_target_that_belongs_to_somebody_else_is_named_and_the_others_are_made(cached: Tree) -> None:
    other = cached.modules.parents[2] / "zen2"
    shutil.copytree(cached.modules.parents[1], other)
    before = (other / ".lmod" / "cache" / "spiderT.lua").read_bytes()
    os.chown(other / ".lmod", 65534, 65534)
    cached.install("Gamma")
    run = run_without_rights(cached, "cache", "update", "--all-targets", EESSI_STACK_TARGET="")
    assert run.returncode == 1, run.stderr
    assert f"[x] x86_64/amd/zen2  {other / '.lmod'}" in run.stdout
    assert f"hint: give this user {other / '.lmod'}, or run as its owner" in run.stdout
    assert "[+] x86_64/amd/zen3  3 modules" in run.stdout
    assert (other / ".lmod" / "cache" / "spiderT.lua").read_bytes() == before


def test_an_lmod_that_is_not_there_decides_nothing(cached: Tree) -> None:
    broken = cached.base / "lmod"
    broken.write_text("#!/nowhere/lua\n")
    broken.chmod(0o755)
    for command in ("check", "update"):
        run = cached.run("cache", command, "--lmod", str(broken))
        assert run.returncode == 3
        assert str(broken) in run.stderr
    assert not found(cached)


def test_a_kill_at_any_moment_leaves_a_cache_that_lmod_reads(cached: Tree, user: User) -> None:
    for index in range(12):
        cached.install(f"New{index}")
        process = subprocess.Popen(
            [sys.executable, "-m", "eessi_stack", "cache", "update"],
            cwd=cached.base,
            env=cached.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(0.15 + 0.03 * index)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert user.finds("Alpha")
        assert set(found(cached)) <= {"added"}
    mended(cached)
    assert sorted(path.name for path in cache(cached).parent.iterdir() if "cache" in path.name) == ["cache"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_leaves_the_old_cache_and_says_what_to_do(tree: Tree, user: User) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", tree.repo], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        tree.modules.mkdir(parents=True)
        tree.install("Alpha")
        mended(tree)
        tree.install("Beta")
        fill = tree.repo / "fill"
        subprocess.run(["dd", "if=/dev/zero", f"of={fill}", "bs=4096"], stderr=subprocess.DEVNULL, check=False)
        for room in (0, 8192, 12288):  # for the tool itself, and for what is written beside its files
            os.truncate(fill, fill.stat().st_size - room)
            run = tree.run("cache", "update")
            assert run.returncode == 0 or "No space left on device\n    hint: make room" in run.stdout
            assert user.finds("Alpha")
            assert set(found(tree)) <= {"added"}
        fill.unlink()
        mended(tree)
        subprocess.run(["mount", "-o", "remount,ro", tree.repo], check=True)
        run = tree.run("cache", "update")
        assert run.returncode == 1
        assert "Read-only file system\n    hint: " in run.stdout
    finally:
        subprocess.run(["umount", tree.repo], check=False)


def test_two_at_once_both_end_well(cached: Tree) -> None:
    cached.install("Gamma")
    command = [sys.executable, "-m", "eessi_stack", "cache", "update"]
    runs = [subprocess.Popen(command, cwd=cached.base, env=cached.environment()) for _ in range(3)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0]
    assert not found(cached)


def test_lmod_tells_users_what_does_not_work(tree: Tree, user: User) -> None:
    (tree.repo / "versions" / VERSION / "compat" / "linux" / "x86_64" / "usr").mkdir(parents=True)
    tree.install("ESPResSo/4.2.1-foss-2023a")
    tree.install("Cuda")
    path = tree.modules / "Cuda" / "1.0.lua"
    path.write_text('add_property("arch", "gpu")\nsetenv("EESSICUDAVERSION", "12.1.1")\n')
    assert tree.run("cache", "update").returncode == 0
    assert "is deprecated" in user.module("load", "ESPResSo")
    assert "libcuda.so is not there" in user.module("load", "Cuda")
    assert "LOADEDMODULES" in user.module("load", "Cuda", EESSI_OVERRIDE_GPU_CHECK="1")

    driver = tree.repo / "host_injections" / VERSION / "compat" / "linux" / "x86_64" / "lib"
    driver.mkdir(parents=True)
    (driver / "libcuda.so").touch()
    assert "cannot be told" in user.module("load", "Cuda")
    assert "update the driver" in user.module("load", "Cuda", EESSI_CUDA_DRIVER_VERSION="11.8")
    assert "compatible within" in user.module("load", "Cuda", EESSI_CUDA_DRIVER_VERSION="12.0")
    quiet = {"EESSI_CUDA_DRIVER_VERSION": "12.0", "EESSI_CUDA_DRIVER_VERSION_SUPPRESS_WARNING": "1"}
    assert "compatible within" not in user.module("load", "Cuda", **quiet)
    script = tree.repo / "versions" / VERSION / "scripts/gpu_support/nvidia/get_cuda_driver_version.sh"
    script.parent.mkdir(parents=True)
    script.write_text("export EESSI_CUDA_DRIVER_VERSION=12.4\n")
    said = user.module("load", "Cuda")
    assert "LOADEDMODULES" in said
    assert "Lmod Warning" not in said


def test_cuda_that_is_shipped_in_part_asks_for_the_whole(cached: Tree, user: User) -> None:
    cached.install("CUDA")
    package = cache(cached).parent / "SitePackage.lua"
    sdk = cached.base / "sdk"
    package.write_text(package.read_text().replace("local SDK = nil", f'local SDK = "{sdk}"'))
    assert "only a part of CUDA/1.0" in user.module("load", "CUDA")
    (sdk / "CUDA" / "1.0" / "easybuild").mkdir(parents=True)
    assert "LOADEDMODULES" in user.module("load", "CUDA")


def test_zen4_hides_toolchains_that_do_not_work_there(tmp_path: Path) -> None:
    tree = Tree(base=tmp_path)
    tree.recipes.mkdir()
    zen4 = tree.modules.parents[2] / "zen4" / "modules" / "all"
    for name in ("foss/2022b", "GCC/12.2.0", "zlib/1.2.12-GCCcore-12.2.0", "foss/2023a"):
        path = zen4 / f"{name}.lua"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("help([==[x]==])\n")
    assert tree.run("cache", "update", EESSI_STACK_TARGET="x86_64/amd/zen4").returncode == 0
    said = User(modules=zen4, home=tmp_path).module("--terse", "avail")
    assert "foss/2023a" in said
    assert "2022b" not in said
    assert "12.2.0" not in said


def test_a_site_has_the_last_word(cached: Tree, user: User) -> None:
    own = cached.repo / "host_injections" / VERSION / ".lmod" / "SitePackage.lua"
    own.parent.mkdir(parents=True)
    own.write_text('require("Hook").register("load", function(t) LmodMessage("the site says hello") end)\n')
    assert "the site says hello" in user.module("load", "Alpha")


def test_what_counts_as_a_module_is_what_lmod_takes_for_one(tree: Tree) -> None:
    """`update` proves its cache by what is on disk: it fails where the two of them see something else."""
    texts = {
        "top.lua": "",
        "toptcl": "#%Module1.0\n",
        "Tcl/1.0": "#%Module\n",
        "Tcl/1.0.lua": "",
        "Tcl/README": "no module",
        "a/b/1.lua": "",
        "S p/1 0.lua": "",
        "Hidden/.2.0.lua": "",
        ".hidden/1.lua": "",
        "__pycache__/1.lua": "",
        "Backup/1.lua~": "",
        "Broken/1.lua": "help([[",
        "Broken/2.lua": 'LmodError("never")',
        "Broken/3.lua": 'whatis("\\255")',
        "Folders/v1/1.lua": "",
        "Both.lua": "",
        "Both/1.lua": "",
        "Deeper/1.lua": "",
        "Deeper/1/x.lua": "",
        "Above/1.lua": "",
        "Above/1/x/y.lua": "",
        "Default/default": "#%Module\n",
        "Default/.version.lua": "",
        "Private/1.lua": "",
        "Versions/1.lua": "",
        "Versions/ü.lua": "",
        "Versions/.modulerc.lua": 'module_version("Versions/1", "one")',
    }
    for name, text in texts.items():
        path = tree.modules / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tree.modules / "Private").chmod(0o750)  # Lmod passes over root's own when it runs as root
    (tree.modules / "Folders" / "default").symlink_to("v1")
    (tree.modules / "Versions" / "default").symlink_to("1.lua")
    mended(tree)
