from eessi_stack.errors import EXIT_CODES, ExitCode, StackError, StackErrors


def test_the_table_covers_every_code() -> None:
    assert list(EXIT_CODES) == list(ExitCode)
    assert [int(code) for code in EXIT_CODES] == [0, 1, 2, 3, 130]
    assert all(EXIT_CODES.values())


def test_an_error_is_a_usage_error_unless_it_says_otherwise() -> None:
    error = StackError("a-reference", "what happened", context="where", hint="what next")
    assert (error.reference, str(error), error.context, error.hint) == (
        "a-reference",
        "what happened",
        "where",
        "what next",
    )
    assert error.exit_code is ExitCode.USAGE
    assert StackError("a", "b", exit_code=ExitCode.FINDING).exit_code is ExitCode.FINDING


def test_several_errors_are_as_bad_as_their_worst() -> None:
    codes = (ExitCode.USAGE, ExitCode.UNDECIDED, ExitCode.FINDING)
    errors = tuple(StackError("a", "b", exit_code=code) for code in codes)
    several = StackErrors(errors)
    assert several.exit_code is ExitCode.UNDECIDED
    assert several.errors == errors
    assert several.message == "3 errors"
