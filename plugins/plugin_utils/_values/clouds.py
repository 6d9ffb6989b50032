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
 - Federation metadata for hybrid modern authentication, global:
   https://learn.microsoft.com/microsoft-365/enterprise/configure-skype-for-business-for-hybrid-modern-authentication
   No page gives the URL for another cloud, so there it must be given by the user.
 - Further sign-in hosts of a cloud (China's is named login.chinacloudapi.cn by https://learn.microsoft.com/graph/deployments): the
   well-known authority hosts of MSAL for Python, https://github.com/AzureAD/microsoft-authentication-library-for-python.
 - Audiences of federated credentials: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 - Hosts of Exchange Online: Microsoft's scripts for Exchange, Shared/AzureFunctions/Get-CloudServiceEndpoint.ps1 of
   https://github.com/microsoft/CSS-Exchange; outlook.office365.com is the host that the
   resource of a token is named after, as servicePrincipalNames of the Exchange Online principal have it
 - Names in AZURE_CLOUD_ENVIRONMENT: the option cloud_environment of azure.azcollection,
   https://docs.ansible.com/ansible/latest/collections/azure/azcollection/
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.dns_domain import in_any
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import url_parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_ACS_METADATA = "https://accounts.accesscontrol.windows.net/{tenant_id}/metadata/json/1"
_US_GOVERNMENT_METADATA = "https://login.microsoftonline.us/{tenant_id}/metadata/json/1"
_FEDERATION_METADATA = "https://login.windows.net/common/FederationMetadata/2007-06/FederationMetadata.xml"
_GLOBAL_LOGIN = ("login.microsoft.com", "login.windows.net", "sts.windows.net")
_US_GOVERNMENT_LOGIN = ("login.usgovcloudapi.net",)
_CHINA_LOGIN = ("login.chinacloudapi.cn",)
# What the names of Exchange Online's hosts end with. In the last ones are tenants' own domains, whose Autodiscover is its.
_EXCHANGE_DOMAINS = (
    *("outlook.com", "outlook.office.com", "outlook.office365.com", "office365.us", "partner.outlook.cn"),
    *("onmicrosoft.com", "onmicrosoft.us", "onmicrosoft.cn", "onmschina.cn"),
)


@dataclass(frozen=True)
class Cloud:
    """One Microsoft cloud. URLs have no final slash.

    metadata_template: the URL of the authorization server's metadata with {tenant_id}, or None where it is not documented.
    federation_audience: what an identity provider's token is for when Entra ID takes it as a federated credential.
    other_login_hosts: hosts that sign in to this cloud too.
    exchange_host: where Exchange Online is asked.
    federation_metadata: the metadata for hybrid modern authentication, or None where its URL is not documented.
    """

    name: str
    login_url: str
    graph_url: str
    metadata_template: str | None
    federation_audience: str
    other_login_hosts: tuple[str, ...]
    exchange_host: str
    federation_metadata: str | None = None


_TABLE = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "global",
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            _ACS_METADATA,
            "api://AzureADTokenExchange",
            _GLOBAL_LOGIN,
            "outlook.office365.com",
            _FEDERATION_METADATA,
        ),
        Cloud(
            "gcc",
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            _ACS_METADATA,
            "api://AzureADTokenExchange",
            _GLOBAL_LOGIN,
            "outlook.office365.com",
            _FEDERATION_METADATA,
        ),
        Cloud(
            "gcc_high",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            _US_GOVERNMENT_METADATA,
            "api://AzureADTokenExchangeUSGov",
            _US_GOVERNMENT_LOGIN,
            "outlook.office365.us",
        ),
        Cloud(
            "dod",
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us",
            _US_GOVERNMENT_METADATA,
            "api://AzureADTokenExchangeUSGov",
            _US_GOVERNMENT_LOGIN,
            "outlook-dod.office365.us",
        ),
        Cloud(
            "china",
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            None,
            "api://AzureADTokenExchangeChina",
            _CHINA_LOGIN,
            "partner.outlook.cn",
        ),
    )
}

CLOUDS = tuple(_TABLE)
_IN_ENVIRONMENT = {"azurecloud": "global", "azureusgovernment": "gcc_high", "azurechinacloud": "china", **{name: name for name in CLOUDS}}


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
            f"Give {options('metadata_url')} with the URL that Microsoft or your operator named for your tenant.",
            option="metadata_url",
        )
    return template.format(tenant_id=tenant_id)


def named_in_environment(variable: str, value: str) -> str:
    """The name of the cloud that an environment variable names as azure.azcollection does; HybridAuthError for what cannot be one.

    AzureUSGovernment is GCC High: the name says nothing of DoD, which has a Graph of its own.
    """
    text = value.strip()
    try:
        return _IN_ENVIRONMENT[text.lower()]
    except KeyError:
        pass
    if "://" in text:
        raise HybridAuthError(
            f"The environment variable {variable} holds the URL {text}. Such a URL describes an Azure Stack, which has no Microsoft 365.",
            f"Set {options('cloud')} to one of {', '.join(CLOUDS)}, or for other endpoints {options('login_url', 'graph_url')} beside it.",
        )
    raise HybridAuthError(
        f"The environment variable {variable} names the cloud {text!r}, which is not known.",
        f"Set it to AzureCloud, AzureUSGovernment or AzureChinaCloud, or set {options('cloud')} to one of {', '.join(CLOUDS)}.",
    )


def host_of(url: str) -> str:
    """Host and port of an https URL, in lower case and without the port that is meant by itself; empty for what is no URL."""
    return url_parts(url).netloc.lower().removesuffix(":443")


def is_authorization_server(cloud: str, url: str) -> bool:
    """Whether the host of this URL gives tokens in the cloud: that of the metadata, or one that signs in."""
    of = cloud_named(cloud)
    return host_of(url) in (host_of(of.metadata_template or of.login_url), host_of(of.login_url), *of.other_login_hosts)


def clouds_of_login(url: str) -> frozenset[str]:
    """The names of the clouds that the host of this URL signs in to; empty for a host of no cloud."""
    host = host_of(url)
    return frozenset(cloud.name for cloud in _TABLE.values() if host in (urlsplit(cloud.login_url).netloc, *cloud.other_login_hosts))


def clouds_of_graph(url: str) -> frozenset[str]:
    """The names of the clouds whose Microsoft Graph the host of this URL is; empty for a host of no cloud."""
    host = host_of(url)
    return frozenset(cloud.name for cloud in _TABLE.values() if host == urlsplit(cloud.graph_url).netloc)


def is_exchange_online(url: str) -> bool:
    """Whether the host of this URL is of Exchange Online, in whichever cloud."""
    return in_any(url_parts(url).hostname or "", _EXCHANGE_DOMAINS)
