"""`eessi-stack missing` against `eb --easystack FILE --missing`, on the same entries, in one run.

    python benchmarks/missing.py [--entries N] [--inventory INVENTORY.json] [EASYSTACK...]

Both sides get the same file: the first N entries of the easystacks whose easyconfigs come with EasyBuild, without
their options (`from-commit` and the like would need GitHub). Both answer for an empty tree, and must name the same
easyconfigs. Times are whole processes, medians; EasyBuild's is one run, as it takes minutes. With an inventory, the
stack is laid out as a module tree, and all easystacks are asked of one target and of all.
"""

import argparse
import importlib.metadata
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eessi_stack.easystack import files
from eessi_stack.eb.environment import find_lmod

HERE = Path(__file__).resolve().parent
OURS = (sys.executable, "-m", "eessi_stack")
TARGET = "x86_64/amd/zen3"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One finished process."""

    seconds: float
    mebibytes: float  #: the peak of the largest process
    output: str


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="eessi-stack-benchmark-") as scratch:
        here = Path(scratch)
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, EasyBuild {_version('easybuild-framework')}\n")
        against_easybuild(arguments.easystacks, arguments.entries, here)
        if arguments.inventory:
            whole_stack(arguments.easystacks, arguments.inventory, here)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("easystacks", type=Path, nargs="*", default=[HERE.parent / "easystacks" / "2023.04.yml"])
    parser.add_argument("--entries", type=int, default=250, metavar="N")
    parser.add_argument("--inventory", type=Path, metavar="FILE")
    return parser.parse_args()


def against_easybuild(easystacks: Iterable[Path], count: int, here: Path) -> None:
    file = here / "entries.yml"
    names = list(_entries(easystacks))[:count]
    file.write_text("easyconfigs:\n" + "".join(f"  - {name}\n" for name in names), encoding="utf-8")
    theirs = _run(_eb(file), _configuration(here), good=(0,))
    command = (*OURS, "missing", "--strict", "--json", str(file), *_place(here / "tree"))
    cold = [_run(command, _cache(here / f"cold-{turn}")) for turn in range(3)]
    warm = [_run(command, _cache(here / "cold-0")) for _ in range(11)]
    _check_same(theirs.output, cold[0].output)
    _table(
        f"{len(names)} entries, one target, nothing installed",
        {"eb --easystack --missing": [theirs], "eessi-stack missing, cold": cold, "eessi-stack missing, warm": warm},
    )


def whole_stack(easystacks: Iterable[Path], inventory: Path, here: Path) -> None:
    files = [str(path) for path in easystacks]
    cache = _cache(here / "whole")
    laid_out = (sys.executable, str(HERE.parent / "dev" / "lay-out-stack.py"), str(inventory), str(here / "stack"))
    _run((*laid_out, *files), cache)
    one = (*OURS, "missing", *files, *_place(here / "stack"))
    every = (*OURS, "missing", *files, "--repo", str(here / "stack"), "--all-targets")
    first = _run(every, cache)
    _table(
        f"all of {', '.join(files)}, the stack installed",
        {
            "one target, warm": [_run(one, cache) for _ in range(11)],
            "all targets, first run": [first],
            "all targets, warm": [_run(every, cache) for _ in range(7)],
            "eessi-stack --help": [_run((*OURS, "--help"), cache) for _ in range(11)],
        },
    )


def _entries(easystacks: Iterable[Path]) -> Iterator[str]:
    """The easyconfigs that are asked for and come with EasyBuild, each once."""
    shipped = {path.name for path in (Path(sys.prefix) / "easybuild" / "easyconfigs").glob("*/*/*.eb")}
    names = (request.filename for request in files.read(easystacks).requests)
    return (name for name in dict.fromkeys(names) if name in shipped)


def _eb(file: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "easybuild.main", "--easystack", str(file), "--robot", "--missing", "--terse")


def _place(repo: Path) -> tuple[str, ...]:
    return ("--repo", str(repo), "--eessi-version", "2023.06", "--target", TARGET)


def _cache(folder: Path) -> dict[str, str]:
    return {"EESSI_STACK_CACHE_DIR": str(folder)}


def _configuration(here: Path) -> dict[str, str]:
    """How `eb` is configured for the same tree and target."""
    lines = _run((*OURS, "config", "--easybuild", *_place(here / "tree")), _cache(here)).output.splitlines()
    exports = [shlex.split(line) for line in lines if line.startswith("export ")]
    lmod = find_lmod(None, None)
    if lmod is None:
        sys.exit("`eb` needs Lmod, and there is none")
    own = {
        "LMOD_CMD": str(lmod),
        "EASYBUILD_PREFIX": str(here / "eb"),
        "EASYBUILD_ALLOW_USE_AS_ROOT_AND_ACCEPT_CONSEQUENCES": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return {**dict(words[1].split("=", 1) for words in exports), **own}


def _run(command: Iterable[str], environment: Mapping[str, str], good: Iterable[int] = (0, 1, 3)) -> Run:
    """One whole process, from its start to its end, timed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            tuple(command), stdout=output, stderr=said, env={**_plain(), **environment}, stdin=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (output, said):
            stream.seek(0)
        if process.returncode not in good:
            end = f"{output.read()}{said.read()}"[-3000:]
            sys.exit(f"{shlex.join(command)}: exit code {process.returncode}\n{end}")
        return Run(seconds=seconds, mebibytes=usage.ru_maxrss / 1024, output=output.read())


def _plain() -> dict[str, str]:
    """The environment without what would configure either side."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("EASYBUILD_", "EESSI_", "LMOD_"))}


def _check_same(theirs: str, ours: str) -> None:
    import json  # noqa: PLC0415

    eb = {line for line in theirs.splitlines() if line.endswith(".eb")}
    found = {Path(one["easyconfig"]).name for one in json.loads(ours)["packages"] if one["state"] == "missing"}
    if eb != found:
        sys.exit(f"the answers differ: eb alone {sorted(eb - found)[:9]}, eessi-stack alone {sorted(found - eb)[:9]}")
    print(f"both name the same {len(eb)} easyconfigs\n")


def _table(title: str, rows: Mapping[str, list[Run]]) -> None:
    medians = {name: statistics.median(run.seconds for run in runs) for name, runs in rows.items()}
    slowest = next(iter(medians.values()))
    print(f"{title}:\n")
    print("| | seconds | ratio | peak MiB | runs |\n|---|--:|--:|--:|--:|")
    for name, runs in rows.items():
        peak = max(run.mebibytes for run in runs)
        print(f"| {name} | {medians[name]:.3f} | {slowest / medians[name]:.1f} | {peak:.0f} | {len(runs)} |")
    print()


def _version(name: str) -> str:
    return importlib.metadata.version(name)


if __name__ == "__main__":
    main()
