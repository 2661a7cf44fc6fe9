from eessi_stack.differ import LeftOut, Pair, Side, difference
from eessi_stack.model import Exclusion, Target

ZEN3, A64FX = Target(cpu="x86_64/amd/zen3"), Target(cpu="aarch64/a64fx")


def side(target: Target, *modules: str, loads: dict[str, tuple[str, ...]] | None = None, **extensions: str) -> Side:
    named = {module: tuple(extensions.get(module.split("/")[0], "").split()) for module in modules}
    return Side(label=str(target), target=target, modules=named, loads=loads or {})


def test_the_same() -> None:
    found = difference(side(ZEN3, "GCC/12", "R/4", R="a/1 b/2"), side(A64FX, "GCC/12", "R/4", R="b/2 a/1"))
    assert found.count == 0


def test_what_only_one_has() -> None:
    found = difference(side(ZEN3, "GCC/12", "Yasm/1"), side(A64FX, "GCC/12", "SVE/1"))
    assert (found.first, found.second, found.count) == (("Yasm/1",), ("SVE/1",), 2)


def test_one_version_more_is_only_in_one() -> None:
    found = difference(side(ZEN3, "GCC/12", "GCC/13"), side(A64FX, "GCC/12"))
    assert found.first == ("GCC/13",)
    assert not found.versions


def test_other_versions_of_the_same_software_belong_together() -> None:
    found = difference(side(ZEN3, "GCC/12", "GCC/13"), side(A64FX, "GCC/12", "GCC/14"))
    assert found.versions == (Pair(name="GCC", first=("13",), second=("14",)),)
    assert not found.first
    assert found.count == 1


def test_extensions_of_the_same_module() -> None:
    found = difference(side(ZEN3, "R/4", R="a/1 b/2"), side(A64FX, "R/4", R="a/1 b/3 c/1"))
    assert found.extensions == (Pair(name="R/4", first=("b/2",), second=("b/3", "c/1")),)
    assert found.count == 1


def test_what_is_excluded_and_what_needs_it_do_not_count() -> None:
    loads = {"App/1": ("Lib/1",), "Lib/1": ("LLVM/15",), "LLVM/15": ()}
    first = side(ZEN3, "App/1", "Lib/1", "LLVM/15", "Other/1", loads=loads)
    why = Exclusion(easyconfig="LLVM-15.eb", reason="out of range", issue="https://x/1", targets=("aarch64/a64fx",))
    found = difference(first, side(A64FX, "Z/1"), [why])
    assert found.first == ("Other/1",)
    assert found.second == ("Z/1",)
    left = {one.module: one.reason for one in found.left_out}
    assert left["LLVM/15"] == "out of range (https://x/1)"
    assert left["App/1"].startswith("blocked by Lib/1")
    assert {one.side for one in found.left_out} == {"aarch64/a64fx"}


def test_an_exclusion_for_another_target_excuses_nothing() -> None:
    why = Exclusion(easyconfig="LLVM-15.eb", reason="no", targets=("aarch64/generic",))
    found = difference(side(ZEN3, "LLVM/15"), side(A64FX), [why])
    assert found.first == ("LLVM/15",)
    assert not found.left_out


def test_what_is_filtered_on_one_side_only_does_not_count() -> None:
    other = Side(label="b", target=A64FX, modules={}, filtered=frozenset({"Yasm", "zlib"}))
    first = Side(label="a", target=ZEN3, modules={"Yasm/1": (), "zlib/1": ()}, filtered=frozenset({"zlib"}))
    found = difference(first, other)
    assert found.first == ("zlib/1",)
    assert found.left_out == (LeftOut(module="Yasm/1", side="b", reason="not built for aarch64: filter-deps has it"),)


def test_what_another_version_filters_is_not_called_another_cpu_family() -> None:
    other = Side(label="b", target=ZEN3, modules={}, filtered=frozenset({"Yasm"}))
    found = difference(Side(label="a", target=ZEN3, modules={"Yasm/1": ()}), other)
    assert found.left_out == (LeftOut(module="Yasm/1", side="b", reason="not built there: filter-deps has it"),)


def test_modules_that_load_each_other_do_not_hang() -> None:
    loads: dict[str, tuple[str, ...]] = {"A/1": ("B/1",), "B/1": ("A/1",)}
    why = [Exclusion(easyconfig="A-1.eb", reason="no")]
    found = difference(side(ZEN3, "A/1", "B/1", loads=loads), side(A64FX), why)
    assert {one.module for one in found.left_out} >= {"A/1"}
