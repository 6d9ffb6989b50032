# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request log of the lab: what arrived where, in order."""

from __future__ import annotations

import copy
import threading
from datetime import datetime, timezone
from typing import Any

_COUNTED = {"powershell": "powershell", "entra": "entra"}


class RequestLog:
    """A thread-safe list of plain entries; tests/lab/README.md describes their fields."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        verb: str,
        target: str,
        *,
        write: bool = False,
        status: int | str = 200,
        host: str | None = None,
        user: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        entry = {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "kind": kind,
            "verb": verb,
            "target": target,
            "write": write,
            "status": status,
            "host": host,
            "user": user,
            "detail": detail or {},
        }
        with self._lock:
            self._entries.append({"n": len(self._entries), **entry})

    def mark(self) -> int:
        """The place of the next entry, for entries(since) and counts(since)."""
        with self._lock:
            return len(self._entries)

    def entries(self, since: int = 0) -> list[dict[str, Any]]:
        with self._lock:
            return copy.deepcopy(self._entries[since:])

    def counts(self, since: int = 0) -> dict[str, int]:
        """PowerShell processes, requests to Entra ID, and reads and writes of Graph."""
        counts = {"powershell": 0, "entra": 0, "graph_reads": 0, "graph_writes": 0}
        for entry in self.entries(since):
            if entry["kind"] == "graph":
                counts["graph_writes" if entry["write"] else "graph_reads"] += 1
            elif entry["kind"] in _COUNTED:
                counts[_COUNTED[entry["kind"]]] += 1
        return counts
