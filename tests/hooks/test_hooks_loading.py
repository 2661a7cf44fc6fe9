"""The hooks file as EasyBuild's own loader sees it."""

import json
import subprocess
import sys
from pathlib import Path

LOAD = """
import json, sys
from easybuild.tools.hooks import KNOWN_HOOKS, load_hooks
print(json.dumps([list(load_hooks(sys.argv[1])), KNOWN_HOOKS]))
"""
EXPECTED = {
    "post_build_and_install_loop",
    *("parse", "pre_build_and_install_loop", "pre_easyblock", "post_easyblock", "post_ready", "post_postproc"),
    *(f"{when}_{step}" for when in ("pre", "post") for step in ("fetch", "prepare", "configure", "build", "test")),
    *(f"{when}_{step}" for when in ("pre", "post") for step in ("install", "single_extension", "module")),
}


def python(code: str, *args: str) -> str:
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_easybuild_loads_exactly_these_hooks(hooks_file: Path) -> None:
    loaded, known = json.loads(python(LOAD, str(hooks_file)))
    assert sorted(loaded) == sorted(f"{point}_hook" for point in EXPECTED)
    assert set(loaded) <= set(known)


def test_each_hook_runs_the_point_of_its_name(hooks_file: Path) -> None:
    code = """
import sys, importlib.util
from types import SimpleNamespace
spec = importlib.util.spec_from_file_location("eb_hooks", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.run = module.run_each = lambda point, subject: print(point, "".join(subject))
for name in [name for name in dir(module) if name.endswith("_hook")]:
    results = name.startswith("post_build_and_install_loop")
    getattr(module, name)([(name, None)] if results else name)
"""
    called = dict(line.split() for line in python(code, str(hooks_file)).splitlines())
    assert called == {point: f"{point}_hook" for point in EXPECTED}


def test_rules_load_without_easybuild(hooks_file: Path) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["easybuild"] = None
from eessi_hooks.engine import RULES
print(len(RULES) > 0, "easybuild.tools" in sys.modules)
"""
    assert python(code, str(hooks_file.parent)) == "True False\n"


def test_hooks_import_nothing_but_themselves_and_easybuild(hooks_file: Path) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import eessi_hooks.engine
ours = {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(sorted(name for name in ours if not name.startswith(("_", "sitecustomize", "distutils"))))
"""
    isolated = subprocess.run(
        [sys.executable, "-S", "-c", code, str(hooks_file.parent)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert isolated.stdout == "['eessi_hooks']\n"


def test_no_name_of_the_package_looks_like_a_hook(hooks_file: Path) -> None:
    package = hooks_file.parent / "eessi_hooks"
    text = "\n".join(module.read_text() for module in package.rglob("*.py") if module.name != "__init__.py")
    assert "RULES" in text
    assert [word for word in text.replace("(", " ").split() if word.isidentifier() and word.endswith("_hook")] == []
