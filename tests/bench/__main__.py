# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count what runs cost, and compare ways of doing the same within one run: python -m tests.bench. Run by `make bench`.

Costs are PowerShell processes and HTTP requests, which mean the same on every machine. Times are of this machine, with a PowerShell
process and requests that take as long as in LATENCY, and are shown as ratios only. CPU seconds are of this machine, too: read them where
nothing else runs. The lab works in the process of the benchmark, the controller in others, and only those are measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import clients, procedure, readings, runs, scale
from .table import Budgets, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What runs cost, beside what they may cost.")
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes: many servers, large deployments")
    large = not parser.parse_args().quick
    busy = os.getloadavg()[0]
    budgets = Budgets()
    with tempfile.TemporaryDirectory(prefix="sfb-bench-") as name:
        folder = Path(name)
        procedure.compare(folder / "procedure", budgets)
        scale.compare(folder / "scale", budgets, large=large)
        runs.compare(folder / "runs", large=large)
        readings.one_process(folder / "one")
        readings.current(folder / "current")
        clients.compare(folder / "clients", budgets)
    if busy >= 1:
        budgets.note(f"this machine was busy (load {busy:.1f} at the start), which makes CPU seconds more than they are")
    budgets.show()
    say(f"{budgets.missed} budgets missed" if budgets.missed else "every budget reached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
