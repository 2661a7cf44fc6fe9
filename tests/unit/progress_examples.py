"""Views of installs that go on; `python -m tests.unit.progress_examples` writes what terminals show of them anew."""

from pathlib import Path

from rich.cells import cell_len

from eessi_stack.cli.progress.frame import frame
from eessi_stack.cli.progress.state import Running, View
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target
from eessi_stack.schedule import Budget

GOLDEN = Path(__file__).parents[1] / "data" / "progress"
SIZES = tuple((width, height) for width in (160, 80, 40) for height in (24, 6))
NOW = 1000.0


def step(module: str, seconds: float | None = None, needs: tuple[str, ...] = ()) -> Step:
    package = Package(module=module, dependencies=needs)
    return Step(package=package, action=Action.INSTALL, reason="new", prefix=Path("/p"), seconds=seconds)


def plan(*steps: Step, critical: tuple[str, ...] = ()) -> Plan:
    return Plan(target=Target(cpu="x86_64/generic"), steps=steps, critical=critical)


def running(one: Step, since: float, cores: int = 1, phase: str = "") -> Running:
    return Running(step=one, cores=cores, log=Path("/none"), since=since, phase=phase)


def outcome(one: Step, result: Result, seconds: float = 0.0, cause: str = "") -> Outcome:
    return Outcome(step=one, result=result, seconds=seconds, cause=cause)


BUILDS = (
    running(step("zlib/1.2.13-GCCcore-13.2.0", 30), NOW - 5, 1, "configuring"),
    running(step("GROMACS/2024.4-foss-2023b", 900), NOW - 725, 8, "building"),
    running(step("Größe/日本語-1.0", 100), NOW - 160, 4, "sanity checking"),
    running(step("R-bundle-Bioconductor/3.18-foss-2023b-R-4.4.1"), NOW - 4000, 2, "installing extensions 12/338"),
    running(step("LLVM/16.0.6-GCCcore-13.2.0", 7200), NOW - 1, 16),
    running(step("Python/3.11.5-GCCcore-13.2.0", 600), NOW - 300, 2, "testing"),
    running(step("CMake/3.27.6-GCCcore-13.2.0", 400), NOW - 10, 2, "building"),
)
LINE = 'g++ -O2 -march=native -DNAME="日本語" -I/tmp/me/easybuild/build/GROMACS/2024.4/foss-2023b/src -c force.cpp'


def view(builds: int, *, known: bool = True) -> View:
    """A view of 40 steps, of which so many are being built, 12 are, 1 failed, 2 were skipped."""
    waiting = [step(f"Waiting/{at}", 60 if known else None) for at in range(25 - builds)]
    ended = [step(f"Ended/{at}") for at in range(15)]
    results = [Result.BUILT] * 11 + [Result.PRESENT, Result.FAILED, Result.SKIPPED, Result.SKIPPED]
    begun = BUILDS[:builds]
    made = plan(*ended, *(one.step for one in begun), *waiting, critical=("GROMACS/2024.4-foss-2023b", "Waiting/3"))
    now = View(budget=Budget(jobs=4, cores=16)).planned(made)
    for build in begun:
        now = now.started(build)
    for one, result in zip(ended, results, strict=True):
        now = now.ended(outcome(one, result))
    return now.read(LINE)


#: Name of a file in tests/data/progress → what it shows.
EXAMPLES = {
    "three": view(3),
    "crowded": view(7),
    "unknown": view(4, known=False),
    "stopping": view(2).stopped(),
    "fetching": View().planned(plan(step("A/1", 60), step("B/1", 60))),
}


def shown(one: View, width: int, height: int) -> list[str]:
    return [line.plain for line in frame(one, NOW, width, height)]


def rendered(one: View) -> str:
    """What terminals of all sizes show, each line up to where the terminal ends."""
    parts = []
    for width, height in SIZES:
        lines = [f"{line}{' ' * (width - cell_len(line))}|" for line in shown(one, width, height)]
        parts.append("\n".join([f"{width} columns, {height} lines", *lines, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    for name, example in EXAMPLES.items():
        (GOLDEN / f"{name}.txt").write_text(rendered(example), encoding="utf-8")
