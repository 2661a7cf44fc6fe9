# ruff: noqa: RUF001 (GCC quotes names so)
from pathlib import Path

import pytest

from eessi_stack.eb.evidence import lines
from eessi_stack.failure import transcript
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.failure.diagnose import Evidence, diagnose

SAMPLES = Path(__file__).parents[1] / "data" / "failures"  # of real runs of EasyBuild 5.4.1, compilers and test runners


def sample(name: str, exit_code: int, *, out_of_memory: bool | None = False) -> Failure:
    told = transcript.read(lines(SAMPLES / f"{name}.log"))
    output = lines(SAMPLES / f"{name}.out")
    return diagnose(Evidence(exit_code=exit_code, told=told, output=output, out_of_memory=out_of_memory))


def error(failure: Failure) -> str:
    return failure.excerpt[failure.error_line] if failure.error_line >= 0 else ""


@pytest.mark.parametrize(
    ("name", "exit_code", "cause", "step", "command", "code", "line"),
    [
        ("compile", 16, Cause.COMPILE, "build", "make  -j 2", 2, "main.c:4:20: error: ‘nothing’ undeclared"),
        ("header", 16, Cause.COMPILE, "build", "make  -j 2", 2, "main.c:1:10: fatal error: not_there.h: No such"),
        ("link", 16, Cause.COMPILE, "build", "make  -j 2", 2, "main.c:(.text+0x5): undefined reference to `helper'"),
        ("library", 16, Cause.COMPILE, "build", "make  -j 2", 2, "/usr/bin/ld: cannot find -lnot_there"),
        ("rule", 16, Cause.COMPILE, "build", "make  -j 2", 2, "make: *** No rule to make target 'nothing.o'"),
        ("ignored", 16, Cause.COMPILE, "build", "make  -j 2", 2, "broken.c:1:23: error: expected ‘;’"),
        ("ninja", 16, Cause.COMPILE, "build", "ninja -v -j 2", 1, "main.c:1:25: error: ‘nothing’ undeclared"),
        ("traceback", 16, Cause.COMPILE, "build", "make  -j 2", 2, "json.decoder.JSONDecodeError: Expecting property"),
        ("silent", 16, Cause.COMPILE, "build", "make  -j 2", 2, "make: *** [Makefile:2: all] Error 7"),
        ("killed", 16, Cause.UNKNOWN, "build", "make  -j 2", 2, "make: *** [Makefile:2: all] Killed"),
        ("configure", 15, Cause.CONFIGURE, "configure", "./configure", 1, "configure: error: zlib is required"),
        (
            "cmake",
            15,
            Cause.CONFIGURE,
            "configure",
            "cmake  -DCMAKE",
            1,
            "CMake Error at CMakeLists.txt:3 (find_package):",
        ),
        ("test", 1, Cause.TEST, "test", "make check", 2, "FAIL: test_two"),
        ("ctest", 1, Cause.TEST, "test", "ctest --no-tests=error", 8, "2/2 Test #2: breaks ...."),
        ("sanity", 45, Cause.SANITY, "sanitycheck", "prog --version", 127, "no file found at 'bin/prog'"),
        ("patch", 44, Cause.PATCH, "patch", "", 1, "Hunk #1 FAILED at 1."),
        ("checksum", 42, Cause.CHECKSUM, "fetch", "", None, "Checksum verification for /site/sources/c/Checksum"),
        ("missing", 41, Cause.SOURCE, "fetch", "", None, "Couldn't find file Missing-1.0.tar.gz anywhere"),
        ("truncated", 1, Cause.SOURCE, "extract", "tar xzf", 2, "gzip: stdin: unexpected end of file"),
        ("hook", 1, Cause.HOOK, "configure", "", None, "KeyError: 'TARGET'"),
        ("lock", 1, Cause.LOCK, "", "", None, "Lock /site/repo"),
    ],
)
def test_what_easybuild_says(  # noqa: PLR0913, PLR0917
    name: str, exit_code: int, cause: Cause, step: str, command: str, code: int | None, line: str
) -> None:
    failure = sample(name, exit_code)

    assert (failure.cause, failure.step, failure.exit_code) == (cause, step, code)
    assert failure.command.startswith(command)
    assert line in error(failure)
    assert len(failure.excerpt) <= 11
    assert failure.summary


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        (
            "compile",
            "the compiler refuses the code: main.c:4:20: error: ‘nothing’ undeclared (first use in this function)",
        ),
        ("cmake", "CMake gives up: CMake Error at CMakeLists.txt:3 (find_package): By not providing"),
        ("ctest", "1 test fails: breaks"),
        ("sanity", "no file found at 'bin/prog', and 3 more"),
        ("patch", "Patch-1.0_fix.patch does not fit: Hunk #1 FAILED at 1."),
        ("missing", "Couldn't find file Missing-1.0.tar.gz anywhere, and downloading it didn't work either"),
        ("hook", "a hook ended it: KeyError: 'TARGET'"),
        ("silent", "make: *** [Makefile:2: all] Error 7"),
    ],
)
def test_one_sentence_says_what_happened(name: str, summary: str) -> None:
    codes = {"cmake": 15, "ctest": 1, "sanity": 45, "patch": 44, "missing": 41, "hook": 1}
    assert sample(name, codes.get(name, 16)).summary.startswith(summary)


def test_the_files_of_the_failed_command_are_named() -> None:
    failure = sample("compile", 16)

    assert failure.output.startswith("/site/logs/tmp/eb-")
    assert failure.output.endswith("/out.txt")
    assert failure.reenter == failure.output.replace("out.txt", "cmd.sh")


def failed(*output: str, step: str = "build", out_of_memory: bool | None = None) -> Failure:
    told = transcript.Transcript(step=step, command="make", exit_code=2, failed=True)
    return diagnose(Evidence(exit_code=1, told=told, output=output, out_of_memory=out_of_memory))


def test_out_of_memory_is_what_the_cgroup_counts() -> None:
    killed = ("g++: fatal error: Killed signal terminated program cc1plus", "make: *** [Makefile:2: x.o] Error 1")

    assert failed(*killed, out_of_memory=True).cause is Cause.MEMORY
    assert failed(*killed, out_of_memory=False).cause is Cause.UNKNOWN
    assert "the cgroup counts none" in failed(*killed, out_of_memory=False).summary
    assert "not known" in failed(*killed).summary
    assert error(failed(*killed, out_of_memory=True)) == killed[0]
    assert failed("x.c:1:1: error: Killed undeclared").cause is Cause.COMPILE


@pytest.mark.parametrize(
    "line",
    [
        "collect2: fatal error: ld terminated with signal 9 [Killed]",
        "clang: error: unable to execute command: Killed",
        "  process didn't exit successfully: `rustc --crate-name x` (signal: 9, SIGKILL: kill)",
    ],
)
def test_each_compiler_says_in_its_own_words_that_a_program_was_killed(line: str) -> None:
    said = (line, "make: *** [Makefile:2: x.o] Error 1")

    assert failed(*said, out_of_memory=True).cause is Cause.MEMORY
    assert failed(*said, out_of_memory=False).cause is Cause.UNKNOWN
    assert error(failed(*said)) == line


def test_what_another_build_had_killed_does_not_hide_what_a_build_says_itself() -> None:
    own = failed("x.c:1:1: error: ‘y’ undeclared", "make: *** [Makefile:2: x.o] Error 1", out_of_memory=True)
    assert (own.cause, own.summary) == (Cause.COMPILE, "the compiler refuses the code: x.c:1:1: error: ‘y’ undeclared")
    assert sample("sanity", 45, out_of_memory=True).cause is Cause.SANITY
    assert sample("checksum", 42, out_of_memory=True).cause is Cause.CHECKSUM
    vague = failed("make: *** [Makefile:2: x.o] Error 1", out_of_memory=True)
    assert (vague.cause, "process of it" in vague.summary) == (Cause.MEMORY, False)
    assert failed("FAIL: test_large", step="test", out_of_memory=True).cause is Cause.MEMORY


@pytest.mark.parametrize(("code", "number"), [(-9, 9), (137, 9), (-15, 15)])
def test_a_command_that_was_killed_did_not_give_up_itself(code: int, number: int) -> None:
    def ended(*, out_of_memory: bool | None) -> Failure:
        told = transcript.Transcript(step="configure", command="./configure --x", exit_code=code, failed=True)
        return diagnose(Evidence(exit_code=15, told=told, output=["working"], out_of_memory=out_of_memory))

    assert ended(out_of_memory=None).cause is Cause.UNKNOWN
    assert ended(out_of_memory=None).summary == (
        f"./configure was killed by signal {number} in its configure step, for what is not known"
    )
    assert "the cgroup counts none" in ended(out_of_memory=False).summary
    assert ended(out_of_memory=True).cause is Cause.MEMORY
    assert ("process of it" in ended(out_of_memory=True).summary) == (number == 9)


def test_a_compiler_that_was_refused_memory_says_so_itself() -> None:
    output = (SAMPLES / "mem.out").read_text().splitlines()
    assert failed(*output).cause is Cause.MEMORY
    assert failed(*output).summary.startswith("a program was refused memory: cc1: out of memory allocating")


def unable(full: tuple[str, ...], exit_code: int = 46, said: str = "Unable to write Module file /p/A/1.lua") -> Failure:
    told = transcript.read(["== creating module...", f"ERROR: Installation of A-1.eb failed: {said}"])
    return diagnose(Evidence(exit_code=exit_code, told=told, full=full))


def test_what_has_no_room_left_is_why_where_nothing_else_is() -> None:
    found = unable(("/p",))
    assert (found.cause, found.step) == (Cause.DISK, "module")
    assert found.summary == "no space is left in /p: Unable to write Module file /p/A/1.lua"
    assert unable(()).cause is Cause.UNKNOWN
    assert unable(("/p",), said="[Errno 13] Permission denied: '/p/A/1.lua'").cause is Cause.PERMISSION
    assert unable(("/p",), exit_code=45).cause is Cause.SANITY
    assert unable(("/p",), exit_code=137).cause is Cause.UNKNOWN, "a kill is not for a full disk"
    assert diagnose(Evidence(exit_code=0, full=("/p",))).summary.endswith("ended well, but there is no module file")


def test_a_full_disk_is_one_in_any_step() -> None:
    output = (SAMPLES / "full.out").read_text().splitlines()
    for step in ("configure", "build", "test", "postproc"):
        assert failed(*output, step=step).cause is Cause.DISK
    message = ("Failed to write to /x: [Errno 28] No space left on device",)
    told = transcript.Transcript(step="module", message=message)
    assert diagnose(Evidence(exit_code=1, told=told)).cause is Cause.DISK
    assert diagnose(Evidence(exit_code=41, told=told)).cause is Cause.DISK


def test_permission_is_one_unless_a_test_provokes_it() -> None:
    line = "mkdir: cannot create directory '/x': Permission denied"
    assert failed(line, "make: *** [Makefile:2: all] Error 1").cause is Cause.PERMISSION
    assert failed(line, step="test").cause is Cause.TEST
    told = transcript.Transcript(step="ready", message=("Failed to create /x: [Errno 30] Read-only file system: '/x'",))
    assert diagnose(Evidence(exit_code=1, told=told)).cause is Cause.PERMISSION


def test_what_was_done_to_a_build_comes_before_what_it_printed() -> None:
    output = ("main.c:4:20: error: it was cut off",)
    told = transcript.Transcript(step="build", command="make", running=True)
    assert diagnose(Evidence(exit_code=-15, told=told, output=output, interrupted=True)).cause is Cause.INTERRUPTED
    timeout = diagnose(Evidence(exit_code=-9, told=told, timed_out=True))
    assert (timeout.cause, timeout.step, timeout.command) == (Cause.TIMEOUT, "build", "make")
    assert timeout.summary.endswith("in its build step")


def test_a_build_that_was_not_begun() -> None:
    assert diagnose(Evidence(lock="/locks/x (3 minutes old)")).cause is Cause.LOCK
    places = ("http://a/x.tar.gz: HTTP 404", "http://b/x.tar.gz: has another checksum: 12ab")
    wrong = diagnose(Evidence(unavailable=places))
    assert (wrong.cause, wrong.step, wrong.excerpt, wrong.error_line) == (Cause.CHECKSUM, "fetch", places, 1)
    assert diagnose(Evidence(unavailable=places[:1])).cause is Cause.SOURCE
    assert diagnose(Evidence(unavailable=("/s/x.tar.gz: No space left on device",))).cause is Cause.DISK
    assert diagnose(Evidence(unavailable=("/s/x.tar.gz: Permission denied",))).cause is Cause.PERMISSION


def test_what_nobody_explains_is_unknown() -> None:
    assert diagnose(Evidence(exit_code=-9)).summary == "EasyBuild was killed by signal 9"
    assert diagnose(Evidence(exit_code=0)).summary == "EasyBuild ended well, but there is no module file"
    nothing = diagnose(Evidence(exit_code=1))
    assert (nothing.cause, nothing.excerpt, nothing.error_line) == (Cause.UNKNOWN, (), -1)
    assert failed(step="postproc").summary == "make ended with exit code 2 in its postproc step, and does not say why"


def test_a_bundle_configures_and_tests_while_it_installs() -> None:
    assert failed("configure: error: no zlib", step="install").cause is Cause.CONFIGURE
    assert failed("FAIL: test_x", step="install").cause is Cause.TEST
    assert failed("x.c:1:2: error: no", step="install").cause is Cause.COMPILE
    assert failed("x.c:1:2: error: no", step="configure").cause is Cause.CONFIGURE


def test_a_hook_rule_is_named() -> None:
    message = ("no such value", "raised for toy/1.0 at pre_configure by the hook rule: toy: set configopts", "which is")
    failure = diagnose(Evidence(exit_code=1, told=transcript.Transcript(step="configure", message=message)))
    assert failure.cause is Cause.HOOK
    assert failure.summary == "the hook rule `toy: set configopts` ended it: no such value"


def test_the_number_of_a_signal_is_no_exit_code_of_easybuild() -> None:
    """Of SIGTERM, EasyBuild makes exit code 15, which else means its configure step."""
    begun = ["== building...", "  >> running shell command:", "\tmake"]
    ended = transcript.read([*begun, "WARNING: signal received (15), cleaning up locks ()..."])
    failure = diagnose(Evidence(exit_code=15, told=ended))
    assert (failure.cause, failure.step, failure.command) == (Cause.INTERRUPTED, "build", "make")
    assert failure.summary == "somebody ended EasyBuild by signal 15 in its build step"
    cancelled = transcript.read([*begun, "ERROR: Cancelled by user: keyboard interrupt"])
    assert diagnose(Evidence(exit_code=1, told=cancelled)).cause is Cause.INTERRUPTED
    killed = diagnose(Evidence(exit_code=137, told=transcript.read(begun)))
    assert (killed.cause, killed.summary) == (Cause.UNKNOWN, "EasyBuild was killed by signal 9 in its build step")
