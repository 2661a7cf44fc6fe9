"""Processes side by side, told to the real view: `python side_by_side.py FOLDER JOBS COUNT`.

Each writes to its log in the folder until there is a file `end-N`, with a cause in it where it is to fail. Ctrl-C ends
all of them, as it ends an install.
"""

import subprocess
import sys
import time
from pathlib import Path

from eessi_stack.cli import progress
from eessi_stack.install import Reporter
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target
from eessi_stack.schedule import Budget

NAMES = ("GROMACS/2024.4-foss-2023b", "SciPy-bundle/2023.11-gfbf-2023b", "zlib/1.2.13", "Größe/日本語-1.0")
SCRIPT = 'i=0; while sleep 0.2; do i=$((i+1)); printf "\\033[32mgcc\\033[0m -O2 -c source$i.c\\r\\n"; done'
EXPECTED = 600.0


def plan(count: int) -> Plan:
    """Of every other step it is known how long it takes."""
    steps = tuple(
        Step(
            package=Package(module=f"{NAMES[at % len(NAMES)]}.{at}"),
            action=Action.INSTALL,
            reason="new",
            prefix=Path("/none"),
            seconds=EXPECTED if at % 2 else None,
        )
        for at in range(count)
    )
    return Plan(target=Target(cpu="x86_64/generic"), steps=steps)


class Build:
    """One process, which is told of as a build is."""

    def __init__(self, step: Step, at: int, folder: Path, reporter: Reporter) -> None:
        self.step, self.reporter, self.ending = step, reporter, folder / f"end-{at}"
        log = folder / f"{at}.log"
        reporter.started(step, 1 + at % 3, log)
        reporter.phase(step, "building")
        self.began = time.monotonic()
        with log.open("wb") as file:
            self.process = subprocess.Popen(["sh", "-c", SCRIPT], stdout=file, start_new_session=True)

    def goes_on(self) -> bool:
        if not self.ending.exists():
            return True
        cause = self.ending.read_text()
        self.end(Result.FAILED if cause else Result.BUILT, cause)
        return False

    def end(self, result: Result, cause: str) -> None:
        self.process.kill()
        self.process.wait()
        took = time.monotonic() - self.began
        self.reporter.ended(Outcome(step=self.step, result=result, seconds=took, cause=cause))


def run(made: Plan, folder: Path, jobs: int, reporter: Reporter) -> int:
    """The exit code."""
    reporter.planned(made)
    waiting, running = list(enumerate(made.steps)), list[Build]()
    try:
        while waiting or running:
            running = [one for one in running if one.goes_on()]
            while waiting and len(running) < jobs:
                at, step = waiting.pop(0)
                running.append(Build(step, at, folder, reporter))
            reporter.tick()
            time.sleep(0.25)
    except KeyboardInterrupt:
        reporter.stopping()
        for one in running:
            one.end(Result.INTERRUPTED, "its build was ended")
        return 130
    return 0


if __name__ == "__main__":
    with progress.reporter("auto", budget=Budget(jobs=int(sys.argv[2]), cores=int(sys.argv[2]))) as view:
        code = run(plan(int(sys.argv[3])), Path(sys.argv[1]), int(sys.argv[2]), view)
    sys.stdout.write("the end\n")
    sys.exit(code)
