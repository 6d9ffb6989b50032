# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authorization server's own words: its metadata document, and its answer to an assertion. Private to the collection.

The exchange is a form with the grant type of an early draft of RFC 7523, the assertion, and the resource that the token is for, as a
published client of the same endpoint sends it (https://github.com/auth0/node-waad, lib/auth.js). The server-to-server protocol as such is
[MS-SPS2SAUTH], https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-sps2sauth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import assertion
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.assertion import Principal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.options import ProofOptions
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import Verdict
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, json_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import AUTHORIZATION_SERVER
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import http_date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import https_url, is_guid, is_host_name

GRANT_TYPE = "http://oauth.net/grant_type/jwt/1.0/bearer"
_NO_SUCH_TENANT = (400, 404)
CORRECT_URL = "Correct the metadata URL with sfb.hybrid_auth.configure (trust_metadata_url) or oauth_server, and prove again."
_CHECK_URL = "Check metadata_url, and that no proxy answers in its place."


@dataclass(frozen=True)
class Metadata:
    """What the document says: the tenant's realm, where assertions go (None: no such endpoint), and the audience they must name."""

    realm: str
    endpoint: str | None
    audience: Principal | None


@dataclass(frozen=True)
class Way:
    """Where and as what to ask: the realm of issuer and audience, the endpoint, the audience's host, and the whole resource."""

    realm: str
    endpoint: str
    audience_host: str
    resource: str


@dataclass(frozen=True)
class Answer:
    """status: HTTP's. content: the parsed JSON, None if it is none. date: the service's clock, None where it does not tell."""

    status: int
    content: Any
    date: datetime | None


class TokenService:
    """Talks to the service over verified TLS, unless the options say otherwise. HybridAuthError where it cannot be reached."""

    def __init__(self, *, validate_certs: bool, ca_path: str | None) -> None:
        self._session = HttpSession(validate_certs=validate_certs, ca_path=ca_path)

    def metadata(self, url: str) -> Answer:
        """The answer at a metadata URL. It decides where assertions go, so it counts only if all of the way to it was https."""
        https_url("metadata_url", url)
        response = self._session.get(url, headers={"Accept": "application/json"})
        if not str(response.url).lower().startswith("https://"):
            raise HybridAuthError(f"{url} leads to {response.url}, which is not https.", "Give metadata_url, or correct the OAuth server.")
        return _answer(response)

    def exchange(self, endpoint: str, assertion: str, resource: str) -> Answer:
        """The answer to an assertion; it is sent to no other place that the endpoint may point to."""
        form = {"grant_type": GRANT_TYPE, "assertion": assertion, "resource": resource}
        return _answer(self._session.post(endpoint, data=form, headers={"Accept": "application/json"}))


def way(answer: Answer, url: str, options: ProofOptions) -> Way | Verdict:
    """What the document at the URL and the options say together; where that is not enough, the verdict."""
    document = read_metadata(answer.content) if answer.status == 200 else None
    if answer.status in _NO_SUCH_TENANT:
        return Verdict(
            "wrong_tenant",
            f"The authorization server has no metadata for the tenant in {url}: it answered {answer.status}.",
            "Check tenant_id and metadata_url, and the metadata URL of the farm's OAuth server (oauth_server).",
        )
    if document is None:
        return Verdict("not_known", f"{url} answered {answer.status}, and with no metadata document.", _CHECK_URL)
    if options.tenant_id and is_guid(document.realm) and document.realm != options.tenant_id:
        return Verdict(
            "wrong_tenant",
            f"The metadata document at {url} is of the tenant {document.realm}, not of {options.tenant_id}. Nothing was signed.",
            "Check tenant_id and metadata_url, and the metadata URL of the farm's OAuth server (oauth_server).",
        )
    realm = options.realm or document.realm
    endpoint, audience = options.endpoint or document.endpoint, options.audience or document.audience
    if endpoint is None or audience is None:
        missing = "an https endpoint for tokens (OAuth2, issuance)" if endpoint is None else f"an audience of the realm {document.realm}"
        return Verdict(
            "not_known", f"The metadata document at {url} does not name {missing}.", "Give the option token_endpoint or audience."
        )
    if not options.may_be_asked(endpoint):
        return stranger(f"The endpoint for tokens that the metadata document at {url} names", endpoint, options)
    return Way(realm, endpoint, audience.host, options.resource.text(realm))


def stranger(what: str, url: str, options: ProofOptions) -> Verdict:
    """The verdict where assertions would go to a host that nobody vouches for: at the true service it could use them as the farm."""
    return Verdict(
        "not_known",
        f"{what} is on the host {host_of(url)}, which is no authorization server of the cloud {options.cloud}. Nothing was signed.",
        f"{CORRECT_URL} If the host is right, name it with metadata_url or token_endpoint.",
    )


def read_metadata(content: Any) -> Metadata | None:
    """What a metadata document says; None if the content is no such document.

    Its form: realm, allowedAudiences, and endpoints with location, protocol (OAuth2) and usage (issuance).
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("realm"), str):
        return None
    realm = str(content["realm"]).strip().lower()
    if not is_guid(realm) and not is_host_name(realm):
        return None
    return Metadata(realm, _endpoint(content.get("endpoints")), _audience(content.get("allowedAudiences"), realm))


def _endpoint(endpoints: Any) -> str | None:
    for entry in endpoints if isinstance(endpoints, list) else ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("location"), str):
            continue
        if str(entry.get("protocol")).lower() == "oauth2" and str(entry.get("usage")).lower() == "issuance":
            try:
                return https_url("token_endpoint", entry["location"])
            except InvalidOptionError:  # an assertion is sent nowhere but over https
                return None
    return None


def _audience(audiences: Any, realm: str) -> Principal | None:
    for text in audiences if isinstance(audiences, list) else ():
        try:
            found = assertion.principal("audience", str(text))
        except InvalidOptionError:  # other products' audiences
            continue
        if found.application == AUTHORIZATION_SERVER and found.realm == realm:
            return found
    return None


def _answer(response: Any) -> Answer:
    return Answer(int(response.status_code), json_of(response), http_date(response.headers.get("Date")))
