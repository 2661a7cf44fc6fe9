"""Which requests a target answers for, and what is made of each; graphs are written as in tests/unit/graphs.py."""

import pytest

from eessi_stack.compare.packages import graph_of
from eessi_stack.compare.verdict import compare
from eessi_stack.model import Exclusion, Package, Request, State, Target
from tests.unit.graphs import letters, packages, states, tree, unresolved

TARGET = Target(cpu="x86_64/amd/zen3")


def test_every_request_has_the_verdict_of_its_package_in_order() -> None:
    one, two, three = (Request(easyconfig=name, file="s.yml", line=line) for line, name in enumerate("aba", 1))
    graph = (Package(module="A/1", requests=(one, three)), Package(module="B/1", requests=(two,)))
    comparison = compare(graph, tree("B/1"), TARGET, requests=(two, three, one))
    assert [request for request, _ in comparison.requests] == [two, three, one]
    comparison = compare(graph, tree("B/1"), TARGET)
    assert [(request, verdict.state) for request, verdict in comparison.requests] == [
        (one, State.MISSING),
        (two, State.INSTALLED),
        (three, State.MISSING),
    ]


def test_all_requests_come_in_the_order_of_the_files_and_lines() -> None:
    asked = [Request(easyconfig="x", file=file, line=line) for file, line in (("b", 1), ("a", 3), ("a", 2))]
    graph = [Package(module=str(number), requests=(request,)) for number, request in enumerate(asked)]
    comparison = compare(graph, tree(), TARGET)
    assert [request.source for request, _ in comparison.requests] == ["a:2", "a:3", "b:1"]


def test_an_entry_that_asks_for_several_modules_asks_for_all_of_them() -> None:
    asked = Request(easyconfig="x.eb", file="s.yml", line=1)
    graph = [Package(module=module, requests=(asked,)) for module in ("A", "B")]
    comparison = compare(graph, tree("A"), TARGET, requests=[asked])
    assert states(comparison) == {"A": "I", "B": "M"}
    assert [verdict.package.module for _, verdict in comparison.requests] == ["B"]


def test_only_what_the_targets_own_requests_need_gets_a_verdict() -> None:
    one, two, other = (Request(easyconfig="a", file="s.yml", line=line) for line in (1, 2, 3))
    graph = graph_of(
        [
            Package(module="A", dependencies=("B",), requests=(one, other, two)),
            Package(module="D", dependencies=("B", "E"), requests=(other,)),
            *packages("B; E"),
        ]
    )
    comparison = compare(graph, tree("A: B E Old; B; E: Gone"), TARGET, requests=(two, one))
    assert [one.package.module for one in comparison.verdicts] == ["B", "A"]
    assert [verdict.requests for verdict in comparison.verdicts] == [(), (two, one)]
    assert comparison.requests == ((two, comparison.verdicts[1]), (one, comparison.verdicts[1]))
    assert comparison.verdicts[1].reason == "its module file loads Old, Gone, which is gone"
    comparison = compare(graph, tree(), TARGET, requests=(other,))
    assert comparison.of(State.MISSING) == comparison.verdicts
    assert [verdict.requests for verdict in comparison.verdicts] == [(), (other,), (), (other,)]


def test_a_target_that_nothing_is_asked_of_answers_nothing() -> None:
    comparison = compare(packages("*A: B; B"), tree(), TARGET, requests=())
    assert (comparison.verdicts, comparison.requests) == ((), ())


def test_what_belongs_elsewhere_is_told() -> None:
    elsewhere = packages("*CUDA")[0].requests
    assert compare(packages("*A"), tree(), TARGET, elsewhere=elsewhere).elsewhere == elsewhere


def test_a_request_that_the_packages_do_not_know_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        compare(packages("*A"), tree(), TARGET, requests=packages("*B")[0].requests)


NOTHING_NEW = "a rebuild asks for nothing new"

#: graph (`*!A` asks for a rebuild of A), what is there, states
REBUILDS = {
    "of what is there": ("*!A: B; B", "A: B; B", "A=I B=I"),
    "of what is broken": ("*!A: B; B", "A: B", "A=B B=M"),
    "of what is there, as an alias": ("*!A: B; B", "A/1: B", "A=B B=M"),
    "of what is not there": ("*!A: B; B", "", "A=X"),
    "of what is there, with a changed recipe": ("*!A: B; B", "A", "A=I B=D"),
    "of what another entry needs": ("*!A: B; B; *D: A", "", "A=M B=M D=M"),
    "of what only today's recipe of another entry needs": ("*!A: B; B; *D: A", "D", "A=D B=D D=I"),
    "of what only another rebuild needs": ("*!A: B; B; *!D: A", "", "A=X D=X"),
    "of what another rebuild needs that is there": ("*!A: B; B; *!D: A", "D: A", "A=M B=M D=B"),
}


@pytest.mark.parametrize(("graph", "there", "found"), REBUILDS.values(), ids=REBUILDS)
def test_a_rebuild(graph: str, there: str, found: str) -> None:
    inventory = tree(there, aliases={"A": "A/1"})
    comparison = compare(packages(graph), inventory, TARGET)
    assert states(comparison) == letters(found)
    assert {one.reason for one in comparison.of(State.EXCLUDED)} <= {NOTHING_NEW}
    every = states(compare(packages(graph), inventory, TARGET, strict=True))
    assert set(every) == {one.module for one in packages(graph)}
    assert not set(every.values()) - {"I", "M"}


def test_a_rebuild_and_an_entry_can_ask_for_the_same() -> None:
    entry, rebuild = (Request(easyconfig="a", file="s.yml", line=line, rebuild=line == 2) for line in (1, 2))
    graph = [Package(module="A", requests=(entry, rebuild))]
    comparison = compare(graph, tree(), TARGET, requests=(rebuild, entry))
    assert [verdict.state for _, verdict in comparison.requests] == [State.MISSING, State.MISSING]
    comparison = compare(graph, tree(), TARGET, requests=(rebuild,))
    assert [verdict.reason for _, verdict in comparison.requests] == [NOTHING_NEW]


def test_what_only_a_rebuild_asks_for_uses_no_exclusion() -> None:
    exclusion = Exclusion(easyconfig="A", reason="does not build")
    comparison = compare(packages("*!A"), tree(), TARGET, exclusions=[exclusion])
    assert [one.reason for one in comparison.verdicts] == [NOTHING_NEW]
    assert comparison.unused == (exclusion,)


@pytest.mark.parametrize(
    ("there", "state"),
    [
        ("Z3/4.12-GCCcore-12.3.0-Python-3.11.3", State.INSTALLED),
        ("Z3/4.12-GCCcore-12.3.0-Python-3.11.3: Gone", State.BROKEN),
        ("Z3/4.12-GCCcore-12.3.0", State.ERROR),
        ("Z/3-4.12-GCCcore-12.3.0-Python-3.11.3", State.ERROR),
    ],
)
def test_an_entry_without_a_recipe_is_known_by_its_module(there: str, state: State) -> None:
    name = "Z3-4.12-GCCcore-12.3.0-Python-3.11.3.eb"
    graph = graph_of([unresolved(name)])
    requests = tuple(graph.asked)
    for inventory, found in ((tree(there), state), (tree(), State.ERROR)):  # one graph, several targets
        ((_, verdict),) = compare(graph, inventory, TARGET, requests=requests).requests
        assert (verdict.state, verdict.requests) == (found, requests)
        ((_, verdict),) = compare(graph, inventory, TARGET, requests=requests, strict=True).requests
        assert verdict.state is State.ERROR


def test_an_entry_without_a_recipe_may_be_a_package_of_the_graph() -> None:
    graph = graph_of(
        [*packages("*A: B-C/1 D; D", errors={}), Package(module="B-C/1", error="?"), unresolved("B-C-1.eb")]
    )
    comparison = compare(graph, tree("A: B-C/1 D; B-C/1; D"), TARGET)
    assert states(comparison) == {"B-C/1": "I", "D": "I", "A": "I"}
    assert [verdict.package for _, verdict in comparison.requests] == [graph.packages["A"], graph.packages["B-C/1"]]


@pytest.mark.parametrize(
    ("there", "state"),
    [
        ("EESSI-extend/2023.06-easybuild", State.INSTALLED),
        ("EESSI/2023.06-extend-easybuild", State.INSTALLED),
        ("EESSI-extend/1.0-easybuild", State.ERROR),
        ("EESSI-extend/2023.06-2-easybuild", State.ERROR),
        ("EESSI/2023.06", State.ERROR),
    ],
)
def test_a_recipe_that_takes_its_version_from_eessi_is_known_by_it(there: str, state: State) -> None:
    ((_, verdict),) = compare(graph_of([unresolved("EESSI-extend-easybuild.eb")]), tree(there), TARGET).requests
    assert verdict.state is state
