import os
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from eessi_hooks.actions import (
    add_dependency,
    append,
    assign,
    ignore_test_failures,
    replace_dependency,
    substitute,
    toolchain_options,
)
from eessi_hooks.dependencies import Dependency
from eessi_hooks.session import build_option, limit_parallel, setenv
from eessi_hooks.step import Action, Config, Step
from eessi_hooks.target import BuildTarget

TARGET = BuildTarget(eprefix="/compat")
IGNORED = "|| echo 'failing tests are ignored by a rule of eessi_hooks'"
LLVM, MINIMAL = Dependency("LLVM", "18.1.8"), Dependency("LLVM", "18.1.8", "-minimal")


@pytest.mark.parametrize(
    ("action", "param", "before", "after"),
    [
        (append("configopts", "--x"), "configopts", None, " --x "),
        (append("configopts", "--x"), "configopts", "", " --x "),
        (append("configopts", "--x"), "configopts", "--a=%(start_dir)s", "--a=%(start_dir)s --x "),
        (append("configopts", "--x=/usr"), "configopts", "--x=/usr/lib", "--x=/usr/lib --x=/usr "),
        (append("configopts", "--x"), "configopts", ["-a", "-b"], ["-a --x ", "-b --x "]),
        (append("configopts", "--x={eprefix}/usr ${HOME}"), "configopts", "", " --x=/compat/usr ${HOME} "),
        (assign("check", value=False), "check", True, False),
        (toolchain_options(pic=True), "toolchainopts", None, {"pic": True}),
        (toolchain_options(pic=True), "toolchainopts", {"pic": False, "openmp": True}, {"pic": True, "openmp": True}),
        (toolchain_options(extra_cflags="-y"), "toolchainopts", {"extra_cflags": "-x"}, {"extra_cflags": "-x -y"}),
        (substitute("configopts", r"\$Z/(\w+)", r"{eprefix}/\1"), "configopts", "a $Z/lib b", "a /compat/lib b"),
        (substitute("configopts", "a", "b"), "configopts", ["a", "ca"], ["b", "cb"]),
        (ignore_test_failures(), "testopts", "-j 4", f"-j 4 {IGNORED} "),
    ],
)
def test_a_parameter_changes_once(action: Action, param: str, before: object, after: object) -> None:
    cfg = {param: before}
    step = Step(cfg=cfg, target=TARGET)
    assert action.apply(step) is True
    assert cfg == {param: after}
    if not action.text.startswith("set toolchain"):
        assert action.apply(step) is False
        assert cfg == {param: after}


def test_text_is_not_appended_to_a_truth_value() -> None:
    with pytest.raises(TypeError, match="runtest is True"):
        append("runtest", "x").apply(Step(cfg={"runtest": True}, target=TARGET))


def test_a_pattern_that_is_not_there_changes_nothing() -> None:
    cfg: dict[str, object] = {"configopts": "x", "toolchainopts": None}
    assert substitute("configopts", "a", "b").apply(Step(cfg=cfg, target=TARGET)) is False
    assert substitute("toolchainopts", "a", "b").apply(Step(cfg=cfg, target=TARGET)) is False
    assert cfg == {"configopts": "x", "toolchainopts": None}


@pytest.mark.parametrize("param", ["dependencies", "builddependencies"])
def test_a_dependency_is_replaced_for_build_and_run(param: str) -> None:
    cfg: dict[str, object] = {"dependencies": [], "builddependencies": [], param: [("LLVM", "18.1.8")]}
    step = Step(cfg=cfg, target=TARGET)
    assert replace_dependency(LLVM, MINIMAL).apply(step) is True
    assert cfg[param] == [("LLVM", "18.1.8", "-minimal")]
    assert replace_dependency(LLVM, MINIMAL).apply(step) is False


def test_a_dependency_is_added_once() -> None:
    cfg: dict[str, object] = {"dependencies": [("zlib", "1")], "builddependencies": []}
    step = Step(cfg=cfg, target=TARGET)
    assert add_dependency(LLVM).apply(step) is True
    assert add_dependency(MINIMAL).apply(step) is False
    assert cfg == {"dependencies": [("zlib", "1"), ("LLVM", "18.1.8")], "builddependencies": []}
    assert add_dependency(LLVM, "builddependencies").apply(step) is True


@pytest.mark.parametrize("before", [None, "old"])
def test_a_variable_lasts_for_the_step(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.setenv("HOOKS_TEST", "to be restored")
    os.environ.pop("HOOKS_TEST")
    if before is not None:
        os.environ["HOOKS_TEST"] = before
    step = Step(cfg={}, target=TARGET)
    assert setenv("HOOKS_TEST", "{eprefix}/new").apply(step) is True
    assert os.environ["HOOKS_TEST"] == "/compat/new"
    step.undo.close()
    assert os.environ.get("HOOKS_TEST") == before


def test_a_build_option_lasts_for_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, object] = {"optarch": None}

    def update(name: str, value: object) -> object:
        old, options[name] = options[name], value
        return old

    monkeypatch.setattr("easybuild.tools.config.update_build_option", update)
    step = Step(cfg={}, target=TARGET)
    build_option("optarch", "GENERIC").apply(step)
    build_option("optarch", "march=armv8.2-a").apply(step)
    assert options == {"optarch": "march=armv8.2-a"}
    step.undo.close()
    assert options == {"optarch": None}


@pytest.mark.parametrize(
    ("action", "current", "expected"),
    [
        (limit_parallel(divide=2), 48, 24),
        (limit_parallel(divide=2), 24, 24),
        (limit_parallel(divide=4), 8, 8),
        (limit_parallel(divide=100), 48, 1),
        (limit_parallel(at_most=8), 48, 8),
        (limit_parallel(at_most=8), 4, 4),
        (limit_parallel(divide=2, at_most=30), 48, 24),
    ],
)
def test_parallelism_is_only_lowered(
    monkeypatch: pytest.MonkeyPatch, action: Action, current: int, expected: int
) -> None:
    monkeypatch.setattr("easybuild.tools.systemtools.det_parallelism", lambda: 48)
    cfg = SimpleNamespace(parallel=current)
    assert action.apply(Step(cfg=cast("Config", cfg), target=TARGET)) is (expected < current)
    assert cfg.parallel == expected


def test_equal_words_are_equal_actions() -> None:
    assert append("a", "b") == append("a", "b")
    assert append("a", "b") != append("a", "c")
    assert replace(append("a", "b"), scoped=True) != append("a", "b")
