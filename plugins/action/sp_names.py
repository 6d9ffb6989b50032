# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import plans, service_principal_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.action import WRITING, PrincipalAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid


class ActionModule(PrincipalAction):
    """Add names to a service principal or remove them."""

    kinds = ("name ",)

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            **WRITING,
            "app_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "names": {"type": "list", "elements": "str", "required": True},
            "form": {"type": "str", "choices": list(service_principal_name.FORMS), "default": "procedure"},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "domains": {"type": "list", "elements": "str"},
            "keep": {"type": "list", "elements": "str", "default": []},
        },
        required_if=[("state", "exact", ("domains",))],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.app_id, self.state = guid("app_id", params["app_id"]), params["state"]
        self.names = [
            whole for name in params["names"] for whole in service_principal_name.whole_names("names", self.app_id, name, params["form"])
        ]
        self.domains, self.keep = _domains(params), params["keep"]
        return self.converge(params, [self.app_id])

    def plan(self, principal: ServicePrincipal, now: datetime) -> PrincipalPlan:
        return plans.names(principal, self.names, self.state, self.app_id, self.domains, self.keep)


def _domains(params: dict[str, Any]) -> list[str]:
    if params["state"] != "exact":
        if params["domains"]:
            raise InvalidOptionError("domains", f"it is set, but state is {params['state']}", "state exact, or no domains")
        return []
    if not params["names"]:
        raise InvalidOptionError(
            "names", "the list is empty, and state is exact", "the names that stay; to take all away, name them with state absent"
        )
    return service_principal_name.own_domains("domains", params["domains"])
