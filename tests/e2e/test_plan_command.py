"""`plan`, a plan that is kept and run, `fetch`, `install --offline`, `history`: the real command line and EasyBuild."""

import hashlib
import json
import re
import socket
import tarfile
from pathlib import Path

import pytest

from tests.e2e.building import EASYCONFIGS, Site, needs_lmod

pytestmark = needs_lmod


def served(site: Site) -> Path:
    """An easystack of two packages with one source, which is served from a folder."""
    folder, recipes = site.folder / "served", site.folder / "recipes"
    folder.mkdir()
    recipes.mkdir()
    with tarfile.open(folder / "shared-1.0.tar.gz", "w:gz") as tar:
        tar.add(EASYCONFIGS / "late-step.sh", "shared-1.0/Shared.txt")
    checksum = hashlib.sha256((folder / "shared-1.0.tar.gz").read_bytes()).hexdigest()
    text = (EASYCONFIGS / "NoSource-1.0.eb").read_text().replace("nosource", "shared")
    text = text.replace("http://localhost:9", folder.as_uri()).replace("0" * 64, checksum)
    for name in ("Shared", "Other"):
        own = text.replace("NoSource", name).replace(f"{name}.txt", "Shared.txt")
        (recipes / f"{name}-1.0.eb").write_text(own)
    site.environment["EESSI_STACK_ROBOT_PATHS"] = f"{recipes}:{EASYCONFIGS}"
    return site.easystack("Shared", "Other")


def test_a_plan_is_kept_run_and_refused_when_it_holds_no_more(site: Site) -> None:
    stack, plan = site.easystack("Alpha", "Delta"), site.folder / "plan.json"

    made = site.run("plan", stack, "-o", plan)

    assert made.returncode == 1
    assert [line.split()[-1] for line in made.stdout.splitlines() if "/1.0 " in line] == ["new", "new"]
    document = json.loads(plan.read_text())
    assert (document["format"], document["version"]) == ("eessi-stack-plan", 1)
    assert [(step["module"], step["reason"]) for step in document["steps"]] == [
        ("Alpha/1.0", "new"),
        ("Delta/1.0", "new"),
    ]

    run = site.run("install", "--plan", plan)
    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(site.built()) == ["Alpha/1.0", "Delta/1.0"]

    again = site.run("install", "--plan", plan)
    assert again.returncode == 1
    assert "the plan does not hold any more; nothing was built" in again.stderr
    assert "Alpha/1.0 is not to be built any more: it is there" in again.stderr

    known = json.loads(site.run("plan", stack, "--rebuild", "Alpha", "--json").stdout)
    assert known["steps"][0]["seconds"] > 0
    assert known["critical_path"] == ["Alpha/1.0"]
    assert {"module": "Delta/1.0", "reason": "skip: present"} in known["skipped"]


def test_a_plan_is_refused_when_a_recipe_has_changed(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    recipe = recipes / "Alpha-1.0.eb"
    recipe.write_text((EASYCONFIGS / "Alpha-1.0.eb").read_text())
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    plan = site.folder / "plan.json"
    site.run("plan", site.easystack("Alpha"), "-o", plan)
    recipe.write_text(recipe.read_text() + "\n# changed\n")

    run = site.run("install", "--plan", plan)

    assert run.returncode == 1
    assert f"Alpha/1.0: its recipe has changed: {recipe}" in run.stderr
    assert not site.prefix.exists()


def test_a_plan_is_refused_when_its_easystack_tells_easybuild_something_else(site: Site) -> None:
    plan, stack = site.folder / "plan.json", site.easystack("Alpha")
    site.run("plan", stack, "-o", plan)
    stack.write_text("easyconfigs:\n  - Alpha-1.0.eb:\n      options:\n        skip-test-step: true\n")

    run = site.run("install", "--plan", plan)

    assert run.returncode == 1
    assert "Alpha/1.0: its entry had the options {}, and has {'skip-test-step': True}" in run.stderr


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "eessi-stack-plan", "version": 99}'])
def test_what_is_no_plan_is_refused(site: Site, text: str) -> None:
    plan = site.folder / "plan.json"
    plan.write_text(text)
    run = site.run("install", "--plan", plan)
    assert run.returncode == 2
    assert f"ERROR: {plan}: " in run.stderr
    assert "bug" not in run.stderr


@pytest.mark.parametrize("command", ["missing", "plan", "fetch", "install", "install -n"])
def test_a_stack_without_any_entry_for_the_target_is_wrong_usage_for_all(site: Site, command: str) -> None:
    stack = Path(site.easystack("Alpha"))
    stack.write_text(f"eessi-stack:\n  targets: [aarch64/a64fx]\n{stack.read_text()}")
    run = site.run(*command.split(), stack)
    assert (run.returncode, run.stdout) == (2, "")
    assert "ERROR: no entry of these easystacks is for x86_64/" in run.stderr
    assert "hint: they are for aarch64/a64fx (--target" in run.stderr


@pytest.mark.parametrize("names", [("Garbled",), ("Garbled", "Alpha")])
def test_what_could_not_be_decided_is_explained_once(site: Site, names: tuple[str, ...]) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    (recipes / "Garbled-1.0.eb").write_text("name = (\n")
    site.environment["EESSI_STACK_ROBOT_PATHS"] = f"{recipes}:{EASYCONFIGS}"
    run = site.run("install", site.easystack(*names), "--no-cache")
    assert run.returncode == 3
    assert (run.stdout + run.stderr).count("ERROR: could not be decided:") == 1
    assert ("could not be decided: Garbled-1.0.eb; the end says why" in run.stderr) is ("Alpha" in names)


def test_fetch_gets_each_source_once_and_offline_builds_from_them(site: Site) -> None:
    stack = served(site)
    source = site.folder / "work" / "sources" / "s" / "Shared" / "shared-1.0.tar.gz"

    early = site.run("install", stack, "--offline")
    assert early.returncode == 1
    assert "FAILED: Shared/1.0: source missing" in early.stdout
    assert "is not there, and nothing is downloaded with --offline" in early.stdout

    fetched = site.run("fetch", stack)
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    assert source.is_file()
    (site.folder / "served").rename(site.folder / "gone")

    run = site.run("install", stack, "--offline")
    assert run.returncode == 0, run.stdout + run.stderr
    assert site.run("fetch", stack).stdout == "nothing is to be built: no source is needed\n"
    assert site.run("fetch", stack, "--rebuild", "Shared").stdout.startswith("1 of 1 source there")


def test_fetch_names_all_that_cannot_be_had(site: Site) -> None:
    run = site.run("fetch", site.easystack("NoSource", "Alpha"))

    assert run.returncode == 1
    assert "nosource-1.0.tar.gz: put it there by hand" in run.stdout
    assert "http://localhost:9/nosource-1.0.tar.gz: " in run.stdout


def test_eight_fetches_at_once_make_one_download(site: Site) -> None:
    stack = served(site)
    runs = [site.start("fetch", stack) for _ in range(8)]
    assert [run.wait(timeout=120) for run in runs] == [0] * 8
    folder = site.folder / "work" / "sources" / "s" / "Shared"
    assert [path.name for path in folder.iterdir()] == ["shared-1.0.tar.gz"]


def test_a_fetch_that_a_server_keeps_waiting_ends_when_it_is_told(site: Site) -> None:
    stack = served(site)
    with socket.create_server(("localhost", 0)) as silent:
        recipe = site.folder / "recipes" / "Shared-1.0.eb"
        silent_url = f"http://localhost:{silent.getsockname()[1]}"
        recipe.write_text(recipe.read_text().replace((site.folder / "served").as_uri(), silent_url))
        run = site.start("install", stack)
        connection, _ = silent.accept()
        with connection:
            run.terminate()
            assert run.wait(timeout=30) == 130
    folder = site.folder / "work" / "sources" / "s" / "Shared"
    assert not list(folder.glob(".fetch-*"))


def test_history_shows_what_was_built(site: Site) -> None:
    assert "nothing was built yet" in site.run("history").stdout
    site.run("install", site.easystack("Alpha", "Beta"))

    *shown, log = site.run("history").stdout.splitlines()

    assert Path(log.removeprefix(" " * 18 + "log ")).is_file()
    assert [line.split()[2:4] for line in shown] == [["built", "Alpha/1.0"], ["failed", "Beta/1.0"]]
    assert [line.split()[3] for line in site.run("history", "Alpha").stdout.splitlines()] == ["Alpha/1.0"]
    events = json.loads(site.run("history", "--json").stdout)["events"]
    assert [event["event"] for event in events][:2] == ["run-started", "step-started"]


@pytest.mark.parametrize(
    ("software", "rest", "toolchain"),
    [
        ("lz4", "1.9.4-GCCcore-13.3.0", "GCCcore/13.3.0"),
        ("FASTX-Toolkit", "0.0.14-GCC-14.3.0", "GCC/14.3.0"),  # has texts that only a build can fill in
    ],
)
def test_a_toolchain_that_the_version_does_not_have_is_refused_before_anything(
    site: Site, software: str, rest: str, toolchain: str
) -> None:
    stack = site.folder / "stack.yml"
    stack.write_text(f"easyconfigs:\n  - {software}-{rest}.eb\n")

    run = site.run("install", stack)

    assert run.returncode == 1
    assert re.search(rf"ERROR: {software}/.*is built with toolchain {toolchain}, which EESSI 2023\.06", run.stderr)
    assert f"{stack}:2" in run.stderr
    assert not site.prefix.exists()


def test_a_recipe_that_the_hooks_cannot_be_asked_about_is_not_taken_for_allowed(site: Site) -> None:
    recipes = site.folder / "recipes"
    recipes.mkdir()
    moody = "if 'eb.explain' in open('/proc/self/cmdline').read():\n    raise ValueError('not in the mood')\n"
    (recipes / "Moody-1.0.eb").write_text(moody + (EASYCONFIGS / "Alpha-1.0.eb").read_text().replace("Alpha", "Moody"))
    site.environment["EESSI_STACK_ROBOT_PATHS"] = f"{recipes}:{EASYCONFIGS}"

    plan = site.run("plan", site.easystack("Moody", "Delta"))

    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "ERROR: Moody/1.0: whether the hooks refuse it cannot be told: " in plan.stderr
    assert "not in the mood" in plan.stderr
    assert str(recipes / "Moody-1.0.eb") in plan.stderr
