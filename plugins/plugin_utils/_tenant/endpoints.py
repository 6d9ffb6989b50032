# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where sign-in and Microsoft Graph are, as the options say, checked before anything is contacted. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named, clouds_of_graph, clouds_of_login
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.controller_file import check_authorities
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, https_url, is_guid, is_host_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_NOT_VERIFIED = "TLS certificates are not verified (validate_certs is false): anyone on the way can read and change the sign-in."
_DECLARED = (
    "Secrets go to {} and tokens to {}, of which nothing but own_endpoints shows that they belong together. "
    "Who runs either can act with the application's rights."
)


@dataclass(frozen=True)
class Endpoints:
    """Where sign-in and Graph are, without a final slash, and how TLS is verified.

    own: whether the options declare that the two belong together.
    """

    cloud: str
    login_url: str
    graph_url: str
    validate_certs: bool
    ca_path: str | None
    own: bool = False

    @property
    def warnings(self) -> list[str]:
        said = [_DECLARED.format(self.login_url, self.graph_url)] if self.declared else []
        return [*([] if self.validate_certs else [_NOT_VERIFIED]), *said]

    @property
    def declared(self) -> bool:
        """Whether nothing but the options shows that the two belong together."""
        return self.own and not self.belong_together

    @property
    def belong_together(self) -> bool:
        """Whether the two are of one Microsoft cloud, or both of none and on one host, whatever their ports."""
        login, graph = clouds_of_login(self.login_url), clouds_of_graph(self.graph_url)
        if login or graph:
            return bool(login & graph)
        return urlsplit(self.login_url).hostname == urlsplit(self.graph_url).hostname


def endpoints(params: Mapping[str, Any]) -> Endpoints:
    """The endpoints that the options name; InvalidOptionError where one cannot be used."""
    cloud = cloud_named(params["cloud"])
    ca_path = params.get("ca_path") or None
    check_authorities(ca_path)
    urls = {name: https_url(name, params[name]) if params.get(name) else getattr(cloud, name) for name in ("login_url", "graph_url")}
    return Endpoints(
        cloud=cloud.name,
        login_url=urls["login_url"].rstrip("/"),
        graph_url=urls["graph_url"].rstrip("/").removesuffix("/v1.0"),
        validate_certs=bool(params["validate_certs"]),
        ca_path=ca_path,
        own=bool(params.get("own_endpoints")),
    )


def tenant_name(option: str, value: str) -> str:
    """The tenant's id or domain in lower case; InvalidOptionError if it is neither."""
    text = bare(value).lower()
    if is_guid(text) or is_host_name(text):
        return text
    raise InvalidOptionError(
        option, f"{str(value)!r} names no tenant", "the tenant's id (a GUID) or one of its verified domains such as contoso.com"
    )


def check_pair(params: Mapping[str, Any], where: Endpoints) -> None:
    """HybridAuthError or InvalidOptionError where a credential sent to login_url would be for a Graph that is not its own.

    The two must belong together, or be declared to. An endpoint of no cloud is taken only where both are given.
    """
    login, graph = clouds_of_login(where.login_url), clouds_of_graph(where.graph_url)
    if login and graph and not login & graph:
        raise HybridAuthError(
            f"Sign-in at {where.login_url} ({_names(login)}) gives no token for {where.graph_url} ({_names(graph)}). Nothing was sent.",
            f"Set {options('cloud')} to the tenant's cloud, and leave out {options('login_url', 'graph_url')}; in the environment they are "
            "SFB_LOGIN_URL and SFB_GRAPH_URL.",
        )
    for given, other in (("login_url", "graph_url"), ("graph_url", "login_url")):
        if bool(login) != bool(graph) and params.get(given) and not params.get(other):
            raise InvalidOptionError(
                other,
                f"it is not set, but {options(given)} is an endpoint of no Microsoft cloud, and the two go together",
                f"the {'Microsoft Graph' if other == 'graph_url' else 'sign-in'} endpoint that belongs to {getattr(where, given)}",
            )
    if not where.belong_together and not where.own:
        raise HybridAuthError(
            f"Nothing shows that the sign-in at {where.login_url} belongs to {where.graph_url}. Nothing was sent.",
            f"Correct {options('login_url', 'graph_url')}; in the environment they are SFB_LOGIN_URL and SFB_GRAPH_URL. "
            f"If the two are a pair of your own, such as gateways, declare it with {options('own_endpoints')}.",
        )


def _names(clouds: frozenset[str]) -> str:
    return f"cloud {' or '.join(sorted(clouds))}"
