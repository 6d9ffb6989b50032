# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's token service: the metadata document, and the exchange of a signed assertion for an access token.

The exchange is decided by what Graph holds: certificates, names and accountEnabled of the service principals.

 - The request (grant type, assertion, resource): https://github.com/auth0/node-waad (lib/auth.js), a client of the real endpoint
 - The form of names: [MS-XOAUTH] section 2.2,
   https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-xoauth/2a67f794-8455-4dc4-9b0d-9bf0dac6f5ee
 - Codes of refusals: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
   Which code the service gives for a server-to-server assertion in each of these cases is published nowhere: the codes are those
   that the same service gives for client assertions of applications, and the reasons in brackets are as users quote them.
 - The audience that does not match: https://github.com/AzureAD/azure-activedirectory-library-for-python/issues/79
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import keys
from ..farm import certificates
from ..faults import Faults
from ..log import RequestLog
from ..state import State
from .entra import error_answer
from .https import Answer, Request
from .json_web_token import encode, parts
from .key_credentials import certificate_of
from .times import time_of

GRANT_TYPE = "http://oauth.net/grant_type/jwt/1.0/bearer"
ISSUER = "00000001-0000-0000-c000-000000000000"
AUDIENCE_HOST = "accounts.accesscontrol.windows.net"
METADATA_PATH = re.compile(r"/(?P<tenant>[^/]+)/metadata/json/1", re.IGNORECASE)
TOKEN_PATH = re.compile(r"(?:/[^/]+)?/tokens/OAuth/2", re.IGNORECASE)
_SKEW_SECONDS = 300
_LIFETIME_SECONDS = 28800
_PRINCIPAL = re.compile(r"(?P<name>(?P<app>[0-9a-f-]{36})(?:/[^/@]+)?)@(?P<realm>[^@/]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """An OAuth error with the service's own code, as https://www.rfc-editor.org/rfc/rfc6749#section-5.2 shapes it."""

    status: int
    error: str
    code: int
    text: str


_MALFORMED = Refusal(400, "invalid_request", 50027, "JWT token is invalid or malformed.")


class TokenService:
    """url: the server's own address, set once it listens."""

    def __init__(self, state: State, log: RequestLog, faults: Faults) -> None:
        self._state, self._log, self._faults = state, log, faults
        self.url = ""
        self._key = keys.named("token service")

    def answers(self, path: str) -> bool:
        """Whether a path of the sign-in server belongs to the token service."""
        return bool(METADATA_PATH.fullmatch(path) or TOKEN_PATH.fullmatch(path))

    def handle(self, request: Request) -> Answer:
        self._state.wait("entra")
        fault = self._faults.take(f"tokens.{request.method.lower()}")
        if fault and fault.do == "reset":
            answer = Answer(reset=True)
        elif fault and fault.do in ("status", "throttle"):
            headers = {"Retry-After": str(int(fault.number))} if fault.do == "throttle" else {}
            answer = Answer(429 if headers else int(fault.number), {"error": "temporarily_unavailable"}, headers)
        else:
            with self._state.lock:
                answer = self._metadata(request) if METADATA_PATH.fullmatch(request.path) else self._token(request)
            if fault and fault.do == "truncate":
                answer = Answer(answer.status, answer.content, truncate=True)
        answer.headers.setdefault("Date", formatdate(self.now(), usegmt=True))
        self._log.add("token", request.method, request.path, status="reset" if answer.reset else answer.status)
        return answer

    def now(self) -> float:
        """The service's clock, which the state may set ahead of or behind the servers'."""
        return time.time() + float(self._state.data["tokens"]["clock_offset"])

    def decide(self, assertion: str, resource: str, now: float) -> Refusal | None:
        """Why the service refuses an assertion at a time (seconds since 1970), or None where it accepts it."""
        try:
            header, claims, signed, signature = parts(assertion)
        except ValueError:
            return _MALFORMED
        if not isinstance(header, dict) or not isinstance(claims, dict):
            return _MALFORMED
        issuer = _PRINCIPAL.fullmatch(str(claims.get("iss")))
        audience = _PRINCIPAL.fullmatch(str(claims.get("aud")))
        wanted = _PRINCIPAL.fullmatch(resource)
        if issuer is None or audience is None or wanted is None:
            return Refusal(400, "invalid_request", 90014, "The required field is missing from the credential, or is no principal.")
        tenant = self._state.tenant(audience["realm"])
        if tenant is None:
            return Refusal(400, "invalid_request", 90002, f"Tenant '{audience['realm']}' not found.")
        if audience["name"].lower() != f"{ISSUER}/{AUDIENCE_HOST}" or self._state.tenant(issuer["realm"]) is not tenant:
            text = "Error validating credentials. AADSTS50012: Client assertion audience claim does not match Realm issuer."
            return Refusal(401, "invalid_client", 70002, text)
        return (
            _client_refusal(tenant, issuer, header, signed, signature, now)
            or _time_refusal(claims, now)
            or _resource_refusal(tenant, wanted, self._state)
        )

    def _metadata(self, request: Request) -> Answer:
        match = METADATA_PATH.fullmatch(request.path)
        assert match is not None
        tenant = self._state.tenant(match["tenant"])
        if request.method != "GET":
            return Answer(405, {"error": "method_not_allowed"})
        if tenant is None:
            return Answer(404, {"error": "not_found"})
        return Answer(content=self.document(tenant))

    def document(self, tenant: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata document: realm, the audiences that assertions may name, and the endpoint that exchanges them."""
        realms = (*tenant["domains"], tenant["id"])
        return {
            "version": "1.0",
            "name": "sts",
            "realm": tenant["id"],
            "issuer": f"{ISSUER}@{tenant['id']}",
            "allowedAudiences": [f"{ISSUER}/{AUDIENCE_HOST}@{realm}" for realm in realms],
            "keys": [],
            "endpoints": [
                {"location": f"{self.url}/tokens/delegation", "protocol": "DelegationIssuance1.0", "usage": "issuance"},
                {"location": f"{self.url}/tokens/OAuth/2", "protocol": "OAuth2", "usage": "issuance"},
            ],
        }

    def _token(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.method != "POST":
            return Answer(405, {"error": "method_not_allowed"})
        if form.get("grant_type") != GRANT_TYPE:
            return error_answer(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        resource = form.get("resource", "")
        refusal = self.decide(form.get("assertion", ""), resource, self.now())
        if refusal:
            return error_answer(refusal.status, refusal.error, refusal.code, refusal.text)
        claims = parts(form["assertion"])[1]
        now = int(self.now())
        token = self._signed(
            {
                "aud": resource,
                "iss": f"{ISSUER}@{str(claims['aud']).rpartition('@')[2]}",
                "nbf": now,
                "exp": now + _LIFETIME_SECONDS,
                "nameid": claims["iss"],
                "identityprovider": ISSUER,
            }
        )
        # The service writes its numbers as texts.
        times = {"not_before": str(now), "expires_on": str(now + _LIFETIME_SECONDS), "expires_in": str(_LIFETIME_SECONDS)}
        return Answer(content={"token_type": "Bearer", **times, "resource": resource, "access_token": token})

    def claims_of(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that this service gave; None for anything else."""
        try:
            _header, claims, signed, signature = parts(token)
            self._key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            return None
        return claims if isinstance(claims, dict) else None

    def _signed(self, claims: dict[str, Any]) -> str:
        signed = f"{encode({'typ': 'JWT', 'alg': 'RS256', 'jti': str(uuid.uuid4())})}.{encode(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _client_refusal(
    tenant: Mapping[str, Any], issuer: re.Match[str], header: Mapping[str, Any], signed: bytes, signature: bytes, now: float
) -> Refusal | None:
    principal = _named(tenant, issuer)
    if principal is None:
        text = f"Application with identifier '{issuer['name']}' was not found in the directory '{tenant['display_name']}'."
        return Refusal(400, "unauthorized_client", 700016, text)
    if not principal["accountEnabled"]:
        text = f"Application '{principal['appId']}'({principal['displayName']}) is disabled."
        return Refusal(400, "unauthorized_client", 7000112, text)
    try:
        thumbprint = base64.urlsafe_b64decode(str(header.get("x5t")) + "==").hex().upper()
    except ValueError:
        return _MALFORMED
    about = f"Thumbprint of key used by client: '{thumbprint}'"
    held = [key for key in principal["keyCredentials"] if _verifies(key) and key.get("key")]
    matching = [key for key in held if certificates.thumbprint(certificate_of(key["key"])) == thumbprint]
    if header.get("alg") != "RS256" or not matching:
        return _bad_signature(f"The key was not found., {about}")
    valid = [key for key in matching if time_of(key["startDateTime"]).timestamp() <= now < time_of(key["endDateTime"]).timestamp()]
    if not valid:
        found = f"Start={matching[0]['startDateTime']}, End={matching[0]['endDateTime']}"
        return _bad_signature(f"The key used is expired., {about}, Found key '{found}'")
    public = certificate_of(valid[0]["key"]).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    try:
        public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return _bad_signature(f"The provided signature value did not match the expected signature value., {about}")
    return None


def _verifies(key: Mapping[str, Any]) -> bool:
    """Whether the entry is there for it, in any letter case: Graph keeps what it was given."""
    return str(key["usage"]).lower() == "verify" and str(key["type"]).lower() == "asymmetricx509cert"


def _bad_signature(reason: str) -> Refusal:
    return Refusal(401, "invalid_client", 700027, f"Client assertion contains an invalid signature. [Reason - {reason}]")


def _time_refusal(claims: Mapping[str, Any], now: float) -> Refusal | None:
    begin, end = claims.get("nbf"), claims.get("exp")
    if isinstance(begin, int) and isinstance(end, int) and begin - _SKEW_SECONDS <= now < end + _SKEW_SECONDS:
        return None
    return Refusal(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")


def _resource_refusal(tenant: Mapping[str, Any], wanted: re.Match[str], state: State) -> Refusal | None:
    if state.tenant(wanted["realm"]) is not tenant:
        return Refusal(400, "invalid_request", 90002, f"Tenant '{wanted['realm']}' not found.")
    principal = _named(tenant, wanted)
    if principal is None:
        text = f"The resource principal named {wanted['name']} was not found in the tenant named {tenant['display_name']}."
        return Refusal(400, "invalid_resource", 500011, text)
    if not principal["accountEnabled"]:
        return Refusal(400, "invalid_resource", 500014, f"The service principal for resource '{wanted['name']}' is disabled.")
    return None


def _named(tenant: Mapping[str, Any], principal: re.Match[str]) -> dict[str, Any] | None:
    """The service principal of the tenant that has that name."""
    found: dict[str, Any] | None = next(
        (
            one
            for one in tenant["service_principals"]
            if one["appId"].lower() == principal["app"].lower()
            and principal["name"].lower() in (one["appId"].lower(), *(name.lower() for name in one["servicePrincipalNames"]))
        ),
        None,
    )
    return found
