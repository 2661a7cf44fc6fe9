from pathlib import Path

import pytest

from eessi_stack.eb.evidence import LONGEST, explain, lines
from eessi_stack.failure.cause import Cause

SAMPLES = Path(__file__).parents[1] / "data" / "failures"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"plain\n\nlast", ["plain", "", "last"]),
        (b"\x1b[0;31mERROR: no\x1b[0m\r\n", ["ERROR: no"]),
        (b"\x1b]0;title\x07text\x1b(B\n", ["text"]),
        (b" 10%\r 50%\r100%\rdone\n", ["done"]),
        (b"\r" * 3 * LONGEST + b"x.c:1:1: error: no\n", ["x.c:1:1: error: no"]),
        (b"caf\xe9 \xff\xfe\n", ["caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"]),
        (b"x" * 3 * LONGEST + b"\nnext\n", ["x" * LONGEST, "next"]),
        (b"a" * (LONGEST - 1) + b"\r\nnext\n", ["a" * (LONGEST - 1), "next"]),
        (b"N\x08No\x08o\n", ["No"]),
    ],
)
def test_lines_are_as_a_terminal_shows_them(tmp_path: Path, written: bytes, read: list[str]) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(written)
    assert list(lines(path)) == read


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert list(lines(tmp_path / "none")) == []
    assert list(lines(tmp_path)) == []


def site(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """A run's log that names files in this site, and where its commands' files are."""
    text = (SAMPLES / f"{name}.log").read_text().replace("/site/", f"{tmp_path}/")
    log = tmp_path / "x.log"
    log.write_text(text)
    state = next(
        (tmp_path / line.split(f"{tmp_path}/")[1] for line in text.splitlines() if "/out.txt" in line), tmp_path
    )
    folder = Path(str(state).removesuffix("\x1b[0m")).parent
    folder.mkdir(parents=True, exist_ok=True)
    return log, folder


def test_what_the_failed_command_printed_is_read(tmp_path: Path) -> None:
    log, folder = site(tmp_path, "compile")
    (folder / "out.txt").write_bytes((SAMPLES / "compile.out").read_bytes())
    (folder / "cmd.sh").touch()

    failure = explain(16, log)

    assert (failure.cause, failure.command, failure.exit_code) == (Cause.COMPILE, "make  -j 2", 2)
    assert "nothing" in failure.excerpt[failure.error_line]
    assert failure.output == str(folder / "out.txt")
    assert failure.reenter == str(folder / "cmd.sh")


def test_files_that_are_gone_are_not_named(tmp_path: Path) -> None:
    log, _ = site(tmp_path, "compile")

    failure = explain(16, log)

    assert (failure.output, failure.reenter, failure.excerpt) == ("", "", ())
    assert failure.summary == "make ended with exit code 2 in its build step, and does not say why"


def test_a_patch_is_found_in_the_detailed_log(tmp_path: Path) -> None:
    log, _ = site(tmp_path, "patch")
    state = tmp_path / "state"
    state.mkdir()
    (state / "cmd.sh").touch()
    (state / "out.txt").touch()
    details = next(line.split()[-1] for line in log.read_text().splitlines() if "== Results of the build" in line)
    Path(details).parent.mkdir(parents=True, exist_ok=True)
    Path(details).write_text(
        f"== 2026-11-23 05:28:24,009 run.py:492 INFO run_shell_cmd: Script to start debug shell\n"
        f"\twill be saved to {state}/cmd.sh\n"
        f"== 2026-11-23 05:28:24,009 run.py:532 INFO Running shell command in /build:\n"
        f"\tpatch  -p1 -i fix.patch\n"
        f"== 2026-11-23 05:28:24,017 run.py:652 WARNING Shell command FAILED (exit code 1)\n"
    )

    failure = explain(44, log)

    assert (failure.cause, failure.command, failure.exit_code) == (Cause.PATCH, "patch  -p1 -i fix.patch", 1)
    assert (failure.output, failure.reenter) == (f"{state}/out.txt", f"{state}/cmd.sh")


def test_a_hook_is_found_in_the_detailed_log(tmp_path: Path) -> None:
    log, details = tmp_path / "x.log", tmp_path / "details.log"
    log.write_text(
        f"== configuring...\n== FAILED: Installation ended unsuccessfully: not here (took 0 secs)\n"
        f"== Results of the build can be found in the log file(s) {details}\n"
    )
    assert explain(1, log).cause is Cause.CONFIGURE

    details.write_text("Callstack:\n\t/hooks.py:3 in pre_configure_hook\n\teasybuild/tools/hooks.py:252 in run_hook\n")
    assert (explain(1, log).cause, explain(1, log).summary) == (Cause.HOOK, "a hook ended it: not here")


def test_a_build_that_was_ended_says_where(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(
        "== building...\n  >> running shell command:\n\tmake  -j 2 \\\n\t  all\n"
        "\t[started at: 2026]\n\t[working dir: /b]\n"
        f"\t[output and state saved to {tmp_path}]\n"
    )
    (tmp_path / "cmd.sh").touch()

    failure = explain(-9, log, timed_out=True)

    assert (failure.cause, failure.step, failure.command) == (Cause.TIMEOUT, "build", "make  -j 2 \\\n  all")
    assert failure.reenter == str(tmp_path / "cmd.sh")
    assert explain(-9, log, out_of_memory=True).cause is Cause.MEMORY
    assert explain(-9, log, interrupted=True).cause is Cause.INTERRUPTED
    assert explain(-9, log).cause is Cause.UNKNOWN


def test_a_run_without_a_log(tmp_path: Path) -> None:
    failure = explain(None, tmp_path / "none.log")
    assert (failure.cause, failure.step) == (Cause.UNKNOWN, "")
