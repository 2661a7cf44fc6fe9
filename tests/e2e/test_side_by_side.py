"""Builds side by side, with the real EasyBuild and Lmod: within their budget, killed at any moment, and in two runs."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.building import Site, load, needs_lmod, processes_of, until, until_all_have_ended

pytestmark = needs_lmod

#: How often a run is killed at a random moment; `KILLS=60` for a long look.
KILLS = int(os.environ.get("KILLS", "3"))

RECIPE = """
easyblock = 'Bundle'
name = '{name}'
version = '1.0'
homepage = 'https://github.com/EESSI'
description = "Sample of eessi-stack's tests."
toolchain = SYSTEM
dependencies = {dependencies}
postinstallcmds = ['''{command}''', 'touch %(installdir)s/done.txt']
sanity_check_paths = {{'files': ['done.txt'], 'dirs': []}}
moduleclass = 'devel'
"""
#: Two chains that meet, and some that need nothing.
STACK = {"A": "", "B": "A", "C": "B", "D": "", "E": "D", "F": "C E", "G": "", "H": ""}


def write(site: Site, stack: dict[str, str], command: str = "true") -> Path:
    """The easystack of easyconfigs that need each other like that."""
    recipes = site.folder / "recipes"
    recipes.mkdir(exist_ok=True)
    for name, needs in stack.items():
        text = RECIPE.format(name=name, dependencies=[(need, "1.0") for need in needs.split()], command=command)
        (recipes / f"{name}-1.0.eb").write_text(text)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    return site.easystack(*stack)


def journal(site: Site) -> list[dict[str, object]]:
    lines = (site.prefix / ".eessi-stack" / "journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def most_at_once(events: list[dict[str, object]]) -> tuple[int, int]:
    """How many builds, and with how many cores together, went on at the same time."""
    running: dict[object, int] = {}
    most = (0, 0)
    for event in events:
        if event["event"] == "step-started":
            running[event["module"]] = int(str(event["cores"]))
        elif event["event"] == "step-ended":
            running.pop(event["module"], None)
        most = max(most[0], len(running)), max(most[1], sum(running.values()))
    return most


@pytest.mark.parametrize(("jobs", "cores"), [(1, 3), (2, 2), (3, 4)])
def test_builds_stay_within_their_budget(site: Site, jobs: int, cores: int) -> None:
    command = 'echo "$OMP_NUM_THREADS" > %(installdir)s/cores.txt; sleep 0.5'
    stack = write(site, {"A": "", "B": "", "C": "", "D": "A", "E": ""}, command)

    run = site.run("install", stack, "--jobs", str(jobs), "--cores", str(cores))

    assert run.returncode == 0, run.stdout + run.stderr
    events = journal(site)
    builds, together = most_at_once(events)
    assert builds == jobs
    assert together <= cores
    for event in events:
        if event["event"] == "step-started":
            name = str(event["module"]).split("/", maxsplit=1)[0]
            told = (site.prefix / "software" / name / "1.0" / "cores.txt").read_text().strip()
            assert told == str(event["cores"])


def test_what_needs_more_memory_than_there_is_goes_alone(site: Site) -> None:
    stack = write(site, {"TensorFlow": "", "PyTorch": "", "jax": ""}, "sleep 0.5")

    run = site.run("install", stack, "--jobs", "3", "--cores", "3", "--memory", "6G")

    assert run.returncode == 0, run.stdout + run.stderr
    assert most_at_once(journal(site)) == (1, 1)


def test_a_run_that_is_killed_leaves_nothing_that_counts(site: Site) -> None:
    command = "echo half > %(installdir)s/half.txt; sleep 0.$(($(date +%N | cut -c1) % 5)); rm %(installdir)s/half.txt"
    stack, seed = write(site, STACK, command), random.randrange(1000)
    moments = random.Random(seed)
    for number in range(KILLS):
        where = f"seed {seed}, kill {number}"
        run = site.start("install", stack, "--jobs", "2")
        time.sleep(moments.uniform(0.5, 14))
        os.killpg(run.pid, moments.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
        run.wait()
        until_all_have_ended(site)
        assert_whole(site, where)
        if number % 3 == 2:  # all of it, then from the start again
            again = site.run("install", stack, "--jobs", "2")
            assert again.returncode == 0, where + again.stdout + again.stderr
            assert site.run("missing", stack).returncode == 0, where
            subprocess.run(["rm", "-rf", str(site.repo)], check=True)
    again = site.run("install", stack, "--jobs", "2")
    assert again.returncode == 0, f"seed {seed}: {again.stdout}{again.stderr}"
    assert_whole(site, f"seed {seed}")


def assert_whole(site: Site, where: str) -> None:
    """What `missing` calls installed is, and whatever module file exists loads something whole."""
    answer = json.loads(site.run("missing", site.folder / "stack.yml", "--json").stdout)
    installed = {one["module"] for one in answer["packages"] if one["state"] == "installed"}
    there = site.prefix / "modules" / "all"
    for file in there.glob("*/1.0.lua"):
        folder = site.prefix / "software" / file.parent.name / "1.0"
        assert (folder / "done.txt").is_file(), f"{where}: {file.parent.name} is half there"
        assert not (folder / "half.txt").exists(), where
    for module in sorted(installed):
        assert f"EBROOT{module.split('/', maxsplit=1)[0].upper()}=" in load(site, module).stdout, f"{where}: {module}"


def test_two_runs_share_the_work(site: Site) -> None:
    stack = write(site, STACK, "sleep 0.5")
    runs = [site.start("install", stack, "--jobs", "2", "--cores", "2") for _ in range(2)]

    assert [run.wait(timeout=200) for run in runs] == [0, 0]

    assert sorted(site.built()) == [f"{name}/1.0" for name in sorted(STACK)]
    assert len({event["pid"] for event in journal(site) if event["event"] == "run-started"}) == 2


def test_ctrl_c_twice_ends_at_once(site: Site) -> None:
    stubborn = "trap '' TERM; touch $REACHED; sleep 60"
    stack = write(site, {"A": "", "B": ""}, stubborn)
    reached = site.folder / "reached"
    run = site.start("install", stack, REACHED=str(reached))
    until(reached)

    run.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    run.send_signal(signal.SIGINT)

    assert run.wait(timeout=30) == 130
    assert time.monotonic() - began < 4, "EasyBuild would have had 5 seconds"
    assert processes_of(site) == {}


def test_two_trees_that_share_a_work_dir_do_not_build_in_one_folder(site: Site) -> None:
    command = "echo %(builddir)s > %(installdir)s/where.txt; touch %(builddir)s/mine; sleep 3; rm %(builddir)s/mine"
    stack = write(site, {"A": ""}, command)
    other = site.folder / "other"

    run = site.start("install", stack, EESSI_STACK_REPO=str(other))
    here = site.run("install", stack)

    assert here.returncode == 0, here.stdout + here.stderr
    assert run.wait(timeout=120) == 0
    prefixes = (site.prefix, other / site.prefix.relative_to(site.repo))
    where = {(prefix / "software/A/1.0/where.txt").read_text() for prefix in prefixes}
    assert len(where) == 2
    assert all(folder.startswith(f"{site.folder}/work/generic-") for folder in where)


def test_a_build_that_takes_too_long_is_ended(site: Site) -> None:
    stack = write(site, {"A": "", "B": "A"}, "sleep 60")

    run = site.run("install", stack, "--timeout", "4s")

    assert run.returncode == 1
    assert "FAILED: A/1.0: timeout" in run.stdout
    assert "SKIPPED: B/1.0: needs A/1.0" in run.stdout
    assert processes_of(site) == {}
