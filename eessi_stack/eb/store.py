"""The store of parsed easyconfigs: what was read, what it rests on, and what of it still holds. No EasyBuild here.

One document a context (everything that EasyBuild is told and that means the same for all recipes). In it: nodes, that
is recipes and what else EasyBuild keeps while it parses, each in as many variants as there were environments that made
a difference; and the look-ups by which names lead to recipes, those that found nothing included.
"""

import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from eessi_stack import stored
from eessi_stack.signature import Kept, is_same, kept, signature

Json = dict[str, Any]

SCHEMA = "eessi-stack-facts-2"
VARIANTS = 128  #: of one recipe, the latest ones: EESSI has some fifty targets

#: How much of a recipe is known: what it rests on, what it makes and needs too, whether it can be asked for too.
UNPARSED, PARSED, VALIDATED = range(3)

SEPARATOR = "\t"  #: of name and version: it is in neither

_PARTS = ("code", "robot_path", "roots", "nodes", "lookups", "watched")


class Store:
    """The facts of one context. Look-ups are renewed when it is opened; nodes are looked at when they are met."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.changed = False
        document = stored.load(path, SCHEMA) if path else None
        self._take(document if document and _all_same(document["code"]) else {})
        self._renew_lookups()

    def _take(self, document: Json) -> None:
        self.code: dict[str, Kept] = document.get("code", {})
        self.robot_path: list[str] = document.get("robot_path", [])  #: where names are looked for
        self.roots: dict[str, list[str]] = document.get("roots", {})
        self.nodes: dict[str, list[Json]] = document.get("nodes", {})
        self.lookups: dict[str, str] = document.get("lookups", {})
        self.watched: dict[str, Kept] = document.get("watched", {})  #: what a look-up rests on

    def save(self) -> bool:
        """Write it back where it has changed; whether that could be done."""
        if not self.changed or not self.path:
            return True
        self.changed = False
        document = {name: getattr(self, name) for name in _PARTS}
        return stored.save(self.path, SCHEMA, {**document, "nodes": _lasting(self.nodes)})

    def add(self, answer: Mapping[str, Any], recipes: Iterable[str], view: "View") -> None:
        """Take what the reader has found out, of what the view did not know."""
        self.changed = True
        if self._is_of_another_world(answer):
            self._take({})
        if view.node("session") is None:
            self.nodes = {}
        if "names" in answer["nodes"]:  # the reader has looked through the robot path anew
            self.roots = {}
        self.code |= answer["code"]
        self.robot_path = answer["robot_path"]
        self._move({key: path for key, path in answer["lookups"].items() if self.lookups.get(key, path) != path})
        self.lookups |= answer["lookups"]
        self.watched = {**answer["watched"], **self.watched}  # what was looked up before rests on what was seen then
        self.roots |= dict(zip(recipes, answer["roots"], strict=True))
        for name, node in answer["nodes"].items():
            self._add(name, {**node, "new": True}, view.environment)

    def _is_of_another_world(self, answer: Mapping[str, Any]) -> bool:
        """Whether the code or the robot path has changed since the store was opened."""
        moved = self.robot_path not in ([], answer["robot_path"])
        return moved or any(self.code.get(path, found) != found for path, found in answer["code"].items())

    def _add(self, name: str, node: Json, environment: Mapping[str, str | None]) -> None:
        variants = self.nodes.get(name, [])
        if name == "session" and variants:  # what was parsed in earlier ones is still here
            node = _of_both(variants[0], node)
            variants = []
        others = [one for one in variants if not is_for(one, environment)]
        self.nodes[name] = [node, *others[: VARIANTS - 1]]

    def reading(self, variables: Iterable[str]) -> list[str]:
        """The nodes that have read one of these variables."""
        asked = set(variables)
        return [
            name for name, variants in self.nodes.items() if any(asked & one["environment"].keys() for one in variants)
        ]

    def find(self, key: str) -> str:
        """The easyconfig of that name and version in the robot path, looked for in EasyBuild's order; else nothing."""
        places = lookup_places(self.robot_path, key)
        return next((os.path.abspath(path) for path in places if os.path.isfile(path)), "")  # noqa: PTH100, PTH113

    def _renew_lookups(self) -> None:
        """Look again for what may be found elsewhere now, and forget what was made of another answer."""
        now = {path: signature(path) for path in self.watched}
        touched = {path for path, before in self.watched.items() if not is_same(before, now[path])}
        if not touched:
            return
        self.changed = True
        self.watched |= {path: kept(now[path]) for path in touched}
        renewed = {key: self.find(key) for key in self.lookups if self._is_touched(key, touched)}
        self._move({key: path for key, path in renewed.items() if self.lookups[key] != path})

    def _is_touched(self, key: str, touched: set[str]) -> bool:
        return not (
            touched.isdisjoint(lookup_folders(self.robot_path, key))
            and touched.isdisjoint(lookup_places(self.robot_path, key))
        )

    def _move(self, moved: Mapping[str, str]) -> None:
        """Some names lead elsewhere: forget what was parsed while they led to where they did."""
        self.lookups |= moved
        if moved:
            self.nodes = {
                name: kept_variants
                for name, variants in self.nodes.items()
                if (kept_variants := [one for one in variants if moved.keys().isdisjoint(one["lookups"])])
            }


class View:
    """What a store knows for one environment: a variant a node, if it is fresh."""

    def __init__(self, store: Store, environment: Mapping[str, str | None]) -> None:
        self.environment = environment
        self._store = store
        self._nodes: dict[str, Json | None] = {}
        if self.node("session") is None:
            self._nodes = dict.fromkeys(store.nodes)

    def node(self, name: str) -> Json | None:
        """The node as it is now, for this environment; None where it has to be read."""
        if name not in self._nodes:
            self._nodes[name] = None  # while it is looked at: nothing that leads back to itself is believed
            variants = self._store.nodes.get(name, ())
            self._nodes[name] = next((one for one in variants if self._holds(name, one)), None)
        return self._nodes[name]

    def known(self) -> dict[str, tuple[int, str]]:
        """Every node that needs no reading → how much is known (see `level`), and its identity."""
        fresh = {name: node for name in self._store.nodes if (node := self.node(name)) is not None}
        return {name: (level(node), node["id"]) for name, node in fresh.items()}

    def _holds(self, name: str, node: Json) -> bool:
        if node.get("moving") or not is_for(node, self.environment):
            return False
        if node.get("new"):  # of this run, which goes by what it saw
            return True
        if time.time() > node.get("until", math.inf):
            return False
        same = all(self._same(path, before, name, node) for path, before in node["files"].items())
        return same and all(self._is_used(used, identity) for used, identity in node["uses"].items())

    def _is_used(self, name: str, identity: str) -> bool:
        """Whether something is still what it was when it was used."""
        node = self.node(name)
        return node is not None and node["id"] == identity

    def _same(self, path: str, before: Kept, name: str, node: Json) -> bool:
        now = signature(path)
        if is_same(before, now):
            return True
        if not now or path != path_of(name) or _hash(path) != node.get("sha256"):
            return False
        node["files"][path] = kept(now)
        self._store.changed = True
        return True


def level(node: Mapping[str, Any]) -> int:
    """How much of a recipe is known."""
    if "invalid" in node or "error" in node:
        return VALIDATED
    return PARSED if "entries" in node else UNPARSED


def is_for(node: Mapping[str, Any], environment: Mapping[str, str | None]) -> bool:
    return all(environment.get(name) == value for name, value in node["environment"].items())


def node_name(path: str, *, hidden: bool) -> str:
    return f"{path} hidden" if hidden else path


def path_of(name: str) -> str:
    return name.removesuffix(" hidden")


def lookup_key(name: str, version: str) -> str:
    return f"{name}{SEPARATOR}{version}"


def lookup_folders(robot_path: Iterable[str], key: str) -> list[str]:
    """The folders in which a recipe of that software can turn up or vanish."""
    name = key.split(SEPARATOR, 1)[0]
    letter = _letter(name)
    return [folder for root in robot_path for folder in (root, f"{root}/{name}", f"{root}/{letter}/{name}")]


def lookup_places(robot_path: Iterable[str], key: str) -> Iterator[str]:
    """Where EasyBuild looks for an easyconfig, in its order (`create_paths` in its framework)."""
    name, version = key.split(SEPARATOR, 1)
    for root in robot_path:
        yield f"{root}/{name}/{version}.eb"
        yield f"{root}/{name}/{name}-{version}.eb"
        yield f"{root}/{_letter(name)}/{name}/{name}-{version}.eb"
        yield f"{root}/{name}-{version}.eb"


def _letter(name: str) -> str:
    letter = name.lower()[:1]
    return letter if "a" <= letter <= "z" else "0"


def _all_same(files: Mapping[str, Kept]) -> bool:
    return all(is_same(before, signature(path)) for path, before in files.items())


def _lasting(nodes: Mapping[str, list[Json]]) -> dict[str, list[Json]]:
    """What the next run can believe: not what changed while it was read, or can be something else each time."""
    return {
        name: lasting
        for name, variants in nodes.items()
        if (lasting := [_without_new(one) for one in variants if not (one.get("moving") or one.get("volatile"))])
    }


def _without_new(node: Json) -> Json:
    return {key: value for key, value in node.items() if key != "new"}


def _of_both(one: Json, other: Json) -> Json:
    """One session of two: what either rests on, as it was seen first."""
    both = {part: {**other[part], **one[part]} for part in ("environment", "files", "uses")}
    return {**other, **both, "lookups": [*one["lookups"], *other["lookups"]]}


def _hash(path: str) -> str:
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""
