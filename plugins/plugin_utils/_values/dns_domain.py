# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS domains by label: which host is in which domain, and which domains are Microsoft's own. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable

# Where Microsoft's services have their names, of all clouds, by the domain that Microsoft registered:
# https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges and the pages for the national clouds beside it;
# "microsoft" is a top-level domain (https://learn.microsoft.com/microsoft-365/enterprise/cloud-microsoft-domain).
MICROSOFT = (
    "azure.cn",
    "azure.com",
    "azure.net",
    "azure.us",
    "azureedge.net",
    "chinacloudapi.cn",
    "cloudapp.net",
    "hotmail.com",
    "live.com",
    "live.net",
    "lync.cn",
    "lync.com",
    "lyncmx.com",
    "microsoft",
    "microsoft.cn",
    "microsoft.com",
    "microsoft.us",
    "microsoftonline-p.com",
    "microsoftonline-p.net",
    "microsoftonline.cn",
    "microsoftonline.com",
    "microsoftonline.us",
    "msn.com",
    "office.com",
    "office.net",
    "office365.com",
    "office365.us",
    "onmicrosoft.cn",
    "onmicrosoft.com",
    "onmicrosoft.us",
    "onmschina.cn",
    "outlook.cn",
    "outlook.com",
    "sfbassets.com",
    "sharepoint.cn",
    "sharepoint.com",
    "sharepoint.us",
    "skype.com",
    "skypeforbusiness.com",
    "skypeforbusiness.us",
    "sovcloud-identity.de",
    "sovcloud-identity.fr",
    "sovcloud.de",
    "sovcloud.fr",
    "trafficmanager.net",
    "usgovcloudapi.net",
    "windows.com",
    "windows.net",
)


def in_domain(host: str, domain: str) -> bool:
    """Whether the host is the domain itself or below it, label by label: evilcontoso.com is not in contoso.com.

    The final dot of a whole name counts for nothing.
    """
    return f".{host.lower().removesuffix('.')}".endswith(f".{domain.lower()}")


def in_any(host: str, domains: Iterable[str]) -> bool:
    return any(in_domain(host, domain) for domain in domains)


def is_microsofts(host: str) -> bool:
    """Whether the host or domain is in a domain of Microsoft's, so that no farm's Web services can have it."""
    return in_any(host, MICROSOFT)
