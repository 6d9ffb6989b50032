# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a tenant that the lab's Graph serves: who may read and write them, and what PATCH makes of them.

https://learn.microsoft.com/graph/api/serviceprincipal-update and https://learn.microsoft.com/graph/api/application-update
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .graph_error import RefusedError
from .key_credentials import replaced

_READS = frozenset({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
_WRITES = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
_ORGANIZATION = frozenset({"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
_NAMES = uuid.UUID("3a1f0d52-3b0e-4c38-9d0b-6f6f7d0c5a11")
_DESCRIPTIVE = {"description", "displayName", "notes", "tags"}


@dataclass(frozen=True)
class EntitySet:
    """reads, writes: permissions of which one is needed; no writes where the set is only read. updatable: properties that PATCH takes.

    objects: all of the tenant, as Graph keeps them. store: puts changed properties of one of them into the tenant.
    """

    kind: str
    reads: frozenset[str]
    writes: frozenset[str]
    updatable: frozenset[str]
    objects: Callable[[dict[str, Any]], list[dict[str, Any]]]
    store: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]

    def changes(self, tenant: dict[str, Any], found: dict[str, Any], values: dict[str, Any], key_null: str) -> dict[str, Any]:
        """The properties of the object as they are after a PATCH; RefusedError where one cannot be so, and then nothing changes."""
        made = dict(values)
        for name, value in values.items():
            if name not in self.updatable:
                raise RefusedError(400, "Request_BadRequest", f"Property '{name}' is read-only and cannot be set.")
            if name == "keyCredentials":
                made[name] = replaced(found["keyCredentials"], value, key_null)
            elif name == "servicePrincipalNames":
                _check_names(tenant, found, value)
        return made


def _check_names(tenant: dict[str, Any], principal: dict[str, Any], names: list[str]) -> None:
    taken = {name.lower() for one in tenant["service_principals"] if one is not principal for name in one["servicePrincipalNames"]}
    if len({name.lower() for name in names}) < len(names):
        raise RefusedError(400, "Request_BadRequest", "Property servicePrincipalNames has a value more than once; its values are unique.")
    for name in names:
        if name.lower() in taken:
            raise RefusedError(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The service principal cannot be updated because the service principal name {name} is already in use.",
            )


def _store_principal(tenant: dict[str, Any], principal: dict[str, Any], changes: dict[str, Any]) -> None:
    principal.update(changes)


def _application(application: dict[str, Any]) -> dict[str, Any]:
    """An application of the state, as Graph shows it. The secret and the certificate of the state are not among what it shows."""
    return {
        "id": str(uuid.uuid5(_NAMES, application["client_id"].lower())),
        "appId": application["client_id"],
        "displayName": "Hybrid automation",
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": [],
        "passwordCredentials": [],
        **application.get("graph", {}),
        "federatedIdentityCredentials": [
            {"id": str(uuid.uuid5(_NAMES, f"{application['client_id']} {one['issuer']} {one['subject']}")), "name": "automation", **one}
            for one in application.get("federated_credentials", [])
        ],
    }


def _store_application(tenant: dict[str, Any], found: dict[str, Any], changes: dict[str, Any]) -> None:
    (application,) = (one for one in tenant["applications"] if one["client_id"] == found["appId"])
    application["graph"] = {**application.get("graph", {}), **changes}


def _organizations(tenant: dict[str, Any]) -> list[dict[str, Any]]:
    domains = [
        {"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": index == 0, "isInitial": False, "name": name, "type": "Managed"}
        for index, name in enumerate(tenant["domains"])
    ]
    return [{"id": tenant["id"], "displayName": tenant["display_name"], "verifiedDomains": domains, "tenantType": "AAD"}]


def assignments(tenant: dict[str, Any], resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Who has which app role of a service principal: https://learn.microsoft.com/graph/api/resources/approleassignment."""
    by_id = {one["id"]: one for one in tenant["service_principals"]}
    return [
        {
            "id": str(uuid.uuid5(_NAMES, f"{one['principalId']} {one['appRoleId']}")),
            "principalType": "ServicePrincipal",
            "principalDisplayName": by_id.get(one["principalId"], {}).get("displayName"),
            "resourceId": resource["id"],
            "resourceDisplayName": resource["displayName"],
            **one,
        }
        for one in tenant.get("app_role_assignments", [])
        if one.get("resourceId", resource["id"]) == resource["id"]
    ]


def _store_nothing(tenant: dict[str, Any], found: dict[str, Any], changes: dict[str, Any]) -> None:
    raise AssertionError("an organization is only read")


ENTITY_SETS = {
    "serviceprincipals": EntitySet(
        "servicePrincipal",
        _READS,
        _WRITES,
        frozenset({"accountEnabled", "alternativeNames", "keyCredentials", "servicePrincipalNames", *_DESCRIPTIVE}),
        lambda tenant: list(tenant["service_principals"]),
        _store_principal,
    ),
    "applications": EntitySet(
        "application",
        _READS,
        _WRITES,
        frozenset({"identifierUris", "keyCredentials", *_DESCRIPTIVE}),
        lambda tenant: [_application(one) for one in tenant.get("applications", [])],
        _store_application,
    ),
    "organization": EntitySet("organization", _ORGANIZATION, frozenset(), frozenset(), _organizations, _store_nothing),
}
