"""The answer of an earlier run, as long as nothing that it rests on has changed at all.

A shortcut past the store for one target: the store knows what is stale, a snapshot only whether anything may be.
"""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eessi_stack import stored
from eessi_stack.eb.store import Store, View
from eessi_stack.model import Package, Request
from eessi_stack.signature import Kept, is_same, signature

SCHEMA = "eessi-stack-snapshot-1"


class Witnesses:
    """All that an answer rests on: files and folders as they were, variables, and until when it holds."""

    def __init__(self) -> None:
        self.files: dict[str, Kept] = {}
        self.environment: dict[str, str | None] = {}
        self.until = math.inf

    def add(self, store: Store, view: View) -> None:
        self.see(store.code)
        self.see(store.watched)
        for name in store.nodes:
            if (node := view.node(name)) is not None:
                self._add(node)

    def see(self, files: Mapping[str, Kept]) -> None:
        """What was seen twice, and was not the same, has changed while the answer was worked out."""
        if any(self.files.get(path, found) != found for path, found in files.items()):
            self.until = 0
        self.files |= files

    def _add(self, node: Mapping[str, Any]) -> None:
        self.see(node["files"])
        if any(self.environment.get(name, value) != value for name, value in node["environment"].items()):
            self.until = 0  # entries whose own options say something else
        self.environment |= node["environment"]
        self.until = min(self.until, node.get("until", math.inf))
        if node.get("volatile"):
            self.until = 0


def load(path: Path, requests: Sequence[Request], environment: Mapping[str, str]) -> tuple[Package, ...] | None:
    """The packages of an earlier answer to the same question; None where anything may have changed."""
    document = stored.load(path, SCHEMA)
    if not document or not _holds(document, environment):
        return None
    return tuple(
        Package(
            module=module,
            recipe=recipe,
            sha256=sha256,
            dependencies=tuple(run),
            build_dependencies=tuple(build),
            requests=tuple([requests[at] for at in asked]),
            error=error,
        )
        for module, recipe, sha256, run, build, asked, error in document["packages"]
    )


def _holds(document: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    if time.time() > (document["until"] or math.inf):
        return False
    if any(environment.get(name) != value for name, value in document["environment"].items()):
        return False
    return all(is_same(before, signature(path)) for path, before in document["files"].items())


def save(path: Path, packages: Sequence[Package], requests: Sequence[Request], witnesses: Witnesses) -> None:
    """Keep an answer, if it is one that can be told to still hold."""
    if not witnesses.until or None in witnesses.files.values():
        return
    places = {id(request): at for at, request in enumerate(requests)}
    rows = [
        (
            one.module,
            one.recipe,
            one.sha256,
            one.dependencies,
            one.build_dependencies,
            [places[id(request)] for request in one.requests],
            one.error,
        )
        for one in packages
    ]
    until = None if witnesses.until == math.inf else witnesses.until
    document = {"until": until, "environment": witnesses.environment, "files": witnesses.files, "packages": rows}
    stored.save(path, SCHEMA, document)
