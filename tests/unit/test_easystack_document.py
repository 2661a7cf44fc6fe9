"""What an easystack's text means, and what is refused with which words."""

import time

import pytest

from eessi_stack.easystack.document import parse
from eessi_stack.easystack.sheet import MAX_BYTES, Remark, placed
from eessi_stack.easystack.yaml_nodes import MAX_ERRORS, error_at
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Exclusion, OptionValue, Request, Stack

OPTIONS = {
    "accept-eula-for": "list",
    "disable-robot": "switch",
    "from-commit": "text",
    "from-pr": "integers",
    "include-easyblocks": "list",
    "include-easyblocks-from-pr": "integers",
    "parallel": "integer",
    "rebuild": "flag",
    "robot": "list?",
}


def stack(text: str | bytes) -> Stack:
    return placed(parse(text, "es.yml", OPTIONS), "es.yml").stack


def refused(text: str | bytes) -> tuple[StackError, ...]:
    with pytest.raises(StackErrors) as several:
        stack(text)
    assert several.value.exit_code == ExitCode.USAGE
    return several.value.errors


def option(value: str) -> OptionValue:
    (request,) = stack(f"easyconfigs:\n- a.eb:\n    options:\n      from-commit: {value}\n").requests
    ((name, meant),) = request.options
    assert name == "from-commit"
    return meant


def test_entries_keep_their_order_their_lines_and_their_duplicates() -> None:
    text = """\
# a comment
easyconfigs:
  - one-1.0.eb
  - two-2.0

  - three-3.0.eb:
  - /home/somebody/four-4.0.eb:
      options:
        # why
        from-pr: 12345
        rebuild: True
  - one-1.0.eb
"""
    assert stack(text).requests == (
        Request(easyconfig="one-1.0.eb", file="es.yml", line=3),
        Request(easyconfig="two-2.0", file="es.yml", line=4),
        Request(easyconfig="three-3.0.eb", file="es.yml", line=6),
        Request(
            easyconfig="/home/somebody/four-4.0.eb",
            file="es.yml",
            line=7,
            options=(("from-pr", 12345), ("rebuild", True)),
        ),
        Request(easyconfig="one-1.0.eb", file="es.yml", line=12),
    )


def test_bytes_line_ends_of_windows_and_a_byte_order_mark_are_read() -> None:
    (request,) = stack(b"\xef\xbb\xbfeasyconfigs:\r\n- a.eb\r\n").requests
    assert (request.easyconfig, request.line) == ("a.eb", 2)


def test_what_easybuild_ignores_is_ignored() -> None:
    assert stack("easybuild_version: 4.9\nrobot: true\neasyconfigs: [a.eb]\n").easybuild_version is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12345", 12345),
        ("0", 0),
        ("-3", -3),
        ("true", True),
        ("Yes", True),
        ("off", False),
        ("FALSE", False),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("tRUE", "tRUE"),
        ("2023.10", "2023.10"),
        ("1e10", "1e10"),
        ("0123456", "0123456"),
        ("9" * 40, "9" * 40),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("", True),
        ("null", True),
        ("[a, 1.10, 'b c']", ("a", "1.10", "b c")),
        ("[]", ()),
        ("a,b", "a,b"),
    ],
)
def test_option_values(written: str, meant: OptionValue) -> None:
    value = option(written)
    assert (value, type(value)) == (meant, type(meant))
    hash(value)


@pytest.mark.parametrize("entry", ["a.eb: {}", "a.eb: {options: }", "a.eb: {options: {}}", "a.eb: null", "'a.eb'"])
def test_entries_without_options(entry: str) -> None:
    assert stack(f"easyconfigs:\n- {entry}\n").requests[0].options == ()


def test_an_alias_stands_for_what_it_names() -> None:
    first, second = stack("easyconfigs:\n- a: {options: &pr {from-pr: 1}}\n- b: {options: *pr}\n").requests
    assert first.options == second.options == (("from-pr", 1),)


def test_header() -> None:
    text = """\
eessi-stack:
  eessi-version: 2023.10
  easybuild-version: 5.10
  filter-deps: [zlib, M4]
  exclude:
    - easyconfig: LLVM-15.0.5-GCCcore-12.2.0.eb
      reason: >
        immediate offset
        out of range
      issue: https://example.org/1213
      targets: [aarch64/a64fx, riscv64]
    - {easyconfig: Foo-1.0, reason: 'no: sources'}
easyconfigs: [a.eb]
"""
    assert stack(text) == Stack(
        requests=(Request(easyconfig="a.eb", file="es.yml", line=13),),
        files=("es.yml",),
        eessi_version="2023.10",
        easybuild_version="5.10",
        filter_deps=("zlib", "M4"),
        exclusions=(
            Exclusion(
                easyconfig="LLVM-15.0.5-GCCcore-12.2.0.eb",
                reason="immediate offset out of range",
                issue="https://example.org/1213",
                targets=("aarch64/a64fx", "riscv64"),
                file="es.yml",
                line=6,
            ),
            Exclusion(easyconfig="Foo-1.0", reason="no: sources", file="es.yml", line=12),
        ),
    )


@pytest.mark.parametrize("header", ["", " {}", "\n  filter-deps:\n  exclude: []"])
def test_an_empty_header_says_nothing(header: str) -> None:
    read = stack(f"eessi-stack:{header}\neasyconfigs: [a.eb]\n")
    assert (read.eessi_version, read.filter_deps, read.exclusions) == (None, (), ())


ENTRY = "easyconfigs:\n- a.eb\n- b.eb:\n"
HEADER = "easyconfigs: [a.eb]\neessi-stack:\n"
ISSUE = "- aarch64:\n  - a.eb:\n"


@pytest.mark.parametrize(
    ("text", "reference", "message", "hint"),
    [
        ("", "empty", "es.yml:1: the file holds nothing", "`easyconfigs:`"),
        ("null", "no-easyconfigs", "es.yml:1: no `easyconfigs`", "- NAME.eb"),
        ("[]", "kind", "es.yml:1: an easystack is a list, not a mapping", ""),
        ("a.eb", "kind", "es.yml:1: an easystack is `a.eb`, not a mapping", ""),
        ("# c\neessi-stack: {}", "no-easyconfigs", "es.yml:2: no `easyconfigs`", ""),
        ("easyconfigs:\n\n", "empty", "es.yml:1: `easyconfigs` names nothing to build", "- NAME.eb"),
        ("\neasyconfigs: []", "empty", "es.yml:2: `easyconfigs` names nothing", ""),
        ("easyconfigs: a.eb", "kind", "es.yml:1: `easyconfigs` is `a.eb`, not a list", "`- `"),
        ("easyconfigs:\n  a.eb:\n", "kind", "es.yml:2: `easyconfigs` is a mapping, not a list", ""),
        ("easyconfig:\n- a.eb", "unknown-key", "es.yml:1: unknown key `easyconfig`", "did you mean `easyconfigs`?"),
        ("software: {}", "unknown-key", "es.yml:1: unknown key `software`", "known: `easyconfigs`, `eessi-stack`"),
        (ENTRY + "    - c.eb", "kind", "es.yml:4: an entry is a list, not a mapping", ""),
        (ENTRY + "    options:\n    - c", "kind", "es.yml:5: `options` is a list, not a mapping", ""),
        (ENTRY + "    options: c", "kind", "es.yml:4: `options` is `c`, not a mapping", ""),
        (ENTRY + "    option: {}", "unknown-key", "es.yml:4: unknown key `option`", "`options`"),
        (ENTRY + "    from-pr: 1", "unknown-key", "es.yml:4: unknown key `from-pr`", "put it under `options:`"),
        (ENTRY + "  options: {}", "entry", "es.yml:3: an entry has one key", "indent its `options:` deeper"),
        (
            ENTRY + "    options:\n      include-easyblock-from-pr: 1",
            "unknown-option",
            "es.yml:5: unknown option `include-easyblock-from-pr`",
            "did you mean `include-easyblocks-from-pr`?",
        ),
        (ENTRY + "    options: {from_pr: 1}", "unknown-option", "es.yml:4: unknown", "did you mean `from-pr`?"),
        (ENTRY + "    options: {zzzz: 1}", "unknown-option", "es.yml:4: unknown option `zzzz`", "`eb --help`"),
        (ENTRY + "    options: {from-pr: {a: 1}}", "kind", "es.yml:4: option `from-pr` is a mapping", ""),
        (ENTRY + "    options: {from-pr: [[1]]}", "kind", "es.yml:4: an item of option `from-pr` is a list", ""),
        (ENTRY + '    options: {from-pr: "a\\0"}', "kind", "es.yml:4: option `from-pr` is `a\\x00`", ""),
        ("easyconfigs:\n- a\n-\n", "entry", "es.yml:3: an entry is nothing", "- NAME"),
        ("easyconfigs:\n- 2023", "entry", "es.yml:2: an entry is `2023`, not the name", ""),
        ("easyconfigs:\n- --hooks=x.py", "entry", "es.yml:2: an entry is `--hooks=x.py`, not the name", ""),
        ("easyconfigs:\n- a.eb b.eb", "entry", "es.yml:2: an entry is `a.eb b.eb`, not the name", ""),
        ("easyconfigs:\n- a/", "entry", "es.yml:2: an entry is `a/`, not the name", ""),
        ('easyconfigs:\n- "\\e[31m"', "entry", "es.yml:2: an entry is `\\x1b[31m`, not the name", ""),
        ("easyconfigs:\n- [a.eb]", "entry", "es.yml:2: an entry is a list", "- NAME.eb"),
        ("easyconfigs:\n- {}", "entry", "es.yml:2: an entry has one key", ""),
        ("easyconfigs:\n- [a]: {}", "key", "es.yml:2: a name in an entry is a list", ""),
        ("easyconfigs: [a]\n~: b", "key", "es.yml:2: a name in an easystack is nothing", ""),
        ("easyconfigs:\n- a\neasyconfigs:\n- b", "duplicate", "es.yml:3: `easyconfigs` stands twice", "keep one"),
        (
            ENTRY + "    options:\n      from-pr: 1\n      from-pr: 2",
            "duplicate",
            "es.yml:6: `from-pr` stands twice in `options`, first on line 5",
            "",
        ),
        (HEADER + "  eesi-version: '1'", "unknown-key", "es.yml:3: unknown key", "did you mean `eessi-version`?"),
        (HEADER + "  eessi-version:", "kind", "es.yml:3: `eessi-version` is nothing", ""),
        (HEADER + "  eessi-version: ../..", "version", "es.yml:3: `eessi-version` is `../..`, not a version", ""),
        (HEADER + '  filter-deps: ["a\\0"]', "character", "es.yml:3: an item of `filter-deps` has a character", ""),
        (HEADER + "  filter-deps: zlib,M4", "kind", "es.yml:3: `filter-deps` is `zlib,M4`, not a list", "`- `"),
        (HEADER + "  filter-deps: [{a: b}]", "kind", "es.yml:3: an item of `filter-deps` is a mapping", ""),
        (HEADER + "  exclude: {a: b}", "kind", "es.yml:3: `exclude` is a mapping, not a list", ""),
        (HEADER + "  exclude:\n  - a.eb", "kind", "es.yml:4: an exclusion is `a.eb`, not a mapping", ""),
        (HEADER + "  exclude:\n  - easyconfig: a", "exclusion", "es.yml:4: an exclusion without `reason`", "why"),
        (HEADER + "  exclude:\n  - reason: a", "exclusion", "es.yml:4: an exclusion without `easyconfig`", ""),
        (
            HEADER + "  exclude:\n  - {easyconfig: a, reason: b, issue: 1213}",
            "exclusion",
            "es.yml:4: `issue` is `1213`, not a URL",
            "",
        ),
        (HEADER + "  rebuild: maybe", "kind", "es.yml:3: `rebuild` is `maybe`, not true or false", ""),
        (HEADER + "  rebuild: 1", "kind", "es.yml:3: `rebuild` is `1`, not true or false", ""),
        (HEADER + "  rebuild:", "kind", "es.yml:3: `rebuild` is nothing, not true or false", ""),
        (HEADER + "  targets: all", "kind", "es.yml:3: `targets` is `all`, not a list", "`- `"),
        (HEADER + "  targets:\n  - aarch64\n  - zen4", "target", "es.yml:5: `zen4` is not", "`x86_64/amd/zen4`?"),
        (HEADER + "  targets: [accel/nvidia/cc9]", "target", "es.yml:3: `accel/nvidia/cc9` is", "`accel/nvidia/cc90`?"),
        (HEADER + "  targets: [accel]", "target", "es.yml:3: `accel` is not a target", "did you mean `accel/nvidia`?"),
        (HEADER + "  targets: [qqqq]", "target", "es.yml:3: `qqqq` is not a target", "write `x86_64/amd/zen4`, "),
        (HEADER + "  targets: [[aarch64]]", "kind", "es.yml:3: a target is a list, not a text", ""),
        (
            HEADER + "  exclude:\n  - easyconfig: a\n    reason: b\n    targets: [aarch64/grace]",
            "target",
            "es.yml:6: `aarch64/grace` is not a target",
            "did you mean `aarch64/nvidia/grace`?",
        ),
        (
            "- a.eb\n- b.eb\n",
            "kind",
            "es.yml:1: an easystack is a list, not a mapping",
            "write `easyconfigs:` above it",
        ),
        ("- a.eb: {options: {from-pr: 1}}\n", "kind", "es.yml:1: an easystack is a list", "write `easyconfigs:` above"),
        ("- zen4:\n  - a.eb:\n    - info: x\n", "target", "es.yml:1: `zen4` is not a target", "`x86_64/amd/zen4`?"),
        (
            ISSUE + "    - info: x\n    - reason: y",
            "unknown-key",
            "es.yml:4: unknown key `reason`",
            "known: `issue`, `info`",
        ),
        (ISSUE + "    - issue: 1213", "exclusion", "es.yml:3: `issue` is `1213`, not a URL", ""),
        (ISSUE, "exclusion", "es.yml:2: `a.eb` is known to have issues, but not which", "`- issue: URL`"),
        (ISSUE + "    - x", "kind", "es.yml:3: a known issue is `x`, not a mapping", ""),
        ("- aarch64:\n    a.eb: x", "kind", "es.yml:2: the known issues of `aarch64` is a mapping, not a list", "`- `"),
        ("- aarch64:\n  - a.eb\n", "kind", "es.yml:2: a known issue is `a.eb`, not a mapping", ""),
        ("- aarch64: []\n- x86_64\n", "kind", "es.yml:2: a target with known issues is `x86_64`", ""),
        ("easyconfigs:\n\t- a.eb", "tab", "es.yml:2: a tab in the indentation", "spaces"),
        ("easyconfigs:\n  - a.eb:\n  \toptions: {}", "tab", "es.yml:3: a tab in the indentation", ""),
        ("easyconfigs:\n- a\n---\neasyconfigs:\n- b", "documents", "es.yml:3: a second YAML document", "split it"),
        ("easyconfigs:\n- 'a", "yaml", "es.yml:2: not valid YAML: found unexpected end of stream", ""),
        ("easyconfigs: *all", "yaml", "es.yml:1: the alias `all` has no anchor", ""),
        ("easyconfigs: *a\u2028", "yaml", "es.yml:1: the alias `a\\u2028` has", ""),
        ("easyconfigs: &all [*all]", "yaml", "es.yml:1: the alias `all` has no anchor", ""),
        ("easyconfigs:\n- a\x01b", "yaml", "es.yml:2: the character U+0001 is not allowed", ""),
        ('easyconfigs: ["\\U00110000"]', "yaml", "es.yml:1: not valid YAML", ""),
        ("easyconfigs:\n- !!python/name:os.system a", "tag", "es.yml:2: the YAML tag", "plain values"),
        (b"easyconfigs:\n- a.eb\n- caf\xe9.eb\n", "encoding", "es.yml:3: not UTF-8: byte 0xe9", "iconv"),
    ],
)
def test_refused_with_place_cause_and_remedy(text: str | bytes, reference: str, message: str, hint: str) -> None:
    error = next(error for error in refused(text) if error.reference == f"easystack-{reference}")
    assert error.message.startswith(message)
    assert error.message.startswith(f"{error.context}: ")
    assert hint in error.hint


@pytest.mark.parametrize(
    "text", ["easyconfig:\n- a.eb", "easyconfigs:\n- 2023", "easyconfigs: [[a]]", "null", "[]", "[a.eb]", ISSUE]
)
def test_one_mistake_is_one_error(text: str) -> None:
    assert len(refused(text)) == 1


def test_an_empty_exclusion_excludes_nothing_silently() -> None:
    assert [error.context for error in refused(HEADER + "  exclude:\n  -\n")] == ["es.yml:4", "es.yml:4"]


def test_all_errors_of_a_file_are_said_at_once() -> None:
    errors = refused("easyconfigs:\n- 1\n- a.eb: {options: {rebild: 1, x: }, y: 2}\nfoo: bar\neessi-stack: []\n")
    assert [error.context for error in errors] == ["es.yml:2", *["es.yml:3"] * 3, "es.yml:4", "es.yml:5"]


def test_errors_without_end_are_cut_off_and_said_to_be() -> None:
    errors = refused("easyconfigs:\n" + "- 1\n" * 1000)
    assert len(errors) == MAX_ERRORS + 1
    assert errors[-1].reference == "easystack-errors"


def test_a_long_name_is_shortened_in_the_message() -> None:
    (error,) = refused(f"{'x' * 500}: 1\n")
    assert error.reference == "easystack-unknown-key"
    assert len(error.message) < 200


def test_a_message_is_one_line_that_cannot_steer_a_terminal() -> None:
    error = error_at("es.yml", 1, "easystack-yaml", "caf\u00e9\n\x1b[31m")
    assert error.message == "es.yml:1: caf\u00e9\\n\\x1b[31m"


def laughs() -> str:
    levels = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    return "a0: &a0 [lol]\n" + "".join(levels)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (laughs(), "too-large"),
        ("easyconfigs: &a [" + "x," * 1000 + "]\nb: [" + "*a," * 1000 + "]", "too-large"),
        ("x" * (MAX_BYTES + 1), "too-large"),
        ("easyconfigs:\n" + "- a\n" * 100_000, "too-large"),
        ("[" * 100_000, "too-deep"),
        ("{" * 100_000, "too-deep"),
        ("- " * 100_000, "too-deep"),
        ("? " * 100_000, "too-deep"),
        ("".join(f"{' ' * n}a:\n" for n in range(1000)), "too-deep"),
    ],
    ids=["laughs", "square", "bytes", "entries", "lists", "mappings", "dashes", "keys", "steps"],
)
def test_bombs_are_refused_before_they_go_off(text: str, reference: str) -> None:
    started = time.process_time()
    (error,) = refused(text)
    assert error.reference == f"easystack-{reference}"
    assert time.process_time() - started < 20  # a slow machine needs 3; what is not cut off early, minutes


def test_targets_and_rebuild_of_the_header() -> None:
    read = stack(HEADER + "  rebuild: Yes\n  targets: [x86_64/intel/sapphire_rapids, aarch64/graviton2/accel/amd]\n")
    assert read.requests[0].targets == ("x86_64/intel/sapphirerapids", "aarch64/neoverse_n1/accel/amd")
    assert read.requests[0].rebuild


@pytest.mark.parametrize(
    ("header", "targets"),
    [("", None), ("targets:", None), ("targets: []", None), ("targets: [all]", ()), ("targets: [all, aarch64]", ())],
)
def test_a_header_that_names_no_targets_leaves_them_to_the_folders(
    header: str, targets: tuple[str, ...] | None
) -> None:
    sheet = parse(HEADER + f"  eessi-version: '1'\n  {header}\n", "es.yml", OPTIONS)
    assert (sheet.targets, sheet.rebuild) == (targets, None)


KNOWN_ISSUES = """\
# of 2023.06
- x86_64/intel/sapphire_rapids:
  - PyTorch-2.1.2-foss-2023a:
    - issue: https://example.org/461
    - info: "4 failing tests"
  - Highway-1.0.4-GCCcore-12.3.0.eb: {issue: https://example.org/469}
- all:
  - Foo-1.0:
      - info: slow
      - issue: https://example.org/1
      - info: and wrong
      - issue: https://example.org/2
- aarch64:
"""


def test_known_issues_are_exclusions() -> None:
    read = stack(KNOWN_ISSUES)
    assert (read.requests, read.files) == ((), ("es.yml",))
    assert [(one.easyconfig, one.reason, one.issue, one.targets, one.source) for one in read.exclusions] == [
        (
            "PyTorch-2.1.2-foss-2023a",
            "4 failing tests",
            "https://example.org/461",
            ("x86_64/intel/sapphirerapids",),
            "es.yml:3",
        ),
        (
            "Highway-1.0.4-GCCcore-12.3.0.eb",
            "known issue",
            "https://example.org/469",
            ("x86_64/intel/sapphirerapids",),
            "es.yml:6",
        ),
        ("Foo-1.0", "slow; and wrong (also https://example.org/2)", "https://example.org/1", (), "es.yml:8"),
    ]


@pytest.mark.parametrize(
    ("option", "cause", "hint"),
    [
        ("rebuild: maybe", "option `rebuild` is `maybe`, not true or false", ""),
        ("rebuild: 'true'", "option `rebuild` is `true`, not true or false", ""),
        ("rebuild: [true]", "option `rebuild` is a list, not true or false", ""),
        ("parallel: many", "option `parallel` is `many`, not a whole number", ""),
        ("parallel:", "option `parallel` is nothing, not a whole number", ""),
        ("parallel: false", "option `parallel` is `false`, not a whole number", ""),
        ("parallel: 1", "option `parallel` is 1, which EasyBuild takes for true", "quote it: `'1'`"),
        ("from-pr: [1, x]", "option `from-pr` is a list, not a whole number or a list of them", ""),
        ("from-commit: [a, b]", "option `from-commit` is a list, not a text", ""),
        ("disable-robot: false", "option `disable-robot` is `false`, not true", ""),
    ],
)
def test_a_value_of_the_wrong_type_is_remarked_on_and_keeps_nobody_from_reading(
    option: str, cause: str, hint: str
) -> None:
    sheet = parse(f"easyconfigs:\n- a.eb:\n    options:\n      {option}\n", "es.yml", OPTIONS)
    assert sheet.remarks == (Remark(4, cause, hint),)


def test_options_that_exclude_each_other_are_remarked_on() -> None:
    sheet = parse("easyconfigs:\n- a.eb:\n    options:\n      from-pr: 12\n      from-commit: abc\n", "es.yml", OPTIONS)
    assert sheet.remarks == (Remark(5, "`from-commit` and `from-pr`", "EasyBuild takes one of them"),)


def test_where_the_keys_stand_and_what_easybuild_ignores() -> None:
    sheet = parse("easybuild_version: 4.9.4\n" + HEADER + "  eessi-version: '1'\n", "es.yml", OPTIONS)
    assert sheet.ignored_version == "4.9.4"
    assert (sheet.lines["easybuild_version"], sheet.lines["eessi-version"]) == (1, 4)
