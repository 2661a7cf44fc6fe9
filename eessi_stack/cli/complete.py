"""What a shell completes besides commands and options: easystacks, targets, folders."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eessi_stack.settings import COLORS, Option

if TYPE_CHECKING:  # imported only where a shell asks
    from click.shell_completion import CompletionItem


def easystacks(context: click.Context, parameter: click.Parameter, begun: str) -> "list[CompletionItem]":  # noqa: ARG001
    """The easystacks that come with eessi-stack, and those here; whatever is there where nothing is called so."""
    from eessi_stack.config import shipped  # noqa: PLC0415 (only where a shell asks)

    files = [_item(begun, "file")]
    if "/" in begun or not (names := _beginning(begun, (path.stem for path in shipped("easystacks").glob("*.yml")))):
        return files
    return names + _beginning(begun, (f"{path.name}{'/' * path.is_dir()}" for path in Path().iterdir()))


def targets(context: click.Context, parameter: click.Parameter, begun: str) -> "list[CompletionItem]":  # noqa: ARG001
    """CPU targets, each as soon as its vendor is told from the others."""
    from eessi_stack import target  # noqa: PLC0415 (only where a shell asks)

    return _beginning(begun, (row.name for row in target.table()))


def accelerators(begun: str) -> "list[CompletionItem]":
    """Those that any EESSI version has."""
    from eessi_stack import target  # noqa: PLC0415 (only where a shell asks)

    return _beginning(begun, target.accelerators())


def sides(context: click.Context, parameter: click.Parameter, begun: str) -> "list[CompletionItem]":
    """What `diff` compares: a target, or a file."""
    return targets(context, parameter, begun) or [_item(begun, "file")]


def setting(option: Option, begun: str) -> "list[CompletionItem]":
    """What a setting may be."""
    if option.name == "color":
        return _beginning(begun, COLORS)
    if option.name == "accel":
        return accelerators(begun)
    kinds = {"a folder": "dir", "folders separated by colons": "dir", "a path": "file"}
    kind = kinds.get(option.wants)
    return [_item(begun, kind)] if kind else []


def _beginning(begun: str, names: Iterable[str]) -> "list[CompletionItem]":
    return [_item(name) for name in sorted(names) if name.startswith(begun)]


def _item(value: str, kind: str = "plain") -> "CompletionItem":
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return CompletionItem(value, type=kind)
