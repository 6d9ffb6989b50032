# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of trust_proof say, checked before anything is contacted. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OAuthServer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import assertion, mailbox
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.assertion import Principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import AUTHORIZATION_SERVER, EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import (
    cloud_named,
    host_of,
    is_authorization_server,
    metadata_url,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import check_authorities
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, guid, host_name, https_url, is_guid, is_host_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint


@dataclass(frozen=True)
class ProofOptions:
    """hosts: names to prove, an empty one for an issuer without a name. metadata_url: None where only the farm can tell it.
    named: hosts that the options themselves name. doubt: why the farm's metadata URL is not to be asked, empty where nothing is known.
    servers: the farm's OAuth servers as onprem_info read them, None where it was not given. exchange: whether Exchange Online is asked too.
    """

    hosts: list[str]
    application_id: str
    tenant_id: str | None
    metadata_url: str | None
    cloud: str
    named: frozenset[str]
    doubt: str
    servers: list[OAuthServer] | None
    oauth_server_name: str
    realm: str | None
    audience: Principal | None
    resource: Principal
    endpoint: str | None
    thumbprint: str | None
    lifetime: int
    mailbox: Call | None
    exchange: bool

    @property
    def portions(self) -> list[list[str]]:
        """The hosts, as many at a time as the server signs for at once."""
        return [self.hosts[start : start + assertion.MOST_HOSTS] for start in range(0, len(self.hosts), assertion.MOST_HOSTS)]

    def may_be_asked(self, url: str) -> bool:
        """Whether what the farm signs may go to the host of this URL: an authorization server of the cloud, or one of the options."""
        return is_authorization_server(self.cloud, url) or host_of(url) in self.named

    def issuer(self, host: str, realm: str) -> str:
        """The name that is proved for a host; without one where that is empty."""
        return f"{self.application_id}{f'/{host}' if host else ''}@{realm}"

    @property
    def mailbox_address(self) -> str | None:
        return str(self.mailbox.parameters["SipUri"]) if self.mailbox else None

    @property
    def leaves_item(self) -> bool:
        """Whether a test that passes leaves its item in the mailbox."""
        return self.mailbox is not None and not self.mailbox.parameters["DeleteItem"]


def read_options(params: Mapping[str, Any]) -> ProofOptions:
    """The options of a task; InvalidOptionError for one that cannot be used."""
    check_authorities(params["ca_path"])
    tenant_id = guid("tenant_id", params["tenant_id"]) if params["tenant_id"] else None
    servers = _servers(params["current"])
    name = str(params["oauth_server_name"]).strip()
    if not name:
        raise InvalidOptionError("oauth_server_name", "it is empty", "the OAuth server's identity, such as microsoft.sts")
    return ProofOptions(
        hosts=_hosts(params["name"]),
        application_id=guid("application_id", params["application_id"]),
        tenant_id=tenant_id,
        metadata_url=_url(params, tenant_id, servers, name),
        cloud=params["cloud"],
        named=frozenset(host_of(https_url(one, params[one])) for one in ("metadata_url", "token_endpoint") if params[one]),
        doubt=str(params["metadata_doubt"] or "").strip(),
        servers=servers,
        oauth_server_name=name,
        realm=_realm(params["realm"]) if params["realm"] else None,
        audience=_audience(params["audience"]) if params["audience"] else None,
        resource=assertion.principal("resource", params["resource"]),
        endpoint=https_url("token_endpoint", params["token_endpoint"]) if params["token_endpoint"] else None,
        thumbprint=option_thumbprint("thumbprint", params["thumbprint"]) if params["thumbprint"] else None,
        lifetime=params["lifetime"],
        mailbox=_mailbox(params) if params["mailbox"] else None,
        exchange=_exchange(params),
    )


def _url(params: Mapping[str, Any], tenant_id: str | None, servers: list[OAuthServer] | None, name: str) -> str | None:
    """The farm's own URL wins over one that is made of the tenant's id, where the farm was read before."""
    if params["metadata_url"]:
        return https_url("metadata_url", params["metadata_url"])
    own = oauth_server.find(servers or [], name)
    if own and own["metadata_url"]:
        return own["metadata_url"]
    return metadata_url(params["cloud"], tenant_id) if tenant_id else None


def _servers(current: Mapping[str, Any] | None) -> list[OAuthServer] | None:
    if current is None:
        return None
    if "management_module" not in current:
        raise InvalidOptionError("current", "it is no result of onprem_info", "the whole registered result of onprem_info")
    return current.get("oauth_servers")


def _hosts(names: list[str] | None) -> list[str]:
    return list(dict.fromkeys(host_name("name", name) for name in names or [])) or [""]


def _realm(value: str) -> str:
    text = bare(value).lower()
    if not is_guid(text) and not is_host_name(text):
        raise InvalidOptionError("realm", f"{str(value)!r} is no realm", "the tenant's id, or a domain")
    return text


def _audience(value: str) -> Principal:
    audience = assertion.principal("audience", value)
    if audience.application != AUTHORIZATION_SERVER or audience.realm:
        expected = f"{AUTHORIZATION_SERVER}/<host name>; the realm is added"
        raise InvalidOptionError("audience", f"{str(value)!r} is not the authorization server, which is all that is signed for", expected)
    return audience


def _exchange(params: Mapping[str, Any]) -> bool:
    """Whether Exchange Online is to be asked: with a token that is for it, and over a way that nobody can read."""
    if not params["exchange"]:
        return False
    if not params["validate_certs"]:
        raise InvalidOptionError(
            "exchange", "validate_certs is false, so others could use the token", "verified TLS, with ca_path if need be"
        )
    host, resource = cloud_named(params["cloud"]).exchange_host, assertion.principal("resource", params["resource"])
    if resource.application != EXCHANGE_ONLINE or resource.host != host:
        problem = f"the token would be for {params['resource']}, and only Exchange Online of the cloud {params['cloud']} is asked"
        raise InvalidOptionError("exchange", problem, f"the resource {EXCHANGE_ONLINE}/{host}")
    return True


def _mailbox(params: Mapping[str, Any]) -> Call:
    host = params["mailbox_storage_host"]
    return mailbox.call(
        mailbox.sip_uri("mailbox", params["mailbox"]),
        params["mailbox_binding"],
        params["mailbox_delete_item"],
        params["mailbox_folder"],
        host_name("mailbox_storage_host", host) if host else None,
    )
