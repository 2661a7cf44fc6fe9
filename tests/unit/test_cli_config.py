"""How settings are shown."""

from eessi_stack.cli.config import lines

ROWS = [("repo", "/a/very/long/path/of/a/tree", "$EESSI_STACK_REPO"), ("memory", "16G", "default")]


def test_a_setting_is_a_line() -> None:
    assert list(lines(ROWS, None)) == [
        f"{'repo':<14} {'/a/very/long/path/of/a/tree':<50} $EESSI_STACK_REPO",
        f"{'memory':<14} {'16G':<50} default",
    ]


def test_on_a_terminal_no_word_is_broken() -> None:
    assert list(lines(ROWS, 80)) == [
        "repo           /a/very/long/path/of/a/tree",
        "               from $EESSI_STACK_REPO",
        f"{'memory':<14} {'16G':<50} default",
    ]
