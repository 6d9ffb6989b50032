# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import OBSERVE, SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import tenant_id
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.connection import TenantConnection
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

# What later tasks of the play need beside the token to reach the same tenant in the same way.
_WHERE = ("login_url", "graph_url", "ca_path", "validate_certs")


class ActionModule(HybridAuthAction):
    """One sign-in for the play."""

    ARGUMENTS = Arguments({**SIGN_IN, **OBSERVE, "onprem": {"type": "dict"}, "read_credential": {"type": "bool", "default": False}})
    PUBLIC = (
        *("access_token", "connection", "expires", "auth_source", "credential", "permissions"),
        *("tenant", "tenant_id", "tenant_source", "verified", "cloud", "graph_url", "observed"),
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        domains = _sip_domains(params["onprem"])
        found = discovery.tenant_of(params, None, domains)
        given = {*self.given, *(("tenant",) if found["tenant_source"] == "sip_domain" else ())}
        connection = TenantConnection({**params, "tenant": found["tenant"]}, given, self.secrets)
        try:
            token = connection.token()
        except HybridAuthError as exc:
            if found["tenant_source"] != "sip_domain":
                raise
            raise HybridAuthError(f"No tenant is named, so it is that of {found['tenant']}, the farm's default SIP domain. {exc}") from None
        sealed = connection.sealed_token()
        result: dict[str, Any] = {
            "changed": False,
            "access_token": sealed,
            "tenant_id": token.tenant_id,
            "expires": token.expires_text,
            "cloud": connection.where.cloud,
            "graph_url": connection.where.graph_url,
            "auth_source": connection.auth_source,
            "connection": {
                "access_token": sealed,
                "cloud": connection.where.cloud,
                **{option: params[option] for option in _WHERE if params[option] is not None},
            },
            "permissions": connection.permissions(),
            "tenant": found["tenant"],
            "tenant_source": found["tenant_source"],
            "credential": connection.credential() if params["read_credential"] else None,
        }
        warnings = list(connection.warnings)
        if params["onprem"] is not None:
            settled = _settled(connection, token.tenant_id, found)
            warnings += settled.pop("warnings", [])
            result |= settled
        if warnings:
            result["warnings"] = warnings
        return result


def _sip_domains(onprem: Mapping[str, Any] | None) -> list[str]:
    """The farm's SIP domains, as far as it was read."""
    return discovery.sip_domains(cast("discovery.Farm", onprem)) if onprem and onprem.get("sip_domains") else []


def _settled(connection: TenantConnection, told: str | None, found: Mapping[str, Any]) -> dict[str, Any]:
    """The tenant's id, asked for where the token does not tell it, and whether a SIP domain of the farm is verified in it."""
    tenant, domains, where = found["tenant"], found["sip_domains"], connection.where
    known = told or found["tenant_id"]
    settled: dict[str, Any] = {"tenant_id": known or (tenant_id.by_domain(where, "tenant", tenant)["tenant_id"] if tenant else None)}
    if settled["tenant_id"] and domains and not found["tenant_proven"]:
        verified = tenant_id.by_domains(where, "onprem", domains, settled["tenant_id"])
        settled |= {"verified": verified["verified"], "warnings": verified.get("warnings", [])}
    return settled
