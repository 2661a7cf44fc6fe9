"""What rules ask of a build besides software, version, toolchain and target."""

from eessi_hooks.build import capabilities, direct, itself_and_direct, parameter, text, without_letters
from eessi_hooks.rule import Condition
from eessi_hooks.step import Step


def both(one: Condition, other: Condition) -> Condition:
    return Condition(f"{one.text} and {other.text}", lambda step: one.holds(step) and other.holds(step))


def uses(name: str, version: str) -> Condition:
    return Condition(
        f"{name} {version} is made or needed",
        lambda step: any((dep.name, dep.version) == (name, version) for dep in itself_and_direct(step)),
    )


def needs(name: str) -> Condition:
    return Condition(f"{name} is needed", lambda step: any(dep.name == name for dep in direct(step.cfg)))


def lacks(name: str) -> Condition:
    """It is no dependency, or one that is filtered because something else provides it."""

    def holds(step: Step) -> bool:
        from easybuild.tools.config import build_option

        filtered = {str(spec).partition("=")[0] for spec in build_option("filter_deps") or ()}
        return name in filtered or not needs(name).holds(step)

    return Condition(f"there is no module of {name}", holds)


def is_set(param: str) -> Condition:
    return Condition(f"{param} is set", lambda step: bool(parameter(step.cfg, param)))


def suffix_has(word: str) -> Condition:
    return Condition(f"versionsuffix has {word}", lambda step: word in text(step.cfg, "versionsuffix"))


def has_capability(number: str) -> Condition:
    return Condition(
        f"CUDA compute capability {number} is asked for",
        lambda step: number in map(without_letters, capabilities(step.cfg)),
    )


def asks_for(*suffixed: str) -> Condition:
    """Any of these, letters and all; by EasyBuild's option or by the easyconfig's own, which it hides."""

    def holds(step: Step) -> bool:
        own = parameter(step.cfg, "cuda_compute_capabilities")
        asked = {*capabilities(step.cfg), *(own if isinstance(own, list) else ())}
        return not asked.isdisjoint(suffixed)

    return Condition(f"CUDA compute capability {' or '.join(suffixed)} is asked for", holds)


def no_gpu_for_cuda_tests() -> Condition:
    """Tests that ask for a device have none."""

    def holds(step: Step) -> bool:
        from easybuild.tools.systemtools import get_gpu_info

        cfg = step.cfg
        return "CUDA" in text(cfg, "versionsuffix") and bool(capabilities(cfg)) and not get_gpu_info().get("NVIDIA")

    return Condition("it is built for CUDA on a machine without GPU", holds)


def without_avx() -> Condition:
    """The machine that builds has none, or those that run it need not have any."""

    def holds(step: Step) -> bool:
        from easybuild.tools.config import build_option
        from easybuild.tools.systemtools import get_cpu_features

        generic = build_option("optarch") == "GENERIC" or (step.target.cpu or "").endswith("/generic")
        return generic or "avx" not in get_cpu_features()

    return Condition("AVX cannot be relied on", holds)
