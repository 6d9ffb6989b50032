# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Front Ends that the topology has, whichever of them a run looks at. Private to the collection.

They are the computers of the pools with User Services, which Directors, Edge and Mediation Servers do not have:
https://learn.microsoft.com/powershell/module/skypeforbusiness/get-csservice and get-cscomputer.
"""

from __future__ import annotations

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Answer, Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import FrontEnd, text

CMDLETS = ("Get-CsComputer",)
_POOLS, _COMPUTERS = "user_pools", "computers"


def calls() -> list[Call]:
    """What tells them. An account that may not ask, or a farm that answers otherwise, keeps nothing else from being read."""
    return [
        Call(_POOLS, "Get-CsService", {"UserServer": True}, {"PoolFqdn": "text"}, tolerant=True),
        Call(_COMPUTERS, "Get-CsComputer", {}, {"Fqdn": "text", "Pool": "text"}, tolerant=True),
    ]


def shaped(answer: Answer) -> list[FrontEnd] | None:
    """The Front Ends in lower case; None where they were not read."""
    if _POOLS not in answer.rows or _COMPUTERS not in answer.rows:
        return None
    pools = {(text(row["PoolFqdn"]) or "").lower() for row in answer.rows[_POOLS]}
    told = [((text(row["Fqdn"]) or "").lower(), (text(row["Pool"]) or "").lower()) for row in answer.rows[_COMPUTERS]]
    return [{"name": name, "pool": pool} for name, pool in told if name and pool in pools]
