"""What the folders and the name of an easystack say of it: which targets it is for, which versions. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from eessi_stack.easystack import selector
from eessi_stack.easystack.selector import Pair

REBUILDS = "rebuilds"

_VERSION = re.compile(r"\d{4}\.\d{2}(?:[-_A-Za-z]\S*)?")
_EESSI_IN_NAME = re.compile(r"eessi-(\d{4}\.\d{2})(?!\d|\.\d)")
_EASYBUILD_IN_NAME = re.compile(r"(?:^|[-_])eb-(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the folders above an easystack say of it."""

    targets: tuple[str, ...] = ()  #: selectors; none means all
    rebuild: bool = False
    words: tuple[str, ...] = ()  #: the folders that say so
    unknown: tuple[str, ...] = ()  #: folders of its EESSI version that say nothing
    contradiction: bool = False  #: there is no target that all of them mean


def of(folders: Sequence[str]) -> Scope:
    """Below the folder of an EESSI version every known word counts, elsewhere the known ones right above the file."""
    counting = _counting(folders)
    cpus: tuple[str, ...] = ("",)
    accelerators: tuple[str, ...] = ("",)
    said: list[str] = []
    unknown: list[str] = []
    for before, word in zip(("", *counting), counting, strict=False):
        pairs = [selector.split(one) for one in meanings(word, before)]
        cpus = _narrowed(cpus, [cpu for cpu, _ in pairs if cpu])
        accelerators = _narrowed(accelerators, [accelerator for _, accelerator in pairs if accelerator])
        (said if _is_known(word, before) else unknown).append(word)
    joined = (selector.join(cpu, accelerator) for cpu in cpus for accelerator in accelerators)
    return Scope(
        targets=tuple(one for one in joined if one),
        rebuild=REBUILDS in counting,
        words=tuple(said),
        unknown=tuple(unknown),
        contradiction=not (cpus and accelerators),
    )


def version_of(folders: Sequence[str]) -> str | None:
    """The EESSI version that the nearest folder says: `2023.06`."""
    place = _version_place(folders)
    return folders[place][:7] if place is not None else None


def _version_place(folders: Sequence[str]) -> int | None:
    """Where the folder of an EESSI version is. One below `versions` is of a tree: what is in it is for no version."""
    pairs = zip(("", *folders), folders, strict=False)
    return next((at for at, (before, folder) in [*enumerate(pairs)][::-1] if _is_version(before, folder)), None)


def _is_version(before: str, folder: str) -> bool:
    return before != "versions" and _VERSION.fullmatch(folder) is not None


def easybuild_version_of(filename: str) -> str | None:
    """The EasyBuild version where EESSI puts it: `eessi-2023.06-eb-4.8.2-2022b.yml`."""
    found = _EASYBUILD_IN_NAME.search(filename.rsplit("/", 1)[-1])
    return found[1] if found else None


def eessi_version_of(filename: str) -> str | None:
    """The EESSI version that a name starts with: `eessi-2023.06-eb-4.8.2-2022b.yml`."""
    found = _EESSI_IN_NAME.match(filename.rsplit("/", 1)[-1])
    return found[1] if found else None


def named_in(filename: str) -> dict[str, str]:
    """The targets that a name says: `…-4.9.4-cc70-CUDA.yml`. Words for many of them are what the file is about."""
    words = filename.rsplit("/", 1)[-1].rpartition(".")[0].split("-")
    said = {word: selector.meaning(word) for word in words}
    return {word: one[0] for word, one in said.items() if len(one) == 1 and "/" in one[0]}


def _counting(folders: Sequence[str]) -> Sequence[str]:
    place = _version_place(folders)
    if place is not None:
        return folders[place + 1 :]
    start = len(folders)
    while start and _is_known(folders[start - 1], folders[start - 2] if start > 1 else ""):
        start -= 1
    return folders[start:]


def _is_known(word: str, before: str) -> bool:
    return word == REBUILDS or bool(meanings(word, before))


def meanings(word: str, before: str = "") -> tuple[str, ...]:
    """The selectors of a folder's name, which may be several words joined by `_`: `icelake_cclake`, `zen4_h100`."""
    return tuple(one for part in _parts(word, before) for one in selector.meaning(part, before))


@cache
def _parts(word: str, before: str = "") -> tuple[str, ...]:
    """The known words that a name consists of, the longest first; none where a part is unknown."""
    if selector.meaning(word, before):
        return (word,)
    for end in [place for place, letter in enumerate(word) if letter == "_"][::-1]:
        if selector.meaning(word[:end]) and (rest := _parts(word[end + 1 :])):
            return (word[:end], *rest)
    return ()


def _narrowed(wide: tuple[str, ...], narrow: Sequence[str]) -> tuple[str, ...]:
    """What both mean: `x86_64` and `x86_64/amd/zen4` → the latter."""
    if not narrow:
        return wide
    both = (_deeper(one, other) for one in wide for other in narrow)
    return tuple(dict.fromkeys(one for one in both if one))


def _deeper(one: str, other: str) -> str | None:
    """The one of two that is within the other, None where neither is."""
    if not other or one == other or one.startswith(f"{other}/"):
        return one
    return other if not one or other.startswith(f"{one}/") else None


def overlap(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether there can be a target that both mean."""
    if not some or not others:
        return True
    pairs = ((selector.split(one), selector.split(other)) for one in some for other in others)
    return any(_meet(one, other) for one, other in pairs)


def _meet(one: Pair, other: Pair) -> bool:
    return all(_deeper(part, another) is not None for part, another in zip(one, other, strict=True))


def within(some: Sequence[str], other: str) -> bool:
    """Whether a selector means all targets that some mean."""
    wide = selector.split(other)
    return bool(some) and all(_is_within(selector.split(one), wide) for one in some)


def _is_within(one: Pair, wide: Pair) -> bool:
    return all(_deeper(part, whole) == part for part, whole in zip(one, wide, strict=True))
