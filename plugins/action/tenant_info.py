# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints, endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, host_name, same_text


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

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        where = endpoints(params)
        if params["domains"] is not None:
            result = self._by_domains(where, params["domains"], params["tenant_id"])
        else:
            result = self._by_domain(where, params["domain"]) if params["domain"] else self._by_display_name(params)
        if where.warnings:
            result["warnings"] = [*result.get("warnings", []), *where.warnings]
        return {"changed": False, **result}

    def _by_domains(self, where: Endpoints, values: Sequence[str], expected: str | None) -> dict[str, Any]:
        """Ask for one domain after the other, with an expected tenant only until one is of it."""
        wanted = guid("tenant_id", expected) if expected else None
        domains = list(dict.fromkeys(host_name("domains", value) for value in values))
        if not domains:
            raise InvalidOptionError("domains", "the list is empty", "at least one domain such as contoso.com")
        found: list[dict[str, Any]] = []
        for domain in domains:
            found.append({"name": domain, "tenant_id": entra.tenant_of(where, domain)})
            if wanted and found[-1]["tenant_id"] == wanted:
                break
        ids = [entry["tenant_id"] for entry in found if entry["tenant_id"]]
        result: dict[str, Any] = {"domains": found, "tenant_id": wanted if wanted in ids else next(iter(ids), None)}
        if wanted:
            result["verified"] = wanted in ids
            if wanted not in ids:
                said = "; ".join(
                    f"{one['name']} is of {'tenant ' + one['tenant_id'] if one['tenant_id'] else 'no tenant'}" for one in found
                )
                result["warnings"] = [f"None of the domains is verified in tenant {wanted}: {said}. Check that it is the right tenant."]
        return result

    def _by_domain(self, where: Endpoints, value: str) -> dict[str, Any]:
        domain = host_name("domain", value)
        configuration = entra.discover_tenant(where, domain)
        return {"tenant_id": entra.tenant_id_of(configuration, f"{where.login_url}/{domain}"), "domain": domain}

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
