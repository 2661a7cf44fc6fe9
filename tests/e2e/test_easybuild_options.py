"""The list of EasyBuild's options that we ship is that of the EasyBuild installed here."""

import subprocess
import sys
from pathlib import Path

from eessi_stack.easystack import known_options
from eessi_stack.eb.options import steering_options

SCRIPT = Path(__file__).parents[2] / "dev" / "easybuild-options.py"
LIST = Path(__file__).parents[2] / "eessi_stack" / "data" / "easybuild-options.txt"


def test_the_list_is_what_the_script_prints(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "EASYBUILD_PREFIX": "/nowhere"}
    made = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert made.stdout == LIST.read_text(encoding="utf-8")
    every = set(made.stdout.split())
    assert known_options() < every
    assert len(known_options()) > 400


def test_what_steers_a_run_is_an_option_of_easybuild() -> None:
    assert steering_options() <= set(LIST.read_text(encoding="utf-8").split()) | {"help", "version"}
