import os
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from easybuild.tools.build_log import EasyBuildError
from eessi_hooks import engine as engine_module
from eessi_hooks.actions import append, assign
from eessi_hooks.engine import Engine, run_each
from eessi_hooks.rule import ANY, Rule
from eessi_hooks.session import setenv
from eessi_hooks.step import Action, Step
from eessi_hooks.target import BuildTarget

BlockMaker = Callable[..., SimpleNamespace]
TARGET = BuildTarget(eprefix="/compat")
VARIABLE = "HOOKS_ENGINE_TEST"
FIRST = Rule(software=("toy",), at="pre_configure", do=append("configopts", "--first"), why="it is the first")
SECOND = replace(FIRST, do=append("configopts", "--second"), why="it is the second")
SCOPED = replace(FIRST, at="pre_test", do=setenv(VARIABLE, "step"), why="scope")


@pytest.fixture(autouse=True)
def _clean_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def engine(*rules: Rule, log: list[str] | None = None) -> Engine:
    said = log if log is not None else []
    return Engine(rules, TARGET, lambda applied: said.append(str(applied)))


def test_matching_rules_act_in_their_order_and_say_why(make_block: BlockMaker) -> None:
    log: list[str] = []
    block = make_block("toy", "1.0", configopts="--x")
    engine(SECOND, FIRST, replace(FIRST, software=("other",)), log=log).run("pre_configure", block)
    assert block.cfg["configopts"] == "--x --second  --first "
    assert log == [
        "hook rule: toy/1.0 at pre_configure: append to configopts: --second (why: it is the second)",
        "hook rule: toy/1.0 at pre_configure: append to configopts: --first (why: it is the first)",
    ]


def test_a_rule_that_changes_nothing_says_so(make_block: BlockMaker) -> None:
    log: list[str] = []
    engine(FIRST, log=log).run("pre_configure", make_block("toy", "1.0", configopts="--first"))
    assert log[0].startswith("hook rule: nothing to do for toy/1.0")


def test_an_easyconfig_is_its_own_configuration(make_block: BlockMaker) -> None:
    ec = make_block("toy", "1.0", configopts=None).cfg
    ec.name, ec.version = "toy", "1.0"
    engine(replace(FIRST, at="parse")).run("parse", ec)
    assert ec["configopts"] == " --first "


def test_rules_see_toolchain_and_templates_as_written(make_block: BlockMaker) -> None:
    seen: list[object] = []

    def look(step: Step) -> bool:
        seen.append(getattr(step.cfg, "templating"))  # noqa: B009
        return False

    block = make_block("toy", "1.0", toolchain=("GCC", "13.2.0"))
    rule = replace(FIRST, do=Action("look", look), toolchain=("GCC", "13.2.0"))
    engine(rule, replace(rule, toolchain=("GCC", "12.2.0"))).run("pre_configure", block)
    assert seen == [False]
    assert block.cfg.templating is True


def test_what_a_step_opened_ends_with_it(make_block: BlockMaker) -> None:
    block, other = make_block("toy", "1.0"), make_block("toy", "1.0")
    hooks = engine(SCOPED)
    hooks.run("pre_test", block)
    for point, subject in (("post_test", other), ("post_build", block)):
        hooks.run(point, subject)
        assert os.environ[VARIABLE] == "step"
    hooks.run("post_test", block)
    assert VARIABLE not in os.environ


def test_what_a_step_opened_is_closed_before_rules_of_its_end(make_block: BlockMaker) -> None:
    seen: list[str | None] = []

    def look(_: Step) -> bool:
        seen.append(os.environ.get(VARIABLE))
        return False

    hooks, block = engine(SCOPED, replace(FIRST, at="post_test", do=Action("look", look))), make_block("toy", "1.0")
    hooks.run("pre_test", block)
    hooks.run("post_test", block)
    assert seen == [None]


def test_what_a_failed_step_opened_ends_with_the_build(make_block: BlockMaker) -> None:
    extension, block = make_block("toy", "1.0"), make_block("toy", "1.0")
    hooks = engine(SCOPED, replace(SCOPED, at="pre_single_extension", do=setenv(VARIABLE, "extension")))
    hooks.run("pre_test", block)
    hooks.run("pre_single_extension", extension)
    assert os.environ[VARIABLE] == "extension"
    hooks.run("post_easyblock", block)
    assert VARIABLE not in os.environ


def test_what_is_set_after_a_step_lasts_for_the_build(make_block: BlockMaker) -> None:
    hooks, block = engine(replace(SCOPED, at="post_prepare")), make_block("toy", "1.0")
    hooks.run("post_prepare", block)
    hooks.run("pre_build", block)
    hooks.run("post_build", block)
    assert os.environ[VARIABLE] == "step"
    hooks.run("post_easyblock", block)
    assert VARIABLE not in os.environ


def test_a_failing_rule_is_named_with_its_reason(make_block: BlockMaker) -> None:
    rule = replace(FIRST, do=assign("configopts", 1))
    block = make_block("toy", "1.0")  # has no configopts
    with pytest.raises(EasyBuildError) as failure:
        engine(rule).run("pre_configure", block)
    assert str(failure.value).strip("'").splitlines() == [
        "KeyError: 'configopts'",
        "raised for toy/1.0 at pre_configure by the hook rule: toy at pre_configure: set configopts to 1",
        "which is there because: it is the first",
    ]
    assert isinstance(failure.value.__cause__, KeyError)


def test_what_a_rule_refuses_is_said_as_it_says_it(make_block: BlockMaker) -> None:
    def refuse(_: Step) -> bool:
        message = "not for 100% of targets"
        raise EasyBuildError(message)

    with pytest.raises(EasyBuildError, match=r"^'?not for 100% of targets\nraised for toy/1.0"):
        engine(replace(FIRST, software=ANY, do=Action("refuse", refuse))).run("pre_configure", make_block("toy", "1.0"))


def test_all_easyconfigs_of_a_session_are_looked_at(make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [make_block("toy", "1.0", configopts=""), make_block("toy", "2.0", configopts="")]
    point = "pre_build_and_install_loop"
    monkeypatch.setattr(engine_module, "_engine", lambda: engine(replace(FIRST, at=point)))
    run_each(point, [{"ec": block} for block in blocks])
    assert [block.cfg["configopts"] for block in blocks] == [" --first ", " --first "]
