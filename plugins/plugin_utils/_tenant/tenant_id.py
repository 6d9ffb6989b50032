# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenant a domain is of, asked without a sign-in. Private to the collection.

The answer is the tenant's OpenID configuration: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import entra
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import guid, host_name


def by_domain(where: Endpoints, option: str, value: str) -> dict[str, Any]:
    """The tenant's id and the domain; HybridAuthError where no tenant has the domain."""
    domain = host_name(option, value)
    configuration = entra.discover_tenant(where, domain)
    return {"tenant_id": entra.tenant_id_of(configuration, f"{where.login_url}/{domain}"), "domain": domain}


def by_domains(where: Endpoints, option: str, values: Sequence[str], expected: str | None) -> dict[str, Any]:
    """The tenant of each domain; with an expected tenant only until one is of it, and a warning where none is.

    expected: the tenant's id. Of the result, verified is there only with it, and warnings only where there are any.
    """
    wanted = guid("tenant_id", expected) if expected else None
    domains = list(dict.fromkeys(host_name(option, value) for value in values))
    if not domains:
        raise InvalidOptionError(option, "the list is empty", "at least one domain such as contoso.com")
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
            said = "; ".join(f"{one['name']} is of {'tenant ' + one['tenant_id'] if one['tenant_id'] else 'no tenant'}" for one in found)
            result["warnings"] = [f"None of the domains is verified in tenant {wanted}: {said}. Check that it is the right tenant."]
    return result
