# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command and tell what its whole process tree used: python usage.py RESULT.json LONGEST_SECONDS COMMAND...

It is a small process of its own because Linux counts the memory of who starts a program as that program's. Every descendant that is left
behind comes to it and is counted too.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
_EVERY_SECONDS = 0.2
_KIB_PER_MIB = 1024


def main() -> int:
    result, longest, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin = time.monotonic()
    child = os.posix_spawn(command[0], command, dict(os.environ), setpgroup=0)
    largest = tree = 0.0
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begin > float(longest):
            os.killpg(child, signal.SIGKILL)
        one, whole = _memory(child)
        largest, tree = max(largest, one), max(tree, whole)
        time.sleep(_EVERY_SECONDS)
    seconds = time.monotonic() - begin
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(result).write_text(
        json.dumps(
            {
                "code": os.waitstatus_to_exitcode(status),
                "seconds": seconds,
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "largest_mib": max(largest, used.ru_maxrss / _KIB_PER_MIB),
                "tree_mib": tree,
            }
        ),
        encoding="utf-8",
    )
    return 0


def _memory(root: int) -> tuple[float, float]:
    """MiB of the largest process at its peak, and of all together now, where what they share counts once."""
    largest = whole = 0.0
    waiting = [root]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        with contextlib.suppress(OSError):  # it ended meanwhile
            largest = max(largest, _kib(folder / "status", "VmHWM:") / _KIB_PER_MIB)
            whole += _kib(folder / "smaps_rollup", "Pss:") / _KIB_PER_MIB
            for task in (folder / "task").iterdir():
                waiting += [int(pid) for pid in (task / "children").read_text(encoding="ascii").split()]
    return largest, whole


def _kib(path: Path, name: str) -> int:
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


if __name__ == "__main__":
    sys.exit(main())
