# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils import _service_principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import guid


class ActionModule(HybridAuthAction):
    """Read service principals."""

    ARGUMENTS = Arguments(
        {**SIGN_IN, "app_ids": {"type": "list", "elements": "str"}, "all": {"type": "bool", "default": False}},
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        if params["all"] and params["app_ids"]:
            raise InvalidOptionError("all", "it is true, and app_ids is set too", "one of them")
        wanted = [guid("app_ids", app_id) for app_id in params["app_ids"] or _service_principal.PROCEDURE]
        connection = TenantConnection(params, set(self._task.args), self.secrets)
        found = _service_principal.read(connection.graph(), None if params["all"] else list(dict.fromkeys(wanted)))
        now = datetime.now(timezone.utc)
        there = {principal.app_id for principal in found}
        result: dict[str, Any] = {
            "changed": False,
            "service_principals": [principal.info(now) for principal in found],
            "missing": [] if params["all"] else [app_id for app_id in dict.fromkeys(wanted) if app_id not in there],
            "tenant_id": connection.known_tenant_id,
        }
        if connection.warnings:
            result["warnings"] = connection.warnings
        return result
