"""Processes side by side, told to the real view: `python side_by_side.py LOGS JOBS COUNT SECONDS`.

Every fifth one fails; each writes to its log while it runs. Ctrl-C ends it as it ends an install.
"""

import subprocess
import sys
import time
from pathlib import Path

from eessi_stack.cli import progress
from eessi_stack.install import Reporter
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target

NAMES = ("GROMACS/2024.4-foss-2023b", "SciPy-bundle/2023.11-gfbf-2023b", "zlib/1.2.13", "Größe/日本語-1.0")
SCRIPT = 'for i in $(seq 1000); do printf "\\033[32mgcc\\033[0m -O2 -c source$i.c\\r\\n"; sleep 0.2; done'


def plan(count: int, seconds: float) -> Plan:
    steps = tuple(
        Step(
            package=Package(module=f"{NAMES[at % len(NAMES)]}.{at}"),
            action=Action.INSTALL,
            reason="new",
            prefix=Path("/none"),
            seconds=seconds if at % 2 else None,
        )
        for at in range(count)
    )
    return Plan(target=Target(cpu="x86_64/generic"), steps=steps, critical=(steps[-1].package.module,))


class Build:
    def __init__(self, step: Step, at: int, logs: Path, reporter: Reporter) -> None:
        self.step, self.reporter, self.phases = step, reporter, ["configuring", "building", "testing"]
        self.fails = at % 5 == 4
        log = logs / f"{at}.log"
        reporter.started(step, 1 + at % 3, log)
        self.began = time.monotonic()
        self.process = subprocess.Popen(["sh", "-c", SCRIPT], stdout=log.open("wb"), start_new_session=True)

    def look(self, seconds: float) -> bool:
        """Whether it has ended."""
        took = time.monotonic() - self.began
        if self.phases and took > (3 - len(self.phases)) * seconds / 3:
            self.reporter.phase(self.step, self.phases.pop(0))
        if took > seconds:
            self.end(Result.FAILED if self.fails else Result.BUILT, "no such thing" if self.fails else "")
        return took > seconds

    def end(self, result: Result, cause: str = "") -> None:
        self.process.kill()
        self.process.wait()
        took = time.monotonic() - self.began
        self.reporter.ended(Outcome(step=self.step, result=result, seconds=took, cause=cause))


def run(made: Plan, logs: Path, jobs: int, seconds: float, reporter: Reporter) -> int:
    reporter.planned(made)
    waiting, running = list(enumerate(made.steps)), list[Build]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                at, step = waiting.pop(0)
                running.append(Build(step, at, logs, reporter))
            # The later one takes longer, so that they do not all end at once.
            running = [one for at, one in enumerate(running) if not one.look(seconds * (1 + at / jobs))]
            reporter.tick()
            time.sleep(0.25)
    except KeyboardInterrupt:
        reporter.stopping()
        for one in running:
            one.end(Result.INTERRUPTED, "its build was ended; run again to go on")
        return 130
    return 0


if __name__ == "__main__":
    folder, number, count, length = sys.argv[1:]
    with progress.reporter("auto", jobs=int(number)) as view:
        code = run(plan(int(count), float(length)), Path(folder), int(number), float(length), view)
    sys.stdout.write("the end\n")
    sys.exit(code)
