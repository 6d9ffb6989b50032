# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a deployment has a trust already, by what the farm and the tenant show. Private to the collection.

A run that nobody asked for, such as a scheduled roll, needs more of it than one that an administrator starts to set the trust up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server, partner_application
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import ownership, usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Obstacle, Tenant, Unread
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings


def is_there(settings: Settings, deployment: Deployment, tenant: Tenant) -> bool:
    """Whether the tenant holds a certificate of the farm, or the farm's OAuth server of the trust's name is that tenant's."""
    server = _server(settings, deployment)
    wanted = settings.metadata_url
    return holds_any(settings, deployment, tenant) or (server is not None and ownership.is_tenants(server, tenant.tenant_id, wanted))


def absent_obstacles(settings: Settings, deployment: Deployment, tenant: Tenant | Unread) -> list[Obstacle]:
    """That there is no trust: nothing of it is on the farm, or the tenant has none of the farm's certificates and half of it is gone."""
    farm = deployment.leading
    if isinstance(farm, Unread) or isinstance(tenant, Unread) or "oauth_servers" not in farm or "partner_applications" not in farm:
        return []
    application, server = settings.partner_application_name, settings.oauth_server_name
    gone = {
        f"no partner application {application}": partner_application.find(farm["partner_applications"], application) is None,
        f"no OAuth server {server}": _server(settings, deployment) is None,
    }
    held = holds_any(settings, deployment, tenant)
    if not any(gone.values()) or (held and not all(gone.values())):
        return []
    lacks = " and ".join(words for words, absent in gone.items() if absent)
    return [
        Obstacle(
            deployment.subject,
            f"Deployment {deployment.name}: there is no trust to roll the certificate of: the farm has {lacks}"
            f"{'' if held else ', and the tenant has none of its certificates'}.",
            "To set the trust up, run sfb.hybrid_auth.configure; where it was removed on purpose, take the deployment out of the schedule "
            "of sfb.hybrid_auth.rotate.",
        )
    ]


def holds_any(settings: Settings, deployment: Deployment, tenant: Tenant) -> bool:
    """Whether an entry of the service principals is of a certificate that signs, is to sign or signed before on a server."""
    ours = usable.farms_certificates(deployment.read.values())
    principals = tenant.principals["service_principals"]
    return any(
        key["thumbprint"] in ours for one in principals if one["app_id"] in settings.credential_app_ids for key in one["key_credentials"]
    )


def _server(settings: Settings, deployment: Deployment) -> Mapping[str, Any] | None:
    farm = deployment.leading
    return None if isinstance(farm, Unread) else oauth_server.find(farm.get("oauth_servers") or [], settings.oauth_server_name)
