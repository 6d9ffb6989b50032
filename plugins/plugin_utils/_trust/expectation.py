# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit expects, and how it has the trust proved: from the settings, and from what the tenant is. Private to the collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import discovery
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.plan import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Tenant, Unread
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named

_SETTINGS = {
    "metadata_url": "metadata_url",
    "modern_authentication_metadata_url": "modern_authentication_metadata_url",
    "oauth_server_name": "oauth_server_name",
    "partner_application_name": "partner_application_name",
    "exchange_application_id": "exchange_application_id",
    "skype_application_id": "skype_application_id",
    "partner_application_trust_level": "trust_level",
    "service_name": "service_name",
    "exchange_autodiscover_url": "exchange_autodiscover_url",
    "exchange_credential": "exchange_credential",
    "exchange_enabled": "exchange_enabled",
    "dedicated_application": "dedicated_application",
    "known_names": "known_names",
    "known_thumbprints": "known_thumbprints",
    "allowed_partner_applications": "allowed_partner_applications",
    "ending_soon_days": "ending_soon_days",
    "fail_days": "fail_days",
    "rotation_overlap_days": "overlap_days",
}


def expected(settings: Settings, tenant: Tenant | Unread) -> dict[str, Any]:
    """The option expected of trust_audit: what is given, and no nulls."""
    facts = settings.as_facts()
    options: dict[str, Any] = {option: facts[name] for name, option in _SETTINGS.items()}
    options["external_fqdns"] = discovery.hosts_of(settings.skype_application_id, settings.external_fqdns)
    options["onprem_applications"] = [one.shown for one in settings.onprem_applications]
    options["name_forms"] = list(settings.name_forms)
    options["tenant_id"] = settings.tenant_id if isinstance(tenant, Unread) else tenant.tenant_id
    options["cloud"] = settings.cloud if isinstance(tenant, Unread) else tenant.cloud
    # An empty URL is one that was asked to be cleared.
    return {name: value for name, value in options.items() if value not in (None, [], {})}


def proof(settings: Settings, tenant: Tenant | Unread, facts: Facts) -> dict[str, Any]:
    """The options of trust_proof."""
    cloud = settings.cloud if isinstance(tenant, Unread) else tenant.cloud
    exchange: dict[str, Any] = {"exchange": True} if settings.prove_exchange else {}
    if exchange and cloud:  # a token that is shown to Exchange Online must be for the cloud's own
        exchange["resource"] = f"{EXCHANGE_ONLINE}/{cloud_named(cloud).exchange_host}"
    return {
        "name": list(settings.external_fqdns or facts.external_fqdns),
        "tenant_id": None if isinstance(tenant, Unread) else tenant.tenant_id,
        "cloud": cloud,
        "metadata_url": settings.metadata_url or None,
        "oauth_server_name": settings.oauth_server_name,
        "application_id": settings.skype_application_id,
        "ca_path": settings.ca_path,
        "validate_certs": settings.validate_certs,
        **exchange,
    }
