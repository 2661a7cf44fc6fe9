from eessi_stack.cli.fetch import document, lines
from eessi_stack.cli.progress.words import WITHOUT_GUESS
from eessi_stack.eb.sources import Fetched, Source


def fetched(name: str, origin: str = "", *problems: str) -> Fetched:
    return Fetched(source=Source(path=f"/s/{name}"), origin=origin, problems=problems)


THERE, NEW, GONE = fetched("a"), fetched("b", "https://b"), fetched("c", "", "https://c: HTTP 404", "mirror: HTTP 410")


def test_what_is_there_and_what_is_new_is_counted() -> None:
    assert lines([THERE, NEW], {}) == ["2 of 2 sources there, 1 of them fetched now"]
    assert lines([], {}) == ["0 of 0 sources there, 0 of them fetched now"]


def test_every_file_that_cannot_be_had_is_named_with_where_it_belongs_and_what_was_tried() -> None:
    assert lines([THERE, GONE], {"C/1": GONE.problems}) == [
        "1 of 2 sources there, 0 of them fetched now",
        "",
        "FAILED: /s/c: put it there by hand, or mend where it comes from",
        "  https://c: HTTP 404",
        "  mirror: HTTP 410",
    ]


def test_that_config_guess_is_not_there_is_told_as_what_it_means() -> None:
    guess = Source(path="/s/generic/eb_v5/ConfigureMake/config.guess", config_guess=True)
    found = lines([Fetched(source=guess, problems=("https://g: HTTP 404",))], {})
    assert found[2:] == [f"not there: {guess.path}: {WITHOUT_GUESS}", "  https://g: HTTP 404"]


def test_sources_that_cannot_be_told_are_a_failure_of_their_own() -> None:
    found = lines([GONE], {"C/1": ("EasyBuild says no", *GONE.problems)})
    assert found[-3:] == ["", "FAILED: C/1: its sources cannot be told", "  EasyBuild says no"]


def test_the_document() -> None:
    found = document([NEW, GONE], {"C/1": GONE.problems})
    assert (found["format"], found["version"]) == ("eessi-stack-fetch", 1)
    assert found["sources"][0] == {"path": "/s/b", "origin": "https://b", "problems": []}
    assert found["lacking"] == {"C/1": ["https://c: HTTP 404", "mirror: HTTP 410"]}
