# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import rotation
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time


class ActionModule(HybridAuthAction):
    """Tell what a roll needs of the tenant; nothing is contacted."""

    ARGUMENTS = Arguments(
        {
            "onprem": {"type": "dict", "required": True},
            "cloud": {"type": "dict", "required": True},
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
            "overlap_days": {"type": "int", "default": 7},
            "warn_days": {"type": "int", "default": 60},
            "earlier_thumbprints": {"type": "list", "elements": "str", "default": []},
            "remove_thumbprints": {"type": "list", "elements": "str", "default": []},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        onprem = params["onprem"]
        signing, server = onprem.get("signing"), onprem.get("server")
        if not isinstance(signing, dict) or not isinstance(server, dict) or not server.get("time"):
            raise InvalidOptionError("onprem", "it holds no certificate", "the registered result of onprem_info that gathered it")
        app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
        if not app_ids:
            raise InvalidOptionError("app_ids", "the list is empty", "at least one application id")
        rules = Rules(
            overlap=timedelta(days=_at_least("overlap_days", params["overlap_days"], rotation.SHORTEST_OVERLAP_DAYS)),
            warn=timedelta(days=_at_least("warn_days", params["warn_days"], 1)),
            earlier=_thumbprints("earlier_thumbprints", params["earlier_thumbprints"]),
            named=_thumbprints("remove_thumbprints", params["remove_thumbprints"]),
        )
        principals = service_principal.from_current(params["cloud"], app_ids)
        if principals is None:
            there = {entry["app_id"] for entry in params["cloud"]["service_principals"]}
            missing = ", ".join(app_id for app_id in app_ids if app_id not in there)
            raise InvalidOptionError("cloud", f"it does not hold {missing}", "the registered result of sp_info that read all of app_ids")
        plan = rotation.plan(signing, principals, rules, parse_time(str(server["time"])))
        result: dict[str, Any] = {
            "changed": False,
            "due": bool(plan.operations),
            "successor_due": plan.successor_due,
            "previous_over": plan.previous_over,
            "operations": plan.operations,
            "upcoming": [entry.shown() for entry in plan.upcoming],
        }
        for name in ("add", "remove", "keep"):
            result[name] = [entry.shown() for entry in getattr(plan, name)]
        if plan.warnings:
            result["warnings"] = list(plan.warnings)
        return result


def _at_least(option: str, days: int, shortest: int) -> int:
    if not shortest <= days <= 3650:
        raise InvalidOptionError(option, f"{days} is out of range", f"days, from {shortest} to 3650")
    return days


def _thumbprints(option: str, texts: Sequence[str]) -> frozenset[str]:
    return frozenset(option_thumbprint(option, text) for text in texts)
