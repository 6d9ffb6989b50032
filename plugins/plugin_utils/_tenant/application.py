# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's own applications that may open every mailbox, and the one that an administrator names. Private to the collection.

They are told by the app role that Exchange Online's service principal has granted, and not by their names:
https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import federated_credential, shapes
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.graph import Graph, GraphError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import (
    APPLICATIONS,
    PRINCIPALS,
    ServicePrincipal,
    from_graph,
    identified,
    listed,
    read_if_there,
    selection,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, FULL_ACCESS_AS_APP
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, same_text

_ACCESS, _KIND = "requiredResourceAccess", "servicePrincipalType"


@dataclass(frozen=True)
class Application:
    """An application object of the tenant with its service principal, None where there is none. granted, requested: full_access_as_app."""

    entity: ServicePrincipal
    federated: tuple[shapes.FederatedCredential, ...]
    principal: ServicePrincipal | None
    granted: bool
    requested: bool
    named: bool

    def info(self, now: datetime) -> shapes.Application:
        """The shape that sp_info returns."""
        return {
            **keys_of(self.entity, now),
            "federated_credentials": [one.copy() for one in self.federated],
            "service_principal": self.principal.info(now) if self.principal else None,
            "full_access_granted": self.granted,
            "full_access_requested": self.requested,
            "named": self.named,
        }


def keys_of(entity: ServicePrincipal, now: datetime) -> shapes.ApplicationKeys:
    """What is told of an application object itself. now: an aware time."""
    told = entity.info(now)
    return {
        "app_id": told["app_id"],
        "id": told["id"],
        "display_name": told["display_name"],
        "key_credentials": told["key_credentials"],
        "password_credentials": told["password_credentials"],
    }


def read(graph: Graph, named: str | None) -> tuple[list[Application], list[shapes.Identity]]:
    """The applications of this tenant with full_access_as_app, and those that the text names, with all that signs in as them.

    The second list has the service principals with that permission and without an application object here, such as managed identities.

    named: a display name, an application id or the id of an application object. One request tells who has the permission, two for each
    15 of them are for the objects, and one for each that has certificates.
    """
    granted = _granted(graph)
    principals = listed(graph, PRINCIPALS, "id", granted, _KIND) if granted else []
    app_ids = [str(one.get("appId")) for one in principals]
    entries = (
        federated_credential.expanded(lambda options: listed(graph, APPLICATIONS, "appId", app_ids, _ACCESS, options=options))
        if app_ids
        else []
    )
    chosen = [] if named is None else federated_credential.expanded(lambda options: _named(graph, named, entries, options))
    owned = {str(one.get("appId")) for one in (*entries, *chosen)}
    identities = [_identity(one) for one in principals if str(one.get("appId")) not in owned]
    missing = [str(one.get("appId")) for one in chosen if str(one.get("appId")) not in app_ids]
    principals += listed(graph, PRINCIPALS, "appId", missing) if missing else []
    ids = {str(one.get("id")) for one in chosen}
    whole = {str(one.get("id")): one for one in (*entries, *chosen)}
    found = [from_graph(one, APPLICATIONS) for one in whole.values()]
    by_id = {one.app_id: one for one in map(from_graph, principals)}
    applications = [
        Application(
            entity=identified(graph, one),
            federated=tuple(federated_credential.read(graph, whole[one.id])),
            principal=identified(graph, by_id[one.app_id]) if one.app_id in by_id else None,
            granted=one.app_id in by_id and by_id[one.app_id].id in granted,
            requested=_requests(whole[one.id]),
            named=one.id in ids,
        )
        for one in sorted(found, key=lambda one: one.app_id)
    ]
    return applications, sorted(identities, key=lambda one: one["app_id"])


def _identity(entry: Mapping[str, Any]) -> shapes.Identity:
    principal, kind = from_graph(entry), entry.get(_KIND)
    return {
        "app_id": principal.app_id,
        "id": principal.id,
        "display_name": principal.display_name,
        "type": kind if isinstance(kind, str) else None,
        "account_enabled": principal.account_enabled,
    }


def _granted(graph: Graph) -> list[str]:
    """The ids of the service principals that have the permission; none where the tenant has no Exchange Online."""
    path = f"servicePrincipals(appId='{EXCHANGE_ONLINE}')/appRoleAssignedTo"
    try:
        assigned = graph.read_list(path, f"the app roles of {EXCHANGE_ONLINE}", {"$select": "appRoleId,principalId", "$top": "999"})
    except GraphError as exc:
        if exc.status == 404:
            return []
        raise
    found = (str(one.get("principalId")) for one in assigned if same_text(str(one.get("appRoleId")), FULL_ACCESS_AS_APP))
    return [one for one in dict.fromkeys(found) if is_guid(one)]


def _named(graph: Graph, named: str, known: Iterable[Mapping[str, Any]], options: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The applications that the text names, of those known where one of them is, or as Graph tells; several may have one display name.

    options: query options beside $filter and $select.
    """
    query = {"$select": selection(APPLICATIONS, _ACCESS), **options}
    if not is_guid(named):
        quoted = named.replace("'", "''")
        return list(graph.read_list(APPLICATIONS, f"applications named {named}", {"$filter": f"displayName eq '{quoted}'", **query}))
    there = [one for one in known if same_text(one.get("appId"), named) or same_text(one.get("id"), named)]
    if there:
        return there
    paths = (f"{APPLICATIONS}(appId='{named}')", f"{APPLICATIONS}/{named}")
    found = next((one for path in paths if (one := read_if_there(graph, path, f"application {named}", query)) is not None), None)
    return [] if found is None else [found]


def _requests(entry: Mapping[str, Any]) -> bool:
    """Whether it asks for the permission (requiredResourceAccess), which is not whether it has it."""
    resources = entry.get(_ACCESS)
    return any(
        same_text(access.get("id"), FULL_ACCESS_AS_APP)
        for resource in (resources if isinstance(resources, list) else [])
        if isinstance(resource, Mapping) and isinstance(resource.get("resourceAccess"), list)
        for access in resource["resourceAccess"]
        if isinstance(access, Mapping)
    )
