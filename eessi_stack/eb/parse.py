"""Recipes → nodes of the graph, by EasyBuild's own parser, each with what it was made from. In the reader's process.

A node is plain data: what a recipe makes and needs by name. Which recipe a name leads to is an edge apart
(`lookups`), so that a recipe that is added or taken away does not make others stale.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from easybuild.framework.easyconfig import easyconfig
from easybuild.tools.config import build_option, update_build_option
from easybuild.tools.module_naming_scheme.utilities import det_full_ec_version

from eessi_stack.eb import patches
from eessi_stack.eb.code import code_files
from eessi_stack.eb.context import CAPABILITIES, TOLD
from eessi_stack.eb.graph import BUILD_ONLY, HIDDEN
from eessi_stack.eb.library import parse_error
from eessi_stack.eb.recorder import ALWAYS, Frame, Recorder
from eessi_stack.eb.robot_path import RobotPath
from eessi_stack.eb.store import PARSED, VALIDATED, is_for, lookup_key, node_name, path_of
from eessi_stack.signature import signature

Json = dict[str, Any]

_CAPABILITY_TEMPLATE = re.compile(rb"cuda_(?:cc|sm|int|compute)_|amdgcn_c")


class Content(NamedTuple):
    """What matters of the text of a recipe."""

    sha256: str  #: empty where it cannot be read
    has_capabilities: bool  #: of accelerators, which it gets as templates

    @classmethod
    def of(cls, path: str) -> "Content":
        try:
            content = Path(path).read_bytes()
        except OSError:
            return cls("", has_capabilities=False)
        return cls(hashlib.sha256(content).hexdigest(), bool(_CAPABILITY_TEMPLATE.search(content)))


class Parser:
    """Answers questions about recipes; each is parsed once, however often it is asked for."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.nodes: dict[str, Json] = {}
        self.known: Mapping[str, tuple[int, str]] = {}
        self._contents: dict[str, Content] = {}
        self.robot = RobotPath()
        self._record_parsing()
        patches.copy_cheaply()
        with recorder.frame("session"):
            patches.load(build_option("hooks") or "", recorder)
        with recorder.frame("names"):
            self.robot.read(recorder)

    def answer(self, question: Json) -> Json:
        """Parse what is asked for and all it needs, except what is known: node → how much, and its identity."""
        self._prepare(question["environment"], question["known"])
        roots = [self.root(name) for name in question["recipes"]]
        for path, hidden in question["stale"]:
            self.add(path, hidden=hidden)
        return {
            "roots": roots,
            "nodes": self._found(question["environment"]),
            "lookups": self.robot.lookups,
            "watched": self.robot.watched,
            "robot_path": self.robot.folders,
            "code": code_files(build_option("hooks") or "", self.recorder.scratch, self.recorder.started),
        }

    def _prepare(self, environment: dict[str, str | None], known: Mapping[str, tuple[int, str]]) -> None:
        """Forget what has to be read again, and what was read for another environment."""
        self.known, self.nodes = known, {}
        gone = [name for name in os.environ if name.startswith(TOLD) and name not in environment]
        self.recorder.give({**dict.fromkeys(gone), **environment})
        for option, variable in CAPABILITIES.items():
            value = environment.get(variable)
            update_build_option(option, value.split(",") if value else None)
        frames = self.recorder.frames
        stale = {name for name in frames if name not in known or not is_for(vars(frames[name]), os.environ)}
        for name in self.recorder.drop(stale):
            self._contents.pop(name, None)
            self._forget_toolchains()
        for key in list(easyconfig._easyconfigs_cache):  # noqa: SLF001 (no other way to have a recipe read again)
            path, _, hidden, _ = key
            if node_name(path, hidden=bool(hidden)) not in frames:
                del easyconfig._easyconfigs_cache[key]  # noqa: SLF001

    def root(self, name: str) -> list[str]:
        """Path of the recipe that an easystack entry names, and the error where it cannot be told."""
        filename = name.rsplit("/", 1)[-1]
        is_path = name.startswith("/") and Path(name).is_file()
        path = os.path.abspath(name) if is_path else self.robot.by_name.get(filename)  # noqa: PTH100 (as EasyBuild's paths)
        if path is None:
            return ["", self.robot.no_such(filename)]
        self.add(path, validate=True)
        return [path, ""]

    def add(self, path: str, *, hidden: bool = False, validate: bool = False) -> None:
        """Parse a recipe and all it needs."""
        name = node_name(path, hidden=hidden)
        if name in self.known and self.known[name][0] >= (VALIDATED if validate else PARSED):
            return
        if name in self.nodes:
            if validate and "invalid" not in self.nodes[name]:
                self._parse(self.nodes[name], path, hidden=hidden, validate=True)
            return
        node = self.nodes[name] = {}
        for dep in self._parse(node, path, hidden=hidden, validate=validate):
            self.dependency(node, dep)

    def _parse(self, node: Json, path: str, *, hidden: bool, validate: bool) -> list[Json]:
        try:
            parsed = easyconfig.process_easyconfig(path, validate=False, hidden=hidden)
            node["entries"] = [_entry(one) for one in parsed]
        except (Exception, SystemExit) as error:  # noqa: BLE001 (an easyconfig is a program: it can raise anything)
            node["error"] = parse_error(error)
            return []
        if validate:
            node["invalid"] = self._invalid(node_name(path, hidden=hidden), parsed)
        return [dep for one in parsed for dep in one["dependencies"]]

    def _invalid(self, name: str, parsed: list[Json]) -> str:
        """Why a recipe cannot be asked for, as `eb` checks it; dependencies are not checked so."""
        try:
            with self.recorder.frame(name):
                for entry in parsed:
                    entry["ec"].validate(check_osdeps=build_option("check_osdeps"))
        except (Exception, SystemExit) as error:  # noqa: BLE001
            return parse_error(error)
        return ""

    def dependency(self, node: Json, dep: Json) -> None:
        if dep.get("external_module"):
            return
        name, version = dep["name"], det_full_ec_version(dep)
        path = easyconfig.robot_find_easyconfig(name, version)
        if path is None:
            module = easyconfig.ActiveMNS().det_full_module_name(dep)
            node.setdefault("absent", {})[lookup_key(name, version)] = [
                module,
                self.robot.no_such(f"{name}-{version}.eb"),
            ]
        else:
            self.add(path, hidden=bool(dep.get("hidden")))

    def _found(self, environment: dict[str, str | None]) -> dict[str, Json]:
        """What was asked for, and what turned out not to be what it was known as."""
        frames = self.recorder.frames
        for name, frame in frames.items():
            if frame.volatile and name not in ALWAYS:
                frame.environment |= environment
            elif name in self._contents and self._contents[name].has_capabilities:
                frame.environment |= {variable: environment[variable] for variable in CAPABILITIES.values()}
        identities = {name: self._identity(name, frame) for name, frame in frames.items()}
        return {
            name: self._described(name, identities)
            for name, identity in identities.items()
            if name in self.nodes or name == "session" or self.known.get(name, (0, ""))[1] != identity
        }

    def _described(self, name: str, identities: Mapping[str, str]) -> Json:
        """A node with what its frame says it was made from."""
        frame = self.recorder.frames[name]
        node = {**self.nodes.get(name, {}), "id": identities[name], "lookups": list(frame.lookups)}
        if name in self._contents:
            node["sha256"] = self._contents[name].sha256
            node["moving"] = self._has_moved(path_of(name), frame, self._contents[name])
        if frame.volatile:
            node["volatile"] = True
        if name == "names" and self.robot.until:
            node["until"] = self.robot.until
        used = [self.recorder.frames[one] for one in self.recorder.closure(name)]
        node["environment"] = {variable: value for one in used for variable, value in one.environment.items()}
        node["files"] = {path: None if path in frame.young else found for path, found in frame.files.items()}
        names = ("names",) if "absent" in node else ()  # whose error says what else there is
        node["uses"] = {used: identities[used] for used in (*frame.uses, *names)}
        return node

    def _identity(self, name: str, frame: Frame) -> str:
        """What others rest on who use it."""
        content = self._contents[name].sha256 if name in self._contents else ""
        files = sorted((path, found) for path, found in frame.files.items() if path != path_of(name))
        found = sorted((key, self.robot.lookups[key]) for key in frame.lookups)
        return hashlib.blake2b(repr((content, files, found)).encode(errors="replace"), digest_size=12).hexdigest()

    def _has_moved(self, path: str, frame: Frame, content: "Content") -> bool:
        """Whether a recipe has changed since it was read."""
        return signature(path) != frame.files.get(path) or (path in frame.young and content != Content.of(path))

    def _record_parsing(self) -> None:
        """Have EasyBuild's own caches say what they are asked for."""
        process, hierarchy, find = (
            easyconfig.process_easyconfig,
            easyconfig.get_toolchain_hierarchy,
            easyconfig.robot_find_easyconfig,
        )
        self._forget_toolchains: Callable[[], None] = hierarchy.clear

        def process_easyconfig(path: str, *args: Any, hidden: bool | None = None, **kwargs: Any) -> Any:  # noqa: ANN401
            path = os.path.abspath(path)  # noqa: PTH100
            name = node_name(path, hidden=bool(build_option("hidden") if hidden is None else hidden))
            with self.recorder.frame(name):
                self.recorder.read_file(path)
                if name not in self._contents:
                    self._contents[name] = Content.of(path)
                return process(path, *args, hidden=hidden, **kwargs)

        def get_toolchain_hierarchy(toolchain: Json, incl_capabilities: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
            name = f"toolchain {toolchain['name']} {toolchain['version']} {incl_capabilities}"
            with self.recorder.frame(name):
                return hierarchy(toolchain, incl_capabilities)

        def robot_find_easyconfig(name: str, version: str) -> str | None:
            key = lookup_key(name, version)
            self.recorder.looked_up(key)
            return self.robot.look_up(key, lambda: find(name, version)) or None

        easyconfig.process_easyconfig = process_easyconfig
        easyconfig.get_toolchain_hierarchy = get_toolchain_hierarchy
        easyconfig.robot_find_easyconfig = robot_find_easyconfig
        # An index lists relative paths and is asked for absolute ones: it never answers, and costs a lot.
        easyconfig._path_indexes.update(dict.fromkeys(self.robot.folders, ()))  # noqa: SLF001


def _entry(parsed: Json) -> Json:
    deps: dict[str, int] = {}
    for dep in parsed["dependencies"]:  # the toolchain is one of them
        if not dep.get("external_module"):  # which is the host's, and stands for itself
            kind = (BUILD_ONLY if dep.get("build_only") else 0) | (HIDDEN if dep.get("hidden") else 0)
            key = lookup_key(dep["name"], det_full_ec_version(dep))
            deps[key] = min(deps.get(key, kind), kind)
    ec = parsed["ec"]
    return {"module": parsed["full_mod_name"], "is": lookup_key(ec["name"], det_full_ec_version(ec)), "deps": deps}
