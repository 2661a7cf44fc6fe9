"""The command line as another user than root: the one for whom read-only modes mean something."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.building import Site

USER, STRANGER = 65534, 65533  #: numbers are enough: neither needs a name


class UserSite(Site):
    """A site of a user; what is run in it, that user runs, or another one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.user = USER
        self.environment |= {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "USER": "user"}

    def give(self) -> None:
        """Everything that is there so far to its user."""
        for path in (self.folder, *self.folder.rglob("*")):
            os.lchown(path, USER, USER)

    def command(self, *words: str | Path) -> list[str]:
        return [*as_user(self.user), *super().command(*words)]


def as_user(user: int) -> list[str]:
    """The words that run a command as another user, who can read this Python even if only root may enter its folder."""
    change = f"exec setpriv --reuid={user} --regid={user} --clear-groups --inh-caps=-all"
    return ["unshare", "-m", "--propagation", "private", "sh", "-ec", f'{_opened()}{change} "$@"', "-"]


def _opened() -> str:
    """Commands that mount an open folder in the place of the first closed one above Python, with its own part of it."""
    python = Path(sys.executable).resolve()
    above = [*reversed(python.parents), python]
    closed = next((at for at, folder in enumerate(above) if not folder.stat().st_mode & 0o001), None)
    if closed is None:
        return ""
    folder, part = above[closed], above[closed + 1]
    return (
        f"mount --bind {part} /mnt && mount -t tmpfs -o mode=755 tmpfs {folder} && "
        f"mkdir {part} && mount --move /mnt {part} && "
    )


def can_change_user() -> bool:
    if os.geteuid() != 0 or not all(map(shutil.which, ("setpriv", "unshare"))):
        return False
    words = [*as_user(USER), sys.executable, "-c", "import eessi_stack.cli"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0
