from eessi_stack.compare.packages import graph_of
from eessi_stack.compare.walk import HOLLOW, Findings, walk
from eessi_stack.model import Inventory
from tests.unit.graphs import packages, tree

STACK = "*A: B | X; B: C; C; X; *D: C"


def loads_of_broken(findings: Findings) -> dict[str, str]:
    """What is wrong with what they load."""
    return {module: why.removeprefix("its module file loads ") for module, why in findings.broken.items()}


def walked(graph: str, there: Inventory, within: str, *, strict: bool = False) -> Findings:
    stack = packages(graph)
    return walk([one.module for one in stack if one.requests], within.split(), graph_of(stack), there, strict=strict)


def test_it_stays_within_what_is_wanted() -> None:
    findings = walked(STACK, tree(), "A B X")
    assert findings.missing == {"A", "B", "X"}
    assert list(findings.steps) == ["A", "B", "X"]
    assert walked(STACK, tree(), "").steps == {}


def test_what_is_loaded_but_not_wanted_is_followed() -> None:
    findings = walked("*A", tree("A: Old; Old: Gone"), "A")
    assert loads_of_broken(findings) == {"A": "Gone, which is gone"}
    assert findings.missing == set()


def test_what_is_wanted_answers_for_itself() -> None:
    findings = walked("*A: B; B", tree("A: B Old; B: Gone; Old"), "A B")
    assert loads_of_broken(findings) == {
        "B": "Gone, which is gone",
        "A": "B, which is broken",
    }


def test_only_what_is_there_is_broken_and_says_first_what_it_loads_itself() -> None:
    findings = walked("*A; *B; *C: A", tree("A: B Gone; B: Gone"), "A B C")
    assert loads_of_broken(findings) == {
        "A": "Gone, which is gone",
        "B": "Gone, which is gone",
    }
    assert findings.missing == {"C"}


def test_a_circle_of_loads_ends() -> None:
    findings = walked("*A: B; B; C", tree("A: B; B: C Old; C: B Gone; Old"), "A B C")
    assert loads_of_broken(findings) == {
        "C": "Gone, which is gone",
        "B": "C, which is broken",
        "A": "B, which is broken",
    }


def test_strict_believes_no_module_file() -> None:
    findings = walked("*A: B; B", tree("A: Gone"), "A B", strict=True)
    assert (findings.missing, findings.broken) == ({"B"}, {})


def test_a_load_without_a_version_means_no_alias() -> None:
    there = tree("A: Java; Jdk/11", aliases={"Java/11": "Jdk/11"})
    assert walked("*A", there, "A").broken == {"A": "its module file loads Java, which is gone"}
    assert walked("*A", tree("A: Jdk lang/Jdk; Jdk/11; lang/Jdk/11"), "A").broken == {}


def test_an_alias_loads_what_its_module_does() -> None:
    there = tree("Java/11.0: Gone", aliases={"Java/11": "Java/11.0"})
    assert walked("*Java/11", there, "Java/11").broken == {"Java/11": "its module file loads Gone, which is gone"}


def test_users_are_told_of_what_is_asked_about_each_once_in_the_order_of_the_walk() -> None:
    findings = walked("*A: B | B; B: C; C; *D: C", tree(), "A B C D")
    assert findings.users(["B", "C", "A"]) == {"B": ("A",), "C": ("D", "B")}
    assert findings.users([]) == {}


def test_what_has_no_installation_is_broken_and_what_loads_it_too() -> None:
    graph = graph_of(packages("*A/1; *B/1: A/1; C/1"))
    seen = tree("A/1; B/1: A/1; C/1", hollow=frozenset({"A/1", "C/1"}))
    found = walk(["A/1", "B/1"], {"A/1", "B/1"}, graph, seen, strict=False)
    assert found.broken == {"A/1": HOLLOW, "B/1": "its module file loads A/1, which is broken"}
    assert walk(["A/1", "B/1"], {"A/1", "B/1"}, graph, seen, strict=True).broken == {}
