"""EasyBuild's options, from data/: which an easystack entry can have, and what their values can be.

Kinds of values: `flag` (true or false), `switch` (true: `enable-…`, `disable-…`), `text`, `integer`, `number`, `list`,
`integers`, or the words to choose from, `a|b`. With a `?` at its end, the value can be left out.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from eessi_stack.model import OptionValue

DATA = Path(__file__).parent / "data"

#: Pairs of options of which EasyBuild takes one.
EXCLUSIVE = (("from-commit", "from-pr"), ("include-easyblocks-from-commit", "include-easyblocks-from-pr"))

_WANTED = {
    "flag": "true or false",
    "switch": "true",
    "text": "a text",
    "integer": "a whole number",
    "integers": "a whole number or a list of them",
    "number": "a number",
    "list": "a text or a list",
}


@cache
def known() -> Mapping[str, str]:
    """The options that an entry can have, and the kind of each; `dev/easybuild-options.py` writes the list.

    Those that say where, how or whether EasyBuild runs are no entry's to decide.
    """
    steering = (DATA / "steering-options.txt").read_text(encoding="utf-8").split()
    refused = {f"{prefix}{name}" for prefix in ("", "enable-", "disable-") for name in steering}
    rows = (line.split(" ") for line in _lines()[1:])
    return {name: kind for name, kind in rows if name not in refused}


def made_from() -> str:
    """The version of the EasyBuild whose options these are."""
    return _lines()[0].rpartition(" ")[2]


@cache
def _lines() -> list[str]:
    return (DATA / "easybuild-options.txt").read_text(encoding="utf-8").splitlines()


def wanted(name: str, value: OptionValue, options: Mapping[str, str]) -> str:
    """What the value of a known option should be instead, in words; nothing where it is good."""
    kind = options[name].removesuffix("?")
    optional = kind != options[name]
    if value is True:
        good = optional or kind in ("flag", "switch")
    elif value is False:
        good = kind == "flag" or f"disable-{name}" in options
    else:
        good = _is_good(kind, value)
    return "" if good else _WANTED.get(kind) or f"one of {', '.join(f'`{word}`' for word in kind.split('|'))}"


def _is_good(kind: str, value: str | float | tuple[str, ...]) -> bool:
    if kind == "list":
        return True
    if kind == "integers":
        return all(_reads_as(int, one) for one in (value if isinstance(value, tuple) else str(value).split(",")))
    if isinstance(value, tuple):
        return False
    if kind in ("integer", "number"):
        return _reads_as(int if kind == "integer" else float, value)
    return kind == "text" or value in kind.split("|")


def _reads_as(number: type[int | float], value: str | float) -> bool:
    try:
        number(value)
    except ValueError:
        return False
    return True
