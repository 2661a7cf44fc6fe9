"""What is worked out once for all targets, and that one of them keeps none of the others from its answer."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from eessi_stack import config, flow, survey
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Answer, Exclusion, Package, Request, Stack, State, Target, Tree
from eessi_stack.place import Place

APP = Request(easyconfig="App-1.eb", file="s.yml", line=1)
GPU = Request(easyconfig="Gpu-1.eb", file="s.yml", line=2)
PACKAGES = (
    Package(module="App/1", requests=(APP,), dependencies=("Lib/1",)),
    Package(module="Lib/1"),
    Package(module="Gpu/1", requests=(GPU,), dependencies=("CUDA/12", "Lib/1")),
    Package(module="CUDA/12"),
)
ZEN3, ZEN4, ARM = (Target(cpu=cpu) for cpu in ("x86_64/amd/zen3", "x86_64/amd/zen4", "aarch64/generic"))
CC80 = Target(cpu="x86_64/amd/zen4", accelerator="nvidia/cc80")


class FakeFacts:
    """Says the same of every target, but for those of a family that it cannot read for."""

    asked: list[str]
    broken: str
    failure: StackError

    def __init__(self, *_: object) -> None:
        self.closed = False

    def resolve(self, _: Sequence[Request], family: str, __: object) -> tuple[Package, ...]:
        self.asked.append(family)
        if family == self.broken:
            raise self.failure
        return PACKAGES

    remember = resolve

    def close(self) -> None:
        self.asked.append("closed")


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    FakeFacts.asked, FakeFacts.broken = asked, ""
    FakeFacts.failure = StackError("x", "no EasyBuild", context="here", hint="there", exit_code=ExitCode.UNDECIDED)
    monkeypatch.setattr(survey, "Facts", FakeFacts)
    return asked


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load({"repo": str(tmp_path), "cache-dir": str(tmp_path / "cache")}, {"HOME": str(tmp_path)})


def place(settings: Settings, target: Target) -> Place:
    tree = Tree(repo=settings.repo, version="2023.06")
    return Place(settings=settings, tree=tree, target=target, why="", runs=(), compat=None, environment={})


def install(settings: Settings, target: Target, *modules: str) -> None:
    for module in modules:
        path = Tree(repo=settings.repo, version="2023.06").modules(target) / f"{module}.lua"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('help("x")')


def missing(settings: Settings, *targets: Target, strict: bool = False, stack: Stack | None = None) -> list[Answer]:
    stack = stack or Stack(requests=(APP, GPU))
    return list(flow.missing(stack, [place(settings, target) for target in targets], strict=strict))


def states(answer: Answer) -> dict[str, State]:
    assert answer.comparison
    return {verdict.package.module: verdict.state for verdict in answer.comparison.verdicts}


def test_each_target_is_answered_from_its_own_prefix(settings: Settings, asked: list[str]) -> None:
    install(settings, ZEN3, "App/1", "Lib/1")
    zen3, zen4 = missing(settings, ZEN3, ZEN4)
    assert states(zen3) == dict.fromkeys(("App/1", "Lib/1"), State.INSTALLED)
    assert states(zen4) == dict.fromkeys(("App/1", "Lib/1"), State.MISSING)
    assert (zen3.note, zen4.note) == ("", "no modules there yet")
    assert asked == ["x86_64", "x86_64", "closed"]


def test_what_needs_cuda_belongs_to_the_accelerator(settings: Settings) -> None:
    install(settings, ZEN4, "App/1", "Lib/1", "Gpu/1")
    install(settings, CC80, "CUDA/12")
    cpu, gpu = missing(settings, ZEN4, CC80)
    assert states(cpu) == dict.fromkeys(("App/1", "Lib/1"), State.INSTALLED)
    assert states(gpu)["Gpu/1"] is State.MISSING, "it is in the CPU's prefix, where it does not belong"
    strict = missing(settings, CC80, strict=True)[0]
    assert states(strict)["Gpu/1"] is State.INSTALLED


def test_one_that_cannot_be_told_keeps_none_of_the_others_from_it(settings: Settings, asked: list[str]) -> None:
    FakeFacts.broken = "aarch64"
    zen3, arm, zen4 = missing(settings, ZEN3, ARM, ZEN4)
    assert zen3.comparison
    assert zen4.comparison
    assert (arm.comparison, arm.problem) == (None, "no EasyBuild\nhere\nthere")
    assert asked[-1] == "closed"


def test_a_prefix_that_cannot_be_read_is_a_problem_of_its_targets(settings: Settings) -> None:
    layer = Tree(repo=settings.repo, version="2023.06").modules(ZEN4)
    layer.parent.mkdir(parents=True)
    layer.write_text("no folder")
    zen3, zen4, cc80 = missing(settings, ZEN3, ZEN4, CC80)
    assert zen3.comparison
    assert f"{layer}: cannot be read" in zen4.problem
    assert cc80.problem == zen4.problem


def test_the_only_one_that_cannot_be_told_is_an_error(settings: Settings, asked: list[str]) -> None:
    FakeFacts.broken = "aarch64"
    with pytest.raises(StackError, match="no EasyBuild"):
        missing(settings, ARM)
    assert asked[-1] == "closed"


def test_wrong_usage_is_an_error_however_many_are_asked(settings: Settings) -> None:
    FakeFacts.broken, FakeFacts.failure = "aarch64", StackError("x", "wrong usage")
    with pytest.raises(StackError, match="wrong usage"):
        missing(settings, ZEN3, ARM)


def test_exclusions_are_for_a_target_by_whichever_name_its_folder_has(settings: Settings) -> None:
    exclusion = Exclusion(easyconfig="App-1", reason="broken", targets=("aarch64/neoverse_n1",))
    stack = Stack(requests=(APP,), exclusions=(exclusion,))
    old, other = missing(settings, Target(cpu="aarch64/graviton2"), ARM, stack=stack)
    assert states(old)["App/1"] is State.EXCLUDED
    assert states(other)["App/1"] is State.MISSING


def test_what_proves_an_install_is_the_same_packages_against_what_is_there_now(
    settings: Settings, asked: list[str]
) -> None:
    stack = Stack(requests=(APP,))
    here = place(settings, ZEN3)
    (before,) = missing(settings, ZEN3, stack=stack)
    assert set(states(before).values()) == {State.MISSING}
    install(settings, ZEN3, "App/1", "Lib/1")
    asked.clear()
    assert set(states(flow.proof(before, stack, here)).values()) == {State.INSTALLED}
    assert asked == ["closed"]
