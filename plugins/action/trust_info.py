# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN, Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import tenant_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import FORMS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_file import load_certificate_file
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, is_guid

# The options of the sign-ins that go to the tenant that is named.
_APPLICATION = ("client_secret", "client_certificate_path", "federated_token_file", "federated_token_variable")


class ActionModule(HybridAuthAction):
    """Settle tenant, certificate and names from what the farm says and what is given. Contacts nothing."""

    ARGUMENTS = Arguments(
        {
            **SIGN_IN,
            "onprem": {"type": "dict", "required": True},
            "tenant_id": {"type": "str"},
            "certificate_path": {"type": "path"},
            "external_fqdns": {"type": "list", "elements": "str", "default": []},
            "form": {"type": "str", "choices": list(FORMS), "default": "procedure"},
            "app_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "unchecked": {"type": "list", "elements": "str", "default": []},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        farm = discovery.checked_farm("onprem", params["onprem"], "certificate", "signing", "web_services", "sip_domains")
        app_id, form, given = guid("app_id", params["app_id"]), params["form"], params["external_fqdns"]
        external = discovery.external_fqdns(farm)
        internal = discovery.internal_fqdns(farm)
        names = discovery.wanted_names(app_id, given or external, internal, form)
        certificate, warnings = _certificate(params["certificate_path"], farm)
        warnings += discovery.name_warnings(app_id, farm, given) if given else []
        unchecked = discovery.unchecked_warning(params["unchecked"])
        warnings += [unchecked] if unchecked else []
        result: dict[str, Any] = {
            "changed": False,
            **_tenant(params, discovery.sip_domains(farm)),
            "certificate": certificate,
            "external_fqdns": external,
            "internal_fqdns": internal,
            "names": names,
        }
        if warnings:
            result["warnings"] = warnings
        return result


def _tenant(params: Mapping[str, Any], domains: list[str]) -> dict[str, Any]:
    """The tenant to sign in to. Only an application's sign-in goes to the tenant that is named, so only it proves the domain."""
    tenant_id = guid("tenant_id", params["tenant_id"]) if params["tenant_id"] else None
    given = tenant_name("tenant", params["tenant"]) if params["tenant"] else tenant_id
    tenant = given or next(iter(domains), None)
    by_application = any(params[option] for option in _APPLICATION) and not params["access_token"]
    return {
        "tenant": tenant,
        "tenant_source": "given" if given else "sip_domain" if tenant else None,
        "tenant_id": tenant_id or (tenant if tenant and is_guid(tenant) else None),
        "tenant_proven": by_application and tenant in domains,
        "sip_domains": domains,
    }


def _certificate(path: str | None, farm: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    if not path:
        there = farm["certificate"]
        return ({name: there[name] for name in ("thumbprint", "subject", "not_after")} | {"source": "server"} if there else None), []
    certificate = load_certificate_file("certificate_path", path)
    warnings = check_usable("certificate_path", certificate, datetime.now(timezone.utc))
    differs = discovery.certificate_warning(farm, certificate.thumbprint)
    return {**certificate.shown(), "source": "file"}, [*warnings, *([differs] if differs else [])]
