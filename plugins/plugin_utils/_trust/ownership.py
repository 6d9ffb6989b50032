# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the OAuth server of the trust's name is: the one answer for what would replace it and for what would remove it.

Where Microsoft documents the metadata, its URL says by an id whose it is, and the realm is the tenant's id:
https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment. Private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.dns_domain import is_microsofts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import is_guid, same_text, same_url, url_parts

# The end of the path of the metadata that the documented procedure names.
_OF_THE_TRUST = "/metadata/json/1"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def anothers(server: Mapping[str, Any], tenant_id: str, wanted_url: str | None) -> str | None:
    """What of an OAuth server is another tenant's or another service's, in words; None where nothing is.

    tenant_id: in lower case. wanted_url: of the tenant's metadata, None where it is not known.
    """
    url, realm = str(server["metadata_url"] or ""), str(server["realm"] or "")
    host, ids = url_parts(url).hostname or "", _GUID.findall(url.lower())
    foreign = bool(ids and tenant_id not in ids) or bool(host and not is_microsofts(host))
    words = [f"metadata URL {url}"] if foreign and not _is_wanted(url, wanted_url) else []
    words += [f"realm {realm}"] if is_guid(realm) and realm.lower() != tenant_id else []
    return " and ".join(words) or None


def other_use(server: Mapping[str, Any], clients: str | None, *, for_clients: bool) -> str | None:
    """For what else an OAuth server is there than it is wanted for, as a clause about its metadata; None for nothing.

    clients: the server that clients are sent to. for_clients: whether it is wanted for them, and not for the trust between servers.
    """
    url = str(server["metadata_url"] or "")
    if for_clients:
        return "that of the trust between servers" if is_of_the_trust(url) else None
    used = same_text(clients, server["identity"]) and oauth_server.is_federation_metadata(url)
    return "which clients are sent to" if used else None


def is_of_the_trust(url: str) -> bool:
    """Whether a metadata URL is such as the documented procedure names for the trust between servers."""
    return url_parts(url).path.lower().endswith(_OF_THE_TRUST)


def is_tenants(server: Mapping[str, Any], tenant_id: str, wanted_url: str | None) -> bool:
    """Whether its metadata URL or its realm says that an OAuth server is the tenant's, and neither that it is another's."""
    url = str(server["metadata_url"] or "")
    named = _is_wanted(url, wanted_url) or tenant_id in _GUID.findall(url.lower()) or same_text(server["realm"], tenant_id)
    return named and anothers(server, tenant_id, wanted_url) is None


def _is_wanted(url: str, wanted_url: str | None) -> bool:
    return wanted_url is not None and same_url(url, wanted_url)
