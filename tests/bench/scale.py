# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller spends a server, and how that grows: CPU seconds and memory of runs on many servers at once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab import Lab

from .estates import estate
from .measure import Cost, run
from .table import Budgets, row, say

# Deployments of two Front Ends in one tenant: half of the servers are leads, and each audit sees the keys of all deployments.
_SMALL, _LARGE = 5, 60
_FRONT_ENDS = 2
_RUNS = ("one reading", "configure", "audit")
# CPU seconds are a machine's own, so the unit is what one reading costs there: runs of 0.69 s a server cost 7.5 of it, and 0.40 s is 4.3.
_MOST_READINGS = 4.3


def compare(folder: Path, budgets: Budgets, *, large: bool) -> None:
    """Nothing waits here, so that only the controller's work is left."""
    row("controller", ["CPU s/server", "ratio", "process MiB", "tree MiB"])
    small = _costs(folder / "small", _SMALL)
    for name in ("configure", "audit"):
        ratio = small[name].cpu_seconds / small["one reading"].cpu_seconds
        budgets.add(f"{name} at {_SMALL * _FRONT_ENDS} servers, CPU, ratio to one reading", ratio, _MOST_READINGS)
    if large:
        big = _costs(folder / "large", _LARGE)
        for name in ("configure", "audit"):
            growth = _each(big[name], _LARGE) / _each(small[name], _SMALL)
            budgets.add(f"{name}, growth a server from {_SMALL * _FRONT_ENDS} to {_LARGE * _FRONT_ENDS}", growth, 1.1)
        audit = big["audit"]
        budgets.add(f"audit of {_LARGE * _FRONT_ENDS} servers, largest process", audit.largest_mib * 1.048576, 150, "MB", 0)
    else:
        budgets.note("QUICK=1 leaves out the runs on many servers")
    say()


def _each(cost: Cost, deployments: int) -> float:
    return cost.cpu_seconds / (deployments * _FRONT_ENDS)


def _costs(folder: Path, deployments: int) -> dict[str, Cost]:
    """One task that reads every server, which is the least that any run costs, then configure and audit."""
    costs: dict[str, Cost] = {}
    folder.mkdir(parents=True)
    reading = folder / "reading.yml"
    tasks = [{"sfb.hybrid_auth.onprem_info": {"gather": ["certificate"]}}]
    reading.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    playbooks = dict(zip(_RUNS, (str(reading), "sfb.hybrid_auth.configure", "sfb.hybrid_auth.audit"), strict=True))
    with Lab(estate(deployments, _FRONT_ENDS, latency=False), workdir=folder / "lab", engine="none") as lab:
        for name, playbook in playbooks.items():
            costs[name] = cost = run(lab, playbook, folder / name)
            base = costs[_RUNS[0]]
            label = f"{deployments} x {_FRONT_ENDS} Front Ends, {name}"
            cells = [f"{_each(cost, deployments):.2f}", f"{cost.cpu_seconds / base.cpu_seconds:.2f}"]
            row(label, [*cells, f"{cost.largest_mib:.0f}", f"{cost.tree_mib:.0f}"])
    return costs
