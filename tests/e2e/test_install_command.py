"""`install` with the real EasyBuild and Lmod: what is built, what is left, what becomes of it when it is cut off."""

import hashlib
import json
import os
import shlex
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.e2e.building import EASYCONFIGS, Site, load, needs_lmod, processes_of, until, until_all_have_ended
from tests.mounting import APART, needs_mounts

pytestmark = needs_lmod


def test_one_failure_skips_only_what_needs_it(site: Site) -> None:
    stack = site.easystack("Gamma", "Delta")

    first = site.run("install", stack)

    assert first.returncode == 1, first.stderr
    assert sorted(site.built()) == ["Alpha/1.0", "Delta/1.0"]
    assert "FAILED: Beta/1.0: compile" in first.stdout
    assert "SKIPPED: Gamma/1.0: needs Beta/1.0" in first.stdout
    assert "beta.c:7: error: no beta" in first.stdout
    assert "skipped:   Gamma/1.0" in first.stdout
    log = next(line.split()[-1] for line in first.stdout.splitlines() if line.startswith("│ log: "))
    assert "beta.c:7: error: no beta" in Path(log).read_text()
    assert "No missing installations" not in first.stdout + first.stderr

    flag = site.folder / "works"
    flag.touch()
    second = site.run("install", stack, BETA_WORKS=str(flag))

    assert second.returncode == 0, second.stdout + second.stderr
    assert site.built()[2:] == ["Beta/1.0", "Gamma/1.0"]
    assert "No missing installations" in second.stdout
    assert "EBROOTGAMMA=" in load(site, "Gamma/1.0").stdout

    third = site.run("install", stack)

    assert third.returncode == 0
    assert len(site.built()) == 4


def test_an_install_in_the_shell_to_re_enter_is_no_leftover_of_the_build(site: Site) -> None:
    stack = site.easystack("Beta")
    failed = site.run("install", stack, "--format", "markdown")
    script = next(line.split("`")[1] for line in failed.stdout.splitlines() if line.startswith("- re-enter: "))
    mark = site.prefix / ".eessi-stack" / "intent" / "Beta%2F1.0"
    mark.write_text('{"host": "gone", "pid": 1}')  # a later run was killed
    again = site.folder / "again.sh"
    again.write_text(f"cd {site.folder}; export BETA_WORKS={stack}; {shlex.join(site.command('install', stack))}")

    run = subprocess.run(
        ["bash", script, again], env=site.environment, capture_output=True, text=True, check=False, timeout=300
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert site.built() == ["Alpha/1.0", "Beta/1.0"]


def test_lmods_cache_follows_what_is_built(site: Site) -> None:
    cache = site.prefix / ".lmod" / "cache" / "spiderT.lua"
    assert site.run("install", "--no-cache", site.easystack("Alpha")).returncode == 0
    assert not cache.exists()

    assert site.run("install", site.easystack("Delta")).returncode == 0

    assert "Delta/1.0" in cache.read_text()
    assert site.run("cache", "check").returncode == 0


def test_a_dry_run_prints_the_plan_and_builds_nothing(site: Site) -> None:
    run = site.run("install", "--dry-run", site.easystack("Gamma"))

    assert run.returncode == 1
    planned = [line.split()[1] for line in run.stdout.splitlines() if line.endswith("  new")]
    assert planned == ["Alpha/1.0", "Beta/1.0", "Gamma/1.0"]
    assert not site.prefix.exists()


def test_json_is_one_document_and_quiet_is_quiet(site: Site) -> None:
    run = site.run("install", "--quiet", "--json", site.easystack("Delta"))

    document = json.loads(run.stdout)
    assert (document["format"], document["version"], document["proven"]) == ("eessi-stack-install", 1, True)
    assert [(step["module"], step["outcome"]["result"]) for step in document["steps"]] == [("Delta/1.0", "built")]
    assert run.stderr == ""


def test_what_is_installed_is_read_only_and_keeps_its_hooks(site: Site) -> None:
    assert site.run("install", site.easystack("Alpha")).returncode == 0

    installed = site.prefix / "software" / "Alpha" / "1.0"
    assert (installed / "Alpha.txt").stat().st_mode & 0o222 == 0
    assert installed.stat().st_mode & 0o222 == 0
    assert (installed / "easybuild" / "reprod" / "hooks" / "eessi_hooks" / "engine.py").is_file()
    assert not list((site.prefix / ".eessi-stack" / "intent").iterdir())


def test_a_source_that_cannot_be_had_is_named_before_anything_is_built(site: Site) -> None:
    run = site.run("install", site.easystack("NoSource", "Delta"))

    assert run.returncode == 1
    assert run.stderr.index("source nosource-1.0.tar.gz cannot be had") < run.stderr.index("[ ] ")
    assert "FAILED: NoSource/1.0: source missing" in run.stdout
    assert "http://localhost:9/nosource-1.0.tar.gz: " in run.stdout
    assert site.built() == ["Delta/1.0"]


@pytest.mark.parametrize("whole_group", [True, False], ids=["the whole group", "eessi-stack alone"])
def test_a_killed_install_leaves_nothing_that_counts_and_goes_on(site: Site, *, whole_group: bool) -> None:
    stack = site.easystack("Alpha", "Late")
    reached = site.folder / "reached"

    run = site.start("install", stack, LATE_STEP=f"touch {reached}; sleep 300")
    until(reached)
    assert site.module("Late").is_file(), "EasyBuild writes the module file before its last step"
    (os.killpg if whole_group else os.kill)(run.pid, signal.SIGKILL)
    run.wait()
    until_all_have_ended(site)

    after = site.run("missing", stack)
    assert after.returncode == 1
    assert "* Late/1.0" in after.stdout
    again = site.run("install", stack)
    assert again.returncode == 0, again.stdout + again.stderr
    assert sorted(site.built()) == ["Alpha/1.0", "Late/1.0"]
    assert "EBROOTLATE=" in load(site, "Late/1.0").stdout


def test_what_a_build_left_running_is_ended_before_it_is_built_again(site: Site) -> None:
    stack, reached = site.easystack("Late"), site.folder / "reached"
    run = site.start("install", stack, LATE_STEP=f"touch {reached}; exec sleep 300")
    until(reached)
    watching = [pid for pid, line in processes_of(site).items() if "eessi_stack" in line or "easybuild.main" in line]
    for number in (signal.SIGSTOP, signal.SIGKILL):  # as if at once: any that is left would end the rest
        for pid in watching:
            os.kill(pid, number)
    run.wait()
    time.sleep(1)
    assert len(watching) == 3
    assert any("sleep 300" in line for line in processes_of(site).values())

    again = site.run("install", stack)

    assert again.returncode == 0, again.stdout
    assert processes_of(site) == {}


def test_an_interrupted_install_ends_its_build_and_says_so(site: Site) -> None:
    reached = site.folder / "reached"
    run = site.start("install", site.easystack("Late", "Alpha"), LATE_STEP=f"touch {reached}; sleep 300")
    until(reached)

    os.kill(run.pid, signal.SIGINT)

    assert run.wait(timeout=30) == 130
    assert processes_of(site) == {}
    assert not site.module("Late").exists()


def test_two_installs_of_one_stack_build_each_package_once(site: Site) -> None:
    stack = site.easystack("Late", "Delta")
    runs = [site.start("install", stack, LATE_STEP="sleep 3") for _ in range(2)]

    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    assert sorted(site.built()) == ["Delta/1.0", "Late/1.0"]


def test_a_wrapper_is_an_alias_and_has_no_module_file(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    text = (EASYCONFIGS / "Alpha-1.0.eb").read_text().replace("'Bundle'", "'ModuleRC'").replace("'1.0'", "'1'")
    (recipes / "Alpha-1.eb").write_text(text.split("postinstallcmds")[0] + "dependencies = [('Alpha', '1.0')]\n")
    site.environment["EESSI_STACK_ROBOT_PATHS"] = f"{recipes}:{EASYCONFIGS}"
    stack = site.folder / "stack.yml"
    stack.write_text("easyconfigs:\n  - Alpha-1.eb\n")

    run = site.run("install", stack)

    assert run.returncode == 0, run.stdout + run.stderr
    assert site.built() == ["Alpha/1.0", "Alpha/1"]
    assert "EBROOTALPHA=" in load(site, "Alpha/1").stdout
    again = site.run("install", stack, "--rebuild", "Alpha/1")
    assert again.returncode == 0, again.stdout + again.stderr
    assert site.built() == ["Alpha/1.0", "Alpha/1", "Alpha/1"]
    assert "EBROOTALPHA=" in load(site, "Alpha/1").stdout


@needs_mounts
def test_a_full_disk_leaves_no_half_installation(site: Site) -> None:
    stack = site.easystack("Late")
    site.repo.mkdir()
    script = f"""
        mount -t tmpfs -o size=2m tmpfs {site.repo}
        LATE_STEP='dd if=/dev/zero of={site.repo}/fill bs=1k 2>/dev/null; true' "$@" install {stack}; echo "full: $?"
        test ! -e {site.module("Late")} || echo "left behind"
        rm -f {site.repo}/fill
        "$@" missing {stack}; echo "missing: $?"
        "$@" install {stack}; echo "again: $?"
    """
    run = subprocess.run(
        [*APART, "bash", "-c", script, "-", *site.command()],
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "full: 1" in run.stdout, run.stdout + run.stderr
    assert "FAILED: Late/1.0" in run.stdout
    assert "left behind" not in run.stdout
    assert "missing: 1" in run.stdout
    assert "again: 0" in run.stdout


@needs_mounts
@pytest.mark.parametrize(
    ("room", "fill"),
    [
        ("size=2m", "dd if=/dev/zero of={repo}/fill bs=1k"),
        ("nr_inodes=300", "i=0; while touch {repo}/f$i; do i=$((i+1)); done"),
    ],
    ids=["space", "inodes"],
)
def test_a_disk_that_is_full_when_the_module_file_is_written(site: Site, room: str, fill: str) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    recipe = (EASYCONFIGS / "Alpha-1.0.eb").read_text().replace("Alpha", "Fill")
    fills = f"{{ {fill.format(repo=site.repo)}; }} 2>/dev/null; true"
    (recipes / "Fill-1.0.eb").write_text(recipe.replace("Fill.txt']", f"Fill.txt', {fills!r}]", 1))
    site.repo.mkdir()
    script = f'mount -t tmpfs -o {room} tmpfs {site.repo} && exec "$@" install --json {site.easystack("Fill")}'

    run = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "bash", "-c", script, "-", *site.command()],
        env=site.environment | {"EESSI_STACK_ROBOT_PATHS": str(recipes)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1, run.stderr
    failure = json.loads(run.stdout)["steps"][0]["outcome"]["failure"]
    assert (failure["cause"], failure["step"]) == ("disk full", "module")
    assert failure["summary"].startswith(f"no space is left in {site.prefix}")


def test_a_target_that_this_machine_cannot_run_is_not_built(site: Site) -> None:
    run = site.run("install", site.easystack("Alpha"), "--target", "riscv64/generic")

    assert run.returncode == 2
    assert "cannot run what is built for riscv64/generic" in run.stderr


def test_what_another_easybuild_builds_is_not_touched(site: Site) -> None:
    stack = site.easystack("Alpha")
    installation = site.prefix / "software" / "Alpha" / "1.0"
    installation.mkdir(parents=True)
    (installation / "theirs").touch()
    lock = site.prefix / "software" / ".locks" / f"{str(installation).replace('/', '_')}.lock"
    lock.mkdir(parents=True)
    site.module("Alpha").parent.mkdir(parents=True)

    run = site.run("install", stack)

    assert run.returncode == 1
    assert f"another EasyBuild has a lock: {lock}" in run.stdout
    assert (installation / "theirs").exists()
    assert lock.exists()

    site.module("Alpha").write_text('help("half of it")')
    assert site.run("missing", stack).returncode == 1, "a module under EasyBuild's lock proves nothing"

    lock.rmdir()
    assert site.run("missing", stack).returncode == 0


def test_a_users_easybuild_configuration_sends_nothing_elsewhere(site: Site) -> None:
    config = site.folder / "config" / "easybuild" / "config.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"[config]\ninstallpath-software={site.folder}/elsewhere\n")

    run = site.run("install", site.easystack("Alpha"), XDG_CONFIG_HOME=str(site.folder / "config"))

    assert run.returncode == 0, run.stdout
    assert (site.prefix / "software" / "Alpha" / "1.0" / "Alpha.txt").is_file()
    assert not (site.folder / "elsewhere").exists()


@pytest.mark.parametrize("option", ["installpath: /x", "module-only: true", "try-software-version: 2.0", "stop: fetch"])
def test_an_entry_cannot_steer_the_run(site: Site, option: str) -> None:
    stack = site.folder / "stack.yml"
    stack.write_text(f"easyconfigs:\n  - Alpha-1.0.eb:\n      options:\n        {option}\n")

    run = site.run("install", stack)

    assert run.returncode == 2
    assert f"stack.yml:4: unknown option `{option.split(':', maxsplit=1)[0]}`" in run.stderr


def test_nothing_that_a_build_starts_outlives_it(site: Site) -> None:
    run = site.run("install", site.easystack("Late"), LATE_STEP="setsid sleep 300 >/dev/null 2>&1 & true")

    assert run.returncode == 0, run.stdout
    assert processes_of(site) == {}


def test_a_source_that_was_cut_off_is_fetched_again(site: Site) -> None:
    served = site.folder / "served"
    served.mkdir()
    with tarfile.open(served / "cut-1.0.tar.gz", "w:gz") as tar:
        tar.add(EASYCONFIGS / "late-step.sh", "cut-1.0/Cut.txt")
    whole = (served / "cut-1.0.tar.gz").read_bytes()
    recipes = site.folder / "recipes"
    recipes.mkdir()
    text = (EASYCONFIGS / "NoSource-1.0.eb").read_text().replace("NoSource", "Cut").replace("nosource", "cut")
    text = text.replace("http://localhost:9", served.as_uri()).replace("0" * 64, hashlib.sha256(whole).hexdigest())
    (recipes / "Cut-1.0.eb").write_text(text)
    there = site.folder / "work" / "sources" / "c" / "Cut" / "cut-1.0.tar.gz"
    there.parent.mkdir(parents=True)
    there.write_bytes(whole[:50])

    run = site.run("install", site.easystack("Cut"), EESSI_STACK_ROBOT_PATHS=str(recipes))

    assert run.returncode == 0, run.stdout
    assert there.read_bytes() == whole
    assert there.with_name("cut-1.0.tar.gz.bad").read_bytes() == whole[:50]
