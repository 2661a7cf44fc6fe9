"""Puts back what a rebuild was replacing when it was cut off: an installation is never lost to one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from eessi_stack import intent
from eessi_stack.eb import builder
from eessi_stack.eb.installation import Installation


def recover(prefixes: Iterable[Path]) -> Iterator[str]:
    """The modules whose old installation had to be put back; where nothing can be written, none is."""
    for prefix in prefixes:
        for module, owner in intent.owners(prefix).items():
            if owner.rebuild and _recovered(Installation(prefix=prefix, module=module)):
                yield module


def _recovered(one: Installation) -> bool:
    try:
        with intent.hold(one.prefix, one.module) as mark:
            return mark.left is not None and mark.left.rebuild and builder.recover(one, rebuild=True)
    except (intent.BusyError, OSError):
        return False
