"""Which builds the policies refuse, and what they say of GPUs."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from eessi_hooks.policies import gpu_property, install_path, reprod, toolchains
from eessi_hooks.step import Refused, Step
from eessi_hooks.target import PATH_OVERRIDE, TOOLCHAIN_OVERRIDE, BuildTarget

BlockMaker = Callable[..., SimpleNamespace]
EESSI = "/cvmfs/software.eessi.io/versions/2023.06/software/linux/x86_64/amd/zen3"
SITE = "/cvmfs/software.eessi.io/host_injections/2023.06/software/linux/x86_64/amd/zen3"
OWN = "/srv/tree/versions/2023.06/software/linux/x86_64/amd/zen3"
CUDA = [("CUDA", "12.1.1", "", {"name": "system", "version": "system"})]
ROCM = ("rompi", "2025a")


def step(block: SimpleNamespace, target: BuildTarget | None = None) -> Step:
    cfg = block.cfg
    return Step(cfg=cfg, target=target or BuildTarget(), name=block.name, version=block.version, block=block)


@pytest.mark.parametrize(
    ("installdir", "cfg", "toolchain", "refused"),
    [
        (f"{EESSI}/software/OSU", {"builddependencies": CUDA}, ("foss", "2023a"), True),
        (f"{EESSI}/accel/nvidia/cc80/software/OSU", {"dependencies": CUDA}, ("foss", "2023a"), False),
        (f"{EESSI}/accel/nvidia/cc80/software/zlib", {}, ("foss", "2023a"), True),
        (f"{EESSI}/software/zlib", {}, ("foss", "2023a"), False),
        (f"{EESSI}/software/toy", {}, ROCM, True),
        (f"{SITE}/software/OSU", {"dependencies": CUDA}, ("foss", "2023a"), True),
        (f"{OWN}/software/OSU", {"dependencies": CUDA}, ("foss", "2023a"), True),
        ("/cvmfs/dev.eessi.io/x/versions/2025.06/software/linux/y/software/OSU", {"dependencies": CUDA}, ROCM, True),
        ("/cvmfs/softwareXeessiXio/versions/software/OSU", {"dependencies": CUDA}, ("foss", "2023a"), False),
        ("/home/user/eessi/versions/software/OSU", {"dependencies": CUDA}, ("foss", "2023a"), False),
    ],
)
def test_what_needs_an_accelerator_is_below_accel(
    make_block: BlockMaker, installdir: str, cfg: dict[str, object], toolchain: tuple[str, str], *, refused: bool
) -> None:
    block = make_block("toy", "1.0", toolchain, **cfg)
    block.installdir = installdir
    target = BuildTarget(software_path=OWN)
    if refused:
        with pytest.raises(Refused, match="would be installed"):
            install_path.check(step(block, target))
        target = BuildTarget(software_path=OWN, overrides=frozenset({PATH_OVERRIDE}))
    assert install_path.check(step(block, target)) is False


def supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchains, "hierarchy", lambda top: (top, ("GCCcore", f"of {top[1]}")))
    monkeypatch.setattr("easybuild.tools.config.build_option", lambda _: True)


@pytest.mark.parametrize(
    ("toolchain", "target"),
    [
        (("foss", "2023a"), BuildTarget(eessi_version="2023.06")),
        (("GCCcore", "of 2023a"), BuildTarget(eessi_version="2023.06")),
        (("system", "system"), BuildTarget(eessi_version="2023.06")),
        (("foss", "2019a"), BuildTarget()),
        (("foss", "2019a"), BuildTarget(eessi_version="2023.04")),  # nobody has said what it supports
        (("foss", "2019a"), BuildTarget(eessi_version="2023.06", overrides=frozenset({TOOLCHAIN_OVERRIDE}))),
        (
            ("GCCcore", "of 2019a"),
            BuildTarget(eessi_version="2023.06", site_toolchains='[{"name": "foss", "version": "2019a"}]'),
        ),
        (
            ("foss", "2019a"),
            BuildTarget(eessi_version="2023.06", site_toolchains="[{'name': 'foss', 'version': '2019a'}]"),
        ),
    ],
)
def test_toolchains_that_pass(
    make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch, toolchain: tuple[str, str], target: BuildTarget
) -> None:
    supported(monkeypatch)
    assert toolchains.check(step(make_block("toy", "1.0", toolchain), target)) is False


def test_a_toolchain_that_does_not(make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    supported(monkeypatch)
    block = make_block("toy", "1.0", ("foss", "2024a"))
    with pytest.raises(
        Refused, match=r"toolchain foss/2024a, which EESSI 2023\.06 does not support; it has GCCcore/of"
    ):
        toolchains.check(step(block, BuildTarget(eessi_version="2023.06")))


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"name": "foss"}]', "foss", "[{'name': "])
def test_site_toolchains_that_are_no_list(text: str) -> None:
    with pytest.raises(Refused, match=r"EESSI_SITE_TOP_LEVEL_TOOLCHAINS_2025_06 is no list"):
        toolchains.site_toolchains("2025.06", text)


@pytest.mark.parametrize(
    ("deps", "footer"),
    [
        ([("cuDNN", "9.15.0.57", "-CUDA-12.9.1")], ["CUDA 12.9.1", "CUDNN 9.15.0.57"]),
        ([*CUDA, ("cuDNN", "8.9.2.26", "-CUDA-12.1.1")], ["CUDA 12.1.1", "CUDNN 8.9.2.26"]),
        ([("ROCm-LLVM", "19.0.0", "-ROCm-6.4.1")], ["ROCM 6.4.1"]),
    ],
)
def test_the_module_says_what_it_was_built_with(
    make_block: BlockMaker, deps: list[tuple[str, str, str]], footer: list[str]
) -> None:
    block = make_block("toy", "1.0", dependencies=[*deps, ("zlib", "1")], builddependencies=[], modluafooter=None)
    assert gpu_property.mark(step(block)) is True
    lines = [f'setenv("EESSI{line.split()[0]}VERSION","{line.split()[1]}")' for line in footer]
    assert block.cfg["modluafooter"].splitlines() == ['add_property("arch","gpu")', *lines]
    moved = [dep for dep in deps if dep[0] != "ROCm-LLVM"]
    assert block.cfg["builddependencies"] == moved
    assert block.cfg["dependencies"] == [*(dep for dep in deps if dep not in moved), ("zlib", "1")]
    assert gpu_property.marked(block.cfg) == tuple(footer[0].split())


def test_what_is_for_the_build_alone_is_so_in_each_of_its_rounds(make_block: BlockMaker) -> None:
    rounds = [[("CMake", "4")], [("CMake", "4"), ("CUDA", "12.1.1", "", True)]]
    block = make_block("toy", "1.0", dependencies=list(CUDA), builddependencies=rounds, modluafooter="")
    gpu_property.mark(step(block))
    assert block.cfg["builddependencies"] == [[("CMake", "4"), *CUDA], [("CMake", "4"), ("CUDA", "12.1.1", "", True)]]


def test_rocm_of_a_toolchain(make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"rfoss": [("rompi", "2025a")], "rompi": [("OpenMPI", "5"), ("rocm-compilers", "19.0.0-ROCm-6.4.1")]}
    found = {name: make_block(name, "2025a", dependencies=deps).cfg for name, deps in parts.items()}
    easyconfig = "easybuild.framework.easyconfig.easyconfig"
    monkeypatch.setattr(f"{easyconfig}.robot_find_easyconfig", lambda name, _: name)
    monkeypatch.setattr(f"{easyconfig}.process_easyconfig", lambda name, **_: [{"ec": found[name]}])
    assert gpu_property.rocm_of_toolchain(("rfoss", "2025a")) == "6.4.1"
    assert gpu_property.rocm_of_toolchain(("rocm-compilers", "19.0.0-ROCm-6.4.2")) == "6.4.2"
    assert gpu_property.rocm_of_toolchain(("foss", "2025a")) is None
    block = make_block("toy", "1.0", dependencies=[("ROCm-LLVM", "19.0.0")], builddependencies=[])
    with pytest.raises(Refused, match="does not say for which ROCm"):
        gpu_property.mark(step(block))


def test_a_failed_build_leaves_its_notes_where_they_were(make_block: BlockMaker, tmp_path: Path) -> None:
    import os

    block = make_block("toy", "1.0")
    block.logfile, block.dry_run = str(tmp_path / "log"), False
    (tmp_path / "reprod_1_1").mkdir()
    (tmp_path / "reprod_1_1" / "toy.eb").touch()  # of another process
    assert reprod.went_well(block)
    (tmp_path / f"reprod_1_{os.getpid()}").mkdir()
    assert reprod.went_well(block)
    (tmp_path / f"reprod_1_{os.getpid()}" / "toy.eb").touch()
    assert not reprod.went_well(block)
