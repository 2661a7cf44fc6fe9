"""LLVM's easyblock uses a library where that is a dependency; one that is filtered has to be named to it."""

from collections.abc import Callable, Iterator

from eessi_hooks.step import Step


def add_dependency_names(*names: str) -> Callable[[Step], bool]:
    """Name dependencies to LLVM's easyblock, also where it is a component of a bundle."""

    def apply(step: Step) -> bool:
        added = [_add(deps, name) for deps in _of_llvm(step.block) for name in names]
        return any(added)

    return apply


def _of_llvm(block: object) -> Iterator[list[str]]:
    deps = getattr(block, "deps", None)
    if isinstance(deps, list) and any(base.__name__ == "EB_LLVM" for base in type(block).__mro__):
        yield deps
    for _, component in getattr(block, "comp_instances", ()):
        yield from _of_llvm(component)


def _add(deps: list[str], name: str) -> bool:
    if name in deps:
        return False
    deps.append(name)
    return True
