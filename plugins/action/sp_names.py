# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils import _service_principal_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._principal_action import WRITING, PrincipalAction, PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._service_principal import SKYPE_FOR_BUSINESS_ONLINE, ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import guid


class ActionModule(PrincipalAction):
    """Add names to a service principal or remove them."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **WRITING,
            "app_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "names": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        app_id = guid("app_id", params["app_id"])
        self.names = [_service_principal_name.whole_name("names", app_id, name) for name in params["names"]]
        self.present = params["state"] == "present"
        return self.converge(params, [app_id])

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        whole, added, removed = _service_principal_name.plan(principal.names, self.names, self.present)
        return PrincipalPlan(
            principal,
            replace(principal, names=tuple(whole)),
            Change(
                {"names": sorted(principal.names)},
                {"names": sorted(whole)},
                (
                    *(f"add name {name} to {principal.label}" for name in added),
                    *(f"remove name {name} from {principal.label}" for name in removed),
                ),
            ),
            {"servicePrincipalNames": whole},
        )

    def problems(self, plan: PrincipalPlan, found: ServicePrincipal, now: datetime) -> list[str]:
        there = {name.lower() for name in found.names}
        lacking = [name for name in plan.predicted.names if name.lower() not in there]
        left = [] if self.present else [name for name in self.names if name.lower() in there]
        return [f"{found.label} lacks the name {name}" for name in lacking] + [f"{found.label} still has the name {name}" for name in left]
