"""What the hooks do, also to one easyconfig (`python -m eessi_stack.eb.explain`), without a build.

One JSON question on stdin, one JSON answer on stdout. A list needs no EasyBuild.
"""

import json
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from eessi_stack.eb.library import parse_error, pretend_machine, set_up

Json = dict[str, Any]


def main() -> None:
    """Answer one question. Whatever EasyBuild prints goes to stderr: stdout is the answer alone."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)
    question = json.loads(sys.stdin.readline())
    sys.path.insert(0, str(Path(question["hooks"]).parent))
    answer = _answer(question)
    with os.fdopen(answer_fd, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(answer) + "\n")


def _answer(question: Json) -> Json:
    if "software" in question:
        return listing(question["software"])
    pretend_machine(question["family"])
    set_up()
    return refusals(question["recipes"]) if "recipes" in question else explained(question)


def listing(software: str | None) -> Json:
    from eessi_hooks import explain  # noqa: PLC0415 (its folder is in the question)

    near = get_close_matches((software or "").lower(), [name.lower() for name in explain.named()], n=1)
    meant = next((name for name in explain.named() if [name.lower()] == near), "")
    found: Json = explain.listing(software)
    return {**found, "meant": "" if software in explain.named() else meant}


def refusals(recipes: list[Json]) -> Json:
    """Why each of some recipes is refused, empty where it is not, or why that cannot be told."""
    return {"answers": [_refusal(one["recipe"], one["prefix"]) for one in recipes]}


def _refusal(recipe: str, prefix: str) -> Json:
    try:
        applies = explained_recipe(recipe, prefix)["applies"]
    except Exception as error:  # noqa: BLE001 (an easyconfig is a program: it can raise anything)
        return {"error": parse_error(error)}
    return {"refused": "; ".join(dict.fromkeys(rule["refuses"] for rule in applies if "refuses" in rule))}


def explained(question: Json) -> Json:
    from eessi_stack.eb.robot_path import RobotPath  # noqa: PLC0415 (it imports EasyBuild)

    robot = RobotPath()
    robot.read()
    name, filename = question["easyconfig"], f"{question['easyconfig'].removesuffix('.eb')}.eb"
    path = str(Path(name).resolve()) if Path(name).is_file() else robot.by_name.get(filename)
    if path is None:
        near = robot.nearest(filename)
        return {"absent": f"did you mean `{near}`?" if near else ""}
    try:
        return explained_recipe(path, question["prefix"])
    except Exception as error:  # noqa: BLE001 (an easyconfig is a program: it can raise anything)
        return {"error": parse_error(error)}


def explained_recipe(path: str, prefix: str) -> Json:
    """Parse a recipe with the hooks, noting what they do, and ask for the points that come later."""
    from easybuild.framework.easyconfig.easyconfig import process_easyconfig  # noqa: PLC0415
    from eessi_hooks import engine, explain, step  # noqa: PLC0415
    from eessi_hooks.rules import RULES  # noqa: PLC0415

    applied: list[Any] = []
    target = engine.session_target()
    ours = engine.Engine(RULES, target, applied.append)
    vars(engine)["_engine"] = lambda: ours  # no session of EasyBuild goes on after this
    parsed = process_easyconfig(path, validate=False)[0]
    cfg = parsed["ec"]
    block = SimpleNamespace(installdir=f"{prefix}/software/{parsed['full_mod_name']}")
    asked = step.Step(cfg=cfg, target=target, name=cfg["name"], version=cfg["version"], block=block)
    own = [one for one in applied if one.facts.step.block is cfg]
    with cfg.disable_templating():  # as the engine does: only a build can fill in all texts
        return {"module": parsed["full_mod_name"], "recipe": path, **explain.explain(asked, own)}


if __name__ == "__main__":
    main()
