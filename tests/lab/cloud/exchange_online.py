# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange Web Services of Exchange Online, as far as one asks them who is let in: no mailbox is behind them.

- The one operation: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
- A refusal by a policy is 403 with X-EWS-Policy-Reason:
  https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange
  The text of that header is published nowhere; the lab's is its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from ..faults import Faults
from ..log import RequestLog
from ..state import State
from .https import Answer, Request

PATH = "/EWS/Exchange.asmx"
HOST = "outlook.office365.com"
_RESOURCE = re.compile(rf"00000002-0000-0ff1-ce00-000000000000/{re.escape(HOST)}@(?P<realm>[^@/]+)", re.IGNORECASE)
_OPERATION = re.compile(rb"<\w+:GetServerTimeZones[ >]")
_ANSWER = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<m:GetServerTimeZonesResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages>'
    b'<m:GetServerTimeZonesResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
    b"</m:GetServerTimeZonesResponseMessage></m:ResponseMessages></m:GetServerTimeZonesResponse></s:Body></s:Envelope>"
)


class ExchangeOnline:
    """A tenant says with exchange_web_services who is let in: open (the default), policy or forbidden. url: set once it listens."""

    def __init__(self, state: State, log: RequestLog, faults: Faults, claims_of: Callable[[str], dict[str, Any] | None]) -> None:
        """claims_of: the claims of a token that the lab's token service signed, None for any other."""
        self._state, self._log, self._faults, self._claims_of = state, log, faults, claims_of
        self.url = ""

    def handle(self, request: Request) -> Answer:
        fault = self._faults.take("exchange.post")
        if fault and fault.do == "reset":
            answer = Answer(reset=True)
        elif fault and fault.do == "status":
            answer = Answer(int(fault.number))
        else:
            with self._state.lock:
                answer = self._answer(request)
        self._log.add("exchange", request.method, request.path, status="reset" if answer.reset else answer.status)
        return answer

    def _answer(self, request: Request) -> Answer:
        if request.path.lower() != PATH.lower():
            return Answer(404)
        if request.method != "POST":
            return Answer(405)
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        claims = self._claims_of(token) if scheme == "Bearer" else None
        audience = _RESOURCE.fullmatch(str((claims or {}).get("aud")))
        tenant = self._state.tenant(audience["realm"]) if audience else None
        if claims is None or tenant is None or not claims["nbf"] <= time.time() < claims["exp"]:
            return Answer(401, headers={"WWW-Authenticate": 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000"'})
        lets = tenant.get("exchange_web_services", "open")
        if lets == "policy":
            return Answer(403, headers={"X-EWS-Policy-Reason": "The application is not allowed by the organization."})
        if lets == "forbidden":
            return Answer(403)
        if lets != "open":
            raise ValueError(f"exchange_web_services of tenant {tenant['id']} is {lets!r}: use open, policy or forbidden")
        if not _OPERATION.search(request.body):
            return Answer(500, b"<s:Fault/>", {"Content-Type": "text/xml"})
        return Answer(200, _ANSWER, {"Content-Type": "text/xml; charset=utf-8"})
