"""EasyBuild knows what the toolchains of every EESSI version are made of."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from eessi_hooks.supported import SUPPORTED, TOP_LEVEL

Env = Callable[[Mapping[str, str]], dict[str, str]]
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from easybuild.tools.options import set_up_configuration
set_up_configuration(args=["--robot", f"--prefix={sys.argv[2]}"], silent=True)
from eessi_hooks.policies.toolchains import hierarchy
from eessi_hooks.supported import TOP_LEVEL
every = [top for tops in TOP_LEVEL.values() for top in tops]
print(json.dumps({"/".join(top): ["/".join(one) for one in hierarchy(top)] for top in every}))
"""


def test_every_hierarchy_is_known(hooks_file: Path, easybuild_env: Env, tmp_path: Path) -> None:
    env = easybuild_env({"___EASYBUILD___": "EasyBuild"})
    command = [sys.executable, "-c", ASK, str(hooks_file.parent), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=tmp_path, timeout=120)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == {"/".join(top) for tops in TOP_LEVEL.values() for top in tops}
    assert all(any(one.startswith("GCCcore/") for one in parts) for parts in found.values())
    assert {"GCCcore/12.3.0", "GCC/12.3.0", "gfbf/2023a", "gompi/2023a"} <= {*found["foss/2023a"]}
    assert {"llvm-compilers/20.1.8", "lompi/2025b"} <= {*found["lfoss/2025b"]}
    assert "rocm-compilers/19.0.0-ROCm-6.4.1" in found["rompi/2025a"]
    for version, tops in TOP_LEVEL.items():
        parts = {one for top in tops for one in found["/".join(top)]}
        assert {f"{name}/{one}" for name, every in SUPPORTED[version].items() for one in every} == parts, version
