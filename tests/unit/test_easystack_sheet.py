"""What a sheet means where its file is."""

import pytest

from eessi_stack.easystack.scope import Scope
from eessi_stack.easystack.sheet import Entry, LeftOut, Sheet, placed

ZEN4 = Scope(targets=("x86_64/amd/zen4",))
REBUILDS = Scope(rebuild=True)


@pytest.mark.parametrize(
    ("header", "scope", "targets"),
    [
        (None, Scope(), ()),
        (None, ZEN4, ("x86_64/amd/zen4",)),
        (["aarch64"], ZEN4, ("aarch64",)),
        ([], ZEN4, ()),
    ],
)
def test_the_header_is_stronger_than_the_folders(
    header: list[str] | None, scope: Scope, targets: tuple[str, ...]
) -> None:
    sheet = Sheet(entries=[Entry("a.eb", 3, {})], left_out=[LeftOut("b", "slow", "", None, 7)], targets=header)
    stack = placed(sheet, "f.yml", scope=scope).stack
    assert stack.requests[0].targets == targets
    assert stack.exclusions[0].targets == targets, "what a file leaves out, it leaves out where it is for"


@pytest.mark.parametrize("own", [[], ["aarch64"]])
def test_an_exclusion_that_names_targets_is_for_these(own: list[str]) -> None:
    sheet = Sheet(left_out=[LeftOut("b", "slow", "https://example.org", own, 7)])
    (exclusion,) = placed(sheet, "f.yml", scope=ZEN4).stack.exclusions
    assert exclusion.targets == tuple(own)
    assert exclusion.source == "f.yml:7"


@pytest.mark.parametrize(
    ("header", "scope", "rebuild"),
    [(None, REBUILDS, True), (False, REBUILDS, False), (True, ZEN4, True), (None, ZEN4, False)],
)
def test_rebuilds(header: bool | None, scope: Scope, rebuild: bool) -> None:  # noqa: FBT001
    sheet = Sheet(entries=[Entry("a.eb", 3, {})], rebuild=header)
    assert placed(sheet, "f.yml", scope=scope).stack.requests[0].rebuild is rebuild


def test_what_comes_from_json_is_as_hashable_as_what_was_parsed() -> None:
    parsed = Sheet(entries=(Entry("a.eb", 3, {"x": ("1", "2"), "y": True}),), filter_deps=("M4",))
    loaded = Sheet(entries=[["a.eb", 3, {"x": ["1", "2"], "y": True}]], filter_deps=["M4"])  # type: ignore[list-item]
    assert placed(parsed, "f.yml").stack == placed(loaded, "f.yml").stack
    hash(placed(loaded, "f.yml").stack)
