"""`status` on trees in all states."""

import json
import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

from eessi_stack import intent, journal
from tests.e2e.conftest import TARGET, Tree
from tests.e2e.test_light import HEAVY, _names


def prefix(tree: Tree) -> Path:
    return tree.modules.parents[1]


def test_a_tree_that_is_not_there_is_not_right(tree: Tree) -> None:
    run = tree.run("status", "--repo", str(tree.base / "elsewhere"))
    assert run.returncode == 1
    assert "modules   0 there" in run.stdout
    assert "no modules, no cache yet" in run.stdout


def test_where_nothing_is_installed_yet_nothing_misleads(tree: Tree) -> None:
    for command in ("status", "cache check"):
        run = tree.run(*command.split())
        assert run.returncode == 0, run.stdout
        assert "no modules, no cache yet" in run.stdout
        assert "right" not in run.stdout


def test_a_first_install_that_goes_on_misleads_nobody(tree: Tree) -> None:
    tree.install("Alpha")
    with intent.hold(prefix(tree), "Alpha/1.0") as mark:
        intent.own(mark)
        checked, told = tree.run("cache", "check"), tree.run("status")
    assert (checked.returncode, told.returncode) == (0, 0)
    assert "no modules, no cache yet" in checked.stdout
    assert "Lmod      no modules, no cache yet\n" in told.stdout
    assert "locks     Alpha/1.0: process" in told.stdout
    killed = prefix(tree) / ".eessi-stack" / "intent" / "Alpha%2F1.0"
    killed.parent.mkdir(parents=True, exist_ok=True)
    killed.write_text('{"host": "node7", "pid": 41, "since": "2026-01-01T00:00:00+0000"}')
    told = tree.run("status")
    assert told.returncode == 1
    assert "Lmod      no modules, no cache yet\n" in told.stdout
    assert "incomplete: Alpha/1.0" in told.stdout


def test_a_tree_that_is_right(tree: Tree) -> None:
    tree.install("Alpha")
    assert tree.run("cache", "update").returncode == 0
    run = tree.run("status")
    assert run.returncode == 0, run.stdout + run.stderr
    for line in (
        f"tree      EESSI 2023.06 in {tree.repo}",
        "compat    none: the host stands in for it",
        f"target    {TARGET}: from $EESSI_STACK_TARGET",
        "modules   1 there",
        "Lmod      the cache is right",
    ):
        assert line in run.stdout
    assert "(writable, " in run.stdout


def test_a_cache_that_misleads_is_named(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    tree.install("Beta")
    run = tree.run("status")
    assert run.returncode == 1
    assert "the cache misleads users" in run.stdout
    assert "not in the cache: Beta/1.0" in run.stdout


def test_locks_and_their_owners(tree: Tree) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        tree.install(name)
    lock = (
        prefix(tree) / "software" / ".locks" / f"{prefix(tree) / 'software' / 'Gamma' / '1.0'}.lock".replace("/", "_")
    )
    lock.mkdir(parents=True)
    left = prefix(tree) / ".eessi-stack" / "intent" / "Beta%2F1.0"
    left.parent.mkdir(parents=True)
    left.write_text('{"host": "node7", "pid": 41, "since": "2026-01-01T00:00:00+0000"}')
    with intent.hold(prefix(tree), "Alpha/1.0") as mark:
        intent.own(mark)
        run = tree.run("status")
    assert f"locks     Alpha/1.0: process {os.getpid()} on " in run.stdout
    assert "Beta/1.0: left behind by process 41 on node7, since 2026-01-01" in run.stdout
    assert "Gamma_1.0: a lock of EasyBuild's own" in run.stdout
    assert "incomplete: Beta/1.0" in run.stdout
    assert run.returncode == 1


def test_what_the_last_runs_did(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    for name, result in (("Alpha/1.0", "failed"), ("Alpha/1.0", "built"), ("Beta/1.0", "failed")):
        facts = {"module": name, "result": result, "seconds": 12.3, "cause": "no space", "log": "/logs/b.log"}
        journal.record(prefix(tree), "step-ended", **facts)
    run = tree.run("status")
    assert run.returncode == 1
    (built,) = (line for line in run.stdout.splitlines() if line.startswith("built"))
    assert built.endswith("  Alpha/1.0  12s")
    assert run.stdout.endswith(f"{built}\nfailed    Beta/1.0: no space\n          log /logs/b.log\n")


def test_a_failure_counts_as_long_as_somebody_asks_for_it(tree: Tree) -> None:
    for name in ("Alpha", "Beta"):
        tree.recipe(name)
    tree.install("Alpha")
    tree.run("cache", "update")
    failed = {"module": "Beta/1.0", "result": "failed", "seconds": 1, "cause": "no space"}
    journal.record(prefix(tree), "step-ended", run="one", **failed)
    without, asking = tree.stack("Alpha"), tree.stack("Alpha", "Beta", name="other.yml")
    assert "failed    " not in tree.run("status", without).stdout
    assert tree.run("status", without).returncode == 0
    assert "failed    Beta/1.0: no space" in tree.run("status", asking).stdout
    assert tree.run("status").returncode == 1
    journal.record(prefix(tree), "run-started", run="two", host="node7", pid=41)
    journal.record(prefix(tree), "run-ended", run="two")
    assert tree.run("status").returncode == 0
    assert "failed    Beta/1.0: no space" in tree.run("status", asking).stdout


def test_runs_that_ended_go_on_or_were_cut_off(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    host = os.uname().nodename
    begin(tree, "one", host, 1)
    assert runs(tree)[-1].endswith(f"2 built, 1 skipped; was cut off: process 1 on {host}")
    journal.record(prefix(tree), "run-ended", run="one")
    assert re.search(r"  2 built, 1 skipped in \d+s$", runs(tree)[0])
    begin(tree, "two", "node7", 41)
    assert runs(tree)[-1].endswith("; has not ended, as far as is known here: process 41 on node7")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "eessi-stack"]) as ours:
        begin(tree, "three", host, ours.pid)
        assert runs(tree)[-1].endswith(f"; goes on: process {ours.pid} on {host}")
        ours.kill()
    assert runs(tree)[-1].endswith(f"; was cut off: process {ours.pid} on {host}")
    begin(tree, "four", host, 1)
    assert len(runs(tree)) == 3
    assert tree.run("status").returncode == 0


def begin(tree: Tree, name: str, host: str, pid: int) -> None:
    journal.record(prefix(tree), "run-started", run=name, host=host, pid=pid)
    for result in ("built", "skipped", "built"):
        journal.record(prefix(tree), "step-ended", run=name, module="Alpha/1.0", result=result, seconds=1)


def runs(tree: Tree) -> list[str]:
    """What `status` says of the last runs."""
    lines = tree.run("status").stdout.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("runs"))
    return [lines[at], *takewhile(lambda line: line.startswith(" "), lines[at + 1 :])]


def test_a_lock_that_was_left_behind_wants_attention(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    left = prefix(tree) / ".eessi-stack" / "intent" / "Beta%2F1.0"
    left.parent.mkdir(parents=True)
    left.write_text('{"host": "node7", "pid": 41, "since": "2026-01-01T00:00:00+0000"}')
    assert tree.run("status").returncode == 1


def test_a_stack_is_compared(tree: Tree) -> None:
    for name in ("Alpha", "Beta"):
        tree.recipe(name)
    tree.install("Alpha")
    tree.run("cache", "update")
    run = tree.run("status", tree.stack("Alpha", "Beta"))
    assert run.returncode == 1
    assert "stack     1 installed, 1 missing" in run.stdout
    assert "missing: Beta/1.0" in run.stdout
    tree.install("Beta")
    tree.run("cache", "update")
    assert tree.run("status", tree.stack("Alpha", "Beta")).returncode == 0


def test_the_matrix_of_all_targets(tree: Tree) -> None:
    tree.install("Alpha")
    tree.run("cache", "update")
    run = tree.run("status", "--all-targets", EESSI_STACK_TARGET="")
    assert run.returncode == 0, run.stdout + run.stderr
    rows = {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines() if line.strip()}
    assert rows[TARGET] == ["1", "right"]
    assert rows["aarch64/a64fx"] == ["0", "not", "there"]
    assert run.stdout.endswith("1 module on 1 of 53 targets\n")


def test_where_a_software_is(tree: Tree) -> None:
    tree.install("Alpha")
    tree.install("R/4.2")
    path = tree.modules / "R" / "4.2.lua"
    path.write_text(path.read_text() + 'extensions("dplyr/1.1,Rcpp/1.0")\n')
    run = tree.run("status", "--software", "rcpp")
    assert (run.returncode, run.stdout) == (0, f"Rcpp/1.0 in R/4.2  {TARGET}\n")
    run = tree.run("status", "--software", "Alpa")
    assert run.returncode == 1
    assert "did you mean `Alpha`?" in run.stderr


def test_a_document_has_all_of_it(tree: Tree) -> None:
    tree.install("R/4.2")
    path = tree.modules / "R" / "4.2.lua"
    path.write_text(path.read_text() + 'extensions("dplyr/1.1")\n')
    run = tree.run("status", "--json")
    document = json.loads(run.stdout)
    (one,) = document["targets"]
    assert one["modules"] == {"R/4.2": ["dplyr/1.1"]}
    assert [finding["kind"] for finding in one["cache"]["findings"]] == ["absent", "lmodrc", "site-package"]
    assert document["proven"] is False


def test_it_is_light_without_easystacks(tree: Tree) -> None:
    tree.install("Alpha")
    command = [sys.executable, "-X", "importtime", "-m", "eessi_stack", "status"]
    run = subprocess.run(command, cwd=tree.base, env=tree.environment(), capture_output=True, text=True, check=False)
    assert run.returncode in {1, 3}
    assert not _names(run.stderr) & HEAVY
