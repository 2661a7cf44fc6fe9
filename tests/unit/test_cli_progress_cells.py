import pytest
from rich.cells import cell_len

from eessi_stack.cli.progress.cells import clean, cut, last_line, padded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[1;31merror:\x1b[0m no", "error: no"),
        ("\x1b[2K\x1b[1Gdone\x1b[?25l", "done"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b(Bset \x1b7saved\x1bc", "set saved"),
        ("tab\there", "tab here"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("right-to-left \u202eoverride", "right-to-left override"),
        ("日本語 Größe", "日本語 Größe"),
        ("cut off \x1b[3", "cut off "),
        ("cut off \x1b", "cut off "),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown
    assert not any(letter in clean(text) for letter in "\x1b\x9b\x07\x08")


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 0, ""),
    ],
)
def test_text_is_cut_by_cells(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert cell_len(cut(text, width)) <= width
    assert cell_len(padded(text, width)) == width


def test_padding_goes_to_either_side() -> None:
    assert (padded("ab", 4), padded("ab", 4, right=True)) == ("ab  ", "  ab")


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("one\ntwo\n", "two"),
        ("one\ntwo", "two"),
        ("one\n\n  \n\x1b[0m\n", "one"),
        ("one\r\n", "one"),
        (" 10%\r 20%\r 30%", "30%"),
        (" 10%\r 20%\r\x1b[K", "20%"),
        ("  | indented", "| indented"),
        (
            "  >> running shell command:\n\tmake -j 2\n\t[started at: now]\n\t[output and state saved to /w/make-1]\n",
            "make -j 2",
        ),
    ],
)
def test_the_last_line_is_the_last_that_says_something(log: str, line: str) -> None:
    assert last_line(log) == line
