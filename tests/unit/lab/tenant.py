# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Graph in this process, for tests of what it answers."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.cloud.device_codes import DeviceCodes
from tests.lab.cloud.entra import Entra
from tests.lab.cloud.federation import Providers
from tests.lab.cloud.graph import Graph
from tests.lab.cloud.https import Answer, Request
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import GREENFIELD, State

from ..support import certificate

SKYPE = "00000004-0000-0ff1-ce00-000000000000"
_KEY = base64.b64encode(certificate("fabrikam.com", bits=1024).public_bytes(Encoding.DER)).decode()


def entry() -> dict[str, Any]:
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": _KEY, "displayName": "CN=fabrikam.com"}


class Tenant:
    """The greenfield tenant without sockets, with two readers. graph: the settings of that name in the state."""

    def __init__(self, **graph: Any) -> None:
        self.state = State({**json.loads(GREENFIELD.read_text(encoding="utf-8")), "graph": graph})
        self.faults = Faults()
        log = RequestLog()
        entra = Entra(self.state, log, self.faults, Providers(), DeviceCodes())
        self.log, self.entra = log, entra
        self.graph = Graph(self.state, log, self.faults, entra)
        self.graph.url = entra.graph_url = "https://graph.contoso.com"
        tenant = self.state.data["tenants"][0]
        self._tokens = [entra.issue(tenant["id"], name, roles=["Application.ReadWrite.All"])[0] for name in ("one", "two")]
        self.principal = next(one for one in tenant["service_principals"] if one["appId"] == SKYPE)

    def ask(self, method: str, path: str, body: Any = None, reader: int = 0, **query: str) -> Answer:
        return self.send(method, f"servicePrincipals{path}", json.dumps(body).encode() if body is not None else b"", reader, **query)

    def send(
        self, method: str, path: str, body: bytes = b"", reader: int = 0, headers: dict[str, str] | None = None, **query: str
    ) -> Answer:
        """Any request, with headers (names in lower case) beside those of a JSON client with a token."""
        usual = {"authorization": f"Bearer {self._tokens[reader]}", "content-type": "application/json"}
        return self.graph.handle(Request(method, f"/v1.0/{path}", query, {**usual, **(headers or {})}, body))

    def error(self, told: Answer) -> tuple[int, str]:
        """Status and code of an error in Graph's shape."""
        assert set(told.content["error"]) == {"code", "message", "innerError"}
        assert set(told.content["error"]["innerError"]) == {"date", "request-id", "client-request-id"}
        return told.status, told.content["error"]["code"]

    def change(self, **body: Any) -> Answer:
        return self.ask("PATCH", f"/{self.principal['id']}", body)

    def names(self, reader: int = 0) -> list[str]:
        (found,) = self.ask("GET", "", reader=reader, **{"$filter": f"appId eq '{SKYPE}'"}).content["value"]
        return list(found["servicePrincipalNames"])

    def keys(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/{self.principal['id']}", **{"$select": "keyCredentials"}).content["keyCredentials"])
