"""What cannot be built for a target gets a module that says so when it is loaded, instead of a failed build."""

from collections.abc import Iterator
from typing import NamedTuple

from eessi_hooks.build import capabilities, is_accelerated, itself_and_direct, text, toolchain, without_letters
from eessi_hooks.policies import cuda
from eessi_hooks.policies.install_path import is_below_accel
from eessi_hooks.recipes import needed
from eessi_hooks.rule import Condition
from eessi_hooks.session import set_build_option, setenv
from eessi_hooks.step import Step
from eessi_hooks.target import CUDA_OVERRIDE, CUDNN_OVERRIDE, ZEN4
from eessi_hooks.versions import is_before, version_key

_KNOWN_ISSUES = (
    "https://www.eessi.io/docs/known_issues/eessi-2023.06/"
    "#gcc-1220-and-foss-2022b-based-modules-cannot-be-loaded-on-zen4-architecture"
)
_ON_GCC_12_2 = frozenset(
    {("GCCcore", "12.2.0"), ("GCC", "12.2.0"), ("gfbf", "2022b"), ("gompi", "2022b"), ("foss", "2022b")}
)
_CUDNN_WITHOUT_VOLTA = "9.12.0"
_VOLTA = "7.0"


class Reason(NamedTuple):
    variable: str  #: who sets it, loads the module all the same
    text: str


def reasons(step: Step) -> tuple[Reason, ...]:
    """All of them: each keeps a module from being loaded."""
    can_inherit = capabilities(step.cfg) and (is_accelerated(step) or is_below_accel(step))
    inherited = _of_dependencies(step) if can_inherit else ()
    return tuple(dict.fromkeys([*_zen4(step), *_cudnn(step), *_cuda(step), *inherited]))


def in_words(step: Step) -> list[str]:
    return [f"{one.text} Set {one.variable} to load it all the same." for one in reasons(step)]


IS_UNSUPPORTED = Condition("the target cannot have it", lambda step: bool(reasons(step)))


def stub(step: Step) -> bool:
    """Make the module alone, and let the modules of others that cannot be built be loaded for that."""
    set_build_option(step, "module_only", value=True)
    set_build_option(step, "force", value=True)  # or EasyBuild would check an installation that is not there
    for reason in reasons(step):
        setenv(reason.variable, "1").apply(step)
        environment = getattr(step.block, "initial_environ", None)
        if environment is not None:  # in which EasyBuild makes the module
            environment[reason.variable] = "1"
    return True


def explain_on_load(step: Step) -> bool:
    """Write into the module why it does not load."""
    before = text(step.cfg, "modluafooter")
    lines = [f'if not os.getenv("{one.variable}") then LmodError([==[{one.text}]==]) end' for one in reasons(step)]
    added = [line for line in lines if line not in before]
    step.cfg["modluafooter"] = "\n".join([*filter(None, [before]), *added])
    return bool(added)


def _zen4(step: Step) -> Iterator[Reason]:
    used = {(dep.name, dep.version) for dep in itself_and_direct(step)} | {toolchain(step.cfg)}
    if used & _ON_GCC_12_2 and step.target.cpu == ZEN4:
        message = f"What is built with GCCcore-12.2.0 is not supported on Zen4. See {_KNOWN_ISSUES}"
        yield Reason("EESSI_IGNORE_LMOD_ERROR_ZEN4_GCC1220", message)


def _cudnn(step: Step) -> Iterator[Reason]:
    asked = capabilities(step.cfg)
    too_old = [one for one in asked if version_key(without_letters(one)) <= version_key(_VOLTA)]
    for version in _versions(step, "cuDNN") if too_old and CUDNN_OVERRIDE not in step.target.overrides else ():
        if not is_before(version, _CUDNN_WITHOUT_VOLTA):
            what = f"cuDNN {_CUDNN_WITHOUT_VOLTA} and newer ones, of which {version} is one,"
            yield Reason(_variable("CUDNN", version, asked), _message(what, too_old))


def _cuda(step: Step) -> Iterator[Reason]:
    asked = capabilities(step.cfg)
    for version in _versions(step, "CUDA") if asked and CUDA_OVERRIDE not in step.target.overrides else ():
        unknown = [one for one in asked if not cuda.supports(version, one)]
        if unknown:
            yield Reason(_variable("CUDA", version, asked), _message(f"CUDA {version}", unknown))


def _message(what: str, unknown: list[str]) -> str:
    return f"{what} has no support for CUDA compute capability {', '.join(unknown)}, which this module is asked for."


def _versions(step: Step, name: str) -> list[str]:
    return list(dict.fromkeys(dep.version for dep in itself_and_direct(step) if dep.name == name))


def _variable(name: str, version: str, asked: tuple[str, ...]) -> str:
    plain = "_".join(map(without_letters, asked))
    return f"EESSI_IGNORE_{name}_{version}_CC_{plain}".replace(".", "_")


def _of_dependencies(step: Step) -> Iterator[Reason]:
    """A module that loads, or is built with, one that does not load cannot be there either."""
    for cfg in needed(step.cfg, for_builds=False):
        other = Step(cfg=cfg, target=step.target, name=str(cfg["name"]), version=str(cfg["version"]))
        yield from (*_cudnn(other), *_cuda(other))
