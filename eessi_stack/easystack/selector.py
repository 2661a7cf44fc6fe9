"""Selectors, which mean one target or several, and the words for them. What one fits is decided by Target.fits."""

import re
import tomllib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "targets.toml"

#: The selector of every target.
ALL = "all"

#: What selectors look like, for messages.
EXAMPLES = "`x86_64/amd/zen4`, `aarch64`, `accel/nvidia`"

_ACCELERATORS = {"nvidia": r"cc\d{2,3}", "amd": r"gfx(?:[6-9][0-9a-f]{2}|1\d[0-9a-f]{2})"}

#: A CPU part and an accelerator part; an empty one says nothing.
Pair = tuple[str, str]


def split(selector: str) -> Pair:
    """`x86_64/amd/zen4/accel/nvidia/cc90` → `x86_64/amd/zen4`, `nvidia/cc90`."""
    cpu, found, accelerator = selector.rpartition("accel/")
    return (cpu.rstrip("/"), accelerator) if found else (selector, "")


def join(cpu: str, accelerator: str) -> str:
    return f"{cpu}/accel/{accelerator}".removeprefix("/") if accelerator else cpu


def today(selector: str) -> str | None:
    """A selector with today's name of its CPU target; None where it is none."""
    cpu, accelerator = split(selector.strip().strip("/"))
    cpu = _older_names().get(cpu, cpu)
    valid = (not cpu or cpu in cpus()) and (not accelerator or is_accelerator(accelerator))
    return join(cpu, accelerator) or None if valid else None


def is_accelerator(name: str) -> bool:
    """Whether it is an accelerator, `nvidia/cc90`, or the vendor of one."""
    vendor, _, model = name.partition("/")
    return vendor in _ACCELERATORS and (name == vendor or re.fullmatch(_ACCELERATORS[vendor], model) is not None)


def nearest(selector: str) -> str | None:
    """What was probably meant by a selector that is none: `zen4` → `x86_64/amd/zen4`."""
    name = selector.strip().strip("/").lower()
    known = [*cpus(), *_older_names(), *(join("", name) for name in accelerators()), *words()]
    near = get_close_matches(name, known, n=1)
    if near and near[0] in words():
        return words()[near[0]][0]
    return today(near[0]) if near else None


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Each word that a folder can have, and the selectors that it stands for. Vendors want a word before them."""
    named = [(name.split("/", 1)[0], name.split("/", 1)[0]) for name in _names()]
    named += [(name, name) for name in _names()] + list(_older_names().items())
    named += [(name, join("", name)) for name in accelerators()] + list(_data()["nicknames"].items())
    table = {"accel": tuple(join("", vendor) for vendor in _ACCELERATORS)}
    for name, selector in named:
        word = name.rsplit("/", 1)[-1]
        table[word] = tuple(dict.fromkeys((*table.get(word, ()), selector)))
    return table


def meaning(word: str, before: str = "") -> tuple[str, ...]:
    """The selectors that a folder of this name stands for, below one named `before`; none where it says nothing."""
    if before == "accel" and word in _ACCELERATORS:
        return (join("", word),)
    if (vendor := f"{before}/{word}") in cpus():
        return (vendor,)
    for vendor, pattern in _ACCELERATORS.items():
        if re.fullmatch(pattern, word):
            return (join("", f"{vendor}/{word}"),)
    return words().get(word, ())


@cache
def cpus() -> frozenset[str]:
    """The CPU part that a selector can have: targets, their vendors, their families."""
    parts = (name.split("/") for name in _names())
    return frozenset("/".join(names[:length]) for names in parts for length in range(1, len(names) + 1))


@cache
def accelerators() -> tuple[str, ...]:
    """The accelerators that any EESSI version has."""
    rules = [rule for version in _data()["eessi"].values() for rule in version["accelerators"]]
    return tuple(dict.fromkeys(name for rule in rules for name in rule["names"]))


def versions_with(selector: str) -> tuple[str, ...]:
    """The EESSI versions that have a target which a selector means."""
    return tuple(version for version in _data()["eessi"] if _is_of(version, *split(selector)))


def is_version(version: str) -> bool:
    """Whether it is known which targets an EESSI version has."""
    return version in _data()["eessi"]


@cache
def _is_of(version: str, cpu: str, accelerator: str) -> bool:
    said = _data()["eessi"][version]
    for name in said["cpus"]:
        places = {name, name.split("/", 1)[0]}
        names = [one for rule in said["accelerators"] if places & set(rule["on"]) for one in rule["names"]]
        if _within(name, cpu) and (not accelerator or any(_within(one, accelerator) for one in names)):
            return True
    return False


def _within(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/") or not folder


@cache
def _names() -> tuple[str, ...]:
    return tuple(row["name"] for row in _data()["cpu"])


@cache
def _older_names() -> dict[str, str]:
    """`aarch64/graviton2` and `graviton2` alone → `aarch64/neoverse_n1`."""
    older = [(alias, row["name"]) for row in _data()["cpu"] for alias in row.get("aliases", ())]
    return {short: name for alias, name in older for short in (alias, alias.rsplit("/", 1)[-1])}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))
