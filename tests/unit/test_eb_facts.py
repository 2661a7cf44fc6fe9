"""What is made of the reader's answers; its process runs in tests/e2e."""

import pytest

from eessi_stack.eb.facts import _Answer, _groups, _merged, _no_answer, _recipe, _text, _with_requests
from eessi_stack.errors import ExitCode
from eessi_stack.model import OptionValue, Package, Request


def request(name: str, line: int = 1, **options: OptionValue) -> Request:
    given = tuple((option.replace("_", "-"), value) for option, value in options.items())
    return Request(easyconfig=name, file="s.yml", line=line, options=given)


def test_requests_are_asked_together_unless_their_options_change_the_graph() -> None:
    plain = request("a", 1)
    origin = request("b", 2, from_pr=123, include_easyblocks_from_commit="0ab")
    build = request("c", 3, cuda_sanity_check_strict=True, parallel_extensions_install=False, skip_test_step=True)
    other = request("d", 4, filter_deps="zlib", rebuild=True)
    same = request("e", 5, filter_deps="zlib")
    third = request("f", 6, filter_deps="XZ")
    assert _groups([plain, other, origin, build, same, third]) == {
        (): [plain, origin, build],
        (("filter-deps", "zlib"),): [other, same],
        (("filter-deps", "XZ"),): [third],
    }
    assert _groups([]) == {}


@pytest.mark.parametrize(
    ("value", "text"), [(True, "1"), (False, "0"), (4, "4"), ("zlib", "zlib"), (("zlib", "XZ"), "zlib,XZ")]
)
def test_an_option_as_a_variable(value: OptionValue, text: str) -> None:
    assert _text(value) == text


@pytest.mark.parametrize(
    ("written", "recipe"), [("a-1", "a-1.eb"), ("a-1.eb", "a-1.eb"), ("/x/a-1.eb", "/x/a-1.eb"), ("/x/a", "/x/a.eb")]
)
def test_a_recipe_has_its_ending(written: str, recipe: str) -> None:
    assert _recipe(request(written)) == recipe


def test_packages_know_who_asked_for_them() -> None:
    one, two, both = request("one.eb", 1), request("two.eb", 2), request("both.eb", 3)
    answer = _Answer(
        packages=(Package(module="A/1"), Package(module="B/1"), Package(module="C/1")),
        roots=(("A/1",), ("B/1",), ("A/1", "B/1")),
    )
    found = {package.module: package.requests for package in _with_requests([one, two, both], answer)}
    assert found == {"A/1": (one, both), "B/1": (two, both), "C/1": ()}


def test_an_answer_for_another_number_of_requests_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        _with_requests([request("a"), request("b")], _Answer(roots=(("A/1",),)))


def package(name: str, needs: str, *requests: Request) -> Package:
    return Package(module=name, dependencies=tuple(needs.split()), requests=requests)


def test_one_graph_of_all_answers() -> None:
    graphs = [[package("A", "B"), package("B", "C")], [package("D", "B"), package("B", "other")]]
    assert _merged(graphs) == (package("A", "B"), package("B", "C other"), package("D", "B"))
    assert _merged([]) == ()


def test_what_one_graph_runs_with_and_another_builds_with_is_needed_to_run() -> None:
    graphs = [
        [Package(module="A", build_dependencies=("B", "C"))],
        [Package(module="A", dependencies=("B",), build_dependencies=("D",))],
    ]
    assert _merged(graphs) == (Package(module="A", dependencies=("B",), build_dependencies=("C", "D")),)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_entry_that_asks_for_a_module_decides_what_it_needs(*, swapped: bool) -> None:
    asked = request("a", 1, filter_deps="zlib")
    graphs = [[package("A", "zlib")], [package("A", "", asked)]]
    assert _merged(graphs[::-1] if swapped else graphs) == (package("A", "", asked),)


def test_all_who_ask_are_remembered_and_the_last_decides() -> None:
    one, two = request("a", 1), request("a", 2, filter_deps="zlib")
    assert _merged([[package("A", "zlib", one)], [package("A", "", two)]]) == (package("A", "", one, two),)


def test_no_answer_is_no_decision() -> None:
    error = _no_answer(9, f"{'x' * 5000}\nTraceback: the end\n")
    assert error.exit_code is ExitCode.UNDECIDED
    assert "exit code 9" in error.message
    assert error.context.endswith("Traceback: the end")
    assert len(error.context) == 2000
