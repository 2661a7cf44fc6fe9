import pytest
from eessi_hooks.dependencies import SYSTEM, Dependency, added, replaced

OLD, NEW = Dependency("Rust", "1.88.0"), Dependency("Rust", "1.91.1")
OTHER = ("binutils", "2.44")
OLD_SYSTEM = Dependency("Rust", "1.88.0", toolchain=SYSTEM)
NEW_GCCCORE = Dependency("Rust", "1.91.1", "-x", ("GCCcore", "14.3.0"))


@pytest.mark.parametrize(
    ("raws", "expected"),
    [
        ([], []),
        ([OTHER], [OTHER]),
        ([OTHER, ("Rust", "1.88.0"), OTHER], [OTHER, ("Rust", "1.91.1"), OTHER]),
        ([["Rust", "1.88.0"], ["binutils", "2.44"]], [("Rust", "1.91.1"), ["binutils", "2.44"]]),
        ([("Rust", "1.88.0", "")], [("Rust", "1.91.1")]),
        ([("Rust", "1.88.0", "-x")], [("Rust", "1.88.0", "-x")]),
        ([("Rust", "1.88.0", "", ("GCCcore", "14.3.0"))], [("Rust", "1.88.0", "", ("GCCcore", "14.3.0"))]),
        ([("Rust", "1.88.0", "", True)], [("Rust", "1.88.0", "", True)]),
        ([("Rust", False)], [("Rust", False)]),
        ([("Rust", {"arch=x86_64": "1.88.0"})], [("Rust", {"arch=x86_64": "1.88.0"})]),
        (
            [{"name": "Rust", "version": "1.88.0", "hidden": True}],
            [{"name": "Rust", "version": "1.91.1", "versionsuffix": "", "hidden": True}],
        ),
        ([[OTHER, ("Rust", "1.88.0")], [], [OTHER]], [[OTHER, ("Rust", "1.91.1")], [], [OTHER]]),
        ([[{"name": "Rust", "version": "1.88.0"}]], [[{"name": "Rust", "version": "1.91.1", "versionsuffix": ""}]]),
        (["module/1.0"], ["module/1.0"]),
    ],
)
def test_replaces_exactly_that_dependency(raws: list[object], expected: list[object]) -> None:
    assert replaced(raws, OLD, NEW) == expected


@pytest.mark.parametrize("toolchain", [True, {"name": "system", "version": "system"}, ("system", "system")])
def test_knows_the_system_toolchain_however_it_is_written(toolchain: object) -> None:
    assert replaced([("Rust", "1.88.0", "", toolchain)], OLD_SYSTEM, NEW) == [("Rust", "1.91.1")]
    as_dict = {"name": "Rust", "version": "1.88.0", "toolchain": toolchain}
    assert replaced([as_dict], OLD_SYSTEM, NEW) == [{"name": "Rust", "version": "1.91.1", "versionsuffix": ""}]


def test_writes_suffix_and_toolchain() -> None:
    toolchain = {"name": "GCCcore", "version": "14.3.0"}
    assert replaced([("Rust", "1.88.0")], OLD, NEW_GCCCORE) == [("Rust", "1.91.1", "-x", toolchain)]
    assert replaced([{"name": "Rust", "version": "1.88.0", "system": True}], OLD_SYSTEM, NEW_GCCCORE) == [
        {"name": "Rust", "version": "1.91.1", "versionsuffix": "-x", "toolchain": toolchain},
    ]


@pytest.mark.parametrize(
    ("raws", "expected"),
    [
        ([], [("Rust", "1.91.1")]),
        ([OTHER], [OTHER, ("Rust", "1.91.1")]),
        ([("Rust", "1.0")], [("Rust", "1.0")]),
        ([{"name": "Rust", "version": "1.0"}], [{"name": "Rust", "version": "1.0"}]),
        ([[OTHER], [("Rust", "1.0")]], [[OTHER, ("Rust", "1.91.1")], [("Rust", "1.0")]]),
    ],
)
def test_adds_where_nothing_of_that_name_is(raws: list[object], expected: list[object]) -> None:
    assert added(raws, NEW) == expected


def test_dependencies_in_words() -> None:
    assert str(OLD) == "Rust/1.88.0"
    assert str(NEW_GCCCORE) == "Rust/1.91.1-x with toolchain GCCcore/14.3.0"
