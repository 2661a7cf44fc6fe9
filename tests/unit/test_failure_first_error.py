# ruff: noqa: RUF001 (GCC quotes names so)
from pathlib import Path

import pytest

from eessi_stack.failure.cause import Cause
from eessi_stack.failure.complaints import WORTH, Weight, complaint
from eessi_stack.failure.first_error import AFTER, BEFORE, first_error

SAMPLES = Path(__file__).parents[1] / "data" / "failures"


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("src/main.cpp:12:5: error: expected ';'", Cause.COMPILE),
        ("/a b/x.h:3: error: no", Cause.COMPILE),
        ("<command-line>:0:1: error: no macro name given", Cause.COMPILE),
        ("In file included: x.c:1:2: fatal error: y.h: Permission denied", Cause.PERMISSION),
        ("x.s:12: Error: no such instruction: `foo'", Cause.COMPILE),
        ("kernel.cu(12): error: identifier is undefined", Cause.COMPILE),
        ("x.c(12): error #20: identifier is undefined", Cause.COMPILE),
        ("gcc: error: unrecognized command-line option '-mfoo'", Cause.COMPILE),
        ("cc1plus: fatal error: x.cpp: No such file or directory", Cause.COMPILE),
        ("Error: Symbol 'x' at (1) has no IMPLICIT type", Cause.COMPILE),
        ("Fatal Error: Cannot open module file 'mpi.mod' for reading at (1)", Cause.COMPILE),
        ("error[E0308]: mismatched types", Cause.COMPILE),
        ("error: linking with `cc` failed: exit status: 1", Cause.COMPILE),
        ("./main.go:4:2: undefined: x", Cause.COMPILE),
        ("x.c:(.text+0x5): undefined reference to `helper'", Cause.COMPILE),
        ("ld.lld: error: undefined symbol: helper", Cause.COMPILE),
        ("/usr/bin/ld.gold: error: cannot find -lz", Cause.COMPILE),
        ("ld: x.o:(.bss+0x0): multiple definition of `y'; z.o: first defined here", Cause.COMPILE),
        ("make[2]: *** No rule to make target 'x', needed by 'y'.  Stop.", Cause.COMPILE),
        ("Makefile:3: *** missing separator.  Stop.", Cause.COMPILE),
        ("x.c:1:1: internal compiler error: Segmentation fault", Cause.COMPILE),
        ("configure: error: C compiler cannot create executables", Cause.CONFIGURE),
        ("CMake Error at CMakeLists.txt:3 (find_package):", Cause.CONFIGURE),
        ("CMake Error: The source directory does not exist.", Cause.CONFIGURE),
        ('../meson.build:4:0: ERROR: Dependency "x" not found', Cause.CONFIGURE),
        ("Error in library(foo) : there is no package called 'foo'", Cause.COMPILE),
        ("ERROR: dependency 'foo' is not available for package 'bar'", Cause.COMPILE),
        ("OSError: [Errno 28] No space left on device", Cause.DISK),
        ("cp: error writing 'x': Disk quota exceeded", Cause.DISK),
        ("PermissionError: [Errno 13] Permission denied: '/x'", Cause.PERMISSION),
        ("install: cannot create regular file '/x': Read-only file system", Cause.PERMISSION),
        ("virtual memory exhausted: Cannot allocate memory", Cause.MEMORY),
        ("terminate called after throwing an instance of 'std::bad_alloc'", Cause.MEMORY),
        ("Hunk #2 FAILED at 12.", Cause.PATCH),
        ("patch: **** malformed patch at line 4: x", Cause.PATCH),
        ("tar: This does not look like a tar archive", Cause.SOURCE),
        ("xz: (stdin): Unexpected end of input", Cause.SOURCE),
        ("[  FAILED  ] Suite.case (3 ms)", Cause.TEST),
        ("not ok 3 - it works", Cause.TEST),
        (" 3/10 suite / name        FAIL            0.11s   exit status 1", Cause.TEST),
        ("--- FAIL: TestX (0.00s)", Cause.TEST),
        ("test tests::it_works ... FAILED", Cause.TEST),
        ("FAILED tests/test_x.py::test_y - assert 1 == 2", Cause.TEST),
        ("  14 - test_z (Failed)", Cause.TEST),
    ],
)
def test_a_line_that_says_what_is_wrong(line: str, cause: Cause) -> None:
    told = complaint(line)
    assert WORTH.search(line)
    assert told is not None
    assert (told[0].cause, told[0].weight) == (cause, Weight.PLAIN)


@pytest.mark.parametrize(
    "line",
    [
        "gcc -Wall -Werror -DERROR='error: x' -c error.c -o error.o",
        "/usr/bin/g++-12 -Werror=format-security -c src/error.cpp",
        "[3/10] /usr/bin/c++ -o error.o -c error.cpp",
        "libtool: compile:  gcc -c error.c",
        "checking for error... no",
        "checking whether gcc fails with error: x... yes",
        "-- Performing Test HAVE_ERROR - Failed",
        "-- Could NOT find error.h",
        "0 errors, 3 warnings",
        "no errors found",
        "Errors: 0",
        "rm: cannot remove 'x' (ignored)",
        "ignoring error: no such file",
        "error: x was ignored",
        "echo 'configure: error: x'",
        'if test ! -f x; then echo "error: no x"; exit 1; fi',
        "+ echo error: none",
        "cp: cannot stat 'x' || true",
        "x.c:1:2: warning: error in comment",
        "PASS: test-error",
        "XFAIL: test-fails",
        "ok 3 - error: is printed",
        "not ok 4 - it works # TODO later",
        "test_error (tests.T) ... ok",
        "Compiling error.c",
        "installing errors.h",
        "  CC       error.o",
        "error.c",
        "strerror_r() is available",
        "conftest.c:12:10: fatal error: foo.h: No such file or directory",
        "error.c: In function 'f':",
        "[ 50%] Building C object CMakeFiles/x.dir/error.c.o",
        "FAIL: 0",
        "# FAIL:  0",
        "100% tests passed, 0 tests failed out of 2",
        "errors: 0, failures: 0",
        "Exception ignored in: <function f>",
        "make[1]: Entering directory '/build/error'",
        "Wrote messages to error.log",
    ],
)
def test_a_line_that_only_looks_like_an_error(line: str) -> None:
    assert first_error([line]).error is None


def first(text: str) -> str:
    found = first_error(text.splitlines()).error
    return found.line if found else ""


def test_the_first_real_error_wins_over_what_follows_from_it() -> None:
    assert first("x.c:1:1: error: one\ny.c:1:1: error: two\nmake: *** [x.o] Error 1") == "x.c:1:1: error: one"
    assert first("error: it\nERROR: broken\nx.c:1:1: error: one") == "error: it"
    assert first("something: error: vague\nx.c:1:1: error: one") == "x.c:1:1: error: one"
    assert first("FAILED: x.o\ngcc -c x.c\nx.c:1:1: error: one\nninja: build stopped") == "x.c:1:1: error: one"


@pytest.mark.parametrize(
    ("line", "weight"),
    [
        ("cp: cannot stat 'x': No such file or directory", Weight.VAGUE),
        ("/bin/sh: line 1: foo: command not found", Weight.VAGUE),
        ("[ERROR] Failed to execute goal", Weight.VAGUE),
        ("Illegal instruction (core dumped)", Weight.VAGUE),
        ("make: *** [Makefile:2: all] Segmentation fault (core dumped)", Weight.LAST),
        ("make[2]: *** [x.o] Error 1", Weight.LAST),
        ("make: *** Waiting for unfinished jobs....", Weight.LAST),
        ("collect2: error: ld returned 1 exit status", Weight.LAST),
        ("error: command 'gcc' failed with exit status 1", Weight.LAST),
        ("error: could not compile `x` (lib) due to 1 previous error", Weight.LAST),
        ("cc1: all warnings being treated as errors", Weight.LAST),
    ],
)
def test_a_line_that_says_less(line: str, weight: Weight) -> None:
    told = complaint(line)
    assert WORTH.search(line)
    assert told is not None
    assert told[0].weight is weight


def test_what_make_ignores_is_no_error() -> None:
    ignored = "gcc -c none.c\ncc1: fatal error: none.c: No such file\nmake: [Makefile:2: all] Error 1 (ignored)\n"
    assert first(f"{ignored}gcc -c x.c\nx.c:1:1: error: one") == "x.c:1:1: error: one"
    assert first(f"x.c:1:1: error: one\n{ignored}") == "x.c:1:1: error: one"
    assert first(f"{ignored}make: *** [Makefile:3: all] Error 7") == "make: *** [Makefile:3: all] Error 7"


def test_what_may_fail_is_no_error() -> None:
    assert (
        first("gcc -c try.c || true\ntry.c:1:1: error: tried\ngcc -c x.c\nx.c:1:1: error: one") == "x.c:1:1: error: one"
    )


def test_an_error_that_everybody_ignored_is_better_than_none() -> None:
    assert first("gcc -c try.c || true\ntry.c:1:1: error: tried") == "try.c:1:1: error: tried"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("rustc", "error[E0308]: mismatched types"),
        ("pip", "ModuleNotFoundError: No module named 'not_there'"),
        ("unittest", "FAIL: test_error_is_raised (test_u.T.test_error_is_raised)"),
        ("pytest", "E       assert 3 == 4"),
        ("werror", "w.c:1:20: error: unused variable ‘x’ [-Werror=unused-variable]"),
        ("mem", "cc1: out of memory allocating 6000 bytes after a total of 3473408 bytes"),
    ],
)
def test_real_outputs(name: str, line: str) -> None:
    assert first((SAMPLES / f"{name}.out").read_text(encoding="utf-8")) == line


def test_which_tests_fail() -> None:
    output = [*(f"FAIL: test_{number}" for number in range(7)), "FAIL: test_0", "# FAIL: 7"]
    read = first_error(output)
    assert (read.failed_tests, read.tests) == (7, [f"test_{number}" for number in range(5)])


def test_an_excerpt_has_a_few_lines_around_the_error() -> None:
    lines = [f"line {number}" for number in range(100)]
    lines[50] = "x.c:1:1: error: one"
    found = first_error(lines).error
    assert found is not None
    assert found.lines == lines[50 - BEFORE : 51 + AFTER]
    assert found.at == BEFORE


def test_only_a_few_lines_of_a_long_output_are_kept() -> None:
    def endless() -> object:
        for number in range(200_000):
            yield f"x.c:{number}:1: error: one" if number % 2 else f"gcc -c {number}.c"

    read = first_error(endless())  # type: ignore[arg-type]
    assert read.error
    assert len(read.error.lines) <= BEFORE + 1 + AFTER
    assert len(read.last) <= BEFORE + AFTER
