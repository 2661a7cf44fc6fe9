"""The options of EasyBuild that we ship, and what their values can be, are those of the EasyBuild installed here."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from eessi_stack import easybuild_options
from eessi_stack.eb.options import steering_options
from eessi_stack.model import OptionValue

SCRIPT = Path(__file__).parents[2] / "dev" / "easybuild-options.py"
LIST = Path(__file__).parents[2] / "eessi_stack" / "data" / "easybuild-options.txt"

#: Asks EasyBuild's own parser which of some options of an easystack entry it takes.
ASK = """
import json, sys
from easybuild.tools.options import EasyBuildOptions, opts_dict_to_eb_opts

def is_taken(options):
    arguments = opts_dict_to_eb_opts(options)
    try:
        EasyBuildOptions(go_args=arguments, go_useconfigfiles=False, envvar_prefix="NO_EASYBUILD")
    except SystemExit:
        return False
    return True

print(json.dumps([is_taken(options) for options in json.load(sys.stdin)]), file=sys.__stdout__)
"""

VALUES: tuple[tuple[str, OptionValue], ...] = (
    ("rebuild", True),
    ("rebuild", False),
    ("rebuild", "maybe"),
    ("disable-rebuild", True),
    ("disable-rebuild", False),
    ("parallel", 8),
    ("parallel", "8"),
    ("parallel", "many"),
    ("parallel", True),  # not False: --disable-parallel is short for --disable-parallel-extensions-install
    ("max-fail-ratio-adjust-permissions", "0.1"),
    ("max-fail-ratio-adjust-permissions", "half"),
    ("from-commit", "abc"),
    ("from-commit", True),
    ("from-commit", False),
    ("accept-eula-for", "CUDA"),
    ("accept-eula-for", ("CUDA", "Intel-oneAPI")),
    ("accept-eula-for", True),
    ("strict", "warn"),
    ("strict", "perhaps"),
    ("robot", True),
    ("robot", "/tmp"),
    ("robot", False),
    ("force-download", True),
    ("force-download", "sources"),
    ("force-download", "none"),
    ("cuda-cache-maxsize", True),
    ("cuda-cache-maxsize", 100),
    ("cuda-cache-maxsize", "large"),
    ("skip-test-step", True),
    ("module-extensions", False),
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path_factory.mktemp("home")), "EASYBUILD_PREFIX": "/nowhere"}


def test_the_list_is_what_the_script_prints(environment: dict[str, str]) -> None:
    made = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert made.stdout == LIST.read_text(encoding="utf-8")
    assert len(easybuild_options.known()) > 400


def test_the_list_says_which_easybuild_it_is_of() -> None:
    assert easybuild_options.made_from() == metadata.version("easybuild-framework")


def test_what_steers_a_run_is_an_option_of_easybuild() -> None:
    every = {line.split()[0] for line in LIST.read_text(encoding="utf-8").splitlines()}
    assert easybuild_options.known().keys() < every
    assert steering_options() <= every | {"help", "version"}


def test_easybuild_takes_the_values_that_we_take(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", ASK]
    asked = json.dumps([{name: value} for name, value in VALUES])
    run = subprocess.run(command, env=environment, input=asked, capture_output=True, text=True, check=True)
    taken = json.loads(run.stdout.splitlines()[-1])
    ours = [not easybuild_options.wanted(name, value, easybuild_options.known()) for name, value in VALUES]
    assert dict(zip(VALUES, ours, strict=True)) == dict(zip(VALUES, taken, strict=True))


def test_easybuild_takes_1_for_true(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", ASK]
    asked = json.dumps([{"parallel": 1}, {"parallel": "1"}])
    run = subprocess.run(command, env=environment, input=asked, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == [False, True]
