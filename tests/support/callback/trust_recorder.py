# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that keeps what the demo and the playbook tests look at: counts, results of the collection's tasks, the role's facts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: trust_recorder
type: aggregate
short_description: Write results to a file
description: Writes counts, results and facts of a run to the file that TRUST_RECORD names.
"""

_FACTS = ("trust_summary", "trust_audit", "trust_removal", "trust_rotation", "trust_modern_authentication")


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "trust_recorder"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._record: dict[str, Any] = {"tasks": [], "facts": {}, "stats": {}}

    def _keep(self, result: Any, status: str) -> None:
        task = result._task
        host = result._host.get_name()
        data = result._result
        for name in _FACTS:
            if name in (data.get("ansible_facts") or {}):
                self._record["facts"].setdefault(host, {})[name] = data["ansible_facts"][name]
        self._record["tasks"].append({"host": host, "action": str(task.action), "name": task.get_name(), "status": status, "result": data})

    def v2_runner_on_ok(self, result: Any) -> None:
        self._keep(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._keep(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._keep(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        for host in stats.processed:
            self._record["stats"][host] = stats.summarize(host)
        path = os.environ.get("TRUST_RECORD")
        if path:
            Path(path).write_text(json.dumps(self._record, default=str), encoding="utf-8")
