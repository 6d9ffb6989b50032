# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that clients of hybrid modern authentication ask for: which these are, and whether they are needed. Private to the collection.

Clients ask the tenant for a token for the URL of the Web services, internal and external, of every pool; so each of them must be a
service principal name: https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import host_in, names_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.dns_domain import is_microsofts

# Why a name stays where a server is named in ClientAuthorizationOAuthServerIdentity.
NEEDED = "hybrid modern authentication is on, which needs it"


def hosts(app_id: str, farm: Mapping[str, Any], given: Sequence[str]) -> list[str]:
    """The hosts of the Web services, the external ones first, in lower case.

    farm: a result of onprem_info with web_services. given: further external names, hosts or whole names.
    """
    read = discovery.checked_farm("onprem", farm)
    found = (*discovery.external_fqdns(read), *discovery.hosts_of(app_id, given), *discovery.internal_fqdns(read))
    return list(dict.fromkeys(host.lower() for host in found))


def urls(app_id: str, among: Iterable[str]) -> list[str]:
    """The names in the form that clients ask for, of these hosts."""
    return [name for host in among for name in names_of(app_id, host, "url")]


def switched_to(configuration: Mapping[str, Any]) -> str | None:
    """The OAuth server that clients are sent to; None where hybrid modern authentication is off."""
    named = str(configuration.get("client_authorization_oauth_server") or "").strip()
    return named or None


def are_needed(configuration: Mapping[str, Any], name: str) -> bool:
    """Whether clients may ask for that name now."""
    return switched_to(configuration) is not None and is_url(name)


def is_url(name: str) -> bool:
    return name.lower().startswith("https://")


def of_farms(app_id: str, principals: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The names on the application's principal that may be a farm's, each with its host. principals: as sp_info returns them."""
    return [
        (name, host)
        for principal in principals
        if principal["app_id"] == app_id
        for name in principal["names"]
        if (host := host_in(app_id, name)) and not is_microsofts(host)
    ]
