# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One large deployment: 1,000 external names, 50 pools, and 600 keys of others on each service principal."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab import Lab
from tests.lab.states.crowd import crowd, hosts

from .measure import COSTS, run
from .table import row, say

_NAMES, _POOLS, _KEYS = 1000, 50, 600


def show(folder: Path) -> None:
    """Every entry point, and an audit with its proof. Nothing waits here, so that only the work is left."""
    row(f"{_NAMES} names, {_POOLS} pools, {_KEYS} keys", [*COSTS.values(), "seconds", "CPU s", "process MiB"])
    with Lab(crowd(_POOLS, _KEYS), workdir=folder / "lab", engine="none") as lab:
        given = json.dumps({"trust_external_fqdns": hosts(_NAMES), "trust_metadata_url": lab.info["tenants"][0]["metadata_url"]})
        for name, playbook, *options in (
            ("first run", "configure"),
            ("second run", "configure"),
            ("rotate", "rotate"),
            ("audit", "audit"),
            ("audit with proof", "audit", "-e", "trust_prove=true"),
            ("remove", "remove", "-e", "trust_remove_confirm=contoso"),
        ):
            cost = run(lab, f"sfb.hybrid_auth.{playbook}", folder / name.replace(" ", "-"), "-e", given, *options)
            cells = [*(cost.counts[kind] for kind in COSTS), f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.largest_mib:.0f}"]
            row(name, cells)
    say()
