# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configure and audit again and again against one lab: what stays behind, and whether anything grows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import run
from tests.lab import Lab

_PLAYBOOKS = ("sfb.hybrid_auth.configure", "sfb.hybrid_auth.audit")
_MOST_GROWTH_MIB = 8.0


@dataclass(frozen=True)
class Left:
    """After a cycle. handles: files and sockets that the lab has open. files: that the runs have left. largest_mib: of a run."""

    handles: int
    files: int
    largest_mib: float


def cycles(folder: Path, count: int) -> bool:
    """Whether nothing grows from the second cycle to the last; a line for each tenth."""
    print(f"{count} cycles of configure and audit")
    print("cycle    open files of the lab    files left by runs    largest process, MiB")
    left: list[Left] = []
    with Lab(workdir=folder / "lab", engine="none") as lab:
        for number in range(1, count + 1):
            largest = max(run(lab, playbook, folder / "run").largest_mib for playbook in _PLAYBOOKS)
            left.append(
                Left(
                    len(list(Path("/proc/self/fd").iterdir())),
                    len([path for path in (folder / "run").rglob("*") if path.is_file()]),
                    largest,
                )
            )
            if number in (1, 2, count) or number % max(count // 10, 1) == 0:
                print(f"{number:>5}{left[-1].handles:>25}{left[-1].files:>22}{left[-1].largest_mib:>24.0f}", flush=True)
    first, last = left[min(1, count - 1)], left[-1]
    return last.handles <= first.handles + 2 and last.files <= first.files and last.largest_mib <= first.largest_mib + _MOST_GROWTH_MIB
