# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ready access token, and the checks of every token that was not asked for by the collection itself. Private to the collection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken, claims_of, ready_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.seal import is_sealed, unseal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in.method import Method, lacking
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.token_answer import sendable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import MICROSOFT_GRAPH
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import clouds_of_graph, clouds_of_login, host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import bare, is_guid, same_text, same_url
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import TENANT, options

# What a token is called that the collection did not get itself.
_GIVEN = "The access token"


@dataclass(frozen=True)
class ReadyToken(Method):
    """A token that is there already: from graph_token, or from elsewhere."""

    source: ClassVar[str] = "access_token"
    token: AccessToken

    @classmethod
    def validate(cls, params: Mapping[str, Any], where: Endpoints) -> ReadyToken:
        if not params.get("access_token"):
            raise lacking("access_token", "AZURE_ACCESS_TOKEN")
        text, tenant = bare(params["access_token"]), params.get("tenant")
        if not sendable(text):
            raise InvalidOptionError(
                "access_token", "it holds blanks or characters that no token has", "an access token for Microsoft Graph"
            )
        # What was sealed was got for this Graph, whatever it says of itself.
        token = unseal(text, where, tenant) if is_sealed(text) else of_its_cloud(ready_token(text), where)
        return cls(usable(token, where, tenant))

    @property
    def description(self) -> str:
        return f"a ready access token for {'an unknown tenant' if self.token.tenant_id is None else f'tenant {self.token.tenant_id}'}"

    def authenticate(self, where: Endpoints, secrets: set[str]) -> AccessToken:
        secrets.add(self.token.value)
        return self.token


def usable(token: AccessToken, where: Endpoints, tenant: str | None, subject: str = _GIVEN) -> AccessToken:
    """The token; HybridAuthError where it is over, or for another endpoint or tenant, as far as it tells.

    tenant: what the option says; a domain cannot be compared with the id in the token.
    """
    if token.expires is not None and token.expires <= time.time():
        place = f" for {options('access_token')}, in the environment AZURE_ACCESS_TOKEN" if subject == _GIVEN else ""
        raise HybridAuthError(f"{subject} expired on {token.expires_text}.", f"Get a new one{place}, for example with graph_token.")
    audiences = _audiences(claims_of(token.value))
    if audiences and not any(same_text(one, MICROSOFT_GRAPH) or same_url(one.rstrip("/"), where.graph_url) for one in audiences):
        raise HybridAuthError(
            f"{subject} is for {' and '.join(audiences)}, but the task is to talk to {where.graph_url}. It was not sent.",
            f"Get a token for {where.graph_url}, or set {options('cloud')} to the cloud that the token is of.",
        )
    wanted = bare(tenant or "").lower()
    if token.tenant_id and is_guid(wanted) and token.tenant_id != wanted:
        raise HybridAuthError(
            f"{subject} is for tenant {token.tenant_id}, but {options('tenant')} is {wanted}. It was not sent.",
            f"Sign in to that tenant, or correct {TENANT}, in the environment AZURE_TENANT.",
        )
    return token


def of_its_cloud(token: AccessToken, where: Endpoints, subject: str = _GIVEN) -> AccessToken:
    """The token; HybridAuthError where it names no Graph by its URL, and nothing else shows that it is of the endpoint's cloud.

    Microsoft Graph's id as the audience is the same in each cloud, so the issuer tells; one that names no audience goes with the pair of
    endpoints. Issuers: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference (iss)
    """
    claims = claims_of(token.value)
    issuer, audiences = claims.get("iss"), _audiences(claims)
    if where.declared or (audiences and not any(same_text(one, MICROSOFT_GRAPH) for one in audiences)):
        return token
    graph = clouds_of_graph(where.graph_url)
    if not audiences:
        right, reason = where.belong_together, "names no audience"
    else:
        named = clouds_of_login(str(issuer)) if issuer else frozenset()
        own = not named and not graph and where.belong_together and host_of(str(issuer)) == host_of(where.login_url)
        right = bool(named & graph) or own or (bool(graph) and not issuer)
        reason = f"is for Microsoft Graph by its id, and its issuer is {issuer or 'not named'}"
    if not right:
        raise HybridAuthError(
            f"{subject} {reason}, so nothing shows that it is for {where.graph_url}. It was not sent.",
            f"Get a token for {where.graph_url} by its URL, or set {options('cloud')} to the cloud that the token is of. If "
            f"{options('login_url', 'graph_url')} are a pair of your own, declare it with {options('own_endpoints')}.",
        )
    return token


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    audience = claims.get("aud")
    return [str(one) for one in (audience if isinstance(audience, list) else [audience] if audience else [])]
