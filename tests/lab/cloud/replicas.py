# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replicas of the directory: each shows the state of some seconds ago, and a reader is sent to one of them.

https://learn.microsoft.com/entra/architecture/architecture, "Consistency": reads may come from a replica that has not heard of a write.
"""

from __future__ import annotations

import copy
import time
from typing import Any

_KEPT_SECONDS = 300.0


class Replicas:
    """graph: the part of the state of that name. All of it is used while holding the state's lock.

    replica_lag: seconds that each replica is behind. replica_by: whether a reader (an access token) stays with one replica, or each request
    goes to the next. stale_reads: readings after a write that show the object before it, whoever reads.
    """

    def __init__(self, graph: dict[str, Any]) -> None:
        self._graph = graph
        self._before: dict[str, list[tuple[float, dict[str, Any]]]] = {}
        self._stale: dict[str, tuple[int, dict[str, Any]]] = {}
        self._readers: dict[str, int] = {}
        self._requests = 0

    def changes(self, principal: dict[str, Any]) -> None:
        """The principal is about to change: keep it as it is."""
        now = time.monotonic()
        kept = [entry for entry in self._before.get(principal["id"], []) if now - entry[0] < _KEPT_SECONDS]
        self._before[principal["id"]] = [*kept, (now, copy.deepcopy(principal))]
        stale = int(self._graph["stale_reads"])
        if stale:
            self._stale[principal["id"]] = (stale, copy.deepcopy(principal))

    def lag_of(self, reader: str) -> float:
        """Seconds by which the replica is behind that answers this request of the reader."""
        lags = [float(lag) for lag in self._graph["replica_lag"]]
        self._requests += 1
        number = self._readers.setdefault(reader, len(self._readers)) if self._graph["replica_by"] == "reader" else self._requests
        return lags[number % len(lags)]

    def shown(self, principal: dict[str, Any], lag: float) -> dict[str, Any]:
        """The principal as a replica shows it that is so many seconds behind."""
        left, old = self._stale.get(principal["id"], (0, principal))
        if left > 0:
            self._stale[principal["id"]] = (left - 1, old)
            return old
        moment = time.monotonic() - lag
        return next((before for changed, before in self._before.get(principal["id"], []) if changed > moment), principal)
