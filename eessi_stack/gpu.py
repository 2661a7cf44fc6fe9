"""The GPU of this machine, as its own tool tells."""

import re
from dataclasses import dataclass

from eessi_stack.errors import ExitCode, StackError

NVIDIA_SMI = ("nvidia-smi", "--query-gpu=gpu_name,count,driver_version,compute_cap", "--format=csv,noheader")
NVIDIA_SMI_SECONDS = 60  #: a node of eight GPUs without persistence mode needs about twenty


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What nvidia-smi says of this machine."""

    accelerator: str  #: of the first: `nvidia/cc80`
    models: tuple[str, ...]  #: of all, in order: `NVIDIA A100-SXM4-80GB (8.0)`


def detect() -> Gpu:
    """The NVIDIA GPU of this machine. StackError `gpu-none` (exit 2) or `gpu-failed` (exit 3) where there is none."""
    import subprocess  # noqa: PLC0415 (slow to import, and most runs do not need it)

    try:
        run = subprocess.run(
            NVIDIA_SMI, capture_output=True, text=True, errors="replace", timeout=NVIDIA_SMI_SECONDS, check=False
        )
    except (FileNotFoundError, PermissionError) as error:  # the latter: none, behind a folder of PATH that is closed
        hint = "name one in $EESSI_ACCELERATOR_TARGET_OVERRIDE, such as accel/amd/gfx90a"
        raise StackError("gpu-none", "no accelerator: there is no nvidia-smi on PATH", hint=hint) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _gpu_failed(str(error)) from error
    if run.returncode:
        raise _gpu_failed(run.stdout.strip() or run.stderr.strip() or f"exit code {run.returncode}")
    return parse_nvidia_smi(run.stdout)


def parse_nvidia_smi(text: str) -> Gpu:
    """The first GPU decides, as it does for EESSI."""
    rows = [[field.strip() for field in line.split(",")] for line in text.splitlines() if line.strip()]
    capability = rows[0][-1] if rows else ""
    if not re.fullmatch(r"\d+\.\d", capability):
        raise _gpu_failed(text.strip() or "it printed nothing")
    return Gpu(
        accelerator=f"nvidia/cc{capability.replace('.', '')}",
        models=tuple(f"{row[0]} ({row[-1]})" for row in rows),
    )


def _gpu_failed(cause: str) -> StackError:
    return StackError("gpu-failed", "no accelerator: nvidia-smi failed", context=cause, exit_code=ExitCode.UNDECIDED)
