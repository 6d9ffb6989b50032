# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Azure Resource Manager, as far as clients ask it where a cloud's services are, and for subscriptions, of which the lab has none.

What "az cloud register --endpoint-resource-manager" reads: https://learn.microsoft.com/cli/azure/cloud
"""

from __future__ import annotations

from ..log import RequestLog
from .entra import Entra
from .https import Answer, Request


class ResourceManager:
    """url: the server's own address, set once it listens."""

    def __init__(self, log: RequestLog, entra: Entra) -> None:
        self._log, self._entra = log, entra
        self.url = ""

    def handle(self, request: Request) -> Answer:
        answer = self._answer(request)
        self._log.add("arm", request.method, request.path, status=answer.status)
        return answer

    def _answer(self, request: Request) -> Answer:
        if request.method != "GET":
            return _error(405, "MethodNotAllowed", f"There is no {request.method} here.")
        if request.path == "/metadata/endpoints":
            return Answer(content=self._endpoints())
        claims = self._entra.read(request.headers.get("authorization", "").removeprefix("Bearer "))
        if claims is None or str(claims["aud"]).rstrip("/") != self.url:
            return _error(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing or invalid.")
        if request.path == "/subscriptions":
            return Answer(content={"value": [], "count": {"type": "Total", "value": 0}})
        if request.path == "/tenants":
            return Answer(content={"value": [{"id": f"/tenants/{claims['tid']}", "tenantId": claims["tid"]}]})
        return _error(404, "NotFound", f"The lab's resource manager has no {request.path}.")

    def _endpoints(self) -> dict[str, object]:
        """The document of a cloud, api-version 2022-09-01."""
        return {
            "name": "lab",
            "authentication": {
                "loginEndpoint": self._entra.url,
                "audiences": [self.url],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": self.url,
            "graphAudience": self._entra.graph_url,
            "microsoftGraphResourceId": self._entra.graph_url,
            "suffixes": {},
        }


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})
