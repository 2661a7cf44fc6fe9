"""Easyconfigs → facts: EasyBuild as a library, read only, in a process of its own (`python -m eessi_stack.eb.reader`).

One JSON question on stdin, one JSON answer on stdout. It imports EasyBuild and the standard library only. The ways
in which it differs from `eb --missing` are those that make one graph of all entries, and it no slower than it must be.
"""

import hashlib
import json
import os
import platform
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def main() -> None:
    """Answer one question. Whatever EasyBuild prints goes to stderr: stdout is the answer alone."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)
    question = json.load(sys.stdin)
    answer = answer_to(question)
    with os.fdopen(answer_fd, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


def answer_to(question: Json) -> Json:
    pretend_machine(question["family"])
    try:
        import easybuild.framework  # noqa: F401, PLC0415 (after the machine is set: EasyBuild looks at it on import)
    except ImportError as error:
        return {"failure": f"EasyBuild cannot be imported by {sys.executable}: {error}"}
    from easybuild.tools.build_log import EasyBuildError  # noqa: PLC0415

    try:
        set_up()
        graph = Graph()
        roots = [graph.add_request(name) for name in question["recipes"]]
    except EasyBuildError as error:
        return {"failure": f"EasyBuild: {error.msg}"}
    except SystemExit:
        return {"failure": "EasyBuild does not accept its configuration: see its message above"}
    from easybuild.tools.version import VERSION  # noqa: PLC0415

    return {"easybuild": str(VERSION), "packages": list(graph.packages.values()), "roots": roots}


def pretend_machine(family: str) -> None:
    """Let recipes see the CPU family of the target, not of this machine: `ARCH`, `%(arch)s`, get_cpu_architecture()."""
    real = platform.uname()
    if real.machine == family:
        return
    told = platform.uname_result(real.system, real.node, real.release, real.version, family)
    platform.uname = lambda: told
    platform.machine = lambda: family


def set_up() -> None:
    """Configure EasyBuild from the environment, without log, modules tool or network."""
    import logging  # noqa: PLC0415

    os.environ["___EASYBUILD___"] = "EasyBuild"  # what the `eb` script sets; EasyBuild refuses to start without
    from easybuild.tools import modules  # noqa: PLC0415
    from easybuild.tools.options import set_up_configuration  # noqa: PLC0415

    set_up_configuration(args=["--robot", "--missing", "--terse"], silent=True)
    logging.disable(logging.CRITICAL)  # a third of EasyBuild's time goes into its log
    modules.avail_modules_tools = dict  # so that EasyBuild falls back to its NoModulesTool: Lmod need not be there


class Graph:
    """All packages that the requests need, each parsed once."""

    def __init__(self) -> None:
        self.packages: dict[str, Json] = {}  #: module → package
        self.by_name = recipes_by_name()
        self.seen: dict[tuple[str, bool, bool], list[str]] = {}  #: (recipe, hidden, a dependency) → its modules

    def add_request(self, name: str) -> list[str]:
        """The modules that an easystack entry asks for; one with an error where it cannot be told."""
        filename = Path(name).name
        path = name if Path(name).is_absolute() and Path(name).is_file() else self.by_name.get(filename)
        if path is None:
            return [self.failed(filename, "", self.no_such(filename))]
        return self.add(path)

    def add(self, path: str, *, hidden: bool = False, dep: Json | None = None) -> list[str]:
        """Add a recipe and all it needs; its modules. `dep` is the dependency that it has to provide."""
        from easybuild.framework.easyconfig.easyconfig import process_easyconfig  # noqa: PLC0415

        key = (path, hidden, dep is not None)
        if key in self.seen:
            return self.seen[key]
        self.seen[key] = modules = []
        try:
            parsed = process_easyconfig(path, validate=False, hidden=hidden)
            check(path, parsed, dep)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (an easyconfig is a program: it can raise anything)
            modules.append(self.failed(Path(path).name, path, parse_error(error)))
            return modules
        modules += [entry["full_mod_name"] for entry in parsed]
        for entry in parsed:
            self.packages[entry["full_mod_name"]] = self.package(path, entry)
        return modules

    def package(self, path: str, entry: Json) -> Json:
        run: list[str] = []
        build: list[str] = []
        for dep in entry["dependencies"]:  # the toolchain is one of them
            (build if dep.get("build_only") else run).extend(self.dependency(dep))
        return {
            "module": entry["full_mod_name"],
            "recipe": path,
            "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
            "dependencies": list(dict.fromkeys(run)),
            "build_dependencies": [name for name in dict.fromkeys(build) if name not in run],
        }

    def dependency(self, dep: Json) -> list[str]:
        """The modules of a dependency; an external module is the host's and stands for itself."""
        from easybuild.framework.easyconfig.easyconfig import ActiveMNS, robot_find_easyconfig  # noqa: PLC0415
        from easybuild.tools.module_naming_scheme.utilities import det_full_ec_version  # noqa: PLC0415

        if dep.get("external_module"):
            return []
        full_version = det_full_ec_version(dep)
        path = robot_find_easyconfig(dep["name"], full_version)
        if path is None:
            module = ActiveMNS().det_full_module_name(dep)
            return [self.failed(module, "", self.no_such(f"{dep['name']}-{full_version}.eb"))]
        return self.add(path, hidden=bool(dep.get("hidden")), dep=dep)

    def no_such(self, filename: str) -> str:
        same = {name.lower(): name for name in self.by_name if name[:3].lower() == filename[:3].lower()}
        near = get_close_matches(filename.lower(), same, n=1)
        return f"no easyconfig {filename} in the robot path" + (f"; did you mean {same[near[0]]}?" if near else "")

    def failed(self, module: str, path: str, why: str) -> str:
        self.packages.setdefault(module, {"module": module, "recipe": path, "error": why})
        return module


def recipes_by_name() -> dict[str, str]:
    """Every easyconfig in the robot path by its file name; the first path that has it wins, as for `eb`."""
    from easybuild.tools.config import build_option  # noqa: PLC0415
    from easybuild.tools.filetools import create_index, load_index  # noqa: PLC0415

    found: dict[str, str] = {}
    for root in build_option("robot_path") or []:
        index = load_index(root) or (create_index(root) if Path(root).is_dir() else ())
        for relative in sorted(index):
            if relative.endswith(".eb"):
                found.setdefault(Path(relative).name, f"{root}/{relative}")
    return found


def check(path: str, parsed: list[Json], dep: Json | None) -> None:
    """As `eb` does: what is asked for must be valid, the recipe of a dependency what its file name says."""
    from easybuild.framework.easyconfig.easyconfig import verify_easyconfig_filename  # noqa: PLC0415
    from easybuild.tools.config import build_option  # noqa: PLC0415

    if dep is not None:
        verify_easyconfig_filename(path, dep, parsed_ec=parsed)
        return
    for entry in parsed:
        entry["ec"].validate(check_osdeps=build_option("check_osdeps"))


def parse_error(error: BaseException) -> str:
    message = getattr(error, "msg", None) or f"{type(error).__name__}: {error}"
    return " ".join(str(message).split())


if __name__ == "__main__":
    main()
