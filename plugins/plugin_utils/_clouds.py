# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Microsoft clouds: hosts for sign-in and Microsoft Graph, and where the authorization server's metadata is. Private to the collection.

Sources of the values:
 - Microsoft Graph and sign-in hosts: https://learn.microsoft.com/graph/deployments and
   https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud (the latter names
   login.partner.microsoftonline.cn as the sign-in host of the cloud in China).
 - Metadata of the authorization server, global:
   https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
 - Metadata of the authorization server, US Government:
   https://learn.microsoft.com/exchange/configure-oauth-authentication-between-exchange-and-exchange-online-organizations-exchange-2013-help
 - Metadata of the authorization server, China: no page of Microsoft gives the URL, so it must be given by the user.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import HybridAuthError

_ACS_METADATA = "https://accounts.accesscontrol.windows.net/{tenant_id}/metadata/json/1"
_US_GOVERNMENT_METADATA = "https://login.microsoftonline.us/{tenant_id}/metadata/json/1"


@dataclass(frozen=True)
class Cloud:
    """One Microsoft cloud. URLs have no final slash.

    metadata_template: the URL of the authorization server's metadata with {tenant_id}, or None where it is not documented.
    """

    name: str
    login_url: str
    graph_url: str
    metadata_template: str | None


_TABLE = {
    cloud.name: cloud
    for cloud in (
        Cloud("global", "https://login.microsoftonline.com", "https://graph.microsoft.com", _ACS_METADATA),
        Cloud("gcc", "https://login.microsoftonline.com", "https://graph.microsoft.com", _ACS_METADATA),
        Cloud("gcc_high", "https://login.microsoftonline.us", "https://graph.microsoft.us", _US_GOVERNMENT_METADATA),
        Cloud("dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us", _US_GOVERNMENT_METADATA),
        Cloud("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn", None),
    )
}


def cloud_named(name: str) -> Cloud:
    """The cloud of that name; HybridAuthError if there is none."""
    try:
        return _TABLE[name]
    except KeyError:
        raise HybridAuthError(f"There is no cloud {name!r}.", f"Use one of {', '.join(_TABLE)}.") from None


def metadata_url(cloud: str, tenant_id: str) -> str:
    """The URL of the authorization server's metadata for a tenant (a GUID); HybridAuthError where the cloud's URL is not documented."""
    template = cloud_named(cloud).metadata_template
    if template is None:
        raise HybridAuthError(
            f"The metadata URL of the authorization server in the cloud {cloud!r} is not documented by Microsoft.",
            "Give the option 'metadata_url' with the URL that Microsoft or your operator named for your tenant.",
            option="metadata_url",
        )
    return template.format(tenant_id=tenant_id)
