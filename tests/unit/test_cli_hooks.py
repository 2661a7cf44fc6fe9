"""How rules are shown on a terminal."""

from eessi_stack.cli.hooks import folded

LINES = ["at pre_test", "    append to testopts: || echo 'failing tests are ignored'", "      detail"]


def test_lines_fit_the_terminal_and_nothing_else_folds_them() -> None:
    assert list(folded(LINES, 40)) == [
        "at pre_test",
        "    append to testopts: || echo",
        "      'failing tests are ignored'",
        "      detail",
    ]
    assert all(len(line) <= 40 for line in folded([*LINES, "  " + "word " * 30], 40))
    assert list(folded(LINES, None)) == LINES
