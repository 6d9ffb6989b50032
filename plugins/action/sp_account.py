# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.action import WRITING, PrincipalAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid


class ActionModule(PrincipalAction):
    """Enable or disable a service principal."""

    kinds = ("account ",)
    merges = False

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **WRITING,
            "app_id": {"type": "str", "default": EXCHANGE_ONLINE},
            "enabled": {"type": "bool", "default": True},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.enabled: bool = params["enabled"]
        return self.converge(params, [guid("app_id", params["app_id"])])

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        return plans.account(principal, enabled=self.enabled)
