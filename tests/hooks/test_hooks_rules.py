"""Every rule has a row that says what it changes: without the rule, that row and no other one fails."""

import os
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from easybuild.tools.build_log import EasyBuildError
from eessi_hooks import compat
from eessi_hooks.engine import Engine
from eessi_hooks.policies import redistributable, toolchains
from eessi_hooks.rule import PARSE_EXTENSION, Rule
from eessi_hooks.rules import RULES

from tests.hooks import rows_parse, rows_policies, rows_steps, rows_tests
from tests.hooks.row import BINUTILS, COMPAT, HOST, Row
from tests.hooks.rows_edges import NOT, TOO, Edge

BlockMaker = Callable[..., SimpleNamespace]
IDS = [str(rule) for rule in RULES]
ROWS: tuple[Row, ...] = (*rows_parse.ROWS, *rows_steps.ROWS, *rows_tests.ROWS, *rows_policies.ROWS)
ROW_IDS = [f"{row.at}-{row.name}-{row.target.cpu}" for row in ROWS]


class World:
    """What rules can change: one build's parameters, EasyBuild's options, the environment, files."""

    def __init__(self, make_block: BlockMaker, folder: Path, options: dict[str, object]) -> None:
        self.make_block, self.folder, self.options = make_block, folder, options

    def changes(self, row: Row, rules: tuple[Rule, ...]) -> dict[str, object]:
        """Run one hook point of a build; return what it changed, and see that the end of the build undoes it."""
        folder = self.folder / str(len(list(self.folder.iterdir())))
        folder.mkdir()
        self.options |= {**OPTIONS, **row.options, "installpath": str(folder)}
        path = os.environ["PATH"]
        name, version = row.name.split("/")
        block = self.make_block(name, version, row.toolchain, **DEPENDENCIES | dict(row.cfg))
        block.logfile, block.installdir, block.dry_run = str(folder / "build.log"), str(folder / "none"), False
        row.before(block, folder)
        try:
            return self._run(row, rules, block) | dict(row.after(block, folder))
        finally:
            os.environ["PATH"] = path

    def _run(self, row: Row, rules: tuple[Rule, ...], block: SimpleNamespace) -> dict[str, object]:
        engine = Engine(rules, row.target, lambda _: None)
        before, environ, options = deepcopy(dict(block.cfg)), dict(os.environ), dict(self.options)
        seen: dict[str, object] = {}
        try:
            engine.run(row.at, block)
        except EasyBuildError as error:
            # Files are in a folder of the test.
            said = error.msg.splitlines()[0]
            seen["refused"] = re.sub(r"/\S*/", "", said) if str(self.folder) in said else said
        seen |= {key: value for key, value in block.cfg.items() if value != before.get(key)}
        seen |= {f"${key}": value for key, value in os.environ.items() if environ.get(key) != value}
        seen |= {f"--{key}": value for key, value in self.options.items() if options[key] != value}
        seen |= {"parallel": block.cfg.parallel} if block.cfg.parallel != CORES else {}
        if row.at != "post_easyblock":
            engine.run("post_easyblock", block)
        assert (dict(os.environ), self.options) == (environ, options)
        return seen


CORES = 48
DEPENDENCIES: dict[str, object] = {"dependencies": [], "builddependencies": [], "modluafooter": ""}
OPTIONS: dict[str, object] = dict.fromkeys(
    ("optarch", "filter_deps", "cuda_compute_capabilities", "module_only", "force", "rpath_override_dirs", "rpath")
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, make_block: BlockMaker, tmp_path: Path) -> World:
    options: dict[str, object] = {}

    def update(name: str, value: object) -> object:
        old, options[name] = options[name], value
        return old

    monkeypatch.delenv("LIBRARY_PATH", raising=False)
    monkeypatch.setattr("easybuild.tools.config.update_build_option", update)
    monkeypatch.setattr("easybuild.tools.config.build_option", options.get)
    monkeypatch.setattr("easybuild.tools.config.ConfigurationVariables", lambda: options)
    monkeypatch.setattr("easybuild.tools.systemtools.det_parallelism", lambda: CORES)
    monkeypatch.setattr("easybuild.tools.systemtools.get_cpu_features", lambda: ["avx"])
    monkeypatch.setattr("easybuild.tools.systemtools.get_gpu_info", dict)
    monkeypatch.setattr(
        "easybuild.tools.run.run_shell_cmd", lambda *_, **__: SimpleNamespace(output="x86_64-pc-linux-gnu\n")
    )
    monkeypatch.setattr(
        "easybuild.tools.module_naming_scheme.utilities.det_full_ec_version", lambda _: "1.0-GCC-13.2.0"
    )
    monkeypatch.setattr("easybuild.tools.config.install_path", lambda: f"{options['installpath']}/software")
    scheme = SimpleNamespace(det_install_subdir=lambda cfg: cfg["name"])
    monkeypatch.setattr("easybuild.framework.easyconfig.easyconfig.ActiveMNS", lambda: scheme)
    monkeypatch.setitem(compat._PLACES, "{binutils}", lambda _: BINUTILS)
    monkeypatch.setitem(compat._PLACES, "{libbfd}", lambda _: f"{BINUTILS}/libbfd.so")
    monkeypatch.setattr(toolchains, "hierarchy", lambda top: (top,))
    for name in ("EESSI", "_INSTALLED"):  # their paths begin with the test's own folder
        pattern = getattr(redistributable, name).pattern
        monkeypatch.setattr(redistributable, name, re.compile(f"(?:{re.escape(str(tmp_path))}/\\d+)?{pattern}"))
    return World(make_block, tmp_path, options)


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
def test_what_a_rule_changes(row: Row, world: World) -> None:
    assert world.changes(row, RULES) == row.changes


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_each_rule_is_what_one_row_is_about(rule: Rule, world: World) -> None:
    without = tuple(other for other in RULES if other is not rule)
    point = "parse" if rule.at == PARSE_EXTENSION else rule.at
    about = [row for row in ROWS if row.at == point and world.changes(row, without) != row.changes]
    assert len(about) == 1


def at_the_edge(edge: Edge) -> Row:
    """The row that an edge is of, with what differs; `changes` are still those of that row."""
    found = [row for row in ROWS if row.at == edge.at and edge.of in (row.name, f"{row.name} {row.target.cpu}")]
    (row,) = found
    cfg = {**row.cfg, **edge.but.get("cfg", {})}
    return replace(row, **{**edge.but, "cfg": cfg})


@pytest.mark.parametrize("edge", TOO, ids=lambda edge: f"{edge.at}-{edge.of}")
def test_a_rule_does_the_same_for_others(edge: Edge, world: World) -> None:
    row = at_the_edge(edge)
    assert world.changes(row, RULES) == row.changes


@pytest.mark.parametrize("edge", NOT, ids=lambda edge: f"{edge.at}-{edge.of}")
def test_a_rule_does_nothing_for_what_is_nearly_the_same(edge: Edge, world: World) -> None:
    assert world.changes(at_the_edge(edge), RULES) == edge.changes


@pytest.mark.parametrize("row", [row for row in ROWS if row.target is COMPAT], ids=lambda row: f"{row.at}-{row.name}")
def test_without_a_compatibility_layer_nothing_is_taken_from_it(row: Row, world: World) -> None:
    outside = replace(row, target=HOST)
    assert world.changes(outside, RULES) == world.changes(outside, ())


@pytest.mark.parametrize("row", ROWS, ids=ROW_IDS)
def test_outside_eessi_only_rules_for_all_targets_act(row: Row, world: World) -> None:
    for_all = tuple(
        rule
        for rule in RULES
        if not (rule.cpus or rule.families or rule.since_eessi or rule.only_eessi or rule.needs_eprefix)
    )
    outside = replace(row, target=HOST)
    assert world.changes(outside, RULES) == world.changes(outside, for_all)
