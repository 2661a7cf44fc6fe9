"""What programs print when something is wrong: a table of patterns, each with its cause and why. Pure data."""

import re
from dataclasses import dataclass
from enum import IntEnum

from eessi_stack.failure.cause import Cause


class Weight(IntEnum):
    """How much a line says: the first of the lowest weight is the first real error."""

    PLAIN = 0  #: what is wrong
    VAGUE = 1  #: that something is
    LAST = 2  #: only that something before it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One kind of line that tells of an error."""

    pattern: re.Pattern[str]
    cause: Cause | None  #: None where it may be any: the step tells
    why: str  #: begins a sentence that the line itself ends
    weight: Weight = Weight.PLAIN
    below: bool = False  #: what is wrong stands in the lines below it


def _row(
    pattern: str, cause: Cause | None, why: str, weight: Weight = Weight.PLAIN, *, below: bool = False
) -> Complaint:
    return Complaint(pattern=re.compile(pattern), cause=cause, why=why, weight=weight, below=below)


#: A line that has none of these is not looked at any closer: all but a few of a build's lines.
WORTH = re.compile(
    r"[Ee][Rr][Rr][Oo][Rr]|[Ff][Aa][Ii][Ll]|FATAL|fatal|undefined|cannot|can't|Can't|denied|Read-only|No space|quota"
    r"|Killed|SIGKILL|exhausted|out of memory|bad_alloc|allocate|\*\*\*|not found|not ok|multiple definition|relocation"
    r"|Exception|nexpected [Ee]|does not look like|Hunk|hunk|\.go:|^E  |Segmentation|Illegal|Bus e|Aborted"
    r"|not permitted|No such file"
)

#: Lines that look like an error and are none.
HARMLESS = re.compile(
    r"^\S*conftest\.\w+:"
    r"|^\s*(?:checking |-- (?!Configuring incomplete)|configure: WARNING|X?PASS\b|XFAIL\b|SKIP\b|ok \d)"
    r"|(?i:\b(?:0|no|zero) (?:errors?|failures?|failed)\b|\b(?:errors?|failures?|failed)\s*[:=]\s*0\b)"
    r"|(?i:\bignor(?:e|ed|ing)\b)|(?i:\bwarning: )|\.\.\. ?ok$|\bexpected (?:error|failure)|# (?:TODO|SKIP)\b"
)

#: A command as make or ninja prints it before it runs: names, flags and texts in it are no errors.
COMMAND = re.compile(
    r"^\++ "
    r"|^\s*(?:\[[^\]]*\]\s*)?(?:libtool: \w+:\s*)?(?:\S*/)?"
    r"(?:(?:[\w.-]*(?:cc|c\+\+|g\+\+|clang|clang\+\+|fortran|nvcc|icx|icpx|ifx|ifort|ld|ar|ranlib|libtool)(?:-[\d.]+)?"
    r"|echo|printf|(?:ba|da)?sh|rm|cp|mv|mkdir|python[\d.]*|perl|cmake|sed|awk)\s+[^\s:]"
    r"|(?:install|g?make)\s+-|if\s.*;\s*then\b|for \w+ in |cd \S+ &&|test -)"
)

#: A command whose failure is wanted to be nothing.
EXCUSED = re.compile(r"\|\|\s*(?:true|:|exit 0)\b|\|\|\s*:")

#: What make says after an error that it goes on from.
IGNORED = re.compile(r"^\S*make(?:\[\d+\])?: \[.*\] Error \d+ \(ignored\)$")

_PLACE = r"(?:[^\s:(][^:(]*|<[^>]+>)"  # a file's name

#: Of what ends without a word: whether memory was short is not for its output to say.
KILLED = "a program was killed"

#: In this order: the first row that a line fits is what it is.
COMPLAINTS = (
    # The machine, whoever complains.
    _row(r"No space left on device|Disk quota exceeded|\[Errno (?:28|122)\]", Cause.DISK, "no space is left"),
    _row(
        r"virtual memory exhausted|out of memory allocating|std::bad_alloc|^MemoryError\b|LLVM ERROR: out of memory"
        r"|OutOfMemoryError|memory exhausted|(?i:error|fatal|failed|fork)\b.*Cannot allocate memory",
        Cause.MEMORY,
        "a program was refused memory",
    ),
    _row(
        r"\bKilled signal terminated program|internal compiler error: Killed|\] Killed\s*$"
        r"|^\S*sh: (?:line )?\d+: +\d+ Killed\b|terminated with signal 9\b|unable to execute command: Killed"
        r"|\(signal: 9, SIGKILL",
        None,
        KILLED,
    ),
    _row(
        r"(?i:error|cannot|can't|could not|couldn't|unable|failed)\b.*(?:Permission denied|Read-only file system"
        r"|Operation not permitted)|\[Errno (?:1|13|30)\]|^PermissionError: ",
        Cause.PERMISSION,
        "something may not be written or read",
    ),
    _row(
        r"(?:Permission denied|Read-only file system)\W*$",
        Cause.PERMISSION,
        "something may not be written or read",
        Weight.VAGUE,
    ),
    # What only says that something before it was wrong.
    _row(
        r"^\S*make(?:\[\d+\])?: \*\*\* .*(?:Error \d+|Waiting for unfinished"
        r"|\] [A-Z][a-z]+ ?[a-z]*(?: \(core dumped\))?$)",
        None,
        "make ended",
        Weight.LAST,
    ),
    _row(
        r"^collect2: error: ld returned|linker command failed|^ninja: build stopped"
        r"|^error: (?:could not compile|aborting due)"
        r"|subprocess-exited-with-error|Failed building wheel|all warnings being treated as errors"
        r"|^Errors while running CTest"
        r"|Configuring incomplete|^compilation terminated|metadata-generation-failed"
        r"|^ERROR: compilation failed for package|^error: command '.*' failed|^error: Setup script exited",
        None,
        "a command failed",
        Weight.LAST,
    ),
    _row(r"^FAILED: ", None, "ninja could not make", Weight.LAST),
    # Patches and archives.
    _row(
        r"^Hunk #\d+ FAILED|can't find file to patch|^patch: \*\*\*\* |Only garbage was found in the patch"
        r"|Can't (?:guess|determine) patch ?level",
        Cause.PATCH,
        "the patch does not fit",
    ),
    _row(
        r"^(?:gzip|bzip2|xz|tar|unzip|zstd|lzma)\b.*(?:[Uu]nexpected [Ee]|not in gzip format|not recognized"
        r"|signature not found|does not look like a tar archive)",
        Cause.SOURCE,
        "the source is cut off, or not what it should be",
    ),
    # Tests.
    _row(r"^\s*\d+/\d+ +Test +#\d+: (?P<test>\S+) .*\*\*\*", Cause.TEST, "a test fails"),
    _row(
        r"^\s*\d+ - (?P<test>\S+) \((?:Failed|Timeout|SEGFAULT|Not Run|Subprocess aborted)\)",
        Cause.TEST,
        "a test fails",
    ),
    _row(r"^(?:FAIL|ERROR): (?!\d+\s*$)(?P<test>\S+(?: \([\w.]+\))?)\s*$", Cause.TEST, "a test fails"),
    _row(r"^(?:FAILED|ERROR) (?P<test>\S+::\S+)", Cause.TEST, "a test fails"),
    _row(r"^\s*--- FAIL: (?P<test>\S+)", Cause.TEST, "a test fails"),
    _row(r"^\[  FAILED  \] (?P<test>[\w/]+\.[\w/]+)", Cause.TEST, "a test fails"),
    _row(r"^\s*\d+/\d+ (?P<test>\S.*?\S) +(?:FAIL|TIMEOUT)\b", Cause.TEST, "a test fails"),
    _row(r"^test (?P<test>\S+) \.\.\. FAILED", Cause.TEST, "a test fails"),
    _row(r"^not ok \d+(?: -)? ?(?P<test>\S+)?", Cause.TEST, "a test fails"),
    _row(r"^E {3,}\S", Cause.TEST, "a test fails"),
    # What configures.
    _row(
        r"^\S*configure(?:\.\w+)?: error: |^(?:config\.status|autoreconf|aclocal|automake|autoconf): error: ",
        Cause.CONFIGURE,
        "configure gives up",
    ),
    _row(r"^CMake Error(?: at | in |:)", Cause.CONFIGURE, "CMake gives up", below=True),
    _row(r"^(?:\S*meson\.build:\d+:\d+: )ERROR: ", Cause.CONFIGURE, "Meson gives up"),
    # The linker before the compiler: its lines have places too.
    _row(
        r"undefined (?:reference|symbol)|\bld(?:\.\w+)?: cannot find |multiple definition of"
        r"|relocation truncated to fit|error: linking with"
        r"|relocation R_\S+ against|duplicate symbol|ld(?:\.\w+)?: error: |ld: symbol\(s\) not found",
        Cause.COMPILE,
        "the linker gives up",
    ),
    _row(r"internal compiler error", Cause.COMPILE, "the compiler itself fails"),
    _row(
        rf"^\s*{_PLACE}:\d+(?::\d+)?: (?:fatal )?(?:[Ee]rror|ERROR)\b: ?",
        Cause.COMPILE,
        "the compiler refuses the code",
    ),
    _row(rf"^\s*{_PLACE}\(\d+\)\s?: (?:catastrophic |fatal )?error\b", Cause.COMPILE, "the compiler refuses the code"),
    _row(
        r"^\S*(?:cc1\w*|gcc|g\+\+|clang\S*|cc|c\+\+|gfortran|f951|nvcc|icx|icpx|ifx|nvc\+\+|as|lto1|lto-wrapper)(?:-[\d.]+)?"
        r"(?:\.exe)?(?: fatal +)?: (?:fatal )?error: ",
        Cause.COMPILE,
        "the compiler gives up",
    ),
    _row(r"^Error: (?:package|object|unable|loading|could not find)\b|^Error in \S", Cause.COMPILE, "R gives up"),
    _row(r"^(?:Fatal )?Error: \S", Cause.COMPILE, "the compiler refuses the code"),
    _row(r"^error\[E\d+\]: \S", Cause.COMPILE, "the compiler refuses the code"),
    _row(r"^ninja: error: ", Cause.COMPILE, "ninja gives up"),
    _row(r"^error: \S", None, "it gives up"),
    _row(r"^\S+\.go:\d+:\d+: \S", Cause.COMPILE, "the compiler refuses the code"),
    _row(
        r"^\S*make(?:\[\d+\])?: \*\*\* (?:No rule|No targets|.*missing separator)|^\S+:\d+: \*\*\* \S",
        Cause.COMPILE,
        "make gives up",
    ),
    # Interpreters.
    _row(r"^ERROR: dependenc(?:y|ies) ", Cause.COMPILE, "R gives up"),
    _row(r"^Can't locate \S+ in @INC", None, "a Perl module is not there"),
    _row(r"^ERROR: (?:Could not find a version|No matching distribution)", None, "pip finds no such package"),
    _row(r"^[ |]*(?:\w+\.)*[A-Z]\w*(?:Error|Exception|NotFound): \S", None, "a Python program ended"),
    _row(r"^[ |]*(?:\w+\.)*[A-Z]\w*(?:Error|Exception|NotFound)$", None, "a Python program ended"),
    # Sanity checks, as EasyBuild tells of them.
    _row(r"no (?:\([\w-]+\) )?\w+ found at '|^sanity check command ", Cause.SANITY, "the installation is not whole"),
    # Anything else that calls itself an error.
    _row(r"^(?:ERROR:|\[ERROR\]) \S", None, "it says", Weight.VAGUE),
    _row(
        r"^\S*\b(?:cp|mv|ln|install|mkdir|cat|tar|chmod|sed|ar|strip|touch): .*(?:No such file|cannot |can't )"
        r"|^\S*(?:sh|configure): (?:line )?\d+: .*No such file",
        None,
        "it says",
        Weight.VAGUE,
    ),
    _row(
        r"Segmentation fault|Illegal instruction|Bus error|^Aborted\b|: command not found|^\S*sh: \d+: .*: not found",
        None,
        "a program broke",
        Weight.VAGUE,
    ),
    _row(r"(?i:(?:^|[\s\])])(?:fatal )?error: \S)|(?i:^\S*: fatal:? )|^fatal: ", None, "it says", Weight.VAGUE),
)


def complaint(line: str) -> tuple[Complaint, re.Match[str]] | None:
    """What kind of error a line tells of, if of any."""
    if HARMLESS.search(line) or COMMAND.match(line):
        return None
    for row in COMPLAINTS:
        if found := row.pattern.search(line):
            return row, found
    return None
