"""What is there, target by target: the modules of its prefixes, and what is being built in them."""

import os
from hashlib import blake2b
from pathlib import Path

from eessi_stack import intent, inventory, module_files
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.inventory import Homes
from eessi_stack.model import Inventory
from eessi_stack.place import Place


class Observer:
    """Looks at each prefix once, however many targets see it."""

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._seen: dict[Path, Inventory] = {}

    def everything(self, place: Place) -> Inventory:
        """What a user of the target sees: the accelerator's prefix, where there is one, over the CPU's."""
        return inventory.overlay([self.layer(layer) for layer in place.layers])

    def in_place(self, place: Place, homes: Homes) -> Inventory:
        """The same, each package only where it belongs."""
        top, *below = (self.layer(layer) for layer in place.layers)
        return inventory.in_place(top, below[0], homes) if below else top

    def check_installations(self, place: Place) -> None:
        """StackError, exit code 3, where all installations of a prefix are out of sight: that says nothing of each."""
        for layer in place.layers:
            folder = module_files.folder_of(layer, "")
            if (gone := self.layer(layer).hollow) and not os.path.isdir(folder):  # noqa: PTH112 (never raises)
                raise _out_of_sight(folder, len(gone))

    def layer(self, layer: Path) -> Inventory:
        """One modules directory alone."""
        if layer not in self._seen:
            try:
                self._seen[layer] = self._look(layer)
            except OSError as error:
                raise _unreadable(layer, error) from error
        return self._seen[layer]

    def _look(self, layer: Path) -> Inventory:
        """One modules directory; a build that starts or ends while it is read is one that goes on."""
        prefix = layer.parent.parent
        cache = self._cache / f"modules-{_digest(layer)}.json" if self._cache else None
        before, locked = intent.marks(prefix), intent.easybuild_locks(prefix)
        seen = inventory.scan(layer, before, locked, cache)
        after, locked_after = intent.marks(prefix), intent.easybuild_locks(prefix)
        if (after, locked_after) == (before, locked):
            return seen
        return inventory.scan(layer, {**before, **after}, locked | locked_after, cache)


def _out_of_sight(folder: Path, count: int) -> StackError:
    return StackError(
        "installations-absent",
        f"{folder} is not there, and {'a module is' if count == 1 else f'{count} modules are'} of what it should hold",
        hint="mount it; where it is lost, make an empty folder in its place, and `install` repairs what is asked for",
        exit_code=ExitCode.UNDECIDED,
    )


def _unreadable(layer: Path, error: OSError) -> StackError:
    return StackError(
        "modules-unreadable",
        f"{layer.parent.parent}: cannot be read: {error.strerror}",
        hint="what is installed there cannot be told; give this user read access",
        exit_code=ExitCode.UNDECIDED,
    )


def _digest(layer: Path) -> str:
    return blake2b(os.fsencode(layer), digest_size=12).hexdigest()
