"""What each step of a plan will take: from what the journal knows, else from what is known of its software. Pure."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from eessi_stack.model import Package, Plan, Step
from eessi_stack.schedule import Weight

_GIB = 1 << 30
#: A recipe of which nothing is known: what it takes to start, what a letter of it takes (extensions are long texts),
#: and what its tests do, which often take longer than all else.
_SECONDS, _SECONDS_PER_LETTER, _SECONDS_OF_TESTS = 30.0, 0.005, 45.0
_TESTS = re.compile(r"^(runtest|test_cmd|testopts)\s*=", re.MULTILINE)


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "data" / "weights.toml").read_text(encoding="utf-8"))


def weigh(plan: Plan, durations: Mapping[str, float], recipes: Mapping[str, str]) -> dict[str, Weight]:
    """Module → its weight. `durations` are seconds by module; `recipes` the texts of the recipes by path."""
    similar = _by_software(durations)
    return {
        step.package.module: Weight(
            seconds=durations.get(step.package.module) or _guess(step.package, similar, recipes),
            memory_per_core=_memory_per_core(step.package),
        )
        for step in plan.steps
    }


def _guess(package: Package, similar: Mapping[str, float], recipes: Mapping[str, str]) -> float:
    software = _software(package)
    minutes: Mapping[str, float] = _known()["minutes"]
    if software in similar:
        return similar[software]
    if software in minutes:
        return minutes[software] * 60
    text = recipes.get(package.recipe, "")
    return _SECONDS + _SECONDS_PER_LETTER * len(text) + (_SECONDS_OF_TESTS if _TESTS.search(text) else 0)


def _by_software(durations: Mapping[str, float]) -> dict[str, float]:
    """What the last build of any version took."""
    return {module.split("/", 1)[0]: seconds for module, seconds in durations.items()}


def _memory_per_core(package: Package) -> int:
    known = _known()
    gib: float = known["memory-per-core"].get(_software(package), known["other"]["memory-per-core"])
    return int(gib * _GIB)


def _software(package: Package) -> str:
    return package.module.split("/", 1)[0]


def timed(steps: Sequence[Step], durations: Mapping[str, float]) -> tuple[Step, ...]:
    """The steps, each with the seconds that it took the last time."""
    return tuple(replace(step, seconds=durations.get(step.package.module)) for step in steps)
