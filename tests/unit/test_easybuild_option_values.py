"""Which options an entry can have, and what their values can be."""

import pytest

from eessi_stack.easybuild_options import EXCLUSIVE, known, made_from, wanted
from eessi_stack.model import OptionValue

OPTIONS = {
    "rebuild": "flag",
    "disable-rebuild": "switch",
    "from-commit": "text",
    "parallel": "integer",
    "ratio": "number",
    "from-pr": "integers",
    "filter-deps": "list",
    "strict": "ignore|warn",
    "robot": "list?",
    "disable-robot": "switch",
    "force-download": "all|sources?",
}

GOOD: tuple[tuple[str, OptionValue], ...] = (
    ("rebuild", True),
    ("rebuild", False),
    ("disable-rebuild", True),
    ("from-commit", "abc"),
    ("from-commit", 123),
    ("parallel", 8),
    ("parallel", "8"),
    ("parallel", -1),
    ("ratio", 1),
    ("ratio", "0.5"),
    ("from-pr", 12),
    ("from-pr", "12,13"),
    ("from-pr", ("12", "13")),
    ("filter-deps", "a,b"),
    ("filter-deps", ("a", "b")),
    ("filter-deps", ()),
    ("strict", "warn"),
    ("robot", True),
    ("robot", False),
    ("robot", "/a:/b"),
    ("force-download", True),
    ("force-download", "all"),
)

BAD: tuple[tuple[str, OptionValue, str], ...] = (
    ("rebuild", "maybe", "true or false"),
    ("rebuild", "true", "true or false"),
    ("rebuild", 1, "true or false"),
    ("rebuild", ("true",), "true or false"),
    ("disable-rebuild", False, "true"),
    ("disable-rebuild", "x", "true"),
    ("from-commit", True, "a text"),
    ("from-commit", False, "a text"),
    ("from-commit", ("a", "b"), "a text"),
    ("parallel", "many", "a whole number"),
    ("parallel", "1.5", "a whole number"),
    ("parallel", True, "a whole number"),
    ("parallel", False, "a whole number"),
    ("parallel", ("1",), "a whole number"),
    ("ratio", "half", "a number"),
    ("from-pr", "12,x", "a whole number or a list of them"),
    ("from-pr", ("12", "x"), "a whole number or a list of them"),
    ("from-pr", True, "a whole number or a list of them"),
    ("filter-deps", True, "a text or a list"),
    ("strict", "error", "one of `ignore`, `warn`"),
    ("strict", True, "one of `ignore`, `warn`"),
    ("strict", ("warn",), "one of `ignore`, `warn`"),
    ("force-download", False, "one of `all`, `sources`"),
    ("force-download", "none", "one of `all`, `sources`"),
)


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_good_values(name: str, value: OptionValue) -> None:
    assert wanted(name, value, OPTIONS) == ""


@pytest.mark.parametrize(("name", "value", "better"), BAD)
def test_values_of_the_wrong_type(name: str, value: OptionValue, better: str) -> None:
    assert wanted(name, value, OPTIONS) == better


def test_every_kind_can_be_put_in_words() -> None:
    for name, kind in known().items():
        assert kind.removesuffix("?")
        assert wanted(name, ("\0",), known()) or kind.startswith("list")


def test_what_an_entry_can_have() -> None:
    assert known()["from-commit"] == "text"
    assert known()["from-pr"] == known()["include-easyblocks-from-pr"] == "integers"
    assert known()["rebuild"] == "flag"
    assert known()["parallel"] == "integer"
    assert known()["accept-eula-for"] == "list"
    assert known().keys() >= {name for pair in EXCLUSIVE for name in pair}


def test_what_says_where_or_whether_easybuild_runs_is_not_for_entries() -> None:
    assert not known().keys() & {"installpath", "prefix", "dry-run", "enable-dry-run", "disable-dry-run", "tmpdir"}


def test_where_the_list_is_from() -> None:
    assert made_from().count(".") == 2
