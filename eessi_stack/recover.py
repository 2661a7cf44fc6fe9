"""Puts back what a rebuild was replacing when it was cut off: an installation is never lost to one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from eessi_stack import intent, kept
from eessi_stack.eb import builder
from eessi_stack.eb.installation import Installation
from eessi_stack.eb.rebuild import Rebuild
from eessi_stack.kept import PutBack


def recover(prefixes: Iterable[Path]) -> Iterator[PutBack]:
    """The modules whose old installation had to be put back, or could not be, as nothing can be written there."""
    for prefix in prefixes:
        for module, owner in intent.owners(prefix).items():
            if owner.rebuild and (found := _recovered(Installation(prefix=prefix, module=module))):
                yield found


def _recovered(one: Installation) -> PutBack | None:
    try:
        with intent.hold(one.prefix, one.module) as mark:
            restored = mark.left is not None and mark.left.rebuild and builder.recover(one, rebuild=True)
            return PutBack(module=one.module) if restored else None
    except intent.BusyError:
        return None
    except OSError as error:
        if not kept.find(one.prefix, one.module):
            return None
        old = Rebuild(installation=one).old
        where = old if old.is_dir() else one.folder  # it was cut off before the folder was moved
        return PutBack(module=one.module, problem=error.strerror or str(error), where=where)
