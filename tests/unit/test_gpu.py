"""What nvidia-smi says of GPUs."""

import pytest

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.gpu import parse_nvidia_smi


@pytest.mark.parametrize(
    ("text", "accelerator"),
    [
        ("NVIDIA A100, 1, 545.23.08, 8.0\n", "nvidia/cc80"),
        ("\nNVIDIA RTX PRO 6000, 2, 575.1, 12.0  \nNVIDIA L4, 2, 575.1, 8.9\n", "nvidia/cc120"),
    ],
)
def test_the_first_gpu_counts(text: str, accelerator: str) -> None:
    assert parse_nvidia_smi(text).accelerator == accelerator


def test_all_gpus_are_named() -> None:
    models = parse_nvidia_smi("NVIDIA L4, 2, 575.1, 8.9\nTesla T4, 2, 575.1, 7.5\n").models
    assert models == ("NVIDIA L4 (8.9)", "Tesla T4 (7.5)")


@pytest.mark.parametrize("text", ["", "No devices were found\n", "Tesla K80, 1, 390.1, [N/A]\n", "T4, 1, 4.0, 75\n"])
def test_no_capability_is_a_failure(text: str) -> None:
    with pytest.raises(StackError) as raised:
        parse_nvidia_smi(text)
    assert raised.value.exit_code == ExitCode.UNDECIDED
