"""Run the real hooks on real easyblocks of real easyconfigs, up to no step at all: run by a test as a process."""

import copy
import json
import sys
from typing import Any

from easybuild.framework.easyconfig.easyconfig import get_easyblock_class, process_easyconfig
from easybuild.tools.hooks import load_hooks
from easybuild.tools.options import set_up_configuration

POINTS = ("pre_easyblock", "pre_configure", "pre_test")


def values(cfg: Any) -> dict[str, object]:  # noqa: ANN401
    with cfg.disable_templating():
        return {param: copy.deepcopy(cfg[param]) for param in cfg.asdict()}


def changes(path: str, hooks: dict[str, Any]) -> dict[str, dict[str, object]]:
    """What each point changes: point → parameter → its new value."""
    found = {}
    cfg = process_easyconfig(path, validate=False)[0]["ec"]
    block = get_easyblock_class(cfg["easyblock"], name=cfg["name"])(cfg)
    for point in POINTS:
        before = values(block.cfg)
        hooks[f"{point}_hook"](block)
        found[point] = {param: value for param, value in values(block.cfg).items() if value != before[param]}
    return found


if __name__ == "__main__":
    file, robot, prefix, *paths = sys.argv[1:]
    set_up_configuration(args=[f"--hooks={file}", f"--robot={robot}", f"--prefix={prefix}"], silent=True)
    json.dump([changes(path, load_hooks(file)) for path in paths], sys.stdout)
