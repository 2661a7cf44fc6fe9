"""Parse easyconfigs with the real EasyBuild and hooks, and print what they became: run by a test as a process."""

import json
import sys

from easybuild.framework.easyconfig.easyconfig import process_easyconfig
from easybuild.tools.options import set_up_configuration


def names(deps: list[object]) -> list[object]:
    """Give names as in easyconfigs; lists of lists, over which EasyBuild iterates, stay what they are."""
    return [
        f"{dep['name']}/{dep['version']}{dep['versionsuffix']}" if isinstance(dep, dict) else names(dep)
        for dep in deps
        if isinstance(dep, list | dict)
    ]


def parsed(path: str) -> dict[str, object]:
    ec = process_easyconfig(path, validate=False)[0]["ec"]
    params = (
        "configopts",
        "toolchainopts",
        "check_qtwebengine",
        "max_failing_lapack_tests_num_errors",
        "modluafooter",
        "exts_list",
    )
    return {
        "dependencies": names(ec["dependencies"]),
        "builddependencies": names(ec["builddependencies"]),
        "modules": [dep["full_mod_name"] for dep in ec.all_dependencies],
        **{param: ec.get_ref(param) for param in params if param in ec},
    }


if __name__ == "__main__":
    hooks, robot, prefix, *paths = sys.argv[1:]
    set_up_configuration(args=[f"--hooks={hooks}", f"--robot={robot}", f"--prefix={prefix}"], silent=True)
    json.dump([parsed(path) for path in paths], sys.stdout)
