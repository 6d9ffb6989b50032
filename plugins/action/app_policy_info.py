# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import OBSERVE, SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import refusals
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, is_guid


class ActionModule(HybridAuthAction):
    """Read what the tenant refuses of new certificates."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **OBSERVE,
            "app_ids": {"type": "list", "elements": "str", "default": list(PROCEDURE)},
            "principals": {"type": "dict"},
            "assigned": {"type": "bool", "default": True},
        }
    )
    PUBLIC = ("objects", "applications", "policy_problem", "observed")

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        app_ids = list(dict.fromkeys(guid("app_ids", app_id) for app_id in params["app_ids"]))
        listed = (params["principals"] or {}).get("applications")
        told = [str(one.get("app_id")) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)]
        owned = [app_id for app_id in told if is_guid(app_id)]
        connection = TenantConnection(params, self.given, self.secrets)
        may = connection.permissions()
        found = refusals.read(connection.graph(), app_ids, may, assigned=params["assigned"], applications=owned)
        result: dict[str, Any] = {"changed": False, **found}
        if connection.warnings:
            result["warnings"] = connection.warnings
        return result
