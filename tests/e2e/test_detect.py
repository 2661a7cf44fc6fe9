"""The real command line on machines that others have captured, and on this one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "eessi"
CPUINFO = sorted((SAMPLES / "cpuinfo").glob("**/*.cpuinfo"))
NVIDIA_SMI = sorted((SAMPLES / "nvidia-smi").glob("*.output"))
needs_samples = pytest.mark.skipif(not CPUINFO or not NVIDIA_SMI, reason=f"no samples in {SAMPLES}")

GENOA = (
    "vendor_id : AuthenticAMD\nmodel name : AMD EPYC 9V33X\n"
    "flags : mmx sse sse2 ssse3 fma avx2 vaes avx512f avx512ifma\n"
)


def detect(
    *arguments: str, stdin: str = "", path: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EESSI_")}
    command = [sys.executable, "-m", "eessi_stack", "detect", *arguments]
    if path:
        kept["PATH"] = f"{path}:{os.defpath}"
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=kept | variables)


def prefixes(repo: Path, *names: str) -> str:
    for name in names:
        (repo / "versions/2023.06/software/linux" / name).mkdir(parents=True)
    return str(repo)


def nvidia_smi(folder: Path, body: str) -> Path:
    script = folder / "nvidia-smi"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return folder


@needs_samples
@pytest.mark.parametrize("sample", CPUINFO, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_captured_machines(sample: Path) -> None:
    arguments = ("--cpu", "--cpuinfo", str(sample), "--machine", sample.relative_to(SAMPLES / "cpuinfo").parts[0])
    assert detect(*arguments).stdout.strip() == sample.with_suffix(".output").read_text().strip()
    everything = sample.with_suffix(".all.output").read_text().strip()
    assert detect(*arguments, "--all").stdout.strip() == everything


@needs_samples
@pytest.mark.parametrize("sample", NVIDIA_SMI, ids=lambda path: path.stem)
def test_captured_gpus(sample: Path, tmp_path: Path) -> None:
    script = sample.with_suffix(".sh")
    if script.exists():
        (tmp_path / "nvidia-smi").symlink_to(script)
    run = detect("--accel", path=tmp_path)
    expected = sample.read_text().strip()
    if expected.startswith("non-zero exit code: "):
        assert (run.stdout, run.returncode) == ("", int(expected.split(": ")[1]))
        assert "ERROR: no accelerator: " in run.stderr
    else:
        assert (run.stdout.strip(), run.returncode) == (expected, 0)


def test_text_explains_the_choice(tmp_path: Path) -> None:
    repo = prefixes(tmp_path, "x86_64/amd/zen2", "x86_64/generic")
    run = detect("--cpuinfo", "-", "--machine", "x86_64", "--repo", repo, stdin=GENOA)
    assert run.returncode == 0
    for line in (
        "CPU          AMD EPYC 9V33X (x86_64, vendor AuthenticAMD)",
        "can run      x86_64/amd/zen4 x86_64/amd/zen3 x86_64/amd/zen2 x86_64/generic",
        f"tree         {repo}/versions/2023.06",
        f"prefix       {repo}/versions/2023.06/software/linux/x86_64/amd/zen2 (the tree has no x86_64/amd/zen4)",
    ):
        assert line in run.stdout.splitlines()
    assert "note         archspec calls this CPU x86_64 (its zen4 also wants " in run.stdout


def test_json_has_everything(tmp_path: Path) -> None:
    repo = prefixes(tmp_path, "x86_64/amd/zen3/accel/nvidia/cc80")
    run = detect(
        *("--json", "--cpuinfo", "-", "--machine", "amd64", "--repo", repo),
        stdin=GENOA,
        EESSI_ACCELERATOR_TARGET_OVERRIDE="accel/nvidia/cc86",
    )
    document = json.loads(run.stdout)
    prefix = f"{repo}/versions/2023.06/software/linux/x86_64/amd/zen3"
    assert (document["format"], document["version"]) == ("eessi-stack-detect", 1)
    assert document["target"] == "x86_64/amd/zen4"
    assert document["compatible"] == ["x86_64/amd/zen4", "x86_64/amd/zen3", "x86_64/amd/zen2", "x86_64/generic"]
    assert (document["prefix"], document["prefix_target"]) == (prefix, "x86_64/amd/zen3")
    assert document["accelerator"] == "accel/nvidia/cc86"
    assert document["accelerator_prefix"] == f"{prefix}/accel/nvidia/cc80"


def test_an_override_is_the_target_and_says_where_it_comes_from() -> None:
    override = "ppc64le/power9le"
    for form in (("--cpu",), ("--cpu", "--all")):
        assert detect(*form, EESSI_SOFTWARE_SUBDIR_OVERRIDE=override).stdout == f"{override}\n"
    text = detect(EESSI_SOFTWARE_SUBDIR_OVERRIDE=override).stdout
    assert "target       ppc64le/power9le ($EESSI_SOFTWARE_SUBDIR_OVERRIDE)" in text
    assert "asks for ppc64le/power9le, which this CPU cannot run" in text


def test_an_override_does_not_hide_another_machine() -> None:
    run = detect(
        "--cpu", "--cpuinfo", "-", "--machine", "x86_64", stdin=GENOA, EESSI_SOFTWARE_SUBDIR_OVERRIDE="x86_64/generic"
    )
    assert run.stdout == "x86_64/amd/zen4\n"


def test_an_invalid_override_names_its_variable_and_the_nearest_target() -> None:
    for form in ((), ("--cpu",), ("--prefix",), ("--json",)):
        run = detect(*form, EESSI_SOFTWARE_SUBDIR_OVERRIDE="x86_64/amd/zenn3")
        assert (run.returncode, run.stdout) == (2, "")
        assert "$EESSI_SOFTWARE_SUBDIR_OVERRIDE" in run.stderr
        assert "did you mean `x86_64/amd/zen3`?" in run.stderr


def test_accelerator_overrides() -> None:
    run = detect("--accel", EESSI_ACCELERATOR_TARGET_OVERRIDE="accel/amd/gfx90a")
    assert (run.returncode, run.stdout) == (0, "accel/amd/gfx90a\n")
    for form in ((), ("--accel",), ("--json",)):
        run = detect(*form, EESSI_ACCELERATOR_TARGET_OVERRIDE="accel/amd/gfx90aa")
        assert (run.returncode, run.stdout) == (2, "")
        assert "$EESSI_ACCELERATOR_TARGET_OVERRIDE" in run.stderr
        assert "did you mean `amd/gfx90a`?" in run.stderr


def test_gpus_that_fail_are_no_error_but_for_accel(tmp_path: Path) -> None:
    assert detect("--accel", path=nvidia_smi(tmp_path, "echo 'Tesla T4, 1, 390.1, 7.5'; exit 9")).returncode == 3
    path = nvidia_smi(tmp_path, "echo 'Tesla K80, 1, 390.1, [N/A]'")
    assert detect("--accel", path=path).returncode == 3
    run = detect(path=path)
    assert run.returncode == 0
    assert "accelerator  none (nvidia-smi failed: Tesla K80" in run.stdout


def test_gpus_are_counted(tmp_path: Path) -> None:
    path = nvidia_smi(tmp_path, "echo 'NVIDIA H100, 2, 570.1, 9.0'; echo 'NVIDIA H100, 2, 570.1, 9.0'")
    assert "accelerator  accel/nvidia/cc90 (nvidia-smi: 2 x NVIDIA H100 (9.0))" in detect(path=path).stdout


def test_text_says_which_accelerator_prefix_there_is(tmp_path: Path) -> None:
    host = detect("--cpu").stdout.strip()
    repo = prefixes(tmp_path, f"{host}/accel/nvidia/cc80")
    text = detect("--repo", repo, EESSI_ACCELERATOR_TARGET_OVERRIDE="accel/nvidia/cc86").stdout
    assert f"accel prefix {repo}/versions/2023.06/software/linux/{host}/accel/nvidia/cc80\n" in text
    text = detect("--repo", repo, EESSI_ACCELERATOR_TARGET_OVERRIDE="accel/nvidia/cc90").stdout
    assert f"accel prefix none: {host} has nothing for accel/nvidia/cc90\n" in text


def test_prefix(tmp_path: Path) -> None:
    host = detect("--cpu").stdout.strip()
    run = detect("--prefix", "--repo", prefixes(tmp_path, "x86_64/nothing", host))
    assert run.stdout == f"{tmp_path}/versions/2023.06/software/linux/{host}\n"
    run = detect("--prefix", "--repo", str(tmp_path), "--eessi-version", "2025.06")
    assert (run.returncode, run.stdout) == (1, "")
    assert "ERROR: " in run.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (("--cpuinfo", "/nonexistent"), "", "No such file"),
        (("--cpuinfo", "-"), "", "says nothing of"),
        (("--cpuinfo", "-", "--machine", "vax"), GENOA, "`vax`"),
        (("--cpuinfo", "-", "--machine", "aarch64"), GENOA, "says nothing of aarch64"),
        (("--machine", "aarch64"), "", "--machine goes with --cpuinfo"),
        (("--all",), "", "--all goes with --cpu"),
        (("--cpu", "--prefix"), "", "exclude each other"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], stdin: str, message: str) -> None:
    run = detect(*arguments, stdin=stdin)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr


def test_colour_only_where_it_is_asked_for() -> None:
    assert "\x1b[" not in detect().stdout
    assert "\x1b[" in detect("--color", "always").stdout


def test_detect_in_a_script_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['eessi-stack', 'detect', '--cpu']\n"
        "from eessi_stack.cli import main\n"
        "try: main()\n"
        "finally: print({name.split('.')[0] for name in sys.modules} & {'archspec', 'easybuild', 'rich', 'ruamel'})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1] == "set()"
