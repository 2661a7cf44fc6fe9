"""`eessi-stack hooks` on real easyconfigs, for targets that this machine is not."""

import json
from typing import Any

from tests.e2e.conftest import Tree

OSU = "OSU-Micro-Benchmarks-7.2-gompi-2023a-CUDA-12.1.1.eb"


def explained(tree: Tree, *arguments: str, code: int = 0) -> dict[str, Any]:
    run = tree.run("hooks", "explain", "--json", *arguments)
    assert run.returncode == code, run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    assert (document["format"], document["version"]) == ("eessi-stack-hooks-explain", 1)
    return document


def test_the_list_names_every_rule(tree: Tree) -> None:
    run = tree.run("hooks", "list")
    assert run.returncode == 0, run.stderr
    assert "\nall software at pre_easyblock\n" in run.stdout
    assert "left out: OpenBLAS at pre_configure: " in run.stdout
    document = json.loads(tree.run("hooks", "list", "--json", "--software", "UCX").stdout)
    assert document["format"] == "eessi-stack-hooks-list"
    assert [rule["for"] for rule in document["rules"]] == [["UCX"]]
    assert all(rule["why"] for rule in document["rules"])
    none = tree.run("hooks", "list", "--software", "lamps")
    assert none.stdout == f"0 rules for lamps, besides {document['for_all']} for all software\n"
    assert document["for_all"] > 10
    assert "did you mean `--software LAMMPS`?" in none.stderr
    assert "did you mean" not in tree.run("hooks", "list", "--software", "OpenBLAS").stderr


def test_what_applies_to_an_easyconfig_on_a_target(tree: Tree) -> None:
    run = tree.run("hooks", "explain", "SciPy-bundle-2023.11-gfbf-2023b.eb", "--target", "aarch64/nvidia/grace")
    assert run.returncode == 0, run.stderr
    assert "SciPy-bundle/2023.11-gfbf-2023b for aarch64/nvidia/grace: " in run.stdout
    assert "at pre_test\n    append to testopts: || echo 'failing tests are ignored" in run.stdout
    assert "    but is for CPU aarch64/neoverse_v1, not for aarch64/nvidia/grace\n" in run.stdout


def test_what_parsing_changes_and_what_would_be_refused(tree: Tree) -> None:
    accelerated = explained(tree, OSU, "--target", "x86_64/amd/zen3", "--accel", "nvidia/cc80")
    assert accelerated["applies"][0]["does"].startswith("set the property arch=gpu")
    assert not [one for one in accelerated["applies"] if "refuses" in one]
    on_cpu = explained(tree, OSU, "--target", "x86_64/amd/zen3", code=1)
    (refusal,) = [one["refuses"] for one in on_cpu["applies"] if "refuses" in one]
    assert "would be installed outside of accel/" in refusal
    old = explained(tree, "zlib-1.2.12-GCCcore-11.3.0.eb", code=1)
    (refusal,) = [one["refuses"] for one in old["applies"] if "refuses" in one]
    assert "toolchain GCCcore/11.3.0, which EESSI 2023.06 does not support" in refusal
    assert "GCCcore/12.3.0" in refusal


def test_what_a_target_cannot_have(tree: Tree) -> None:
    document = explained(tree, "zlib-1.2.12-GCCcore-12.2.0.eb", "--target", "x86_64/amd/zen4")
    (stub,) = [one for one in document["applies"] if one["does"] == "make the module alone"]
    assert "GCCcore-12.2.0 is not supported on Zen4" in stub["details"][0]


def test_templates_that_have_no_value_before_a_build_hide_nothing(tree: Tree) -> None:
    document = explained(tree, "Python-3.10.8-GCCcore-12.2.0.eb", "--target", "x86_64/amd/zen3")
    assert document["applies"]


def test_an_easyconfig_that_is_not_there_or_not_one(tree: Tree) -> None:
    run = tree.run("hooks", "explain", "SciPy-bundle-2023.12-gfbf-2023b")
    assert run.returncode == 3
    assert "hint: did you mean `SciPy-bundle-2023.11-gfbf-2023b.eb`?" in run.stderr
    broken = tree.recipes / "Broken-1.0.eb"
    broken.write_text("name = \n")
    assert "ERROR: Broken-1.0.eb: " in tree.run("hooks", "explain", "Broken-1.0.eb").stderr
    tree.recipe("Own")
    assert explained(tree, str(tree.recipes / "Own-1.0.eb"))["module"] == "Own/1.0"


def test_what_needs_what_a_target_cannot_have(tree: Tree) -> None:
    """pyro-ppl needs CUDA 12.9.1, which knows 7.0, and PyTorch, whose cuDNN does not."""
    own = ("--eessi-version", "2025.06", "--target", "x86_64/amd/zen4", "--accel", "nvidia/cc70")
    document = explained(tree, "pyro-ppl-1.9.1-foss-2025b-CUDA-12.9.1.eb", *own)
    (stub,) = [one for one in document["applies"] if one["does"] == "make the module alone"]
    assert len(stub["details"]) == 1
    assert "cuDNN 9.12.0 and newer ones, of which 9.15.0.57 is one" in stub["details"][0]
    newer = explained(tree, "pyro-ppl-1.9.1-foss-2025b-CUDA-12.9.1.eb", *own[:-1], "nvidia/cc80")
    assert "make the module alone" not in [one["does"] for one in newer["applies"]]


def test_texts_that_only_a_build_can_fill_in(tree: Tree) -> None:
    """%(installdir)s is known to no one but the easyblock."""
    document = explained(tree, "GROMACS-2024.4-foss-2023b.eb", "--target", "aarch64/nvidia/grace")
    assert [one["at"] for one in document["applies"] if one["for"] == ["GROMACS"]] == ["pre_test"]


def test_what_needs_an_accelerator_by_what_it_needs(tree: Tree) -> None:
    """Whisper needs PyTorch, which needs CUDA: it can be loaded nowhere else."""
    explained(tree, "Whisper-20231117-foss-2023a-CUDA-12.1.1.eb", "--accel", "nvidia/cc80")
    document = explained(tree, "zlib-1.2.13-GCCcore-12.3.0.eb", "--accel", "nvidia/cc80", code=1)
    (refusal,) = [one["refuses"] for one in document["applies"] if "refuses" in one]
    assert "zlib needs no accelerator and would be installed below accel/" in refusal


def test_capabilities_that_are_not_asked_for_need_no_rule(tree: Tree) -> None:
    own = ("cuDNN-9.10.1.4-CUDA-12.8.0.eb", "--eessi-version", "2025.06")
    plain = [explained(tree, *own, "--accel", f"nvidia/{one}")["applies"] for one in ("cc90", "cc100")]
    assert [sum("plain CUDA compute capabilities" in one["does"] for one in applies) for applies in plain] == [0, 2]
