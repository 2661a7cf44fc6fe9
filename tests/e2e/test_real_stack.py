"""EESSI 2023.06 as a module tree, and all its easystacks asked of all its targets: the exact list of what remains.

A module tree laid out from the published inventory (see dev/lay-out-stack.py) and the easystacks that made the stack
should agree. What does not is either really missing, or a recipe that changed after the stack was built.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EESSI = ROOT.parent / "shared" / "eessi"
EASYSTACKS = EESSI / "easystacks" / "2023.06"

pytestmark = pytest.mark.skipif(
    not EASYSTACKS.is_dir(), reason=f"{EESSI} is not here: EESSI's data are not part of this repository"
)

#: Wrappers that EESSI has as aliases in `.modulerc.lua`; the inventory lists real modules alone.
ALIASES = ("Java/11=Java/11.0.27", "Java/17=Java/17.0.15", "Java/21=Java/21.0.7")

#: Superseded by 4.9.4's own update: asked for, and not in the inventory.
MISSING_ON_CPUS = {"EasyBuild/4.9.4"}
#: The inventory lists what users load: neither CUDA nor cuDNN, which are stubs in EESSI.
MISSING_ON_ACCELERATORS = {"CUDA/12.1.1", "CUDA/12.4.0", "cuDNN/8.9.2.26-CUDA-12.1.1"}
#: A recipe that EESSI replaced (`-gfbf-2023a`), still asked for by the file that added Ice Lake and Cascade Lake.
UNDECIDED = {"ipympl-0.9.3-foss-2023a.eb": {"x86_64/intel/cascadelake", "x86_64/intel/icelake"}}

#: What today's recipes want and the stack does without → the module that it has instead.
DRIFT = {
    "Biopython/1.81-gfbf-2022b": "Biopython/1.81-foss-2022b",
    "Biopython/1.83-gfbf-2023a": "Biopython/1.83-foss-2023a",
    "Cython/3.0.10-GCCcore-12.3.0": "Cython/3.0.8-GCCcore-12.3.0",
    "Cython/3.0.8-GCCcore-12.2.0": "",
    "Java/21.0.8": "Java/21.0.7",
    "JsonCpp/1.9.5-GCCcore-12.2.0": "",
    "KaHIP/3.16-gompi-2023b": "",
    "LibRaw/0.21.3-GCCcore-12.3.0": "",
    "PostgreSQL/15.2-GCCcore-12.2.0": "",
    "RAxML/8.2.13-gompi-2023a": "RAxML/8.2.13-gompi-2023a-avx2",
    "cftime/1.6.2-gfbf-2022b": "",
    "cftime/1.6.2-gfbf-2023a": "",
    "jxrlib/1.1-GCCcore-12.3.0": "",
    "lit/18.1.7-GCCcore-12.2.0": "",
    "qrupdate/1.1.2-gfbf-2023a": "qrupdate/1.1.2-GCCcore-12.3.0",
}
#: On aarch64, bcgTree cannot have AVX2's RAxML, and LAMMPS's recipe has got tbb.
DRIFT_ON_AARCH64 = {**DRIFT, "RAxML/8.2.13-gompi-2023a": "", "tbb/2021.13.0-GCCcore-13.2.0": ""}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The stack as a tree, and a folder for what one run leaves to the next."""

    repo: Path
    cache: Path

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.cache),
            "LANG": "C.UTF-8",
            "EESSI_STACK_REPO": str(self.repo),
            "EESSI_STACK_EESSI_VERSION": "2023.06",
            "EESSI_STACK_CACHE_DIR": str(self.cache),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "eessi_stack", "missing", str(EASYSTACKS), *arguments]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)

    def ask(self, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run("--json", *arguments).stdout)
        return answer


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    base = tmp_path_factory.mktemp("stack")
    laid_out = Stack(repo=base / "repo", cache=base / "cache")
    aliases = [word for alias in ALIASES for word in ("--alias", alias)]
    script = str(ROOT / "dev" / "lay-out-stack.py")
    inventory = str(EESSI / "inventory-2023.06.json")
    command = [sys.executable, script, inventory, str(laid_out.repo), str(EASYSTACKS), *aliases]
    subprocess.run(command, env=laid_out.environment(), check=True, capture_output=True)
    return laid_out


@pytest.fixture(scope="module")
def everywhere(stack: Stack) -> dict[str, Any]:
    return stack.ask("--all-targets")


def modules(document: dict[str, Any], state: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((one["target"], one) for one in document["packages"] if one["state"] == state)


def test_every_target_is_answered(everywhere: dict[str, Any]) -> None:
    assert len(everywhere["targets"]) == 53
    assert not [one for one in everywhere["targets"] if one["problem"] or one["note"]]


def test_what_is_missing(everywhere: dict[str, Any]) -> None:
    for target in everywhere["targets"]:
        on_accelerator = "/accel/" in target["target"]
        assert set(target["missing"]) == (MISSING_ON_ACCELERATORS if on_accelerator else MISSING_ON_CPUS)


def test_nothing_is_broken_and_what_cannot_be_told(everywhere: dict[str, Any]) -> None:
    assert not list(modules(everywhere, "broken"))
    undecided: dict[str, set[str]] = {}
    for target, one in modules(everywhere, "error"):
        undecided.setdefault(one["module"], set()).add(target)
    assert undecided == UNDECIDED


def test_what_has_drifted_and_what_is_there_instead(everywhere: dict[str, Any]) -> None:
    found: dict[str, dict[str, str]] = {one["target"]: {} for one in everywhere["targets"]}
    for target, one in modules(everywhere, "drift"):
        found[target][one["module"]] = one["instead"]
        assert one["wanted_by"], one["module"]
    for target, drifted in found.items():
        expected = DRIFT_ON_AARCH64 if target.startswith("aarch64") else DRIFT
        assert drifted == ({} if "/accel/" in target else expected), target


def test_one_target_with_its_accelerator_answers_for_both_prefixes(stack: Stack) -> None:
    run = stack.run("--target", "x86_64/amd/zen3", "--accel", "nvidia/cc80", "--json")
    assert run.returncode == 1, run.stderr
    document = json.loads(run.stdout)
    assert set(document["targets"][0]["missing"]) == MISSING_ON_CPUS | MISSING_ON_ACCELERATORS
    assert {one["module"] for _, one in modules(document, "drift")} == set(DRIFT)


def test_a_target_that_is_not_there_is_missing_and_one_that_cannot_be_read_is_named(stack: Stack) -> None:
    software = stack.repo / "versions" / "2023.06" / "software" / "linux"
    gone, closed = software / "x86_64/amd/zen4/modules", software / "aarch64/generic/modules/all"
    aside, kept = gone.with_name("gone"), closed.with_name("kept")
    gone.rename(aside)
    closed.rename(kept)
    closed.write_text("not a folder\n")
    try:
        run = stack.run("--all-targets", "--json")
    finally:
        aside.rename(gone)
        closed.unlink()
        kept.rename(closed)
    targets = {one["target"]: one for one in json.loads(run.stdout)["targets"]}
    assert run.returncode == 3
    assert len(targets["x86_64/amd/zen4"]["missing"]) > 1000
    assert targets["x86_64/amd/zen4"]["note"]
    assert str(closed) in targets["aarch64/generic"]["problem"]
    assert set(targets["x86_64/amd/zen3"]["missing"]) == MISSING_ON_CPUS
