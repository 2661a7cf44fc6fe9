from collections.abc import Callable
from types import SimpleNamespace

import pytest
from eessi_hooks import target as cpu
from eessi_hooks.policies import cuda
from eessi_hooks.policies.unsupported import explain_on_load, reasons, stub
from eessi_hooks.step import Refused, Step
from eessi_hooks.target import CUDA_OVERRIDE, CUDNN_OVERRIDE, BuildTarget

BlockMaker = Callable[..., SimpleNamespace]
CUDA_VARIABLE = "EESSI_IGNORE_CUDA_13_0_2_CC_7_0"
CUDNN_VARIABLE = "EESSI_IGNORE_CUDNN_9_15_0_57_CC_7_0"


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    found: dict[str, object] = {"cuda_compute_capabilities": None}
    monkeypatch.setattr("easybuild.tools.config.build_option", found.get)
    monkeypatch.setattr("easybuild.tools.config.update_build_option", found.__setitem__)
    return found


def step(block: SimpleNamespace, target: BuildTarget | None = None) -> Step:
    cfg = block.cfg
    return Step(cfg=cfg, target=target or BuildTarget(), name=block.name, version=block.version, block=block)


def variables(asked: Step) -> list[str]:
    return [one.variable for one in reasons(asked)]


@pytest.mark.parametrize(
    ("version", "capability", "expected"),
    [
        ("12.1.1", "9.0a", True),
        ("12.6.0", "10.0f", False),
        ("12.6.3", "9.0", True),  # a patch release is as its minor version
        ("12.8.0", "10.0", True),
        ("12.8.1", "10.3", False),
        ("12.9.1", "10.3f", True),
        ("13.0.2", "7.0", False),
        ("13.4.1", "7.0", False),  # not in the table, and dropped before it
        ("13.4.1", "12.1", True),  # what 13.1 knows, later ones do
        ("11.8.0", "9.0", True),
        ("11.7.0", "9.0", False),
    ],
)
def test_what_a_toolkit_compiles_for(version: str, capability: str, expected: bool) -> None:  # noqa: FBT001
    assert cuda.supports(version, capability) is expected


@pytest.mark.parametrize(("version", "capability"), [("13.4.1", "13.0"), ("14.0.0", "9.0")])
def test_what_is_not_known_is_not_guessed(version: str, capability: str) -> None:
    with pytest.raises(Refused, match=f"it is not known whether CUDA {version}"):
        cuda.supports(version, capability)


def test_all_reasons_are_given_each_with_its_variable(make_block: BlockMaker, options: dict[str, object]) -> None:
    options["cuda_compute_capabilities"] = ["7.0"]
    deps = [("CUDA", "13.0.2"), ("cuDNN", "9.15.0.57", "-CUDA-13.0.2")]
    block = make_block("PyTorch", "2.9.1", dependencies=[], builddependencies=[deps, [("CMake", "4")]], modluafooter="")
    assert variables(step(block)) == [CUDNN_VARIABLE, CUDA_VARIABLE]
    assert explain_on_load(step(block)) is True
    assert explain_on_load(step(block)) is False
    lines = block.cfg["modluafooter"].splitlines()
    assert lines[0].startswith(f'if not os.getenv("{CUDNN_VARIABLE}") then LmodError([==[cuDNN 9.12.0 and newer')
    assert lines[1] == (
        f'if not os.getenv("{CUDA_VARIABLE}") then LmodError([==[CUDA 13.0.2 has no support for CUDA compute '
        "capability 7.0, which this module is asked for.]==]) end"
    )


@pytest.mark.parametrize(
    ("module", "asked", "expected"),
    [
        ("CUDA/13.0.2", ["7.0"], [CUDA_VARIABLE]),
        ("CUDA/13.0.2", ["7.0", "9.0a"], ["EESSI_IGNORE_CUDA_13_0_2_CC_7_0_9_0"]),
        ("CUDA/13.0.2", None, []),
        ("cuDNN/9.15.0.57", ["7.0"], [CUDNN_VARIABLE]),
        ("cuDNN/9.11.0", ["7.0"], []),
        ("cuDNN/9.15.0.57", ["7.5"], []),
        ("zlib/1.3", ["7.0"], []),
    ],
)
def test_what_is_unsupported(
    make_block: BlockMaker, options: dict[str, object], module: str, asked: object, expected: list[str]
) -> None:
    options["cuda_compute_capabilities"] = asked
    assert variables(step(make_block(*module.split("/")))) == expected


def test_a_check_can_be_switched_off(make_block: BlockMaker, options: dict[str, object]) -> None:
    options["cuda_compute_capabilities"] = ["7.0"]
    off = BuildTarget(overrides=frozenset({CUDA_OVERRIDE, CUDNN_OVERRIDE}))
    deps = [("CUDA", "99.0"), ("cuDNN", "9.15.0.57")]
    assert variables(step(make_block("PyTorch", "2.9.1", dependencies=deps), off)) == []


@pytest.mark.usefixtures("options")
@pytest.mark.parametrize(
    ("toolchain", "deps", "on_zen4"),
    [
        (("GCC", "12.2.0"), [], True),
        (("system", "system"), [("foss", "2022b")], True),
        (("GCC", "12.3.0"), [("GCCcore", "12.3.0")], False),
    ],
)
def test_gcc_12_2_on_zen4(
    make_block: BlockMaker, toolchain: tuple[str, str], deps: list[tuple[str, str]], *, on_zen4: bool
) -> None:
    block = make_block("toy", "1.0", toolchain, builddependencies=deps)
    assert bool(reasons(step(block, BuildTarget(cpu=cpu.ZEN4)))) is on_zen4
    assert reasons(step(block, BuildTarget(cpu=cpu.ZEN3))) == ()


def test_a_stub_lasts_for_the_build(
    make_block: BlockMaker, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CUDA_VARIABLE, raising=False)
    options["cuda_compute_capabilities"] = ["7.0"]
    block = make_block("CUDA", "13.0.2")
    block.initial_environ = {}
    asked = step(block)
    assert stub(asked) is True
    assert (options["module_only"], options["force"], block.initial_environ) == (True, True, {CUDA_VARIABLE: "1"})
    asked.undo.close()
    assert (options["module_only"], options["force"]) == (None, None)
