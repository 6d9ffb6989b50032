# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook against a lab and measure the controller: only ansible-playbook and what it starts, since the lab is elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Lab
from tests.support.play import invocation

# What the lab counts, as the columns of the tables name it.
COSTS = {"powershell": "PowerShell", "entra": "Entra ID", "graph_reads": "Graph reads", "graph_writes": "Graph writes"}

_LONGEST_SECONDS = 400
_WATCH = Path(__file__).with_name("usage.py")


@dataclass(frozen=True)
class Cost:
    """What a run cost.

    seconds: from start to end. cpu_seconds: of the whole process tree. largest_mib, tree_mib: memory at the peak of the largest process,
    and of all together. counts: as the lab's log counts PowerShell processes and requests.
    """

    seconds: float
    cpu_seconds: float
    largest_mib: float
    tree_mib: float
    counts: dict[str, int]
    output: str


def run(lab: Lab, playbook: str | Path, folder: Path, *options: str) -> Cost:
    """Run it to its end; a run that fails ends the benchmark."""
    folder.mkdir(parents=True, exist_ok=True)
    command, environment = invocation(playbook, lab.inventory, folder, *options)
    result, log = folder / "usage.json", folder / "output"
    mark = lab.mark()
    with log.open("wb") as output:
        watch = [sys.executable, "-I", "-S", str(_WATCH), str(result), str(_LONGEST_SECONDS), *command]
        subprocess.run(watch, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, check=True)
    used = json.loads(result.read_text(encoding="utf-8"))
    text = log.read_text(encoding="utf-8", errors="replace")
    if used.pop("code"):
        raise SystemExit(f"{playbook} failed:\n{text}")
    return Cost(**used, counts=lab.counts(mark), output=text)
