"""The verbs a rule can use. Each gives an Action; what it does to a build happens when the engine calls it.

In texts, `{eprefix}` stands for the compatibility layer; all else, `$` and `%(...)s` included, is for EasyBuild and the
shell to expand.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol, cast

from eessi_hooks.dependencies import Dependency, added, replaced
from eessi_hooks.target import BuildTarget


class Config(Protocol):
    """What actions need of an easyconfig."""

    def __getitem__(self, param: str, /) -> object: ...
    def __setitem__(self, param: str, value: object, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one build, as the engine hands it to an action."""

    cfg: Config  #: the easyconfig, with templates left as they are
    target: BuildTarget
    block: object = None  #: the easyblock or extension; the easyconfig itself while it is parsed
    undo: ExitStack = field(default_factory=ExitStack)  #: closed when the step ends, whether or not it went well

    def expand(self, text: str) -> str:
        return text.replace("{eprefix}", self.target.eprefix or "")


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does: in words, by which actions are compared, and as a function that says if it changed anything."""

    text: str
    apply: Callable[[Step], bool] = field(compare=False, repr=False)
    scoped: bool = False  #: it is undone when its step ends; one of a `post_` point, when the build ends

    def __str__(self) -> str:
        return self.text


def append(param: str, text: str) -> Action:
    """Append with blanks around, to each value of a list; once only, as iterated builds repeat their steps."""

    def longer(current: object, text: str) -> object:
        if isinstance(current, list):
            return [longer(item, text) for item in current]
        if not isinstance(current, str | None):
            msg = f"{param} is {current!r}, no text to append to"
            raise TypeError(msg)
        current = current or ""
        return current if f" {text} " in f" {current} " else f"{current} {text} "

    return Action(
        f"append to {param}: {text}", lambda step: _put(step, param, longer(step.cfg[param], step.expand(text)))
    )


def assign(param: str, value: object) -> Action:
    return Action(f"set {param} to {value!r}", lambda step: _put(step, param, value))


def toolchain_options(**options: bool | str) -> Action:
    """Set some toolchain options, add to those that are texts, and leave the others as they are."""

    def added_to(current: object, value: object) -> object:
        return f"{current} {value}" if current and isinstance(value, str) else value

    def apply(step: Step) -> bool:
        current = step.cfg["toolchainopts"] or {}
        assert isinstance(current, dict)
        changed = {key: added_to(current.get(key), value) for key, value in options.items()}
        return _put(step, "toolchainopts", {**current, **changed})

    return Action(f"set toolchain options {', '.join(f'{key}={value!r}' for key, value in options.items())}", apply)


def substitute(param: str, pattern: str, replacement: str) -> Action:
    """Replace a regular expression in a text, or in each text of a list."""

    def changed(current: object, replacement: str) -> object:
        if isinstance(current, list):
            return [changed(item, replacement) for item in current]
        return re.sub(pattern, replacement, current) if isinstance(current, str) else current

    return Action(
        f"in {param}, replace {pattern} by {replacement!r}",
        lambda step: _put(step, param, changed(step.cfg[param], step.expand(replacement))),
    )


def replace_dependency(old: Dependency, new: Dependency) -> Action:
    """Put one dependency in the place of exactly another, for the build or the run."""

    def apply(step: Step) -> bool:
        changes = [_put_dependencies(step, param, lambda deps: replaced(deps, old, new)) for param in _DEPENDENCIES]
        return any(changes)

    return Action(f"replace dependency {old} by {new}", apply)


def add_dependency(new: Dependency, param: str = "dependencies") -> Action:
    """Add a dependency, unless one of that name is there."""
    return Action(f"add {new} to {param}", lambda step: _put_dependencies(step, param, lambda deps: added(deps, new)))


def setenv(name: str, value: str) -> Action:
    """Set an environment variable for the step; not for an extension, whose environment EasyBuild makes later."""

    def apply(step: Step) -> bool:
        from easybuild.tools.environment import setvar, unset_env_vars

        old = os.environ.get(name)
        if old is None:
            step.undo.callback(unset_env_vars, [name], verbose=False)
        else:
            step.undo.callback(setvar, name, old, verbose=False)
        setvar(name, step.expand(value), verbose=False)
        return True

    return Action(f"set ${name} to {value}", apply, scoped=True)


def build_option(name: str, value: str) -> Action:
    """Set one of EasyBuild's own options for the step."""

    def apply(step: Step) -> bool:
        from easybuild.tools.config import update_build_option

        step.undo.callback(update_build_option, name, update_build_option(name, value))
        return True

    return Action(f"set EasyBuild option {name} to {value}", apply, scoped=True)


def ignore_test_failures() -> Action:
    """Run the tests, and let the build go on when they fail."""
    return append("testopts", "|| echo 'failing tests are ignored by a rule of eessi_hooks'")


def limit_parallel(*, divide: int = 1, at_most: int | None = None) -> Action:
    """Use a part of the session's cores; never more than are already in use."""

    def apply(step: Step) -> bool:
        from easybuild.tools.systemtools import det_parallelism

        cfg = cast("_Parallel", step.cfg)
        current = cfg.parallel
        limit: int = max(1, det_parallelism() // divide)
        lowered = min(current, limit, at_most or limit)
        cfg.parallel = lowered
        return lowered < current

    parts = [f"1/{divide} of the cores"] * (divide > 1) + [f"{at_most} cores"] * (at_most is not None)
    return Action(f"use at most {' or '.join(parts)}", apply)


_DEPENDENCIES = ("builddependencies", "dependencies")


class _Parallel(Protocol):
    """The cores a build uses: a property of the easyconfig, once its easyblock has begun."""

    parallel: int


def _put(step: Step, param: str, value: object) -> bool:
    changed = step.cfg[param] != value
    step.cfg[param] = value
    return changed


def _put_dependencies(step: Step, param: str, change: Callable[[Sequence[object]], list[object]]) -> bool:
    current = step.cfg[param]
    assert isinstance(current, list | tuple)
    changed = change(current)
    step.cfg[param] = changed
    return changed != list(current)
