"""Versions compared as EasyBuild's LooseVersion does, without EasyBuild: numbers as numbers, and 1.0 is 1.0.0."""

import re

_PART = re.compile(r"\d+|[a-zA-Z]+")
_ZERO = (0, 0, "")

Key = tuple[tuple[int, int, str], ...]


def version_key(version: str) -> Key:
    """Something to sort by: letters come after numbers, so `1.0rc1` comes after `1.0`, as in EasyBuild."""
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _PART.findall(version)]
    while parts and parts[-1] == _ZERO:
        parts.pop()
    return tuple(parts)


def is_before(version: str, other: str) -> bool:
    return version_key(version) < version_key(other)
