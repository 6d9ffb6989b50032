# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import tenant_id
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text


class ActionModule(HybridAuthAction):
    """The tenant's id, from a domain or from its display name, or of which tenants several domains are."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            "domain": {"type": "str"},
            "domains": {"type": "list", "elements": "str"},
            "tenant_id": {"type": "str"},
            "display_name": {"type": "str"},
        },
        mutually_exclusive=[("domain", "domains", "display_name")],
        required_one_of=[("domain", "domains", "display_name")],
        required_by={"tenant_id": ("domains",)},
    )

    PUBLIC = ("tenant_id", "display_name", "domain", "domains", "verified")

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        where = endpoints(params)
        if params["domains"] is not None:
            result = tenant_id.by_domains(where, "domains", params["domains"], params["tenant_id"])
        else:
            result = tenant_id.by_domain(where, "domain", params["domain"]) if params["domain"] else self._by_display_name(params)
        if where.warnings:
            result["warnings"] = [*result.get("warnings", []), *where.warnings]
        return {"changed": False, **result}

    def _by_display_name(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["display_name"]
        graph = TenantConnection(params, self.given, self.secrets).graph()
        found = graph.read_list("organization", "the tenant's organization", {"$select": "id,displayName,verifiedDomains"})
        matching = [entry for entry in found if same_text(entry.get("displayName"), name)]
        if len(matching) != 1:
            shown = ", ".join(f"{entry.get('displayName')!r}" for entry in found) or "none"
            raise HybridAuthError(
                f"{len(matching) or 'No'} organizations that the sign-in can see are named {name!r}; it sees {shown}.",
                "Give 'domain', or the display name exactly as the tenant's overview shows it, and sign in to that tenant.",
            )
        default = next((domain.get("name") for domain in matching[0].get("verifiedDomains") or [] if domain.get("isDefault")), None)
        return {"tenant_id": str(matching[0]["id"]).lower(), "display_name": matching[0]["displayName"], "domain": default}
