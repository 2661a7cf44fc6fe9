"""What the module files were like when a cache was made: kept beside it, as their time stamps alone may mislead."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from eessi_stack import stored
from eessi_stack.lmod.home import RECORD
from eessi_stack.lmod.spider import OnDisk, module_of, says_more
from eessi_stack.signature import is_same, kept

SCHEMA = "eessi-stack-modules-1"

Disk = Mapping[Path, OnDisk]


def made_of(disk: Disk) -> dict[str, Any]:
    """What the files are like, as it can be stored."""
    return {
        str(layer): {name: [kept(found), _digest(layer / name)] for name, found in seen.files.items()}
        for layer, seen in disk.items()
    }


def same(these: dict[str, Any], those: dict[str, Any]) -> bool:
    """Whether the contents are the same, whatever is known of their time stamps."""
    return _contents(these) == _contents(those)


def _contents(files: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {layer: {name: entry[1] for name, entry in entries.items()} for layer, entries in files.items()}


def save(cache: Path, files: dict[str, Any]) -> None:
    """Note in a folder of cache files what they were made of. OSError where that cannot be written."""
    stored.write(cache / RECORD, SCHEMA, {"cache": _digests(cache), "files": files})
    (cache / RECORD).chmod(0o644)


def _digests(cache: Path) -> dict[str, str]:
    return {path.name: _digest(path) for path in sorted(cache.glob("spiderT.*"))}


def proven(cache: Path) -> bool:
    """Whether the cache files are those that were proven when they were made: nobody has to compare twins again."""
    known = stored.load(cache / RECORD, SCHEMA)
    try:
        return known is not None and known["cache"] == _digests(cache)
    except OSError:  # not for this user to read
        return False


def changed(cache: Path, reads: Path, disk: Disk) -> tuple[str, ...]:
    """The modules whose files are not what they were when the cache was made.

    Of a cache that somebody else made, those that are younger than it.
    """
    known = stored.load(cache / RECORD, SCHEMA)
    if known is None or known["cache"].get(reads.name) != _digest(reads):
        return tuple(sorted(set(_by_time(reads, disk))))
    return tuple(sorted(set(_by_record(known["files"], disk))))


def _by_record(known: Mapping[str, Any], disk: Disk) -> Iterator[str]:
    for layer, seen in disk.items():
        before, now = known.get(str(layer), {}), seen.files
        for name, found in now.items():
            entry = before.get(name)
            if entry and not is_same(entry[0], found) and entry[1] != _digest(layer / name):
                yield module_of(name)
        yield from (module_of(name) for name in seen.others.keys() - before.keys())
        yield from (module_of(name) for name in before.keys() - now.keys() if says_more(name.rpartition("/")[2]))


def _by_time(reads: Path, disk: Disk) -> Iterator[str]:
    made = reads.stat().st_mtime_ns
    for seen in disk.values():
        yield from (module_of(name) for name, found in seen.files.items() if found[0] > made)


def _digest(path: Path) -> str:
    try:
        if path.name == "default" and path.is_symlink():  # says which version it is by its name
            return str(path.readlink())
        return blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except FileNotFoundError:
        return ""
