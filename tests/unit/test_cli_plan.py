"""What `plan` says and keeps, made from values."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eessi_stack.cli.plan import _write, described, document
from eessi_stack.config import Settings, load
from eessi_stack.errors import StackError
from eessi_stack.model import (
    Action,
    Answer,
    Comparison,
    Package,
    Plan,
    Request,
    Stack,
    State,
    Step,
    Target,
    Tree,
    Verdict,
)
from eessi_stack.place import Place
from eessi_stack.prepare import Prepared
from eessi_stack.schedule import Weight

GPU = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
ASKED = Request(easyconfig="B-1.eb", file="s.yml", line=2)
A = Step(
    package=Package(module="A/1", recipe="/r/A-1.eb", sha256="aa"),
    action=Action.INSTALL,
    reason="new",
    prefix=Path("/cpu"),
    seconds=60.0,
)
B = Step(
    package=Package(
        module="Bee/1.0", recipe="/r/B-1.eb", sha256="bb", dependencies=("A/1", "there/1"), requests=(ASKED,)
    ),
    action=Action.REBUILD,
    reason="rebuild: asked for",
    prefix=Path("/cpu/accel"),
    seconds=30.0,
)
STATES = {"A/1": State.MISSING, "Bee/1.0": State.INSTALLED, "there/1": State.INSTALLED, "no/1": State.EXCLUDED}


def settings(**more: str) -> Settings:
    return load({"repo": "/repo", "cores": "8", "jobs": "2", "memory": "64G", **more}, {"HOME": "/"})


def prepared(steps: Sequence[Step] = (A, B), states: dict[str, State] | None = None) -> Prepared:
    verdicts = tuple(Verdict(package=Package(module=name), state=state) for name, state in (states or STATES).items())
    asked = tuple((ASKED, verdict) for verdict in verdicts[:1])
    comparison = Comparison(target=GPU, verdicts=verdicts, requests=asked)
    critical = tuple(step.package.module for step in steps)
    return Prepared(
        plan=Plan(target=GPU, steps=tuple(steps), critical=critical),
        weights={step.package.module: Weight(seconds=step.seconds or 5) for step in steps},
        answer=Answer(target=GPU, prefix=Path("/cpu/accel"), comparison=comparison),
    )


def place() -> Place:
    tree = Tree(repo=Path("/repo"), version="2023.06")
    return Place(settings=settings(), tree=tree, target=GPU, why="", runs=(), compat=None, environment={})


def test_a_plan_is_a_line_a_step_by_prefix() -> None:
    assert list(described(prepared(), settings())) == [
        "2 packages to build for x86_64/amd/zen3/accel/nvidia/cc90:",
        "\ninto /cpu",
        "   module cores    took  reason",
        " * A/1        8   1m00s  new",
        "\ninto /cpu/accel",
        "   module  cores    took  reason",
        " * Bee/1.0     8     30s  rebuild: asked for",
        "",
        "* critical path, 1m30s; all of it takes about 1m30s",
        "skipped: 1 present, 1 excluded",
    ]


def test_where_the_journal_does_not_know_all_no_time_is_promised() -> None:
    steps = (A, replace(B, seconds=None))
    said = list(described(prepared(steps), settings()))
    assert "* critical path; the journal knows how long 1 of 2 take" in said
    made = document(prepared(steps), Stack(requests=()), place(), (), dependents=False)
    assert (made["seconds"], made["steps"][1]["seconds"]) == (None, None)


def test_where_the_journal_knows_nothing_there_is_no_word_of_time() -> None:
    steps = (replace(A, seconds=None), replace(B, seconds=None))
    assert list(described(prepared(steps), settings())) == [
        "2 packages to build for x86_64/amd/zen3/accel/nvidia/cc90:",
        "\ninto /cpu",
        "   module cores  reason",
        " * A/1        8  new",
        "\ninto /cpu/accel",
        "   module  cores  reason",
        " * Bee/1.0     8  rebuild: asked for",
        "",
        "* critical path",
        "skipped: 1 present, 1 excluded",
    ]


def test_where_nothing_is_to_be_done_it_says_why() -> None:
    assert list(described(prepared((), {"A/1": State.INSTALLED}), settings())) == [
        "No missing installations (1 installed)"
    ]
    said = "\n".join(described(prepared((), {"A/1": State.ERROR}), settings()))
    assert "ERROR: " in said


def test_the_document_has_all_that_its_run_needs() -> None:
    stack = Stack(requests=(ASKED,), files=("s.yml",))
    made = document(prepared(), stack, place(), ("Bee",), dependents=True)
    assert json.loads(json.dumps(made)) == made
    assert (made["format"], made["version"], made["target"]) == ("eessi-stack-plan", 1, str(GPU))
    assert made["tree"] == {"repo": "/repo", "version": "2023.06"}
    assert made["easystacks"] == [str(Path.cwd() / "s.yml")]
    assert (made["rebuild"], made["dependents"]) == (["Bee"], True)
    assert made["steps"][1] == {
        "module": "Bee/1.0",
        "easyconfig": "/r/B-1.eb",
        "sha256": "bb",
        "options": {},
        "action": "rebuild",
        "reason": "rebuild: asked for",
        "prefix": "/cpu/accel",
        "needs": ["A/1"],
        "asked_for_by": ["s.yml:2"],
        "cores": 8,
        "seconds": 30.0,
        "critical": True,
    }
    assert made["skipped"] == [
        {"module": "there/1", "reason": "skip: present"},
        {"module": "no/1", "reason": "skip: excluded"},
    ]
    assert (made["critical_path"], made["seconds"]) == (["A/1", "Bee/1.0"], 90)


def test_a_plan_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    _write(tmp_path / "plan.json", {"a": 1})
    assert (tmp_path / "plan.json").read_text() == '{\n  "a": 1\n}\n'
    with pytest.raises(StackError) as caught:
        _write(tmp_path / "none" / "plan.json", {})
    assert caught.value.reference == "plan-unwritable"
