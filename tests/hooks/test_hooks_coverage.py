"""Every row of the list of what EESSI's hooks do is a rule, or is said to be obsolete."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from eessi_hooks import target as cpu
from eessi_hooks.obsolete import OBSOLETE, Obsolete
from eessi_hooks.rule import ANY, Rule
from eessi_hooks.rules import RULES

HOOKS = Path(__file__).parents[3] / "shared" / "eessi" / "hooks.md"
pytestmark = pytest.mark.skipif(not HOOKS.is_file(), reason=f"{HOOKS} is not part of this repository")

CPUS = {
    "N1": cpu.NEOVERSE_N1,
    "V1": cpu.NEOVERSE_V1,
    "A64FX": cpu.A64FX,
    "GRACE": cpu.GRACE,
    "ARMGEN": cpu.AARCH64_GENERIC,
    "CLX": cpu.CASCADELAKE,
    "ICX": cpu.ICELAKE,
    "SPR": cpu.SAPPHIRERAPIDS,
    "ZEN4": cpu.ZEN4,
    "ZEN5": cpu.ZEN5,
}
#: Words of a condition that are versions: of the software, a dependency, the toolchain or EESSI.
VERSION = re.compile(r"(?<![\w.§-])(?:\d+(?:\.\d+)+|\d{4}[ab]|\d+[A-Z][a-z]{2}\d{4}\w*)(?![\w.])")
#: Versions that say when a row was written, not for what it is.
NOT_MEANT = {
    "Mesa": "18.1.8",
    "pybind11": "2.13.9",
    "maturin": "1.88.0",
    "Qt6": "14.3.0",
    "LAMMPS": "5.1.2",
    "CUDA-Samples": "7.0",
}
#: Where a rule acts of which EESSI's hook acts at another point: earlier, because it decides what is built at all, or
#: where EasyBuild would overwrite it, or runs no hooks.
ELSEWHERE = {
    "pre_prepare": ("pre_easyblock", "post_prepare"),
    "pre_configure": ("post_prepare",),
    "pre_single_extension": ("parse_extension",),
    "parse": ("parse_extension",),
}
SECTIONS = {"parse": "parse", "pre_configure": "pre_configure", "pre_test": "pre_test"}
WITH_POINT = ("pre_prepare / post_prepare", "extensions and post_postproc")


class Listed(NamedTuple):
    software: tuple[str, ...]
    at: str
    condition: str

    @property
    def versions(self) -> set[str]:
        return set(VERSION.findall(self.condition)) - {NOT_MEANT.get(self.software[0])}

    @property
    def cpus(self) -> set[str]:
        return {CPUS[word] for word in re.findall(r"\w+", self.condition) if word in CPUS}


def listed() -> Iterator[Listed]:
    """The rows of section 1 that are about some software."""
    text = HOOKS.read_text() if HOOKS.is_file() else ""
    text = text.partition("\n### parse")[2].partition("\n### Always-on")[0]
    for section in f"\n### parse{text}".split("\n### ")[1:]:
        title = section.splitlines()[0].partition(" (")[0].strip()
        for line in section.splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) > 3 and cells[0] not in ("software", "name") and not cells[0].startswith("-"):
                names = tuple(re.sub(r"\(.*\)", "", cells[0]).replace(" ", "").split(","))
                at, condition = (cells[1], cells[2]) if title in WITH_POINT else (SECTIONS[title], cells[1])
                yield Listed(names, at, condition)


ROWS = tuple(listed())
EVERYTHING: tuple[Rule | Obsolete, ...] = (*RULES, *OBSOLETE)


def says(one: Rule | Obsolete, at: str, version: str | None, target: str | None) -> bool:
    """Whether a rule or what is obsolete is about a version and a CPU of a row; None is all of them."""
    if isinstance(one, Obsolete):
        return one.at == at and (not version or version in one.versions) and (not target or target in one.cpus)
    if one.at not in (at, *ELSEWHERE.get(at, ())):
        return False
    bounds = (one.since, one.before, one.up_to, one.since_eessi, *one.only_eessi, *(one.toolchain or ()))
    words = {*one.versions, *bounds, *VERSION.findall(f"{one.do}")}
    return (not version or version in words) and (target in one.cpus if target else not one.cpus)


def test_the_list_is_read() -> None:
    assert len(ROWS) > 60
    assert Listed(("WRF",), "pre_configure", "≤ 3.9.0, host aarch64").versions == {"3.9.0"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{'-'.join(row.software)}-{row.at}-{row.condition[:30]}")
def test_a_row_is_covered(row: Listed) -> None:
    for name, version, target in product(row.software, row.versions or (None,), row.cpus or (None,)):
        known = [one for one in EVERYTHING if name in one.software]
        assert any(says(one, row.at, version, target) for one in known), f"{name} {version} {target}"


@pytest.mark.parametrize("one", OBSOLETE, ids=lambda one: f"{one.software[0]}-{one.at}")
def test_what_is_obsolete_is_listed_and_says_why(one: Obsolete) -> None:
    assert len(one.why) > 20
    assert one.software == ANY or any(
        {*one.software} <= {*row.software} and row.at == one.at and {*one.cpus} <= row.cpus for row in ROWS
    )
