"""Every rule has a row here that says what it changes: without the rule, that row and no other one fails."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from eessi_hooks import target as cpu
from eessi_hooks.engine import Engine
from eessi_hooks.rule import Rule
from eessi_hooks.rules import RULES
from eessi_hooks.target import BuildTarget

BlockMaker = Callable[..., SimpleNamespace]
IDS = [str(rule) for rule in RULES]
SYSTEM_TOOLCHAIN = {"name": "system", "version": "system"}
NO_FAILURE = "|| echo 'failing tests are ignored by a rule of eessi_hooks'"
HOST = BuildTarget()
COMPAT = BuildTarget(eprefix="/compat")


def on(name: str, eessi_version: str = "2023.06") -> BuildTarget:
    return BuildTarget(cpu=name, family=name.split("/", 1)[0], eessi_version=eessi_version)


@dataclass(frozen=True, kw_only=True)
class Row:
    at: str
    name: str  #: `GROMACS/2024.4`
    target: BuildTarget
    changes: Mapping[str, object]  #: parameters, and `$VARIABLE`, `--option`, `parallel`, `archived` while they last
    cfg: Mapping[str, object] = field(default_factory=dict)
    toolchain: tuple[str, str] = ("GCC", "13.2.0")


def parsed(name: str, target: BuildTarget, changes: Mapping[str, object], **more: object) -> Row:
    toolchain = more.pop("toolchain", ("GCC", "13.2.0"))
    assert isinstance(toolchain, tuple)
    return Row(at="parse", name=name, target=target, changes=changes, cfg=more, toolchain=toolchain)


def while_testing(name: str, target: BuildTarget, changes: Mapping[str, object], **cfg: object) -> Row:
    return Row(at="pre_test", name=name, target=target, changes=changes, cfg=cfg)


def ignored(name: str, target: BuildTarget) -> Row:
    return while_testing(name, target, {"testopts": f"-v {NO_FAILURE} "}, testopts="-v")


def highway(name: str, changes: Mapping[str, object], **cfg: object) -> Row:
    toolchain = ("GCCcore", "12.3.0")
    return Row(at="pre_prepare", name="Highway/1.0.4", target=on(name), changes=changes, cfg=cfg, toolchain=toolchain)


ROWS = (
    parsed(
        "pybind11/2.11.1",
        HOST,
        {"builddependencies": [("CMake", "3.27.6"), ("Catch2", "2.13.9")]},
        builddependencies=[("CMake", "3.27.6"), ("Catch2", "2.13.9", "", SYSTEM_TOOLCHAIN)],
        dependencies=[("Python", "3.11.5")],
    ),
    parsed(
        "Mesa/24.1.3",
        HOST,
        {"dependencies": [("zlib", "1.3.1"), ("LLVM", "18.1.8", "-minimal")]},
        builddependencies=[],
        dependencies=[("zlib", "1.3.1"), ("LLVM", "18.1.8")],
    ),
    parsed(
        "maturin/1.9.1",
        HOST,
        {"builddependencies": [("Rust", "1.91.1"), ("setuptools-rust", "1.11.0")]},
        builddependencies=[("Rust", "1.88.0"), ("setuptools-rust", "1.11.0")],
        dependencies=[],
    ),
    parsed(
        "Qt6/6.9.3",
        HOST,
        {"dependencies": [("libinput", "1.30.1")]},
        dependencies=[],
        toolchain=("GCCcore", "14.3.0"),
    ),
    parsed(
        "Qt6/6.11.2",
        HOST,
        {"dependencies": [("libinput", "1.31.3")]},
        dependencies=[],
        toolchain=("GCCcore", "15.2.0"),
    ),
    parsed(
        "fontconfig/2.14.2",
        COMPAT,
        {"configopts": "--disable-docs --with-add-fonts=/compat/usr/share/fonts "},
        configopts="--disable-docs",
    ),
    parsed("UCX/1.15.0", COMPAT, {"configopts": "--enable-mt --with-rdmacm=/compat/usr "}, configopts="--enable-mt"),
    parsed("Qt5/5.15.10", COMPAT, {"check_qtwebengine": False}, check_qtwebengine=True),
    Row(
        at="pre_configure",
        name="CMake/3.31.8",
        target=COMPAT,
        toolchain=("system", "system"),
        changes={"configopts": "-DA=1 -DB=$EBROOTNCURSES "},
        cfg={
            "configopts": "-DA=1 -DCURSES_FORM_LIBRARY=$EBROOTNCURSES/lib/libform.a "
            "-DCURSES_NCURSES_LIBRARY=$EBROOTNCURSES/lib/libncurses.a -DB=$EBROOTNCURSES ",
        },
    ),
    Row(
        at="pre_configure",
        name="MetaBAT/2.15",
        target=COMPAT,
        changes={"configopts": "-DZLIB_LIBRARY=/compat/usr/lib64/libz.so -DX=1"},
        cfg={"configopts": "-DZLIB_LIBRARY=$EBROOTZLIB/lib/libz.a -DX=1"},
    ),
    parsed(
        "casacore/3.5.0",
        on(cpu.NEOVERSE_V1),
        {"toolchainopts": {"vectorize": False}},
        toolchainopts=None,
        toolchain=("foss", "2023b"),
    ),
    parsed(
        "FreeImage/3.18.0",
        on(cpu.GRACE),
        {"toolchainopts": {"cstd": "c++14", "pic": True, "extra_cflags": "-DPNG_ARM_NEON_OPT=0"}},
        toolchainopts={"cstd": "c++14"},
    ),
    parsed(
        "OpenBLAS/0.3.9",
        on(cpu.NEOVERSE_V1),
        {"max_failing_lapack_tests_num_errors": 400},
        max_failing_lapack_tests_num_errors=150,
    ),
    highway(cpu.GRACE, {"configopts": " -DHWY_ENABLE_TESTS=OFF "}, configopts=""),
    highway(cpu.NEOVERSE_N1, {"--optarch": "GENERIC"}),
    Row(at="pre_prepare", name="LLVM/14.0.6", target=on(cpu.A64FX), changes={"--optarch": "march=armv8.2-a"}),
    Row(at="pre_prepare", name="Rust/1.65.0", target=on(cpu.A64FX), changes={"--optarch": "march=armv8.2-a"}),
    Row(
        at="pre_single_extension",
        name="numpy/1.24.2",
        target=on(cpu.NEOVERSE_V1),
        changes={"--optarch": "march=armv8.4-a"},
    ),
    Row(
        at="pre_single_extension",
        name="numpy/1.24.2",
        target=on(cpu.A64FX),
        changes={"--optarch": "march=armv8.2-a"},
    ),
    Row(
        at="pre_configure",
        name="PRRTE/3.0.5",
        target=on(cpu.ZEN4, "2025.06"),
        changes={"configopts": "--x --enable-ipv6 "},
        cfg={"configopts": "--x"},
    ),
    Row(at="post_ready", name="zlib/1.3", target=on(cpu.A64FX), changes={"parallel": 12}),
    Row(at="post_ready", name="LLVM/18.1.8", target=HOST, changes={"parallel": 24}),
    Row(at="post_ready", name="Qt5/5.15.10", target=on(cpu.A64FX), changes={"parallel": 8}),
    Row(
        at="post_prepare",
        name="PyTorch/2.7.1",
        target=on(cpu.ZEN3, "2025.06"),
        changes={"$GLIBC_TUNABLES": "glibc.rtld.execstack=2"},
    ),
    ignored("ESPResSo/4.2.1", HOST),
    ignored("FFTW.MPI/3.3.10", on(cpu.NEOVERSE_V1)),
    ignored("SciPy-bundle/2021.10", on(cpu.NEOVERSE_V1)),
    ignored("SciPy-bundle/2024.05", on(cpu.A64FX)),
    ignored("SciPy-bundle/2023.11", on(cpu.GRACE)),
    while_testing(
        "GROMACS/2024.4",
        on(cpu.GRACE),
        {"pretestopts": "export A=1 && export HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES=0 && "},
        pretestopts="export A=1 &&",
    ),
    while_testing(
        "Highway/1.0.3",
        on(cpu.NEOVERSE_V1),
        {"runtest": 'test ARGS="-E TestAllShiftRightLanes/SVE_256" '},
        runtest="test",
    ),
    while_testing("Perl/5.38.0", on(cpu.ZEN2, "2026.06"), {"$PERL_TEST_TIME_OUT_FACTOR": "10"}),
    while_testing("PyTorch/2.1.2", on(cpu.NEOVERSE_N1), {"max_failed_tests": 10}, max_failed_tests=0),
    while_testing("PyTorch/2.1.2", on(cpu.ICELAKE), {"max_failed_tests": 4}, max_failed_tests=0),
    Row(at="pre_easyblock", name="zlib/1.3", target=HOST, changes={"archived": True}),
)


class World:
    """What rules can change: one build's parameters, EasyBuild's options, the environment, files set aside."""

    def __init__(self, make_block: BlockMaker, folder: Path, options: dict[str, object]) -> None:
        self.make_block, self.folder, self.options = make_block, folder, options

    def changes(self, row: Row, rules: tuple[Rule, ...]) -> dict[str, object]:
        """Run one hook point of a build; return what it changed, and see that the end of the build undoes it."""
        name, version = row.name.split("/")
        with self._staged() as (log, archived):
            block = self.make_block(name, version, row.toolchain, **row.cfg)
            block.logfile = str(log)
            engine = Engine(rules, row.target, lambda _: None)
            before, environ, options = deepcopy(block.cfg), dict(os.environ), dict(self.options)
            engine.run(row.at, block)
            seen = {key: value for key, value in block.cfg.items() if value != before[key]}
            seen |= {f"${key}": value for key, value in os.environ.items() if environ.get(key) != value}
            seen |= {f"--{key}": value for key, value in self.options.items() if options[key] != value}
            seen |= {"parallel": block.cfg.parallel} if block.cfg.parallel != before.parallel else {}
            seen |= {"archived": True} if archived.exists() else {}
            engine.run("post_easyblock", block)
        assert (dict(os.environ), self.options) == (environ, options)
        return seen

    @contextmanager
    def _staged(self) -> Iterator[tuple[Path, Path]]:
        folder = self.folder / str(len(list(self.folder.iterdir())))
        (folder / "reprod_1" / "hooks").mkdir(parents=True)
        yield folder / "build.log", folder / "reprod_1" / "hooks" / "eessi_hooks"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, make_block: BlockMaker, tmp_path: Path) -> World:
    options: dict[str, object] = {"optarch": None}

    def update(name: str, value: object) -> object:
        old, options[name] = options[name], value
        return old

    monkeypatch.setattr("easybuild.tools.config.update_build_option", update)
    monkeypatch.setattr("easybuild.tools.systemtools.det_parallelism", lambda: 48)
    return World(make_block, tmp_path, options)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.target.cpu}")
def test_what_a_rule_changes(row: Row, world: World) -> None:
    assert world.changes(row, RULES) == row.changes


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_each_rule_is_what_one_row_is_about(rule: Rule, world: World) -> None:
    without = tuple(other for other in RULES if other is not rule)
    about = [row for row in ROWS if row.at == rule.at and world.changes(row, without) != row.changes]
    assert len(about) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.target.cpu}")
def test_outside_eessi_only_rules_for_all_targets_act(row: Row, world: World) -> None:
    assert world.changes(replace(row, target=HOST), RULES) == (row.changes if row.target == HOST else {})
