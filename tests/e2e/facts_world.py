"""Folders of easyconfigs, a store of facts, and what a run read of the one for the other."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eessi_stack import signature
from eessi_stack.config import shipped
from eessi_stack.eb import environment, snapshot
from eessi_stack.eb.ask import Json, Reader
from eessi_stack.eb.facts import Facts
from eessi_stack.model import OptionValue, Package, Request

HOOKS = shipped("hooks") / "eb_hooks.py"
#: Nanoseconds for which time stamps are not relied on; here where they are fine, so that tests need not wait for it.
COARSE = 50_000_000

#: Module → what is known of it.
Known = dict[str, tuple[object, ...]]

_PARAMETERS = {
    "easyblock": "Bundle",
    "homepage": "https://github.com/EESSI",
    "description": "of no use outside this test",
    "toolchain": {"name": "system", "version": "system"},
    "moduleclass": "devel",
}
_ENVIRONMENT = {
    "EASYBUILD_HOOKS": str(HOOKS),
    "EASYBUILD_IGNORE_OSDEPS": "1",
    "EASYBUILD_EXPERIMENTAL": "1",
    "EASYBUILD_LOCAL_VAR_NAMING_CHECK": "error",
    "EESSI_VERSION": "2023.06",
    "EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3",
}


@dataclass
class World:
    """Two folders of easyconfigs, searched one after the other, and no others."""

    base: Path
    read: list[str] = field(default_factory=list)  #: the easyconfigs that were parsed since it was emptied
    started: int = 0  #: how often a reader was asked

    @property
    def cache(self) -> Path:
        return self.base / "cache"

    def path(self, name: str, root: str = "late") -> Path:
        """Where the easyconfig `Name-version` is, in the way of EasyBuild's own."""
        software = name.split("-", 1)[0]
        letter = software[:1].lower()
        return self.base / root / (letter if "a" <= letter <= "z" else "0") / software / f"{name}.eb"

    def recipe(self, name: str, text: str = "", root: str = "late", **values: object) -> Path:
        """Write the easyconfig `Name-version`; `text` comes last in it."""
        software, _, version = name.partition("-")
        path = self.path(name, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        parameters = {**_PARAMETERS, "name": software, "version": version, **values}
        lines = [f"{key} = {value!r}" for key, value in parameters.items()]
        path.write_text("\n".join([*lines, text, ""]), encoding="utf-8")
        return path

    def environment(self, **variables: str) -> dict[str, str]:
        given = {
            **_ENVIRONMENT,
            "HOME": str(self.base),
            "PYTHONPATH": str(self.base / "python"),
            "EASYBUILD_ROBOT_PATHS": f"{self.base}/early:{self.base}/late",
        }
        return environment.for_easybuild(given, variables)

    def settle(self) -> None:
        """Wait until the time stamps of everything can be relied on."""
        time.sleep(2 * COARSE / 1e9)

    @contextmanager
    def facts(self, *, cold: bool = False) -> Iterator[Facts]:
        with Facts(None if cold else self.cache, HOOKS) as facts:
            yield facts

    def ask(self, *entries: str, **variables: str) -> Known:
        """What some entries lead to, in a run of their own."""
        self.read.clear()
        with self.facts() as facts:
            return known(facts.remember(requests(*entries), "x86_64", self.environment(**variables)))

    def ask_cold(self, *entries: str, **variables: str) -> Known:
        """The same, without a store."""
        with self.facts(cold=True) as facts:
            return self.resolve(facts, entries, **variables)

    def kept(self, facts: Facts, entries: Sequence[str], **variables: str) -> Known | None:
        """The answer of an earlier run, if it is believed."""
        environment, asked = self.environment(**variables), requests(*entries)
        path = facts._answer_file(asked, "x86_64", environment)
        assert path
        found = snapshot.load(path, asked, environment)
        return None if found is None else known(found)

    def resolve(self, facts: Facts, entries: Sequence[str], **variables: str) -> Known:
        return known(facts.resolve(requests(*entries), "x86_64", self.environment(**variables)))

    def noting(self, ask: Any) -> Any:  # noqa: ANN401 (a method)
        def noting(reader: Reader, question: Mapping[str, Any]) -> Json:
            answer: Json = ask(reader, question)
            self.started += 1
            self.read += [name.rpartition("/")[2] for name in answer["nodes"] if name.startswith("/")]
            return answer

        return noting


@contextmanager
def a_world(base: Path) -> Iterator[World]:
    """A world that counts what its readers are asked, and relies on time stamps sooner."""
    world = World(base)
    site = base / "python" / "sitecustomize.py"
    site.parent.mkdir()
    site.write_text(f"import eessi_stack.signature\neessi_stack.signature._COARSE = {COARSE}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "ask", world.noting(Reader.ask))
        patch.setattr(signature, "_COARSE", COARSE)
        yield world


def requests(*entries: str, **options: OptionValue) -> list[Request]:
    given = tuple(options.items())
    return [Request(easyconfig=name, file="s.yml", line=line, options=given) for line, name in enumerate(entries)]


def known(packages: Sequence[Package]) -> Known:
    return {
        package.module: (
            package.recipe,
            package.sha256,
            package.dependencies,
            package.build_dependencies,
            tuple(request.line for request in package.requests),
            package.error,
        )
        for package in packages
    }
