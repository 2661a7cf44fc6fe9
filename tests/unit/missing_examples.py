"""Reports to render: what `missing` may find out of one target, and of all 53 of EESSI 2023.06.

`python -m tests.unit.missing_examples` writes the golden files of tests/data/missing anew: look at them.
"""

from dataclasses import replace
from pathlib import Path

from eessi_stack.cli.formats import FORMATS, render
from eessi_stack.cli.formats.report import Report, Screen
from eessi_stack.model import (
    Answer,
    Comparison,
    Exclusion,
    Package,
    Request,
    Stack,
    State,
    Target,
    Verdict,
)

GOLDEN = Path(__file__).parents[1] / "data" / "missing"

ROOT = Path("/cvmfs/software.eessi.io/versions/2023.06")
FILES = ("stacks/eb-4.9.4-2023b.yml", "stacks/accel/eb-4.9.4-2023a-CUDA.yml")

INTEL = ("haswell", "skylake_avx512", "cascadelake", "icelake", "sapphirerapids")
X86 = ("generic", "amd/zen2", "amd/zen3", "amd/zen4", *(f"intel/{name}" for name in INTEL))
ARM = ("generic", "neoverse_n1", "neoverse_v1", "nvidia/grace", "a64fx")
CPUS = (*(f"x86_64/{name}" for name in X86), *(f"aarch64/{name}" for name in ARM))
CUDA = ("nvidia/cc70", "nvidia/cc80", "nvidia/cc90")
TARGETS = tuple(
    Target(cpu=cpu, accelerator=accelerator)
    for cpu in CPUS
    for accelerator in (None, *(CUDA if cpu != "aarch64/a64fx" else ()))
)
ZEN3 = Target(cpu="x86_64/amd/zen3")


def request(name: str, line: int, *, file: int = 0, targets: tuple[str, ...] = (), rebuild: bool = False) -> Request:
    return Request(easyconfig=f"{name}.eb", file=FILES[file], line=line, targets=targets, rebuild=rebuild)


def judged(  # noqa: PLR0913 (keywords of a verdict)
    module: str,
    state: State = State.INSTALLED,
    *asked: Request,
    reason: str = "",
    wanted_by: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    instead: str = "",
) -> Verdict:
    name = module.replace("/", "-").removesuffix(".eb")
    package = Package(module=module, recipe=f"/easyconfigs/{name}.eb", dependencies=needs, requests=asked)
    return Verdict(package=package, state=state, reason=reason, wanted_by=wanted_by, requests=asked, instead=instead)


def comparison(
    target: Target,
    *verdicts: Verdict,
    elsewhere: tuple[Request, ...] = (),
    unused: tuple[Exclusion, ...] = (),
) -> Comparison:
    asked = ((request, one) for one in verdicts for request in one.requests)
    ordered = tuple(sorted(asked, key=lambda pair: (pair[0].file, pair[0].line)))
    return Comparison(target=target, verdicts=verdicts, requests=ordered, elsewhere=elsewhere, unused=unused)


def answer(told: Comparison, note: str = "") -> Answer:
    prefix = ROOT / "software" / "linux" / str(told.target)
    packages = tuple(one.package for one in told.verdicts)
    return Answer(target=told.target, prefix=prefix, comparison=told, packages=packages, note=note)


def report(*answers: Answer, screen: Screen | None = None) -> Report:
    told = [one.comparison for one in answers if one.comparison]
    asked = dict.fromkeys(entry for each in told for entry in (*(one for one, _ in each.requests), *each.elsewhere))
    stack = Stack(requests=tuple(asked), files=FILES)
    screen = screen or Screen()
    return Report(answers=answers, stack=stack, root=ROOT, folder=Path("/work"), screen=screen)


GROMACS, PYTORCH, GTDB = (
    request("GROMACS-2024.4-foss-2023b", 4),
    request("PyTorch-2.1.2-foss-2023a", 7),
    request("GTDB-Tk-2.3.2-foss-2022b", 12),
)
LLVM, TYPO = request("LLVM-15.0.5-GCCcore-12.2.0", 9), request("Nextflow-23.10.O", 15)
LAMMPS = request("LAMMPS-2Aug2023-foss-2023a-kokkos-CUDA-12.1.1", 3, file=1, targets=("accel/nvidia",))
ISSUE = "https://github.com/EESSI/software-layer/issues/"
UNUSED = Exclusion(
    easyconfig="Highway-1.0.4-GCCcore-12.3.0.eb",
    reason="failing to build the tests",
    issue=f"{ISSUE}469",
    file="stacks/eessi-2023.06-known-issues.yml",
    line=21,
)

DRIFT = judged(
    "Biopython/1.81-gfbf-2022b",
    State.DRIFT,
    reason="GTDB-Tk-2.3.2-foss-2022b.eb changed since it was installed",
    wanted_by=("GTDB-Tk/2.3.2-foss-2022b",),
    instead="Biopython/1.81-foss-2022b",
)
FFTW = judged("FFTW/3.3.10-GCC-13.2.0", State.MISSING, wanted_by=("FFTW.MPI/3.3.10-gompi-2023b",))
FFTW_MPI = judged(
    "FFTW.MPI/3.3.10-gompi-2023b",
    State.MISSING,
    wanted_by=("GROMACS/2024.4-foss-2023b",),
    needs=("FFTW/3.3.10-GCC-13.2.0",),
    reason="its module file is there, but its build did not end well",
)
NO_GROMACS = judged("GROMACS/2024.4-foss-2023b", State.MISSING, GROMACS, needs=("FFTW.MPI/3.3.10-gompi-2023b",))
BROKEN = judged(
    "PyTorch/2.1.2-foss-2023a",
    State.BROKEN,
    PYTORCH,
    reason="its module file loads OpenBLAS/0.3.23-GCC-12.3.0, which is gone",
)
EXCLUDED = judged(
    "LLVM/15.0.5-GCCcore-12.2.0",
    State.EXCLUDED,
    LLVM,
    reason=f"build failure: immediate offset out of range ({ISSUE}1213)",
    wanted_by=("Mesa/22.2.4-GCCcore-12.2.0",),
)
BLOCKED = judged(
    "Mesa/22.2.4-GCCcore-12.2.0",
    State.EXCLUDED,
    reason=f"blocked by LLVM/15.0.5-GCCcore-12.2.0, which is excluded ({ISSUE}1213)",
    wanted_by=("ParaView/5.11.1-foss-2022b",),
)
ERROR = judged(
    "Nextflow-23.10.O.eb",
    State.ERROR,
    TYPO,
    reason="no easyconfig Nextflow-23.10.O.eb in the robot path; did you mean Nextflow-23.10.0.eb?",
)
COMMON = (
    judged("GCCcore/12.2.0", wanted_by=("GTDB-Tk/2.3.2-foss-2022b",)),
    judged("GTDB-Tk/2.3.2-foss-2022b", State.INSTALLED, GTDB),
    judged("PyTorch/2.1.2-foss-2023a", State.INSTALLED, PYTORCH),
)


def one_proven() -> Report:
    """Nothing is missing; but there is something to know."""
    return report(answer(comparison(ZEN3, *COMMON, EXCLUDED, BLOCKED, DRIFT, elsewhere=(LAMMPS,), unused=(UNUSED,))))


def one_bad() -> Report:
    """A bit of everything, on one target."""
    told = comparison(ZEN3, *COMMON[:2], FFTW, FFTW_MPI, NO_GROMACS, BROKEN, EXCLUDED, DRIFT, ERROR, unused=(UNUSED,))
    return report(answer(told))


def all_proven() -> Report:
    """Nothing is missing on any target."""
    return report(*(answer(comparison(target, *_installed(target))) for target in TARGETS))


def all_bad() -> Report:
    """Each target of 53 with its own trouble."""
    return report(*(_trouble(target) for target in TARGETS))


def _installed(target: Target) -> tuple[Verdict, ...]:
    libraries = tuple(
        judged(f"Lib{number:02}/1.0-GCCcore-13.2.0", wanted_by=("GROMACS/2024.4-foss-2023b",)) for number in range(30)
    )
    gromacs = judged("GROMACS/2024.4-foss-2023b", State.INSTALLED, GROMACS)
    lammps = judged("LAMMPS/2Aug2023-foss-2023a-kokkos-CUDA-12.1.1", State.INSTALLED, LAMMPS)
    return (*libraries, *COMMON, gromacs, DRIFT, *((lammps,) if target.accelerator else ()))


def _trouble(target: Target) -> Answer:
    prefix = ROOT / "software" / "linux" / str(target)
    if target.cpu == "x86_64/intel/icelake":
        return Answer(target=target, prefix=prefix, problem=f"{prefix}/modules/all: Permission denied")
    verdicts = {one.package.module: one for one in _installed(target)}
    if target.cpu == "x86_64/intel/cascadelake":
        verdicts = {module: replace(one, state=State.MISSING) for module, one in verdicts.items()}
        return answer(comparison(target, *verdicts.values()), note="the prefix is not there")
    changed: list[Verdict] = []
    if target.family == "aarch64":
        changed += [FFTW, FFTW_MPI, NO_GROMACS]
    if target.cpu == "aarch64/a64fx":
        changed += [EXCLUDED, BLOCKED]
    if str(target) == "x86_64/amd/zen4/accel/nvidia/cc90":
        changed += [replace(verdicts["LAMMPS/2Aug2023-foss-2023a-kokkos-CUDA-12.1.1"], state=State.MISSING)]
    if target.cpu in ("x86_64/amd/zen3", "x86_64/intel/haswell"):
        changed += [BROKEN]
    verdicts.update((one.package.module, one) for one in changed)
    unused = (UNUSED,) if target.cpu in ("aarch64/neoverse_n1", "aarch64/neoverse_v1") else ()
    return answer(comparison(target, *verdicts.values(), unused=unused))


EXAMPLES = {"one-proven": one_proven, "one-bad": one_bad, "all-proven": all_proven, "all-bad": all_bad}
SUFFIXES = {"text": "txt", "json": "json", "junit": "xml", "github": "github", "markdown": "md"}


def golden() -> dict[str, str]:
    """File → what it should hold."""
    made = {}
    for name, example in EXAMPLES.items():
        for form in FORMATS:
            if form in ("text", "github", "markdown") or name.startswith("one"):
                made[f"{name}.{SUFFIXES[form]}"] = render(example(), form) + "\n"
        for width in (80, 160):
            narrow = replace(example(), screen=Screen(width=width))
            made[f"{name}.{width}.txt"] = render(narrow, "text") + "\n"
    return made


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for file, text in golden().items():
        (GOLDEN / file).write_text(text, encoding="utf-8")
