import itertools

from easybuild.tools import LooseVersion
from eessi_hooks.versions import is_before, version_key

ASCENDING = (
    ("0.3.9", "0.3.21", "0.3.23"),
    ("1.0", "1.0.1", "1.0rc1"),
    ("2.10.3", "2.11.1", "3.24.0"),
    ("2023.06", "2023.07", "2025.06"),
    ("2026", "2026.1", "2026.3", "2026.10"),
    ("9", "9.10.1.4"),
)
PAIRS = [pair for versions in ASCENDING for pair in itertools.combinations(versions, 2)]


def test_older_is_before_newer() -> None:
    assert [(older, newer) for older, newer in PAIRS if not is_before(older, newer) or is_before(newer, older)] == []


def test_trailing_zeros_say_nothing() -> None:
    assert version_key("1.0") == version_key("1") == version_key("1.0.0")
    assert not is_before("1.0", "1.0.0")


def test_agrees_with_easybuild() -> None:
    versions = sorted({version for row in ASCENDING for version in row} | {"1.0.0", "29Aug2024", "2Aug2023_update2"})
    pairs = list(itertools.permutations(versions, 2))
    assert [pair for pair in pairs if is_before(*pair) != (LooseVersion(pair[0]) < LooseVersion(pair[1]))] == []
