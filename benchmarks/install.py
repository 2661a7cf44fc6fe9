"""`eessi-stack install` against `eb --robot`, on the same real software with the same sources, in one run.

    python benchmarks/install.py [--cores N] [--robot-paths DIR] [EASYSTACK]

Both build the same easyconfigs into the same empty tree (installation paths are baked into binaries), one after the
other, with all sources there before: `eb` all of them in one process with all cores, `eessi-stack` side by side within
as many cores. `eb` gets the same configuration but for our hooks, which make builds quicker too: `--with-hooks`. The
installed trees must be equal: files, modes, links and module files, apart from what tells when and how something was
built. Beside that, what one step costs above a bare `python -m easybuild.main` of the same easyconfig. The sample needs
Debian 12's GCC 12.2.0.
"""

import argparse
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from eessi_stack import journal
from eessi_stack.easystack import files
from eessi_stack.eb.installation import remove_tree

HERE = Path(__file__).resolve().parent
OURS = (sys.executable, "-m", "eessi_stack")
ONE = "xxHash-0.8.1-GCCcore-12.2.0.eb"  # of the sample: what the cost of a step is measured with
#: What tells of when, where and how a build happened: logs, and what holds the process's own numbers.
NOT_COMPARED = re.compile(r"(^|/)(easybuild|\.eessi-stack|\.locks|\.lmod)(/|$)|-easybuild-devel$|\.pyc$")


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="eessi-stack-benchmark-") as scratch:
        try:
            _compare(arguments, Path(scratch))
        finally:
            for folder, _, _ in os.walk(scratch):
                Path(folder).chmod(0o700)  # installations are read-only


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("easystack", type=Path, nargs="?", default=HERE / "install.yml")
    parser.add_argument("--robot-paths", default=str(HERE / "easyconfigs"), metavar="DIR")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), metavar="N")
    parser.add_argument("--with-hooks", action="store_true", help="give eb our hooks too")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="keep the sources there, for the next time")
    return parser.parse_args()


def _compare(arguments: argparse.Namespace, here: Path) -> None:
    ours = _settings(arguments, here)
    names = [request.filename for request in files.read([arguments.easystack]).requests]
    _run([*OURS, "fetch", str(arguments.easystack)], ours)
    repo = here / "repo"
    theirs = _as_eb(arguments, here, ours)
    eb = _run(_eb(names, arguments.cores), theirs)
    repo.rename(here / "theirs")
    stack = _run([*OURS, "install", "--no-cache", "--cores", str(arguments.cores), str(arguments.easystack)], ours)
    packages = len(list((repo / "versions").glob("*/software/*/*/*/*/modules/all/*/*.lua")))
    print(f"{packages} packages, {arguments.cores} cores, sources there before\n")
    print("| | seconds | times faster |\n|---|--:|--:|")
    print(f"| eb --robot --parallel={arguments.cores} | {eb:.0f} | 1.0 |")
    print(f"| eessi-stack install | {stack:.0f} | {eb / stack:.2f} |\n")
    equal = _equal(here / "theirs", repo)
    repo.rename(here / "ours")
    if ONE in names:
        _step(here, ours, theirs, arguments.cores)
    if not equal:
        sys.exit(1)


def _step(here: Path, ours: Mapping[str, str], theirs: Mapping[str, str], cores: int) -> None:
    """One package above what is there, by either side in turn."""
    shutil.copytree(here / "ours", here / "repo", symlinks=True)
    stack = here / "one.yml"
    stack.write_text(f"easyconfigs:\n  - {ONE}\n", encoding="utf-8")
    bare: list[float] = []
    step: list[float] = []
    whole: list[float] = []
    for _ in range(3):
        _without_one(here / "repo")
        bare.append(_run(_eb([ONE], cores), theirs))
        _without_one(here / "repo")
        whole.append(_run([*OURS, "install", "--no-cache", "--jobs", "1", str(stack)], ours))
        step.append(_last_step(here / "repo"))
    print(f"\nWhat a step costs ({ONE.removesuffix('.eb')}); an install also plans, looks for sources and proves:\n")
    print("| | seconds | ratio |\n|---|--:|--:|")
    runs = {"python -m easybuild.main": bare, "a step of an install": step, "an install of it alone": whole}
    medians = {label: statistics.median(seconds) for label, seconds in runs.items()}
    for label, seconds in medians.items():
        print(f"| {label} | {seconds:.1f} | {seconds / statistics.median(bare):.2f} |")


def _last_step(repo: Path) -> float:
    """Seconds from the beginning of the last step's build to its end."""
    (prefix,) = {path.parents[1] for path in repo.glob("versions/*/software/*/*/*/*/.eessi-stack/journal.jsonl")}
    return float([event for event in journal.events(prefix) if event["event"] == "step-ended"][-1]["seconds"])


def _without_one(repo: Path) -> None:
    name, version = ONE.removesuffix(".eb").split("-", 1)
    for path in repo.glob(f"versions/*/software/*/*/*/*/modules/*/{name}/{version}.lua"):
        path.unlink()
    for path in repo.glob(f"versions/*/software/*/*/*/*/software/{name}/{version}"):
        remove_tree(path)


def _settings(arguments: argparse.Namespace, here: Path) -> dict[str, str]:
    return {
        "EESSI_STACK_REPO": str(here / "repo"),
        "EESSI_STACK_EESSI_VERSION": "2023.06",
        "EESSI_STACK_ROBOT_PATHS": arguments.robot_paths,
        "EESSI_STACK_WORK_DIR": str(here / "work"),
        "EESSI_STACK_CACHE_DIR": str(here / "cache"),
        "EESSI_STACK_SOURCES": str(arguments.sources or here / "sources"),
    }


def _as_eb(arguments: argparse.Namespace, here: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """How `eb` is configured for the same tree: as `eessi-stack config --easybuild` says."""
    filtered = ",".join(files.read([arguments.easystack]).filter_deps)
    words = [*OURS, "config", "--easybuild", "--filter-deps", filtered]
    said = subprocess.run(words, env={**_plain(), **ours}, capture_output=True, text=True, check=True).stdout
    exports = [shlex.split(line)[1].split("=", 1) for line in said.splitlines() if line.startswith("export ")]
    if not arguments.with_hooks:
        exports = [one for one in exports if one[0] != "EASYBUILD_HOOKS"]
    return {
        **dict(exports),
        "EASYBUILD_PREFIX": str(here / "work"),  # what is built keeps the path it was built in
        "EASYBUILD_SOURCEPATH": str(arguments.sources or here / "sources"),
        "EASYBUILD_MODULE_SYNTAX": "Lua",
        "EASYBUILD_ALLOW_USE_AS_ROOT_AND_ACCEPT_CONSEQUENCES": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _eb(names: Iterable[str], cores: int) -> list[str]:
    return [sys.executable, "-m", "easybuild.main", *names, "--robot", f"--parallel={cores}"]


def _run(command: list[str], environment: Mapping[str, str]) -> float:
    """Seconds of one whole process, which must end well."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        done = subprocess.run(
            command,
            env={**_plain(), **environment},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            output.seek(0)
            sys.exit(f"{shlex.join(command)}: exit code {done.returncode}\n{output.read()[-4000:]}")
    return seconds


def _plain() -> dict[str, str]:
    """The environment without what would configure either side."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("EASYBUILD_", "EESSI_", "LMOD_"))}


def _equal(theirs: Path, ours: Path) -> bool:
    """Say where the trees differ; what `eb` alone leaves writable in read-only installations is not held against it."""
    a, b = (dict(_listed(top)) for top in (theirs, ours))
    different = sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))
    writable = [name for name in different if name in a and name in b and _without_write_bits(a[name]) == b[name]]
    for name in writable:
        print(f"left writable by eb: {name}")
    wrong = [name for name in different if name not in writable]
    for name in wrong[:50]:
        print(f"differs: {name}: eb {a.get(name)}, eessi-stack {b.get(name)}")
    print(f"{len(a)} files and folders, {len(wrong)} of them differ, {len(writable)} left writable by eb alone")
    return not wrong


def _without_write_bits(listed: tuple[object, ...]) -> tuple[object, ...]:
    mode, *rest = str(listed[0]), *listed[1:]
    return (oct(int(mode, 8) & ~0o222), *rest) if mode.startswith("0o") else listed


def _listed(top: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    """What is there but for what tells of the build itself: kind and mode, size, where links go, module files whole."""
    for path in sorted(top.rglob("*")):
        name = str(path.relative_to(top))
        if NOT_COMPARED.search(name):
            continue
        if path.is_symlink():
            yield name, (str(path.readlink()).replace(str(top.with_name("repo")), ""),)
        elif path.is_dir():
            yield name, (oct(path.stat().st_mode),)
        else:
            module = path.read_text() if "/modules/all/" in f"/{name}" else ""
            yield name, (oct(path.stat().st_mode), path.stat().st_size, module)


if __name__ == "__main__":
    main()
