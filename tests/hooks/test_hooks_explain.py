from collections.abc import Callable
from types import SimpleNamespace

import pytest
from eessi_hooks import target as cpu
from eessi_hooks.engine import Applied
from eessi_hooks.explain import NOTHING_TO_CHANGE, POINTS, explain, listing
from eessi_hooks.rule import Facts, Rule, conditions, matches
from eessi_hooks.rules import RULES
from eessi_hooks.step import Step
from eessi_hooks.target import BuildTarget

BlockMaker = Callable[..., SimpleNamespace]
OPTIONS = {"cuda_compute_capabilities": ["7.0"]}
PREFIX = "/srv/versions/2023.06/software/linux/aarch64/a64fx"


@pytest.fixture
def ask(make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[dict[str, object]]]]:
    monkeypatch.setattr("easybuild.tools.config.build_option", OPTIONS.get)

    def run(
        name: str, version: str, target: BuildTarget, parsed: tuple[Applied, ...] = (), **cfg: object
    ) -> dict[str, list[dict[str, object]]]:
        block = make_block(name, version, **cfg)
        block.installdir = f"{target.software_path}/software/{name}/{version}"
        found: dict[str, list[dict[str, object]]] = {}
        step = Step(cfg=block.cfg, target=target, name=name, version=version, block=block)
        for kind, rules in explain(step, parsed).items():
            assert isinstance(rules, list)
            found[kind] = rules
        return found

    return run


def test_every_rule_is_listed_in_the_order_of_a_build() -> None:
    rules = listing()["rules"]
    assert isinstance(rules, list)
    assert len(rules) == len(RULES)
    points = [POINTS.index(rule["at"]) for rule in rules]
    assert points == sorted(points)
    assert {rule.at for rule in RULES} <= {*POINTS}


def test_the_rules_for_one_software() -> None:
    found = listing("BLIS")
    assert found["rules"] == [
        {
            "for": ["BLIS"],
            "at": "pre_configure",
            "does": str(next(rule.do for rule in RULES if "BLIS" in rule.software)),
            "conditions": ["versions 0.9.0", "CPU aarch64/a64fx"],
            "why": next(rule.why for rule in RULES if "BLIS" in rule.software),
        }
    ]
    assert isinstance(found["left_out"], list)
    assert [one["versions"] for one in found["left_out"]] == [["1.0", "1.1"], ["1.0", "1.1", "2.0"]]


def test_what_applies_and_what_nearly_does(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    target = BuildTarget(cpu=cpu.A64FX, family="aarch64", eessi_version="2023.06")
    facts = Facts(point="parse_extension", software="numpy", version="1.24.2", toolchain=("GCC", "1"), target=target)
    parsed = tuple(Applied(rule, facts, changed=True) for rule in RULES if matches(rule, facts))
    answer = ask("SciPy-bundle", "2023.11", target, parsed, exts_list=[("numpy", "1.24.2"), ("isoband", "0.2.7")])
    specific = [(one["kind"], one["at"], one["why"]) for one in answer["applies"] if one["for"] != ["*"]]
    assert specific == [
        ("extension", "parse_extension", "numpy 1.24.2 has problems with -march=native"),
        ("", "pre_test", "four numerical failures, three in 2024.05"),
    ]
    reasons = {(one["software"], one["at"]): one["unmet"] for one in answer["nearly"]}
    assert reasons["isoband", "parse_extension"] == ["is for versions before 0.2.5, not for 0.2.7"]
    assert reasons["SciPy-bundle", "pre_test"] == ["is for CPU aarch64/nvidia/grace, not for aarch64/a64fx"]


@pytest.mark.parametrize(("options", "applies"), [("-DX=$EBROOTZLIB/lib/libz.a", True), ("", False)])
def test_an_edit_that_finds_nothing_is_none(
    ask: Callable[..., dict[str, list[dict[str, object]]]], options: str, *, applies: bool
) -> None:
    answer = ask("MetaBAT", "2.17", BuildTarget(eprefix="/compat"), configopts=options)
    assert [one["at"] for one in answer["applies"] if one["for"] == ["MetaBAT"]] == ["pre_configure"] * applies
    assert [one["unmet"] for one in answer["nearly"]] == [[NOTHING_TO_CHANGE]] * (not applies)


def test_what_is_left_out_of_a_build_is_said(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    a64fx = BuildTarget(cpu=cpu.A64FX, family="aarch64")
    assert [one["at"] for one in ask("BLIS", "1.0", a64fx)["left_out"]] == ["pre_configure"]
    assert ask("BLIS", "1.0", BuildTarget(cpu=cpu.ZEN3))["left_out"] == []
    assert ask("BLIS", "0.9.0", a64fx)["left_out"] == []
    assert ask("zlib", "1.3", a64fx)["left_out"] == []


def test_looking_edits_nothing(make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("easybuild.tools.config.build_option", OPTIONS.get)
    block = make_block("PETSc", "3.24.0", configopts=["-a", "-b"])
    block.installdir = "/srv/software/PETSc"
    before = dict(block.cfg)
    explain(Step(cfg=block.cfg, target=BuildTarget(eprefix="/compat"), name="PETSc", version="3.24.0", block=block), ())
    assert block.cfg == before


def test_a_component_is_a_subject(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    answer = ask("Bundle", "1", BuildTarget(eprefix="/compat"), components=["x", ("PETSc", "3.24.0", {})])
    (petsc,) = [one for one in answer["applies"] if one["kind"] == "component"]
    assert (petsc["software"], petsc["does"]) == ("PETSc", "append to configopts: --with-zlib-dir=/compat/usr")


def test_a_policy_that_would_refuse_is_asked(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    target = BuildTarget(eessi_version="2023.06", software_path=PREFIX)
    answer = ask("OSU", "7.5", target, dependencies=[("CUDA", "13.0.2")])
    refused = [one["refuses"] for one in answer["applies"] if "refuses" in one]
    assert len(refused) == 1
    assert f"would be installed outside of accel/, in {PREFIX}" in str(refused[0])
    (stub,) = [one["details"] for one in answer["applies"] if one["does"] == "make the module alone"]
    assert "CUDA 13.0.2 has no support for CUDA compute capability 7.0" in str(stub)


def test_what_decides_and_is_not_known_is_said(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    answer = ask("OSU", "7.5", BuildTarget(), builddependencies=[("CUDA", "99.0")])
    refused = [(one["at"], one["refuses"]) for one in answer["applies"] if "refuses" in one]
    assert [at for at, _ in refused] == ["pre_easyblock", "pre_module"]
    assert "it is not known whether CUDA 99.0 compiles for compute capability 7.0" in str(refused[0][1])


def test_what_cannot_be_found_is_said(ask: Callable[..., dict[str, list[dict[str, object]]]]) -> None:
    answer = ask("Score-P", "9.4", BuildTarget(eprefix="/nonexistent"))
    assert [one["refuses"] for one in answer["applies"] if "refuses" in one] == [
        "no binutils in /nonexistent/usr/lib*/binutils/*-linux-gnu"
    ]


def test_while_parsing_only_what_changed_something_counts(
    make_block: BlockMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easybuild.tools.config.build_option", OPTIONS.get)
    block = make_block("pybind11", "2.11.1")
    block.installdir = "/srv/software/pybind11"
    step = Step(cfg=block.cfg, target=BuildTarget(), name="pybind11", version="2.11.1", block=block)
    rule = next(rule for rule in RULES if "pybind11" in rule.software)
    facts = Facts(point="parse", software="pybind11", version="2.11.1", toolchain=("GCC", "13"), target=step.target)

    def applying(*, changed: bool) -> bool:
        answer = explain(step, [Applied(rule, facts, changed)])
        assert isinstance(answer["applies"], list)
        assert isinstance(answer["nearly"], list)
        assert [one["unmet"] for one in answer["nearly"]] == ([] if changed else [[NOTHING_TO_CHANGE]])
        return rule.why in [one["why"] for one in answer["applies"]]

    assert applying(changed=True)
    assert not applying(changed=False)


@pytest.mark.parametrize("rule", RULES, ids=[str(rule) for rule in RULES])
def test_all_that_a_rule_asks_for_is_said(rule: Rule) -> None:
    said = " ".join(conditions(rule))
    for value in (*rule.versions, *rule.cpus, *rule.families, *rule.only_eessi, rule.since, rule.before, rule.up_to):
        assert not value or value in said
    assert not rule.when or rule.when.text in said
    assert ("with a compatibility layer" in said) is rule.needs_eprefix
