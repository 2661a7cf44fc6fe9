"""Dependencies as they stand in an easyconfig while it is parsed: tuples, lists or dicts, maybe in lists of lists."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

SYSTEM = ("system", "system")

_TOOLCHAIN_KEYS = ("toolchain", SYSTEM[0])


class Dependency(NamedTuple):
    """What a rule says about a dependency; no toolchain means the one of the easyconfig, or a part of it."""

    name: str
    version: str
    versionsuffix: str = ""
    toolchain: tuple[str, str] | None = None

    def __str__(self) -> str:
        end = f" with toolchain {'/'.join(self.toolchain)}" if self.toolchain else ""
        return f"{self.name}/{self.version}{self.versionsuffix}{end}"


def read(raw: object) -> tuple[object, ...] | None:
    """Give the four values of `Dependency`, however they were written; None where `raw` is no dependency."""
    if isinstance(raw, Mapping):
        toolchain = next((raw[key] for key in _TOOLCHAIN_KEYS if raw.get(key) is not None), None)
        return (raw.get("name"), raw.get("version"), raw.get("versionsuffix") or "", _toolchain(toolchain))
    if isinstance(raw, list | tuple) and len(raw) > 1:
        name, version, *rest = raw
        suffix, toolchain, *_ = [*rest, None, None]
        return (name, version, suffix or "", _toolchain(toolchain))
    return None


def replaced(raws: Sequence[object], old: Dependency, new: Dependency) -> list[object]:
    """Put `new` wherever `old` is, in the same position and way of writing."""
    return _each_list(raws, lambda deps: [_written_like(raw, new) if read(raw) == old else raw for raw in deps])


def added(raws: Sequence[object], new: Dependency) -> list[object]:
    """Add `new` at the end, unless something of that name is there."""

    def add(deps: Iterable[object]) -> list[object]:
        deps = list(deps)
        present = any(values is not None and values[0] == new.name for values in map(read, deps))
        return deps if present else [*deps, _written_like((), new)]

    return _each_list(raws, add)


def moved(
    raws: Sequence[object], into: Sequence[object], names: Container[object]
) -> tuple[list[object], list[object]]:
    """Move dependencies of these names from one list to another, where they are not there twice."""
    going = [raw for raw in raws if (values := read(raw)) and values[0] in names]
    staying = [raw for raw in raws if raw not in going]

    def receive(deps: Iterable[object]) -> list[object]:
        deps = list(deps)
        present = [read(raw) for raw in deps]
        return [*deps, *(raw for raw in going if read(raw) not in present)]

    return staying, _each_list(into, receive)


def _each_list(raws: Sequence[object], change: Callable[[Iterable[object]], list[object]]) -> list[object]:
    """Apply `change`; to each inner list where EasyBuild iterates over several, as for `builddependencies`."""
    if raws and all(isinstance(raw, list | tuple) and not (raw and isinstance(raw[0], str)) for raw in raws):
        return [change(inner) for inner in raws if isinstance(inner, list | tuple)]
    return change(raws)


def _toolchain(raw: object) -> tuple[str, str] | None:
    if isinstance(raw, Mapping):
        return (str(raw["name"]), str(raw["version"]))
    if isinstance(raw, list | tuple):
        name, version = raw
        return (str(name), str(version))
    return SYSTEM if raw is True else None


def _written_like(raw: object, new: Dependency) -> object:
    toolchain = dict(zip(("name", "version"), new.toolchain, strict=True)) if new.toolchain else None
    if isinstance(raw, Mapping):
        kept = {key: value for key, value in raw.items() if key not in _TOOLCHAIN_KEYS}
        changed = {"name": new.name, "version": new.version, "versionsuffix": new.versionsuffix}
        return {**kept, **changed, **({"toolchain": toolchain} if toolchain else {})}
    if toolchain:
        return (new.name, new.version, new.versionsuffix, toolchain)
    return (new.name, new.version, new.versionsuffix) if new.versionsuffix else (new.name, new.version)
