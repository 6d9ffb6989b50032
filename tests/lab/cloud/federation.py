# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identity providers whose tokens Entra ID takes as federated credentials, and the one of GitHub Actions as a service.

What is compared: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential (issuer, subject and audience, with letter
case). Codes: https://github.com/Azure/login/issues/482 (700213), https://github.com/Azure/azure-workload-identity/issues/1200 (700211).
GitHub's service: https://docs.github.com/actions/reference/security/oidc.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from ..log import RequestLog
from ..state import State
from .https import Answer, Request
from .json_web_token import Signer, parts

AUDIENCE = "api://AzureADTokenExchange"
_ADVICE = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)


class Providers:
    """Every issuer that somebody names has a key of its own, which Entra ID would read from the issuer's address."""

    def token(self, issuer: str, subject: str, audience: str = AUDIENCE, *, seconds: int = 300, signed_by: str | None = None) -> str:
        """A token as that provider gives it; signed_by another issuer makes it a forged one."""
        now = int(time.time())
        claims = {
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "nbf": now - 60,
            "exp": now + seconds,
            "jti": str(uuid.uuid4()),
        }
        return Signer(signed_by or issuer).sign(claims)

    def problem(self, assertion: str, application: dict[str, Any]) -> tuple[int, str] | None:
        """Code and text of what Entra ID finds wrong with a provider's token as the application's credential; None if nothing is."""
        claims = parts(assertion)[1]
        left = application.get("federated_credentials", [])
        for code, name, of in (
            (700211, "issuer", lambda one: [one["issuer"]]),
            (700212, "audience", lambda one: one["audiences"]),
            (700213, "subject", lambda one: [one["subject"]]),
        ):
            presented = claims.get({"issuer": "iss", "audience": "aud", "subject": "sub"}[name])
            left = [one for one in left if presented in of(one)]
            if not left:
                text = f"No matching federated identity record found for presented assertion {name} '{presented}'. {_ADVICE}"
                return code, text
        if not Signer(claims["iss"]).signed(assertion):
            return 700027, "Client assertion failed signature validation."
        if not claims.get("nbf", 0) <= time.time() < claims.get("exp", 0):
            return 700024, "Client assertion is not within its valid time range."
        return None


class GitHubActions:
    """The endpoint that a job with "id-token: write" asks for its token. url: the server's own address, set once it listens."""

    def __init__(self, state: State, log: RequestLog, providers: Providers) -> None:
        self._state, self._log, self._providers = state, log, providers
        self._request_token = f"ghr_{uuid.uuid4().hex}"
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """What GitHub sets in the job's environment."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/idtoken?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self._request_token,
        }

    def handle(self, request: Request) -> Answer:
        if request.path != "/idtoken" or request.query.get("api-version") != "2.0":
            answer = Answer(404, {"message": "Not found"})
        elif request.headers.get("authorization") != f"Bearer {self._request_token}":
            answer = Answer(401, {"message": "Bad credentials"})
        else:
            job = self._state.data["github"]
            value = self._providers.token(job["issuer"], job["subject"], request.query.get("audience", "https://github.com/contoso"))
            answer = Answer(content={"count": len(value), "value": value})
        self._log.add("github", request.method, request.path, status=answer.status, detail={"audience": request.query.get("audience")})
        return answer
