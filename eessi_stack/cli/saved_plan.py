"""A plan that `plan -o` kept: read again, and compared with what would be planned now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from eessi_stack.cli.plan import FORMAT, VERSION
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Plan
from eessi_stack.plan import differences

#: Settings whose option has another name.
_OPTIONS = {"targets": "target", "accelerator": "accel"}
#: What a plan must say, to be run.
_SAYS = {
    "target": str,
    "tree": dict,
    "easystacks": list,
    "robot_paths": list,
    "filter_deps": list,
    "rebuild": list,
    "dependents": bool,
    "steps": list,
}
_STEP_SAYS = frozenset({"module", "sha256", "options", "reason", "prefix"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What a kept plan says."""

    file: Path
    document: dict[str, Any]

    @property
    def easystacks(self) -> tuple[str, ...]:
        return tuple(self.document["easystacks"])

    @property
    def rebuild(self) -> tuple[str, ...]:
        return tuple(self.document["rebuild"])

    @property
    def dependents(self) -> bool:
        return bool(self.document["dependents"])

    def settings(self, settings: Settings) -> Settings:
        """Work where the plan was made for. StackError `plan-elsewhere` where a flag says another place."""
        cpu, _, accelerator = self.document["target"].partition("/accel/")
        tree = self.document["tree"]
        own = {
            "repo": Path(tree["repo"]),
            "eessi_version": tree["version"],
            "targets": (cpu,),
            "accelerator": accelerator or None,
            "robot_paths": tuple(map(Path, self.document["robot_paths"])),
            "filter_deps": tuple(self.document["filter_deps"]),
        }
        for name, value in own.items():
            origin = settings.origins.get(_OPTIONS.get(name, name.replace("_", "-")), "")
            if origin.startswith("--") and getattr(settings, name) != value:
                raise StackError(
                    "plan-elsewhere",
                    f"{self.file}: the plan was made with another {origin}",
                    hint=f"leave out {origin}",
                )
        told = {_OPTIONS.get(name, name.replace("_", "-")): str(self.file) for name in own}
        return replace(settings, **own, origins={**settings.origins, **told})

    def check(self, now: Plan) -> None:
        """StackError `plan-stale` where what would be planned now is not what was."""
        if found := list(differences(self.document["steps"], now)):
            raise StackError(
                "plan-stale",
                f"{self.file}: the plan does not hold any more; nothing was built",
                context="\n".join(found),
                hint="make a new one with `eessi-stack plan -o`",
                exit_code=ExitCode.FINDING,
            )


def read(file: Path, easystacks: Sequence[str], rebuild: Sequence[str] = (), *, dependents: bool = False) -> SavedPlan:
    """StackError `plan-unusable` for what is no plan of this version of the format."""
    if easystacks:
        raise click.UsageError("a plan names its easystacks itself: give either")
    if rebuild or dependents:
        raise click.UsageError("a plan says itself what is built again: leave out --rebuild and --dependents")
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StackError("plan-unusable", f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _unusable(file, f"not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _unusable(file, "not a plan")
    if document.get("version") != VERSION:
        raise _unusable(file, f"version {document.get('version')} of the format, and this program knows {VERSION}")
    if not _is_whole(document):
        raise _unusable(file, "something of the plan is not there")
    return SavedPlan(file=file, document=document)


def _is_whole(document: dict[str, Any]) -> bool:
    return (
        all(isinstance(document.get(name), kind) for name, kind in _SAYS.items())
        and document["tree"].keys() >= {"repo", "version"}
        and all(isinstance(step, dict) and step.keys() >= _STEP_SAYS for step in document["steps"])
    )


def _unusable(file: Path, why: str) -> StackErrors:
    return StackErrors((StackError("plan-unusable", f"{file}: {why}", hint="`eessi-stack plan -o` makes one"),))
