# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs of every entry point cost, on deployments of different size."""

from __future__ import annotations

from pathlib import Path

from tests.lab import Lab

from .estates import estate
from .measure import COSTS, run
from .table import row, say

_RUNS = (("first", "configure"), ("second", "configure"), ("rotate", "rotate"), ("audit", "audit"))
_SIZES = ((1, 1), (1, 4), (3, 2))


def compare(folder: Path, *, large: bool) -> None:
    """First run, second run, a day of rotation with nothing due, audit."""
    row("whole runs", [*COSTS.values(), "time, ratio"])
    for deployments, front_ends in _SIZES if large else _SIZES[:1]:
        with Lab(estate(deployments, front_ends), workdir=folder / f"lab{deployments}{front_ends}", engine="none") as lab:
            base = 0.0
            for name, playbook in _RUNS:
                cost = run(lab, f"sfb.hybrid_auth.{playbook}", folder / name)
                base = base or cost.seconds
                label = f"{deployments} x {front_ends} Front Ends, {name} run"
                row(label, [*(cost.counts[kind] for kind in COSTS), f"{cost.seconds / base:.2f}"])
    say()
