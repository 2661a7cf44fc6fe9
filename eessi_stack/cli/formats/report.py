"""What a format renders, and the one verdict on it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Answer, Comparison, Request, Stack, State, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the place that a text goes to can show."""

    width: int | None = None  #: columns of a terminal; elsewhere nothing is wrapped or cut
    color: bool = False
    unicode: bool = True


NO_STACK = Stack(requests=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that `missing` found out: an answer a target, in order."""

    answers: tuple[Answer, ...]
    stack: Stack = NO_STACK  #: what was asked, for whatever target
    root: Path = Path()  #: of the tree: `<repo>/versions/<version>`
    folder: Path = Path()  #: what the files of the stack are relative to
    workspace: Path | None = None  #: what they are called after in CI; the folder where there is none
    screen: Screen = Screen()

    @property
    def told(self) -> Iterator[tuple[Answer, Comparison]]:
        """The answers that tell something."""
        return ((one, one.comparison) for one in self.answers if one.comparison is not None)

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(answer.target for answer in self.answers)


def about(comparison: Comparison, stack: Stack = NO_STACK) -> Report:
    """A report of one comparison alone."""
    return Report(answers=(Answer(target=comparison.target, prefix=Path(), comparison=comparison),), stack=stack)


def trouble(answer: Answer) -> str:
    """Why a target could not be told about, where that is so."""
    return answer.problem or ("no answer" if answer.comparison is None else "")


def verdict(report: Report) -> ExitCode:
    """The exit code: the worst of all targets. Where nothing is asked of any of them, nothing is proven."""
    if not any(comparison.requests for _, comparison in report.told):
        return ExitCode.UNDECIDED
    return max(verdict_on(answer) for answer in report.answers)


def verdict_on(answer: Answer) -> ExitCode:
    """The same for one target: what could not be told weighs more than what is missing; nothing asked is no finding."""
    if trouble(answer) or answer.comparison is None or answer.comparison.of(State.ERROR):
        return ExitCode.UNDECIDED
    return ExitCode.FINDING if answer.comparison.of(State.MISSING, State.BROKEN) else ExitCode.OK


def nothing_asked(report: Report, also: str = ", --all-targets") -> StackError | None:
    """What is wrong with the question where all targets could answer, and no entry is for any of them.

    `also` is a flag that the command has, besides those that name targets.
    """
    if any(trouble(answer) for answer in report.answers):
        return None
    if any(comparison.requests for _, comparison in report.told):
        return None
    names = [str(target) for target in report.targets]
    several = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 (three are enough to know)
    return StackError(
        "target-nothing",
        f"no entry of these easystacks is for {', '.join(names[:3])}{several}",
        context=", ".join(report.stack.files),
        hint="; ".join(_meant_for(report, also)),
    )


def check_asked(comparison: Comparison, stack: Stack) -> None:
    """StackError where no entry of a stack is for the one target that is worked on."""
    if error := nothing_asked(about(comparison, stack), also=""):
        raise error


def _meant_for(report: Report, also: str) -> Iterator[str]:
    others = [entry for entry in report.stack.requests if not any(entry.is_for(target) for target in report.targets)]
    selectors = dict.fromkeys(selector for entry in others for selector in entry.targets)
    if selectors:
        flag = "--accel" if all("accel/" in one for one in selectors) else "--target"
        yield f"they are for {', '.join(selectors)} ({flag}{also})"
    accelerated = len(accelerator_entries(report))
    if accelerated:
        yield f"{entries(accelerated)} for accelerators (--accel{also})"


def accelerator_entries(report: Report) -> tuple[Request, ...]:
    """The entries that are for accelerators, where no target that was asked about answers for them."""
    waiting = {position(entry): entry for _, comparison in report.told for entry in comparison.elsewhere}
    if waiting:
        for _, comparison in report.told:
            for entry, _ in comparison.requests:
                waiting.pop(position(entry), None)
    return tuple(waiting.values())


def position(entry: Request) -> tuple[str, int, str]:
    return entry.file, entry.line, entry.easyconfig


def entries(number: int) -> str:
    """`1 entry is`, `2 entries are`."""
    return "1 entry is" if number == 1 else f"{number} entries are"
