# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints that give an Azure resource its managed identity's tokens: virtual machine, App Service and Azure Arc.

https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token,
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference,
https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
"""

from __future__ import annotations

import hmac
import uuid
from pathlib import Path
from typing import Any

from ..faults import Faults
from ..log import RequestLog
from ..state import State
from .entra import LIFETIME_SECONDS, Entra
from .https import Answer, Request


class ManagedIdentityEndpoints:
    """url: the server's own address, set once it listens. arc_keys: the folder of the keys that the Arc agent has callers read."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, entra: Entra, arc_keys: Path) -> None:
        self._state, self._log, self._faults, self._entra, self.arc_keys = state, log, faults, entra, arc_keys
        self.url = ""
        self._header = uuid.uuid4().hex
        arc_keys.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, dict[str, str]]:
        """What each platform sets in the environment of its workloads; AZURE_POD_IDENTITY_AUTHORITY_HOST stands in for 169.254.169.254."""
        return {
            "virtual_machine": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url},
            "app_service": {"IDENTITY_ENDPOINT": f"{self.url}/msi/token", "IDENTITY_HEADER": self._header},
            "azure_arc": {"IDENTITY_ENDPOINT": f"{self.url}/arc/metadata/identity/oauth2/token", "IMDS_ENDPOINT": self.url},
        }

    def handle(self, request: Request) -> Answer:
        fault = self._faults.take("identity.token")
        if fault and fault.do == "reset":
            answer = Answer(reset=True)
        elif fault and fault.do == "status":
            answer = Answer(int(fault.number), {"error": "temporarily_unavailable"})
        else:
            answer = {
                "/metadata/identity/oauth2/token": self._virtual_machine,
                "/msi/token": self._app_service,
                "/arc/metadata/identity/oauth2/token": self._arc,
            }.get(request.path, lambda _request: Answer(404, {"error": "not_found"}))(request)
        status = "reset" if answer.reset else answer.status
        self._log.add("identity", request.method, request.path, status=status, detail={"query": request.query})
        return answer

    def _virtual_machine(self, request: Request) -> Answer:
        if request.headers.get("metadata") != "true" or "x-forwarded-for" in request.headers:
            return Answer(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        if request.query.get("api-version") != "2018-02-01":
            return Answer(400, {"error": "bad_request_102", "error_description": "The api-version is not supported"})
        token = self._token(request)
        if token is None:
            return Answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
        return Answer(content={**token, "expires_in": str(LIFETIME_SECONDS)})

    def _app_service(self, request: Request) -> Answer:
        if request.headers.get("x-identity-header") != self._header:
            return Answer(401, {"statusCode": 401, "message": "The header X-IDENTITY-HEADER is missing or wrong"})
        token = self._token(request)
        if token is None:
            return Answer(
                400, {"statusCode": 400, "message": "No User Assigned or Delegated Managed Identity found for specified ClientId"}
            )
        return Answer(content=token)

    def _arc(self, request: Request) -> Answer:
        if request.headers.get("metadata") != "true":
            return Answer(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        offered = request.headers.get("authorization", "").removeprefix("Basic ")
        if not offered:
            key = self.arc_keys / f"{uuid.uuid4()}.key"
            key.write_text(uuid.uuid4().hex, encoding="ascii")
            return Answer(401, headers={"WWW-Authenticate": f"Basic realm={key}"})
        keys = [key for key in self.arc_keys.glob("*.key") if hmac.compare_digest(key.read_text(encoding="ascii"), offered)]
        if not keys:
            return Answer(401, {"error": "unauthorized", "error_description": "The key is not the one that was asked for"})
        keys[0].unlink()
        token = self._token(request)
        if token is None:
            return Answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
        return Answer(content={**token, "expires_in": str(LIFETIME_SECONDS)})

    def _token(self, request: Request) -> dict[str, Any] | None:
        """A token of the system-assigned identity or of the one that the client id names; None if the machine has none such."""
        wanted = request.query.get("client_id", "").lower()
        for tenant in self._state.data["tenants"]:
            for identity in tenant.get("managed_identities", []):
                if identity["client_id"].lower() == wanted if wanted else identity.get("system"):
                    resource = request.query.get("resource", "")
                    token, expires = self._entra.issue(tenant["id"], identity["client_id"], roles=identity["roles"], audience=resource)
                    return {
                        "access_token": token,
                        "expires_on": str(expires),
                        "resource": resource,
                        "token_type": "Bearer",
                        "client_id": identity["client_id"],
                    }
        return None
