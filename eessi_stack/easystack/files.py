"""Easystack files → Stack: which files, read when they are new or changed, placed by their folders, and joined."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from eessi_stack import easybuild_options
from eessi_stack.easystack import scope
from eessi_stack.easystack.parsed import Sheets
from eessi_stack.easystack.sheet import MAX_BYTES, Easystack, Sheet, SheetErrors, placed
from eessi_stack.errors import StackError, StackErrors
from eessi_stack.model import Stack

#: Few easystacks are larger; room for all that may come costs more than what comes.
FIRST_BYTES = 1 << 16


def known_options() -> frozenset[str]:
    """Name the options of EasyBuild that an entry can have."""
    return frozenset(easybuild_options.known())


def read(paths: Iterable[Path | str], options: Mapping[str, str] | None = None, cache_dir: Path | None = None) -> Stack:
    """Read easystack files, and those in folders, into one stack; say all that is wrong in all of them at once."""
    found, errors = scan(paths, options, cache_dir)
    if not found and not errors:
        errors = (StackError("easystack-none", "no easystack given", hint="name a file, or a folder of them"),)
    if errors:
        raise StackErrors(errors)
    stack = merge(one.stack for one in found)
    if not stack.requests:
        cause = "only known issues, which name nothing to build"
        raise StackErrors((_error(stack.files[0], "easystack-empty", cause, "name easystacks as well"),))
    return stack


def scan(
    paths: Iterable[Path | str],
    options: Mapping[str, str] | None = None,
    cache_dir: Path | None = None,
    *,
    unusable: bool = False,
) -> tuple[tuple[Easystack, ...], tuple[StackError, ...]]:
    """The easystacks that can be read, each by itself, and all that is wrong in the others.

    A cache directory keeps what they say, so that an unchanged file is not parsed again. `unusable` asks for what can
    be read of the others too.
    """
    known = easybuild_options.known() if options is None else options
    sheets = Sheets(cache_dir, known)
    errors: list[StackError] = []
    names = dict.fromkeys(name for path in paths for name in _names(str(Path(path)), errors))
    loaded = [(one, usable) for name in names for one, usable in _load(name, known, sheets, errors)]
    sheets.save()
    return tuple(one for one, usable in loaded if usable or unusable), tuple(errors)


def _names(path: str, errors: list[StackError]) -> list[str]:
    """Find the easystacks that a path stands for, in a fixed order."""
    try:
        if not Path(path).is_dir():
            return [path]
    except OSError as error:
        errors.append(_unreadable(path, error))
        return []
    found = []
    for folder, folders, names in os.walk(path, onerror=lambda error: errors.append(_unreadable(path, error))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name).removeprefix("./") for name in names if _is_easystack(name)]  # noqa: PTH118
    if not found:
        errors.append(
            _error(path, "easystack-none", "a folder without easystacks", "they are named `*.yml` or `*.yaml`")
        )
    return sorted(found, key=lambda name: name.split("/"))


def _is_easystack(name: str) -> bool:
    return name.endswith((".yml", ".yaml")) and not name.startswith(".")


def _load(
    name: str, options: Mapping[str, str], sheets: Sheets, errors: list[StackError]
) -> Iterator[tuple[Easystack, bool]]:
    """One file, and whether it can be used; nothing of one that cannot be read."""
    try:
        with open(name, "rb") as file:  # noqa: PTH123 (a name of many)
            content = file.read(FIRST_BYTES)
            if len(content) == FIRST_BYTES:
                content += file.read(MAX_BYTES + 1 - FIRST_BYTES)
        sheet = sheets.find(content)
        if not sheet:
            sheet = parse(content, name, options)
            sheets.add(content, sheet)
    except OSError as error:
        errors.append(_unreadable(name, error))
    except SheetErrors as several:
        errors += several.errors
        yield _placed(several.sheet, name), False
    else:
        one = _placed(sheet, name)
        problem = _contradiction(one)
        errors += problem
        yield one, not problem


def parse(content: str | bytes, source: str, options: Mapping[str, str]) -> Sheet:
    """Read the text of one easystack; errors call it `source`. StackErrors with all that is wrong."""
    from eessi_stack.easystack import document  # noqa: PLC0415 (imports ruamel)

    return document.parse(content, source, options)


def _placed(sheet: Sheet, name: str) -> Easystack:
    folders, said = _scope(os.path.abspath(os.path.dirname(name)))  # noqa: PTH100, PTH120 (names of many)
    return placed(sheet, name, folders, said)


def _contradiction(one: Easystack) -> list[StackError]:
    """Why its folders cannot all be meant."""
    if not one.scope.contradiction or one.sheet.targets is not None or not one.sheet.entries:
        return []
    cause = f"there is no target that the folders {' and '.join(f'`{word}`' for word in one.scope.words)} all mean"
    return [_error(f"{one.file}:1", "easystack-folders", cause, "say which in the header: `targets: […]`")]


@cache
def _scope(folder: str) -> tuple[tuple[str, ...], scope.Scope]:
    folders = tuple(folder.split("/"))
    return folders, scope.of(folders)


def _unreadable(path: str, error: OSError) -> StackError:
    place = Path(error.filename or path)
    absent = isinstance(error, FileNotFoundError)
    from eessi_stack.easystack.yaml_nodes import did_you_mean  # noqa: PLC0415 (only where something is wrong)

    hint = did_you_mean(place.name, [near.name for near in place.parent.glob("*")]) if absent else ""
    return _error(str(place), "easystack-unreadable", (error.strerror or str(error)).lower(), hint)


def _error(path: str, reference: str, cause: str, hint: str) -> StackError:
    return StackError(reference, f"{path}: {cause}", context=path, hint=hint)


def merge(stacks: Iterable[Stack]) -> Stack:
    """Join stacks, in order; their headers may add to each other but not contradict."""
    parts = tuple(stacks)
    errors = [
        *_contradictions("eessi-version", [(part.eessi_version, part.files) for part in parts]),
        *_contradictions("easybuild-version", [(part.easybuild_version, part.files) for part in parts]),
    ]
    if errors:
        raise StackErrors(tuple(errors))
    return Stack(
        requests=tuple(request for part in parts for request in part.requests),
        files=tuple(file for part in parts for file in part.files),
        eessi_version=next((part.eessi_version for part in parts if part.eessi_version), None),
        easybuild_version=next((part.easybuild_version for part in parts if part.easybuild_version), None),
        filter_deps=tuple(dict.fromkeys(name for part in parts for name in part.filter_deps)),
        exclusions=tuple(dict.fromkeys(one for part in parts for one in part.exclusions)),
    )


def _contradictions(key: str, said: list[tuple[str | None, tuple[str, ...]]]) -> Iterator[StackError]:
    given = [(version, ", ".join(names)) for version, names in said if version]
    for version, names in given[1:]:
        if version != given[0][0]:
            cause = f"`{key}` is {version}, but {given[0][0]} in {given[0][1]}"
            yield _error(names, "easystack-contradiction", cause, "use them apart, or make them agree")
