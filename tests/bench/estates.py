# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estates that are measured."""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.lab.state import GREENFIELD

# Seconds; a guess at a server that imports the management module, and at the public cloud from an office.
LATENCY = {"powershell": 2.0, "graph": 0.15, "entra": 0.2}


def estate(deployments: int, front_ends: int, *, latency: bool = True) -> dict[str, Any]:
    """Greenfield deployments of one tenant with that many Front Ends each; without latency everything answers at once."""
    state: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    (template,) = state["deployments"]
    state["deployments"] = []
    for number in range(deployments):
        deployment = copy.deepcopy(template)
        names = [f"fe{number}-{index}.contoso.com" for index in range(front_ends)]
        deployment["name"] = f"contoso{number}"
        deployment["front_ends"] = [{**copy.deepcopy(template["front_ends"][0]), "name": name} for name in names]
        deployment["cms"]["replicas"] = [{"ReplicaFqdn": name} for name in names]
        state["deployments"].append(deployment)
    return {**state, "latency": LATENCY if latency else {}}
