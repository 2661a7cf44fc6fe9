"""Where the time of a warm `eessi-stack missing` goes.

    python benchmarks/parts.py EASYSTACK... [--repo DIR --eessi-version V --target T ...]

Runs the command as its users do, in processes of its own, with a clock around each part; prints the medians.
The first run, which fills the cache, does not count.
"""

import json
import os
import statistics
import subprocess
import sys
import time

RUNS = 11
#: What is timed: a label, and the function that does it.
PARTS = {
    "easystacks: found, compared with what is kept": "eessi_stack.easystack.files:read",
    "targets: which there are, which this machine runs": "eessi_stack.place:find_all",
    "facts: whether what is kept still holds (stat), and reading it": "eessi_stack.eb.facts:Facts.remember",
    "the same, for several targets": "eessi_stack.eb.facts:Facts.resolve",
    "module files: what is there (stat), and what they load": "eessi_stack.observe:Observer.in_place",
    "the graph of the packages": "eessi_stack.survey:graph_of",
    "comparing": "eessi_stack.survey:compare",
}


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    _run(arguments)
    runs = [_run(arguments) for _ in range(RUNS)]
    print("| part of a warm `missing` | milliseconds |\n|---|--:|")
    for name in runs[0]:
        print(f"| {name} | {statistics.median(run[name] for run in runs) * 1000:.0f} |")


def _run(arguments: list[str]) -> dict[str, float]:
    """Seconds of each part of one process."""
    reading, writing = os.pipe()
    start = time.time()
    words = [sys.executable, __file__, "--inside", str(start), str(writing), *arguments]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    process.wait()
    whole = time.time() - start
    if not text:
        sys.exit(f"`eessi-stack missing {' '.join(arguments)}` gave no times")
    parts: dict[str, float] = json.loads(text)
    return {**parts, "the rest: options, printing, ending": whole - sum(parts.values()), "all of it": whole}


def inside(start: float, writing: int, arguments: list[str]) -> None:
    """The process that is timed."""
    parts = {"Python itself": time.time() - start}
    clock = time.perf_counter
    began = clock()
    import click  # noqa: F401, PLC0415

    parts["importing click"], began = clock() - began, clock()
    from eessi_stack.cli import main as command  # noqa: PLC0415
    from eessi_stack.cli import missing  # noqa: F401, PLC0415

    parts["importing our modules"] = clock() - began
    taken = dict.fromkeys(PARTS, 0.0)
    for name, place in PARTS.items():
        _clock_around(place, name, taken)
    sys.argv = ["eessi-stack", "missing", *arguments]
    try:
        command()
    except SystemExit:
        pass
    finally:
        own = {name: seconds for name, seconds in taken.items() if seconds}
        os.write(writing, json.dumps(parts | own).encode())


def _clock_around(place: str, name: str, taken: dict[str, float]) -> None:
    import importlib  # noqa: PLC0415

    module, _, path = place.partition(":")
    owner = importlib.import_module(module)
    *between, last = path.split(".")
    for one in between:
        owner = getattr(owner, one)
    original = getattr(owner, last)

    def timed(*arguments: object, **options: object) -> object:
        began = time.perf_counter()
        try:
            return original(*arguments, **options)
        finally:
            taken[name] += time.perf_counter() - began

    setattr(owner, last, timed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        main()
