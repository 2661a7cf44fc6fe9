"""The verbs that change an easyconfig. Each gives an Action; what it does happens when the engine calls it.

In texts, `{eprefix}` stands for the compatibility layer (`compat.py` has the others); all else, `$` and `%(...)s`
included, is for EasyBuild and the shell to expand.
"""

import re
from collections.abc import Callable, Sequence

from eessi_hooks.dependencies import Dependency, added, replaced
from eessi_hooks.step import Action, Step


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
        f"append to {param}: {text}",
        lambda step: _put(step, param, longer(step.cfg[param], step.expand(text))),
        only_edits=True,
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
        only_edits=True,
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


def ignore_test_failures() -> Action:
    """Run the tests, and let the build go on when they fail."""
    return append("testopts", "|| echo 'failing tests are ignored by a rule of eessi_hooks'")


_DEPENDENCIES = ("builddependencies", "dependencies")


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
