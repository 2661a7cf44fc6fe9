"""Packages for CPUs and for accelerators in one stack: what goes where, and what a target without one is told."""

import json
from pathlib import Path

import pytest

from tests.e2e.building import Site, needs_lmod

pytestmark = needs_lmod
ACCEL = ("--accel", "nvidia/cc80")


@pytest.fixture
def stack(site: Site) -> Path:
    """Tool for CPUs; Torch, which needs CUDA and Library; Whisper, which needs Torch."""
    recipes = site.folder / "recipes"
    recipes.mkdir()
    needs = {"Tool": [], "Library": [], "Torch": ["CUDA", "Library"], "Whisper": ["Torch"], "CUDA": []}
    versions = {name: "12.1.1" if name == "CUDA" else "1.0" for name in needs}
    for name, wanted in needs.items():
        lines = [
            "easyblock = 'Bundle'",
            f"name = '{name}'",
            f"version = '{versions[name]}'",
            "homepage = 'https://github.com/EESSI'",
            "description = 'of no use outside this test'",
            "toolchain = SYSTEM",
            f"dependencies = {[(need, versions[need]) for need in wanted]}",
            "moduleclass = 'devel'",
        ]
        (recipes / f"{name}-{versions[name]}.eb").write_text("\n".join(lines) + "\n")
    site.environment["EESSI_STACK_ROBOT_PATHS"] = str(recipes)
    return site.easystack("Whisper", "Tool")


@pytest.mark.parametrize("command", ["plan", "install"])
def test_without_an_accelerator_nothing_is_begun(site: Site, stack: Path, command: str) -> None:
    run = site.run(command, stack)

    assert run.returncode == 1
    assert "ERROR: Whisper-1.0.eb is software for accelerators, and the target has none" in run.stderr
    assert f"asked for in {stack}:2" in run.stderr
    assert "hint: give the accelerator, as in `--accel nvidia/cc90`" in run.stderr
    assert not site.prefix.exists()


def test_each_package_is_planned_where_it_belongs_and_the_cpus_first(site: Site, stack: Path) -> None:
    run = site.run("plan", "--json", stack, *ACCEL)

    assert run.returncode == 1, run.stderr
    steps = json.loads(run.stdout)["steps"]
    above = f"{site.prefix}/accel/nvidia/cc80"
    assert {step["module"]: step["prefix"] for step in steps} == {
        "Library/1.0": str(site.prefix),
        "Tool/1.0": str(site.prefix),
        "CUDA/12.1.1": above,
        "Torch/1.0": above,
        "Whisper/1.0": above,
    }
    assert [step["prefix"] for step in steps] == [str(site.prefix)] * 2 + [above] * 3


def test_each_package_is_built_where_it_belongs(site: Site, stack: Path) -> None:
    run = site.run("install", stack, *ACCEL)

    assert run.returncode == 0, run.stdout + run.stderr
    above = site.prefix / "accel" / "nvidia" / "cc80"
    built = {
        prefix: sorted(path.parent.name for path in (prefix / "modules" / "all").glob("*/*.lua"))
        for prefix in (site.prefix, above)
    }
    assert built == {site.prefix: ["Library", "Tool"], above: ["CUDA", "Torch", "Whisper"]}
    assert site.run("missing", stack, *ACCEL).returncode == 0
    torch = (above / "modules" / "all" / "Torch" / "1.0.lua").read_text()
    assert 'add_property("arch","gpu")' in torch
    assert 'depends_on("Library/1.0")' in torch
    assert 'depends_on("CUDA' not in torch
