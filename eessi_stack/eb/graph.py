"""Nodes → Packages: the graph of everything that some entries need, from facts alone."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from eessi_stack.eb.store import SEPARATOR, UNPARSED, VALIDATED, Json, Store, View, level, node_name
from eessi_stack.model import Package, Request

BUILD_ONLY, HIDDEN = 1, 2  #: kinds of dependencies in a node


class Assembly:
    """Goes from entries to all they need. Where a fact is lacking, `lacking` says what has to be read."""

    def __init__(self, store: Store, view: View) -> None:
        self._store = store
        self._view = view
        self.packages: dict[str, dict[str, Any]] = {}
        self.lacking: dict[str, tuple[str, bool]] = {}  #: nodes of recipes → their path, and whether it is hidden
        self.unanswered: dict[str, None] = {}  #: entries that no recipe is known for
        self._modules: dict[tuple[str, str], list[str]] = {}

    def root(self, recipe: str) -> list[str]:
        """The modules that an easystack entry asks for."""
        found = self._path(recipe)
        if found is None:
            self.unanswered[recipe] = None
            return []
        path, error = found
        filename = recipe.rsplit("/", 1)[-1]
        if error:
            return [self._failed(filename, "", error)]
        node = self._view.node(path)
        if node is None or level(node) != VALIDATED:
            self.unanswered[recipe] = None
            return []
        if node.get("invalid"):
            return [self._failed(path.rpartition("/")[2], path, node["invalid"])]
        return self._add(path, hidden=False, wanted="")

    def _path(self, recipe: str) -> Sequence[str] | None:
        """Where an entry's recipe is, and why that cannot be told."""
        if recipe.startswith("/") and os.path.isfile(recipe):  # noqa: PTH113 (called for every entry)
            return (os.path.abspath(recipe), "")  # noqa: PTH100
        return self._store.roots.get(recipe) if self._view.node("names") else None

    def _add(self, path: str, *, hidden: bool, wanted: str) -> list[str]:
        """The modules of a recipe; `wanted` is the name and version that it has to provide."""
        name = node_name(path, hidden=hidden)
        key = (name, wanted)
        if key in self._modules:
            return self._modules[key]
        modules: list[str] = []
        self._modules[key] = modules
        node = self._view.node(name)
        if node is None or level(node) == UNPARSED:
            self.lacking[name] = (path, hidden)
            return modules
        filename = path.rpartition("/")[2]
        if error := node.get("error") or _misnamed(node, filename, wanted):
            modules.append(self._failed(filename, path, error))
            return modules
        modules += [entry["module"] for entry in node["entries"]]
        for entry in node["entries"]:
            self._package(path, hidden, node, entry)
        return modules

    def _package(self, path: str, hidden: bool, node: Json, entry: Json) -> None:  # noqa: FBT001
        known = self.packages.get(entry["module"])
        if known is not None and "error" not in known:
            return
        package = self.packages[entry["module"]] = {"module": entry["module"], "recipe": path, "sha256": node["sha256"]}
        run: dict[str, None] = {}
        build: dict[str, None] = {}
        for key, kind in entry["deps"].items():
            (build if kind & BUILD_ONLY else run).update(
                dict.fromkeys(self._dependency((path, hidden), node, key, kind))
            )
        package["dependencies"] = tuple(run)
        package["build_dependencies"] = tuple(name for name in build if name not in run)

    def _dependency(self, recipe: tuple[str, bool], node: Json, key: str, kind: int) -> list[str]:
        found = self._store.lookups.get(key)
        if found:
            return self._add(found, hidden=bool(kind & HIDDEN), wanted=key)
        absent = node.get("absent", {}).get(key)
        if absent is None:
            self.lacking[node_name(recipe[0], hidden=recipe[1])] = recipe
            return []
        return [self._failed(absent[0], "", absent[1])]

    def _failed(self, module: str, path: str, why: str) -> str:
        self.packages.setdefault(module, {"module": module, "recipe": path, "error": why})
        return module


def _misnamed(node: Mapping[str, Any], filename: str, wanted: str) -> str:
    """What `eb` checks of a recipe that it found by name: that its content is what its file name says."""
    if not wanted:
        return ""
    others = [_spoken(entry["is"]) for entry in node["entries"] if entry["is"] != wanted]
    if filename == f"{wanted.replace(SEPARATOR, '-')}.eb" and not others:
        return ""
    return f"found as {_spoken(wanted)}, but it is {', '.join(others) or filename}"


def _spoken(key: str) -> str:
    return key.replace(SEPARATOR, " ")


def packages(assembly: Assembly, asked: Mapping[str, Sequence[Request]]) -> list[Package]:
    """What an assembly has come to, with the entries that ask for each module."""
    return [Package(**fields, requests=tuple(asked.get(module, ()))) for module, fields in assembly.packages.items()]
