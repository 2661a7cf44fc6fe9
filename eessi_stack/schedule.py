"""The loop that runs a Plan through any builder: one failure skips only what depends on it."""

from collections.abc import Callable, Collection, Iterator

from eessi_stack.model import Outcome, Package, Plan, Result, Step

Build = Callable[[Step], Outcome]


def run(plan: Plan, build: Build, started: Callable[[Step], None]) -> Iterator[Outcome]:
    """The outcome of every step, as it becomes known."""
    failed: set[str] = set()
    interrupted = False
    for step in plan.steps:
        blocked_by = blocker(step.package, failed)
        if interrupted or blocked_by:
            cause = f"needs {blocked_by}" if blocked_by else "the run was interrupted"
            outcome = Outcome(step=step, result=Result.SKIPPED, cause=cause)
        else:
            started(step)
            outcome = build(step)
        if not outcome.good:
            failed.add(step.package.module)
        interrupted = interrupted or outcome.result is Result.INTERRUPTED
        yield outcome


def blocker(package: Package, failed: Collection[str]) -> str | None:
    """The failed or skipped module that a package cannot be built without."""
    return next((module for module in package.needs if module in failed), None)
