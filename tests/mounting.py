"""Commands that have mounts of their own, which nobody else sees."""

import os
import shutil
import subprocess

import pytest

APART = ("unshare", "-m", "--propagation", "private")


def may_mount() -> bool:
    """Root may, outside of most containers."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    words = [*APART, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(not may_mount(), reason="this user may not mount a disk")
