"""One step of one build, and what a rule does to it."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from eessi_hooks import compat
from eessi_hooks.target import BuildTarget


class Config(Protocol):
    """What actions need of an easyconfig."""

    def get(self, param: str, /) -> object: ...
    def __getitem__(self, param: str, /) -> object: ...
    def __setitem__(self, param: str, value: object, /) -> None: ...


class Refused(Exception):  # noqa: N818 (it says what became of the build)
    """A policy does not let a build go on; the text is for whoever started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of one build, as the engine hands it to an action."""

    cfg: Config  #: the easyconfig, with templates left as they are
    target: BuildTarget
    name: str = ""
    version: str = ""
    block: object = None  #: the easyblock or extension; the easyconfig itself while it is parsed
    undo: ExitStack = field(default_factory=ExitStack)  #: closed when the step ends, whether or not it went well

    def expand(self, text: str) -> str:
        return compat.expand(text, self.target.eprefix)


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does: in words, by which actions are compared, and as a function that says if it changed anything."""

    text: str
    apply: Callable[[Step], bool] = field(compare=False, repr=False)
    scoped: bool = False  #: it is undone when its step ends; one of a `post_` point, when the build ends
    only_looks: bool = False  #: it changes nothing, and refuses what must not be built
    only_edits: bool = False  #: it changes parameters of the easyconfig, and nothing else
    details: Callable[[Step], Iterable[str]] | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


def every(*actions: Action) -> Action:
    """All of them, in this order."""

    def apply(step: Step) -> bool:
        changes = [action.apply(step) for action in actions]
        return any(changes)

    words = "; ".join(action.text for action in actions)
    return Action(
        words,
        apply,
        scoped=any(action.scoped for action in actions),
        only_edits=all(action.only_edits for action in actions),
    )
