# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role beside the procedure word for word, on the same lab: what a first and a converged run cost."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.lab import Lab, engine_path

from .estates import estate
from .measure import COSTS, Cost, run
from .table import Budgets, row, say

_LITERAL = Path(__file__).with_name("literal.yml")
_CONFIGURE = "sfb.hybrid_auth.configure"
_IDS = {
    "skype": "00000004-0000-0ff1-ce00-000000000000",
    "exchange": "00000002-0000-0ff1-ce00-000000000000",
    "tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e",
}


def compare(folder: Path, budgets: Budgets) -> None:
    """Both twice on a greenfield of their own with one Front End. Needs the engine, since a raw step sends PowerShell text."""
    if not engine_path():
        budgets.note("no pwsh on PATH, so the procedure as written could not be run beside the role")
        return
    row("beside the procedure as written, one Front End", [*COSTS.values(), "time, ratio"])
    written = _twice(folder / "written", _LITERAL, "-e", json.dumps(_IDS))
    role = _twice(folder / "role", _CONFIGURE)
    for name, costs, bases in (("as written", written, written), ("role", role, written)):
        for which, cost, base in zip(("first run", "converged run"), costs, bases, strict=True):
            row(f"{name}, {which}", [*(cost.counts[kind] for kind in COSTS), f"{cost.seconds / base.seconds:.2f}"])
    say()
    first, converged = (one.seconds / other.seconds for one, other in zip(role, written, strict=True))
    budgets.add("converged run, ratio to the procedure as written", converged, 0.30)
    budgets.add("first run, ratio to the procedure as written", first, 1.0)
    counts = role[0].counts
    for kind, most in (("powershell", 4), ("graph_reads", 13), ("graph_writes", 4)):
        budgets.add(f"first run, {COSTS[kind]}", counts[kind], most, digits=0)


def _twice(folder: Path, playbook: str | Path, *options: str) -> tuple[Cost, Cost]:
    with Lab(estate(1, 1), workdir=folder / "lab") as lab:
        first, second = (run(lab, playbook, folder / name, *options) for name in ("first", "second"))
        check = run(lab, _CONFIGURE, folder / "check", "--check")
    if not re.search(r"changed=0", check.output) or re.search(r"changed=[1-9]", check.output):
        raise SystemExit(f"{playbook} did not set everything up, so the times tell nothing:\n{check.output}")
    return first, second
