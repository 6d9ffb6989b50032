# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection


class ActionModule(HybridAuthAction):
    """One sign-in for the play."""

    ARGUMENTS = Arguments(SIGN_IN)

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        connection = TenantConnection(params, self.given, self.secrets)
        token = connection.token()
        result: dict[str, Any] = {
            "changed": False,
            "access_token": connection.sealed_token(),
            "tenant_id": token.tenant_id,
            "expires": token.expires_text,
            "cloud": connection.where.cloud,
            "graph_url": connection.where.graph_url,
            "auth_source": connection.auth_source,
        }
        if connection.warnings:
            result["warnings"] = connection.warnings
        return result
