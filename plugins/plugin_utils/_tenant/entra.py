# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Entra ID: find a tenant, and get an access token for Microsoft Graph with MSAL. Private to the collection."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import remedies, token_answer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, json_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import clouds_of_login, host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

try:
    import msal
except ImportError:  # reported by require_msal()
    HAS_MSAL = False
else:
    HAS_MSAL = True

# MSAL logs answers that it cannot use, with the tokens in them. What goes wrong is said by what is raised.
_LOG_OF_MSAL = logging.getLogger("msal")
_LOG_OF_MSAL.propagate = False
_LOG_OF_MSAL.addHandler(logging.NullHandler())
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

# The last is for a sign-in by a person alone (RFC 8628 section 4).
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "device_authorization_endpoint")

# The code that the description begins with, or OAuth's own where it has none.
_NO_SUCH_TENANT = ("AADSTS90002", "AADSTS900021", "AADSTS900023", "invalid_tenant")


def _check_service(answer: Any) -> Any:
    """The answer; HybridAuthError where the service itself is in trouble, which MSAL raises as an error of its own or calls a refusal."""
    if answer.status_code == 429 or answer.status_code >= 500:
        raise HybridAuthError(
            f"{urlsplit(answer.url).netloc} answered {answer.status_code} to the sign-in.",
            "The service was asked again several times. Wait some minutes, and run again.",
        )
    return answer


def discover_tenant(where: Endpoints, tenant: str) -> dict[str, Any]:
    """The OpenID configuration of a tenant (OpenID Connect Discovery 1.0), found by id or domain, without sign-in."""
    url = f"{where.login_url}/{tenant}/v2.0/.well-known/openid-configuration"
    session = HttpSession(validate_certs=where.validate_certs, ca_path=where.ca_path)
    return _configuration(_check_service(session.get(url)), tenant, url)


def tenant_id_of(configuration: dict[str, Any], url: str) -> str:
    """The tenant's id, which is part of the issuer; HybridAuthError if it is not."""
    match = _GUID.search(str(configuration.get("issuer")))
    if not match:
        raise HybridAuthError(
            f"The OpenID configuration at {url} names no tenant: its issuer is {configuration.get('issuer')!r}.",
            f"Check {options('login_url')}; 'common' and 'organizations' are no tenants.",
        )
    return match[0].lower()


def tenant_of(where: Endpoints, domain: str) -> str | None:
    """The id of the tenant in which a domain is verified, None where no tenant of the cloud has it; HybridAuthError for anything else."""
    try:
        return tenant_id_of(discover_tenant(where, domain), f"{where.login_url}/{domain}")
    except HybridAuthError as exc:
        if exc.details.get("error_code") in _NO_SUCH_TENANT:
            return None
        raise


def require_msal() -> None:
    """HybridAuthError if the msal package is missing."""
    if not HAS_MSAL:
        raise missing("msal", "the sign-in")


def client_token(where: Endpoints, tenant: str, client_id: str, credential: Any, secrets: set[str]) -> AccessToken:
    """A token for the application by the client credentials grant (RFC 6749 section 4.4): one discovery and one token request.

    credential: the secret, or what MSAL takes for a certificate or an assertion. secrets: what is not shown; the token joins it.
    """
    with _client(where, tenant, client_id, credential, secrets) as client:
        return client.token(client.application.acquire_token_for_client([f"{where.graph_url}/.default"]))


def public_client(where: Endpoints, tenant: str, client_id: str, secrets: set[str]) -> AbstractContextManager[Client]:
    """An application through which a person signs in. The discovery is requested at once. secrets: as of client_token()."""
    return _client(where, tenant, client_id, None, secrets)


def managed_identity_client(client_id: str | None, session: HttpSession, secrets: set[str]) -> Any:
    """MSAL's client for the identity of this machine; client_id names a user-assigned one. secrets: as of client_token()."""
    require_msal()

    def read(answer: Any, **_kwargs: Any) -> Any:
        # The key that Azure Arc has MSAL read from a file of the machine.
        secrets.update(str(answer.request.headers.get("Authorization") or "").partition(" ")[2].split())
        if answer.status_code == 401 and "WWW-Authenticate" in answer.headers:  # Azure Arc's, of which MSAL reads the header
            return token_answer.with_content(answer, {})
        content = token_answer.read(answer, secrets, "Run again, and check that no proxy answers in the platform's place.")
        used = token_answer.used_of(answer, content)
        if "access_token" not in used:
            raise HybridAuthError(f"{urlsplit(answer.url).netloc} answered {answer.status_code}: {token_answer.reason_in(content)}")
        return token_answer.with_content(answer, used)

    # A hook, since for Service Fabric MSAL makes a session of its own, which takes over no more of this one.
    session.hooks["response"].append(read)
    identity = msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
    return msal.ManagedIdentityClient(identity, http_client=session)


@dataclass(frozen=True)
class Client:
    """MSAL's application, and what its answers mean. subject: what signs in, in words."""

    application: Any
    subject: str
    where: Endpoints
    tenant: str
    session: _MsalSession

    def token(self, answer: dict[str, Any]) -> AccessToken:
        """The token in MSAL's answer; HybridAuthError where Entra ID refused."""
        if "access_token" not in answer:
            raise refused(answer, self.subject)
        authority = f"{self.where.login_url}/{self.tenant}"
        configuration = self.session.discovered
        tenant_id = tenant_id_of(configuration, authority) if configuration is not None else None
        return AccessToken(
            value=answer["access_token"],
            expires=token_answer.end_of(answer),
            tenant_id=tenant_id,
        )


@contextmanager
def _client(where: Endpoints, tenant: str, client_id: str, credential: Any, secrets: set[str]) -> Iterator[Client]:
    require_msal()
    session = _MsalSession(where, tenant, secrets)
    authority = f"{where.login_url}/{tenant}"
    kind, extra = (
        (msal.PublicClientApplication, {})
        if credential is None
        else (msal.ConfidentialClientApplication, {"client_credential": credential})
    )
    try:
        application = kind(
            client_id,
            authority=authority,
            instance_discovery=False,  # it asks the global cloud about every host it does not know
            http_client=session,
            azure_region=kind.DISABLE_MSAL_FORCE_REGION,  # a regional host is one that no option names
            **extra,
        )
        yield Client(application, f"application {client_id} in tenant {tenant}", where, tenant, session)
    except ValueError as exc:  # what MSAL raises when the authority's answer cannot be used
        said = " ".join(str(exc).splitlines()[:1]) or type(exc).__name__
        raise HybridAuthError(f"Sign-in at {authority} failed: {said.rstrip('.')}.", f"Check {options('login_url', 'tenant')}.") from None


class _MsalSession:
    """The HTTP client that MSAL asks for; it keeps the discovery's answer, which tells the tenant's id without a further request."""

    def __init__(self, where: Endpoints, tenant: str, secrets: set[str]) -> None:
        self._where, self._tenant, self._secrets = where, tenant, secrets
        self._session = HttpSession(validate_certs=where.validate_certs, ca_path=where.ca_path)
        self.discovered: dict[str, Any] | None = None

    def get(self, url: str, params: Any = None, headers: Any = None, **_kwargs: Any) -> Any:
        answer = _check_service(self._session.get(url, params=params, headers=headers))
        if "openid-configuration" in url:
            self.discovered = _configuration(answer, self._tenant, f"{self._where.login_url}/{self._tenant}")
            named = _endpoints(self.discovered, url)
            for endpoint in named.values():
                self._check(endpoint)
            return token_answer.with_content(answer, named)
        return answer

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_kwargs: Any) -> Any:
        self._check(url)
        token_answer.tell(data, self._secrets)
        answer = _check_service(self._session.post(url, params=params, data=data, headers=headers))
        return token_answer.with_content(answer, token_answer.used_of(answer, token_answer.read(answer, self._secrets)))

    def _check(self, url: str) -> None:
        """HybridAuthError for an address that the discovery's answer names, but that no secret for this sign-in may go to."""
        if not _is_own(url, self._where):
            raise HybridAuthError(
                f"The OpenID configuration of {self._where.login_url} sends the sign-in on to {url!r}, "
                "which is not its host and not of its cloud. Nothing was sent.",
                f"Check {options('login_url')}, and that no proxy answers in its place.",
            )

    def close(self) -> None:
        self._session.close()


def _endpoints(configuration: Mapping[str, Any], url: str) -> dict[str, str]:
    """The addresses in an OpenID configuration that a sign-in uses; HybridAuthError where one that it needs is missing."""
    named = {name: value for name in _ENDPOINTS if isinstance(value := configuration.get(name), str)}
    for needed in _ENDPOINTS[:2]:
        if needed not in named:
            raise HybridAuthError(
                f"The OpenID configuration at {url} names no {needed}.",
                f"Check {options('login_url')}, and that no proxy answers in its place.",
            )
    return named


def _is_own(url: str, where: Endpoints) -> bool:
    """Whether a secret for the sign-in may go to this URL: of the same host and port, or of the same cloud."""
    same = host_of(url) == host_of(where.login_url) or bool(clouds_of_login(url) & clouds_of_login(where.login_url))
    return same and HttpSession.may_carry(url)


def _configuration(answer: Any, tenant: str, url: str) -> dict[str, Any]:
    content = json_of(answer)
    if answer.status_code == 200 and isinstance(content, dict):
        return content
    if isinstance(content, dict) and "error" in content:
        raise refused(content, f"tenant {tenant}")
    raise HybridAuthError(
        f"{url} answered {answer.status_code} and no OpenID configuration.",
        f"Check {options('login_url', 'cloud')}, and that no proxy answers in its place.",
    )


def refused(answer: dict[str, Any], subject: str) -> HybridAuthError:
    """The error that says why Entra ID refused, from its answer (RFC 6749 section 5.2)."""
    description = str(answer.get("error_description") or answer.get("error") or "no reason given")
    code = remedies.entra_code(description)
    # The lines after the first hold trace ids and the time.
    text = re.split(r"\s*(?:\r?\n|Trace ID:)", description)[0].rstrip(".")
    return HybridAuthError(
        f"Microsoft Entra ID refused the sign-in of {subject}: {text}.",
        remedies.of_entra(description),
        error_code=code or answer.get("error"),
    )
