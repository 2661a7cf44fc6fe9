import pytest

from eessi_stack.compare.packages import accelerator_modules, build_order, graph_of
from eessi_stack.model import Package, Request
from tests.unit.graphs import packages, unresolved

STACK = "*A: B | X; B: C; C; X: Y; Y; *D: C"


@pytest.mark.parametrize(
    ("graph", "order"),
    [
        ("*A: B C; B: C; C", "C B A"),
        ("*A: C B; B: C; C", "C B A"),
        ("*B; *A: B", "B A"),
        ("*A: | X; X: Z; Z; *D", "Z X A D"),
        ("*A: Unknown", "A"),
        ("*A: B; B: A", "B A"),
    ],
)
def test_build_order(graph: str, order: str) -> None:
    assert build_order({package.module: package.needs for package in packages(graph)}) == order.split()


def test_a_graph_is_in_build_order_and_knows_who_needs_what() -> None:
    graph = graph_of(iter(packages(STACK)))
    assert list(graph.packages) == list(graph.needs) == ["C", "B", "Y", "X", "A", "D"]
    assert graph.needs["A"] == ("B", "X")
    assert graph.users["C"] == ("B", "D")


def test_what_is_no_package_is_nobodys_need() -> None:
    assert graph_of(packages("*A: Unknown")).needs == {"A": ()}


def test_one_that_is_needed_twice_has_one_user() -> None:
    assert graph_of(packages("*A: B | B; B")).users["B"] == ("A",)


@pytest.mark.parametrize(
    ("roots", "without", "found"),
    [
        ("A", "", "A B C X Y"),
        ("D", "", "C D"),
        ("X D", "", "X Y C D"),
        ("A", "X", "A B C"),
        ("A D", "A", "D C"),
        ("A", "A", ""),
        ("Unknown", "", "Unknown"),
        ("", "", ""),
    ],
)
def test_closure(roots: str, without: str, found: str) -> None:
    assert graph_of(packages(STACK)).closure(roots.split(), without.split()) == set(found.split())


def test_a_graph_with_a_circle_has_a_closure() -> None:
    assert graph_of(packages("*A: B; B: A")).closure(["A"]) == {"A", "B"}


def test_an_entry_can_ask_for_several_modules_and_a_module_be_asked_for_by_several_entries() -> None:
    one, two = (Request(easyconfig="x.eb", file="s.yml", line=line) for line in (1, 2))
    graph = graph_of([Package(module="A", requests=(one, two)), Package(module="B", requests=(two,))])
    assert graph.asked == {one: ("A",), two: ("A", "B")}


def test_entries_without_an_easyconfig_are_known() -> None:
    lost = unresolved("Z3-4.eb")
    broken = Package(module="Broken-1.eb", recipe="/r/Broken-1.eb", error="does not parse")
    dependency = Package(module="B/1", error="no easyconfig")
    assert graph_of([*packages("*A"), lost, broken, dependency]).unresolved == (lost,)


@pytest.mark.parametrize("software", ["CUDA", "cuDNN", "ROCm", "ROCm-LLVM", "rocm-compilers"])
@pytest.mark.parametrize(
    "graph", ["{0}/1; A/1: {0}/1; B/1: A/1; C/1: | B/1; D/1", "D/1; C/1: | B/1; B/1: A/1; A/1: {0}/1; {0}/1"]
)
def test_accelerator_software_and_all_above_it_in_whatever_order(graph: str, software: str) -> None:
    stack = packages(graph.format(software))
    assert accelerator_modules(stack) == {f"{software}/1", "A/1", "B/1", "C/1"}
    assert graph_of(stack).accelerated == {f"{software}/1", "A/1", "B/1", "C/1"}


def test_software_for_accelerators_may_be_no_package() -> None:
    assert accelerator_modules(packages("A/1: CUDA/12")) == {"CUDA/12", "A/1"}


def test_a_name_that_only_starts_alike_is_none() -> None:
    assert accelerator_modules(packages("CUDAcore/1; cuDNNx/1; A/1: CUDAcore/1")) == frozenset()


def test_a_circle_above_accelerator_software_ends() -> None:
    assert accelerator_modules(packages("A/1: B/1 CUDA/12; B/1: A/1; C/1")) == {"CUDA/12", "A/1", "B/1"}
