# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Entra ID: OpenID discovery and tokens by the client credentials grant.

Errors: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..faults import Faults
from ..log import RequestLog
from ..state import State
from .https import Answer, Request

_LIFETIME_SECONDS = 3599
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Entra:
    """url: the server's own address, set once it listens. graph_url: the audience of the tokens."""

    def __init__(self, state: State, log: RequestLog, faults: Faults) -> None:
        self._state, self._log, self._faults = state, log, faults
        self.url = self.graph_url = ""
        self._key = rsa.generate_private_key(65537, 2048)

    def handle(self, request: Request) -> Answer:
        _empty, tenant_name, *rest = request.path.split("/")
        tail = "/".join(rest)
        point = "entra.token" if tail.endswith("oauth2/v2.0/token") else "entra.discovery"
        self._state.wait("entra")
        fault = self._faults.take(point)
        if fault and fault.do == "reset":
            return Answer(reset=True)
        if fault and fault.do in ("status", "throttle"):
            status = int(fault.number) if fault.do == "status" else 429
            answer = Answer(
                status, {"error": "temporarily_unavailable"}, {"Retry-After": str(int(fault.number))} if fault.do == "throttle" else {}
            )
        elif point == "entra.token":
            answer = self._token(tenant_name, request)
        elif tail.endswith(".well-known/openid-configuration"):
            answer = self._discovery(tenant_name)
        else:
            answer = Answer(404, {"error": "not_found"})
        self._log.add("entra", request.method, request.path, status=answer.status)
        return answer

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token of this lab; None if it is none or over."""
        try:
            claims, signed, signature = _parts(token)[1:]
            self._key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            return None
        return claims if claims.get("exp", 0) > time.time() else None

    def _discovery(self, tenant_name: str) -> Answer:
        tenant = self._state.tenant(tenant_name)
        if tenant is None:
            return _error(
                400, "invalid_tenant", 90002, f"Tenant '{tenant_name}' not found. Check to make sure you have the correct tenant ID."
            )
        base = f"{self.url}/{tenant['id']}"
        return Answer(
            content={
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "tenant_region_scope": "EU",
            }
        )

    def _token(self, tenant_name: str, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        tenant = self._state.tenant(tenant_name)
        if tenant is None:
            return _error(400, "invalid_request", 90002, f"Tenant '{tenant_name}' not found.")
        client = form.get("client_id", "")
        application = next((one for one in tenant.get("applications", []) if one["client_id"].lower() == client.lower()), None)
        if application is None:
            return _error(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory '{tenant['display_name']}'.",
            )
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("scope") != f"{self.graph_url}/.default":
            return _error(400, "invalid_scope", 1002012, f"The provided value for scope {form.get('scope')} is not valid.")
        if form.get("client_assertion_type") == _ASSERTION:
            problem = _assertion_problem(form.get("client_assertion", ""), application)
            if problem:
                return _error(401, "invalid_client", 700027, f"Client assertion failed: {problem}.")
        elif not form.get("client_secret") or form["client_secret"] != application.get("secret"):
            return _error(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent is the client secret value, not its ID.",
            )
        claims = {
            "aud": self.graph_url,
            "iss": f"https://sts.windows.net/{tenant['id']}/",
            "tid": tenant["id"],
            "appid": client,
            "roles": application.get("roles", []),
            "exp": int(time.time()) + _LIFETIME_SECONDS,
        }
        return Answer(content={"token_type": "Bearer", "expires_in": _LIFETIME_SECONDS, "access_token": self._signed(claims)})

    def _signed(self, claims: dict[str, Any]) -> str:
        signed = f"{_encode({'typ': 'JWT', 'alg': 'RS256'})}.{_encode(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _assertion_problem(assertion: str, application: dict[str, Any]) -> str | None:
    """What is wrong with a signed assertion (RFC 7523) of the application; None if nothing is."""
    if not application.get("certificate"):
        return "the application has no certificate"
    public = x509.load_pem_x509_certificate(application["certificate"].encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    try:
        header, claims, signed, signature = _parts(assertion)
    except ValueError:
        return "it is no token"
    scheme: Any = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if header.get("alg") == "PS256" else padding.PKCS1v15()
    try:
        public.verify(signature, signed, scheme, hashes.SHA256())
    except InvalidSignature:
        return "the key was not found"
    return (
        None
        if claims.get("exp", 0) > time.time() and claims.get("iss") == application["client_id"]
        else "it is expired or of another client"
    )


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, signed text and signature of a JSON Web Token; ValueError if it is none."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise ValueError("no token")
    header, claims, signature = (base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)) for piece in pieces)
    return json.loads(header), json.loads(claims), f"{pieces[0]}.{pieces[1]}".encode(), signature


def _encode(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _error(status: int, error: str, code: int, text: str) -> Answer:
    trace = str(uuid.uuid4())
    return Answer(
        status,
        {
            "error": error,
            "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {trace}",
            "error_codes": [code],
            "trace_id": trace,
            "correlation_id": trace,
        },
    )
