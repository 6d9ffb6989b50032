# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Exchange Web Services of Exchange Online let in who has the farm's token. Private to the collection.

One request, which asks for the definition of one time zone and so reads and writes nothing of anybody:
https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
That a refusal by a policy is 403 with the header X-EWS-Policy-Reason:
https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange
What these services answer to a farm's token that names no user is published nowhere; what is not one of these answers is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import exchange_answer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import quoted
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.secrets import mask
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import cloud_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import END, LIST_SETTING, refusals
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import safe

Outcome = Literal["let_in", "token_refused", "policy", "forbidden", "not_known"]
POLICY_REASON = "X-EWS-Policy-Reason"
_STATUS = {"let_in": "pass", "token_refused": "fail", "policy": "fail", "forbidden": "fail", "not_known": "warn"}
_BODY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
    '<soap:Header><t:RequestServerVersion Version="Exchange2010"/></soap:Header>'
    '<soap:Body><m:GetServerTimeZones ReturnFullTimeZoneData="false"><m:Ids><t:Id>UTC</t:Id></m:Ids></m:GetServerTimeZones></soap:Body>'
    "</soap:Envelope>"
)
_CODE_REMEDY = (
    "Look that code up in Microsoft's reference of Exchange Web Services (ResponseCode). That the farm may sign in there does not tell "
    "that it may reach a mailbox: run trust_proof with mailbox too."
)
_WAY = (
    "Check that the controller reaches that host, and that no proxy or portal answers in its place. Where a proxy inspects TLS, give its "
    "certificate authority with trust_ca_path (ca_path of a module). Prove again then."
)
_IN_BETWEEN = "Check that no proxy or portal answers in the place of Exchange Online."
_LISTED = (
    f"Look at the tenant's list with Get-OrganizationConfig, and set it with '{LIST_SETTING}', which takes up to a day. "
    "Which application id the farm needs there is not documented."
)


@dataclass(frozen=True)
class Entry:
    """What came of the request. status: HTTP's, None where there was no answer. policy_reason: the header's text, None without it."""

    outcome: Outcome
    url: str
    explanation: str
    remedy: str
    status: int | None = None
    policy_reason: str | None = None

    @property
    def found(self) -> str:
        """The status of its finding."""
        return _STATUS[self.outcome]

    def without(self, secrets: Iterable[str]) -> Entry:
        """The same with nothing of these texts in it."""
        return replace(self, **mask({"explanation": self.explanation, "policy_reason": self.policy_reason}, secrets))

    def as_result(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "url": self.url,
            "status": self.status,
            "policy_reason": self.policy_reason,
            "explanation": self.explanation,
            "remedy": self.remedy,
        }


def url(cloud: str) -> str:
    """The only address that is asked, which is the chosen cloud's own."""
    return f"https://{cloud_named(cloud).exchange_host}/EWS/Exchange.asmx"


def not_asked(cloud: str) -> Entry:
    """What is said where there was no token to ask with."""
    return Entry("not_known", url(cloud), "There was no token to ask Exchange Online with.", "See to what is said of the token first.")


def ask(token: str, cloud: str, ca_path: str | None, now: datetime) -> Entry:
    """Ask once with the token, over verified TLS. now: an aware time, by which the answer is explained."""
    place = url(cloud)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}
    try:
        answer = HttpSession(ca_path=ca_path).post(place, data=_BODY.encode(), headers=headers)
    except HybridAuthError as exc:
        return Entry("not_known", place, f"Exchange Online could not be asked: {exc.message}", _WAY)
    reason = answer.headers.get(POLICY_REASON)
    if answer.status_code == 200 and (doubt := _doubt(answer.content, place)):
        return doubt
    return explain(int(answer.status_code), safe(str(reason)) if reason is not None else None, place, now)


def _doubt(content: bytes, place: str) -> Entry | None:
    """Why it is not known what an answer with 200 means; None where it is what was asked for."""
    kind, code = exchange_answer.read(content)
    if kind == "done":
        return None
    if kind == "error":
        said = f"Exchange Web Services took the token and answered {code} instead of what was asked for."
        return Entry("not_known", place, said, _CODE_REMEDY, 200)
    # A page of a proxy or a portal may come with 200 too.
    said = {
        "fault": "Something answered 200 with a SOAP fault instead of what was asked for.",
        "no_code": "Something answered 200 as Exchange Web Services do, but without a response code that says that it is done.",
    }.get(kind, "Something answered 200, and not as Exchange Web Services do.")
    return Entry("not_known", place, said, _IN_BETWEEN, 200)


def _way_in(now: datetime) -> str:
    return f"{refusals(now)}. {'Nothing lets an application in any more.' if END.reached(now) else _LISTED}"


def explain(status: int, reason: str | None, place: str, now: datetime) -> Entry:
    """What an answer means. reason: the header's text, None where it is not there."""
    if status == 200:
        return Entry("let_in", place, "Exchange Web Services took the token and answered.", "", status, reason)
    if status == 401:
        said = "Exchange Web Services did not take the token: they answered 401."
        remedy = (
            "The token was given for Exchange Online, so look at its service principal and at the audience of the token in this result. "
            "Where both are right, ask Microsoft's support with the time of this run."
        )
        return Entry("token_refused", place, said, remedy, status, reason)
    if status == 403 and reason is not None:
        said = f"A policy keeps the farm out: Exchange Web Services answered 403 with {POLICY_REASON}: {quoted(reason) or 'no text.'}"
        return Entry("policy", place, said, _way_in(now), status, reason)
    if status == 403:
        said = f"Exchange Web Services do not let the farm in: they answered 403 without {POLICY_REASON}."
        return Entry("forbidden", place, said, _way_in(now), status, reason)
    said = f"Exchange Web Services answered {status}, which does not tell whether they let the farm in."
    return Entry("not_known", place, said, "Prove again later. An error of the service says nothing about the trust.", status, reason)
