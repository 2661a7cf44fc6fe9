"""Run one command so that nothing of it outlives the run: `python supervise.py LIFELINE COMMAND...`.

LIFELINE is the reading end of a pipe that the run holds open. When the run is gone, however it went, the pipe ends and
the whole process group is ended. Standard library only, started by path: it must come up fast and needs nothing.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_STRAYS = 1000  # generations of processes that are ended, at the most
_GRACE = 5.0  # seconds between SIGTERM and SIGKILL; EasyBuild removes its locks meanwhile


def main() -> None:
    lifeline, command = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # meant for the group: the supervisor stays to see it end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what leaves its session comes to us when its parent ends
    os.set_inheritable(lifeline, False)  # noqa: FBT003 (the function takes no keywords)
    child = subprocess.Popen(command, close_fds=False, preexec_fn=_die_with_parent)  # noqa: PLW1509
    while child.poll() is None:
        if select.select([lifeline], [], [], 0.2)[0]:
            _end_group(child)
    _end_strays()
    sys.exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)


def _die_with_parent() -> None:
    """In the child: die when the supervisor is killed, and take signals as usual."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_group(child: "subprocess.Popen[bytes]") -> None:
    os.killpg(0, signal.SIGTERM)
    until = time.monotonic() + _GRACE
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if child.poll() is None:
        child.kill()
        child.wait()


def _end_strays() -> None:
    """Whatever the command left running: it is our child now, in whatever session it is."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")  # not on every kernel
    for _ in range(_STRAYS if listed.exists() else 0):
        children = listed.read_text(encoding="ascii").split()
        if not children:
            return
        for pid in map(int, children):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
