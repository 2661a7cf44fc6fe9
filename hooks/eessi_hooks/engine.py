"""Runs the rules of a hook point: ends what the step before it opened, applies what matches, logs why."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cache
from typing import NamedTuple, Protocol, cast

from eessi_hooks import extensions
from eessi_hooks.build import toolchain
from eessi_hooks.rule import PARSE_EXTENSION, Facts, Rule, matches
from eessi_hooks.rules import RULES
from eessi_hooks.step import Config, Refused, Step
from eessi_hooks.target import BuildTarget


class EasyConfig(Config, Protocol):
    def disable_templating(self) -> AbstractContextManager[object]: ...


class Subject(Protocol):
    """What EasyBuild hands to a hook: an easyconfig while parsing, later an easyblock or an extension."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str | None: ...


EasyConfigs = Sequence[Mapping[str, Subject]]
Results = Sequence[tuple[Mapping[str, Subject], object]]  #: each with what became of it


class Applied(NamedTuple):
    """A rule that matched, and whether there was anything to change."""

    rule: Rule
    facts: Facts
    changed: bool

    def __str__(self) -> str:
        effect = "" if self.changed else "nothing to do for "
        build = f"{self.facts.software}/{self.facts.version} at {self.facts.point}"
        return f"hook rule: {effect}{build}: {self.rule.do} (why: {self.rule.why})"


class Engine:
    def __init__(self, rules: Sequence[Rule], target: BuildTarget, tell: Callable[[Applied], object]) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.at, []).append(rule)
        self._target = target
        self._tell = tell
        self._open: dict[tuple[int, str], ExitStack] = {}

    def run(self, point: str, subject: Subject) -> None:
        self._close(point, subject)
        cfg = cast("EasyConfig", getattr(subject, "cfg", subject))
        # Texts are edited as they were written: at most points not all templates have a value yet.
        with cfg.disable_templating():
            step = Step(cfg=cfg, target=self._target, name=subject.name, version=subject.version or "", block=subject)
            self._run(point, step, toolchain(cfg))
            if point == "parse":
                self._parse_extensions(step, toolchain(cfg))

    def _parse_extensions(self, step: Step, of: tuple[str, str]) -> None:
        names = {name for rule in self._rules.get(PARSE_EXTENSION, ()) for name in rule.software}

        def change(one: extensions.Extension) -> None:
            self._run(PARSE_EXTENSION, replace(step, cfg=one, name=one.name, version=one.version), of)

        extensions.each(step.cfg, names, change)

    def _run(self, point: str, step: Step, of: tuple[str, str]) -> None:
        facts = Facts(
            point=point, software=step.name, version=step.version, toolchain=of, target=self._target, step=step
        )
        for rule in self._rules.get(point, ()):
            try:
                if matches(rule, facts):
                    changed = rule.do.apply(replace(step, undo=self._undo(point, step.block)))
                    self._tell(Applied(rule, facts, changed))
            except Exception as error:
                raise _failure(rule, facts, error) from error

    def _undo(self, point: str, subject: object) -> ExitStack:
        """Give the end of what a point opens: at a `pre_` point its step, anywhere else the build."""
        return self._open.setdefault((id(subject), point.removeprefix("pre_")), ExitStack())

    def _close(self, point: str, subject: Subject) -> None:
        """End what the step opened; `post_easyblock`, which comes after failed steps too, ends all that is left."""
        if point == "post_easyblock":
            while self._open:
                self._open.popitem()[1].close()
        elif point.startswith("post_"):
            self._open.pop((id(subject), point.removeprefix("post_")), ExitStack()).close()


def run(point: str, subject: Subject) -> None:
    _engine().run(point, subject)


def run_each(point: str, ecs: EasyConfigs) -> None:
    for ec in ecs:
        run(point, ec["ec"])


@cache
def _engine() -> Engine:
    """One for the session: EasyBuild changes the environment while it builds, and what is built for stays the same."""
    from easybuild.base import fancylogger

    log = fancylogger.getLogger("eessi_hooks", fname=False)
    return Engine(RULES, session_target(), lambda applied: log.info(str(applied)))


def session_target() -> BuildTarget:
    return BuildTarget.from_env(os.environ)


def _failure(rule: Rule, facts: Facts, error: Exception) -> Exception:
    from easybuild.tools.build_log import EasyBuildError

    if isinstance(error, Refused):
        reason = str(error)
    else:
        reason = error.msg if isinstance(error, EasyBuildError) else f"{type(error).__name__}: {error}"
    where = f"{facts.software}/{facts.version} at {facts.point}"
    text = f"{reason}\nraised for {where} by the hook rule: {rule}\nwhich is there because: {rule.why}"
    return cast("Exception", EasyBuildError(text))
