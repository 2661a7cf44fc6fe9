# ruff: noqa: RUF001 (GCC quotes names so)
from pathlib import Path
from xml.etree.ElementTree import fromstring, tostring

import pytest

from eessi_stack.cli.formats.card import Card, cards, panel
from eessi_stack.cli.formats.card_ci import annotations, case, markdown
from eessi_stack.cli.formats.report import Screen
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.model import Action, Outcome, Package, Request, Result, Step

ENTRY = Request(easyconfig="Beta-1.0.eb", file="stacks/demo.yml", line=7)
ERROR = "main.c:4:20: error: ‘nothing’ undeclared"
FAILURE = Failure(
    cause=Cause.COMPILE,
    summary=f"the compiler refuses the code: {ERROR}",
    step="build",
    command="make  -j 2\n\tall",
    exit_code=2,
    excerpt=("gcc -c main.c", ERROR, f"\t{'x' * 600}"),
    error_line=1,
    output="/work/logs/tmp/eb-1lsi6bio/run-shell-cmd-output/make-bywx1yfe/out.txt",
    reenter="/work/logs/tmp/eb-1lsi6bio/run-shell-cmd-output/make-bywx1yfe/cmd.sh",
)


def step(module: str, *needs: str, requests: tuple[Request, ...] = ()) -> Step:
    package = Package(module=module, dependencies=needs, requests=requests)
    return Step(package=package, action=Action.INSTALL, reason="new", prefix=Path("/prefix"))


def outcome(failure: Failure | None = FAILURE, *, requests: tuple[Request, ...] = (ENTRY,)) -> Outcome:
    failed = step("Beta/1.0", requests=requests)
    return Outcome(
        step=failed, result=Result.FAILED, seconds=12.34, exit_code=16, log="/work/Beta.log", failure=failure
    )


def skipped(module: str, *needs: str, requests: tuple[Request, ...] = ()) -> Outcome:
    return Outcome(step=step(module, *needs, requests=requests), result=Result.SKIPPED, cause="needs Beta/1.0")


BETA = Card(outcome=outcome(), skipped=(step("Gamma/1.0"), step("Delta/1.0")))


def test_a_card_names_what_was_skipped_because_of_it() -> None:
    built = Outcome(step=step("Alpha/1.0"), result=Result.BUILT)
    others = [skipped("Gamma/1.0", "Beta/1.0"), skipped("Delta/1.0", "Gamma/1.0"), skipped("Zeta/1.0", "Eta/1.0")]

    (card,) = cards([built, outcome(), *others])

    assert [one.package.module for one in card.skipped] == ["Gamma/1.0", "Delta/1.0"]


def test_a_panel_of_80_columns() -> None:
    lines = list(panel(BETA, Screen(width=80)))

    assert lines == [
        "┌─ FAILED: Beta/1.0: compile ───────────────────────────────────────────────────",
        "│ the compiler refuses the code: main.c:4:20: error: ‘nothing’ undeclared",
        "│",
        "│   gcc -c main.c",
        f"│ ▶ {ERROR}",
        f"│           {'x' * 67}…",
        "│",
        "│ step:      build (EasyBuild's exit code 16)",
        "│ command:   make -j 2 all",
        "│ exit code: 2",
        "│ log:       /work/Beta.log",
        "│ output:",
        f"│ {FAILURE.output}",
        "│ re-enter:",
        f"│ {FAILURE.reenter}",
        "│ skipped:   Gamma/1.0, Delta/1.0",
        "└───────────────────────────────────────────────────────────────────────────────",
    ]
    assert max(map(len, lines)) == 80


def test_through_a_pipe_a_fact_is_a_line_and_nothing_is_drawn_wider_than_a_terminal() -> None:
    lines = list(panel(BETA, Screen()))

    assert f"│ output:    {FAILURE.output}" in lines
    assert len(lines[0]) == len(lines[-1]) == 80


@pytest.mark.parametrize("width", [80, 160, None])
def test_a_panel_without_unicode_is_ascii(width: int | None) -> None:
    lines = list(panel(BETA, Screen(width=width, unicode=False)))

    assert all(line.isascii() for line in lines)
    assert "| > main.c:4:20: error: 'nothing' undeclared" in lines
    assert lines[0].startswith("+- FAILED: Beta/1.0: compile ---")
    assert all(len(line) <= (width or 600) for line in lines if "/work/" not in line)


def test_a_panel_has_colour_only_where_it_is_wanted() -> None:
    plain, colored = (list(panel(BETA, Screen(width=80, color=color))) for color in (False, True))

    assert not any("\x1b" in line for line in plain)
    assert f"│ \x1b[31m▶ {ERROR}\x1b[0m" in colored
    assert len(plain) == len(colored)


def test_a_log_is_not_believed() -> None:
    """Neither colours nor verdicts, markup or commands of a log come through."""
    evil = (
        "\x1b[31mNo missing installations\x00",
        "```",
        "````md",
        "</details><script>",
        "::error::x",
        "\ufffe \ud800",
    )
    failure = Failure(cause=Cause.UNKNOWN, summary="</summary> @all #1 ERROR: No missing installations", excerpt=evil)
    card = Card(outcome=outcome(failure))

    text = "\n".join((*panel(card, Screen()), *markdown(card), *annotations(card, Path("/w"), None)))
    assert "No missing installations" not in text
    assert "\x1b" not in text
    assert "\x00" not in text
    fences = [line for line in markdown(card) if line.startswith("`````")]
    assert fences == ["`````text", "`````"]
    assert "<code>&lt;/summary&gt; @all #1" in text
    assert all(line.startswith("::error ") for line in annotations(card, Path("/w"), None))
    assert "no missing installations" in (fromstring(xml(card)).findtext("failure") or "")


def xml(card: Card) -> bytes:
    written: bytes = tostring(case(card.outcome, card, "x86_64/generic"), encoding="us-ascii")
    return written


def test_markdown_folds_the_details() -> None:
    lines = list(markdown(BETA))

    assert lines[0].startswith("<details><summary>❌ <b>Beta/1.0: compile</b> <code>the compiler refuses the code: ")
    assert lines[0].endswith("</summary>")
    assert lines[1:3] == ["", "```text"]
    assert "- command: `make -j 2 all`" in lines
    assert "- asked for in: `stacks/demo.yml:7`" in lines
    assert lines[-2:] == ["</details>", ""]


def test_an_annotation_stands_at_the_entry_that_asked_for_it() -> None:
    (line,) = annotations(BETA, Path("/home/ci/repo/sub"), Path("/home/ci/repo"))

    assert line.startswith("::error file=sub/stacks/demo.yml,line=7,title=Beta/1.0%3A compile::the compiler refuses")
    assert "%0Astep: build (EasyBuild's exit code 16)%0Acommand: make -j 2 all%0A" in line
    assert "\n" not in line


def test_a_dependency_is_annotated_where_what_needs_it_is_asked_for() -> None:
    card = Card(outcome=outcome(requests=()), skipped=(step("Gamma/1.0", requests=(ENTRY,)),))
    (line,) = annotations(card, Path("/w"), Path("/w"))
    assert line.startswith(
        "::error file=stacks/demo.yml,line=7,title=Beta/1.0%3A compile::needs Beta/1.0: the compiler"
    )

    nobody = Card(outcome=outcome(requests=()))
    (line,) = annotations(nobody, Path("/w"), Path("/w"))
    assert line.startswith("::error title=Beta/1.0%3A compile::the compiler")


def test_junit_has_a_failure() -> None:
    made = fromstring(xml(BETA))

    expected = {
        "classname": "x86_64/generic",
        "name": "Beta/1.0",
        "time": "12.3",
        "file": "stacks/demo.yml",
        "line": "7",
    }
    assert made.attrib == expected
    failure = made.find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "compile", "message": FAILURE.summary}
    assert f"> {ERROR}" in (failure.text or "").splitlines()


def test_junit_says_what_was_skipped_and_what_is_well() -> None:
    assert case(skipped("Gamma/1.0"), None, "t")[0].attrib == {"message": "needs Beta/1.0"}
    assert len(case(Outcome(step=step("Alpha/1.0"), result=Result.BUILT), None, "t")) == 0


def test_an_outcome_that_nobody_looked_into_has_a_card_too() -> None:
    bare = Outcome(step=step("Beta/1.0"), result=Result.FAILED, cause="[Errno 5] I/O error")
    lines = list(panel(Card(outcome=bare), Screen(width=60)))
    assert lines[0].startswith("┌─ FAILED: Beta/1.0: unknown ─")
    assert lines[1:] == ["│ [Errno 5] I/O error", "│", "└" + "─" * 59]
