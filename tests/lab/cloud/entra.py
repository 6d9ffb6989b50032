# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Entra ID: OpenID discovery, tokens by the client credentials grant and by device code.

Errors: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..faults import Faults
from ..log import RequestLog
from ..state import State
from . import client_credentials as credentials
from .device_codes import INTERVAL_SECONDS, DeviceCodes
from .federation import Providers
from .https import Answer, Request
from .json_web_token import Signer, parts

LIFETIME_SECONDS = 3599
# Authorities without a tenant: https://learn.microsoft.com/entra/identity-platform/v2-protocols, "Endpoints".
_EVERYONE = ("common", "organizations")
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Entra:
    """url: the server's own address, set once it listens. graph_url, manager_url: the resources that tokens are for."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, providers: Providers, device_codes: DeviceCodes) -> None:
        self._state, self._log, self._faults = state, log, faults
        self._providers, self._device_codes = providers, device_codes
        self.url = self.graph_url = self.manager_url = ""
        self._signer = Signer("Entra ID")

    def handle(self, request: Request) -> Answer:
        _empty, tenant_name, *rest = request.path.split("/")
        tail = "/".join(rest)
        point = {"oauth2/v2.0/token": "entra.token", "oauth2/v2.0/devicecode": "entra.devicecode"}.get(tail, "entra.discovery")
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
        elif point == "entra.devicecode":
            answer = self._device_code(tenant_name, request)
        elif tail.endswith(".well-known/openid-configuration"):
            answer = self._discovery(tenant_name)
        elif tail == "discovery/v2.0/keys":
            answer = Answer(content={"keys": [self._signer.public()]})
        elif request.path == "/common/discovery/instance":
            answer = self._instance(request)
        else:
            answer = Answer(404, {"error": "not_found"})
        self._log.add("entra", request.method, request.path, status=answer.status)
        return answer

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token of this lab; None if it is none or over."""
        return self._signer.read(token)

    def issue(self, tenant_id: str, client_id: str, *, audience: str | None = None, **permissions: Any) -> tuple[str, int]:
        """An access token and when it expires. permissions: roles (a list) of an application, or scp (a text) of a person."""
        expires = int(time.time()) + LIFETIME_SECONDS
        claims = {
            "aud": audience or self.graph_url,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "tid": tenant_id,
            "appid": client_id,
            **permissions,
            "exp": expires,
        }
        return self._signer.sign(claims), expires

    def _instance(self, request: Request) -> Answer:
        """That sign-in is on this host and on no other, as clients ask before they trust it."""
        host = self.url.partition("//")[2]
        wanted = urlsplit(request.query.get("authorization_endpoint", ""))
        if wanted.netloc != host:
            return error_answer(400, "invalid_instance", 50049, "Unknown or invalid instance.")
        tenant_name = wanted.path.strip("/").partition("/")[0]
        return Answer(
            content={
                "tenant_discovery_endpoint": f"{self.url}/{tenant_name}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    def _discovery(self, tenant_name: str) -> Answer:
        tenant = self._state.tenant(tenant_name)
        if tenant is None and tenant_name not in _EVERYONE:
            return error_answer(
                400, "invalid_tenant", 90002, f"Tenant '{tenant_name}' not found. Check to make sure you have the correct tenant ID."
            )
        base = f"{self.url}/{tenant['id'] if tenant else tenant_name}"
        return Answer(
            content={
                "issuer": f"{base}/v2.0" if tenant else f"{self.url}/{{tenantid}}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "tenant_region_scope": "EU",
            }
        )

    def _application(self, tenant_name: str, form: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]] | Answer:
        """The tenant and the application that a request names, or the answer that there is none."""
        client = form.get("client_id", "")
        tenant = self._home(client) if tenant_name in _EVERYONE else self._state.tenant(tenant_name)
        if tenant is None:
            return error_answer(400, "invalid_request", 90002, f"Tenant '{tenant_name}' not found.")
        application = next((one for one in tenant.get("applications", []) if one["client_id"].lower() == client.lower()), None)
        if application is None:
            return error_answer(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory '{tenant['display_name']}'.",
            )
        return tenant, application

    def _home(self, client: str) -> dict[str, Any] | None:
        """The tenant of a person who signs in without naming it: where the application is, or else the first."""
        tenants: list[dict[str, Any]] = self._state.data["tenants"]
        known = [one for one in tenants if client.lower() in {app["client_id"].lower() for app in one.get("applications", [])}]
        return next(iter(known or tenants), None)

    def _token(self, tenant_name: str, request: Request) -> Answer:
        form = _form(request)
        found = self._application(tenant_name, form)
        if isinstance(found, Answer):
            return found
        tenant, application = found
        if form.get("grant_type") == _DEVICE_GRANT:
            return self._answered(tenant, application, form)
        if form.get("grant_type") != "client_credentials":
            return error_answer(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if tenant_name in _EVERYONE:
            text = "No tenant-identifying information found in either the request or implied by any provided credentials."
            return error_answer(400, "invalid_request", 50059, text)
        audience, slash, default = form.get("scope", "").rpartition("/")
        if not slash or default != ".default":
            return error_answer(400, "invalid_scope", 1002012, f"The provided value for scope {form.get('scope')} is not valid.")
        if not audience or audience.removesuffix("/") not in (self.graph_url, self.manager_url):
            text = f"The resource principal named {audience} was not found in the tenant named {tenant['display_name']}."
            return error_answer(400, "invalid_resource", 500011, text)
        if form.get("client_assertion_type") == _ASSERTION:
            refused = self._assertion_refused(form.get("client_assertion", ""), application)
            if refused:
                return refused
        elif not credentials.secret_accepted(form.get("client_secret"), application):
            return error_answer(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent is the client secret value, not its ID.",
            )
        return self._granted(tenant, application, audience, roles=application.get("roles", []))

    def _assertion_refused(self, assertion: str, application: dict[str, Any]) -> Answer | None:
        """An assertion that the application signed has it as issuer; every other is of an identity provider."""
        try:
            issuer = str(parts(assertion)[1].get("iss"))
        except ValueError:
            return error_answer(401, "invalid_client", 50027, "JWT token is invalid or malformed.")
        if issuer.lower() == application["client_id"].lower():
            problem = credentials.assertion_problem(assertion, application)
            return error_answer(401, "invalid_client", 700027, f"Client assertion failed: {problem}.") if problem else None
        wrong = self._providers.problem(assertion, application)
        return error_answer(401, "invalid_client", *wrong) if wrong else None

    def _device_code(self, tenant_name: str, request: Request) -> Answer:
        found = self._application(tenant_name, _form(request))
        if isinstance(found, Answer):
            return found
        code = self._device_codes.start(found[1]["client_id"])
        return Answer(
            content={
                "user_code": code.user_code,
                "device_code": code.device_code,
                "verification_uri": f"{self.url}/device",
                "expires_in": int(code.expires - time.time()),
                "interval": INTERVAL_SECONDS,
                "message": f"To sign in, open the page {self.url}/device and enter the code {code.user_code} to authenticate.",
            }
        )

    def _answered(self, tenant: dict[str, Any], application: dict[str, Any], form: dict[str, str]) -> Answer:
        if not application.get("public_client"):
            return error_answer(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        code = self._device_codes.find(form.get("device_code", ""))
        if code is None or code.client_id.lower() != application["client_id"].lower():
            return error_answer(400, "bad_verification_code", 70018, "Invalid verification code.")
        if code.expires < time.time():
            return error_answer(400, "expired_token", 70020, "The provided device code has expired.")
        if code.state == "pending":
            return error_answer(
                400, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
            )
        if code.state == "declined":
            return error_answer(400, "authorization_declined", 65004, "User declined to consent to access the app.")
        return self._granted(tenant, application, self.graph_url, scp=" ".join(application.get("delegated", [])))

    def _granted(self, tenant: dict[str, Any], application: dict[str, Any], audience: str, **permissions: Any) -> Answer:
        token, _expires = self.issue(tenant["id"], application["client_id"], audience=audience, **permissions)
        return Answer(content={"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": token})


def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}


def error_answer(status: int, error: str, code: int, text: str) -> Answer:
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
