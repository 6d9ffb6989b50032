# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange Online is asked once, on the chosen cloud's own host, and what it answers is data and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import exchange as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import CLOUDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.exchange_web_services import ALLOW_LIST, END

from ..support import Said
from .test_action import ASSERTION, CURRENT, FOUND, GRANTED, SKYPE, TENANT, TOKEN, Talk, exchanges, row, run, talk, told

__all__ = ["talk"]
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
OPTIONS = {"current": CURRENT, "exchange": True}
SIGNED = (["New-Assertion"], told(assertions=[row()]))
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"


def answered(codes: str = "<m:ResponseCode>NoError</m:ResponseCode>", kind: str = "Success") -> str:
    """An answer of Exchange Web Services in whose one message these elements are."""
    message = f'<m:GetServerTimeZonesResponseMessage ResponseClass="{kind}">{codes}</m:GetServerTimeZonesResponseMessage>'
    inner = f"<m:ResponseMessages>{message}</m:ResponseMessages>"
    return body(f'<m:GetServerTimeZonesResponse xmlns:m="{MESSAGES}">{inner}</m:GetServerTimeZonesResponse>')


def body(inner: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{inner}</s:Body></s:Envelope>'


XML = answered()
REASON = {"X-EWS-Policy-Reason": "Not on the list."}


def step(result: dict[str, Any], name: str) -> str | None:
    return next((one["status"] for one in result["steps"] if one["id"] == name), None)


def finding(result: dict[str, Any]) -> dict[str, Any]:
    (found,) = [one for one in result["findings"] if one["id"] == "proof.exchange"]
    return dict(found)


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "judged", "stepped"),
    [
        (200, {}, "let_in", "pass", "pass"),
        (401, {}, "token_refused", "fail", "fail"),
        (403, REASON, "policy", "fail", "fail"),
        (403, {}, "forbidden", "fail", "fail"),
        (404, {}, "not_known", "warn", "skip"),
        (302, {"Location": "https://login.contoso.com/"}, "not_known", "warn", "skip"),
    ],
)
def test_each_answer_is_an_outcome_a_step_and_a_finding(
    talk: Talk, status: int, headers: dict[str, str], outcome: str, judged: str, stepped: str
) -> None:
    conversation = talk(FOUND, exchanges(GRANTED), Said("POST", EWS, status, XML, headers=headers))
    result = run(OPTIONS, SIGNED)
    assert (result["exchange"]["outcome"], finding(result)["status"], step(result, "exchange")) == (outcome, judged, stepped)
    assert (result["accepted"], result["outcome"], result["changed"]) == (True, "accepted", False)
    assert result["exchange"]["status"] == (None if status == 302 else status)
    assert result["exchange"]["policy_reason"] == headers.get("X-EWS-Policy-Reason")
    assert bool(finding(result)["remedy"]) is (outcome != "let_in")
    asked = conversation.seen[-1]
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert b"GetServerTimeZones" in (asked.body if isinstance(asked.body, bytes) else b"")
    assert "eyJ" not in json.dumps(result)


def test_it_is_asked_once_with_the_first_token_and_in_check_mode_too(talk: Talk) -> None:
    refused = {"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found."}
    talk(FOUND, exchanges(refused, 400), exchanges(GRANTED), Said("POST", EWS, answer=XML), exchanges(GRANTED))
    names = ["webext.contoso.com", "webdir.contoso.com", "meet.contoso.com"]
    rows = [row(f"{SKYPE}/{name}@{TENANT}") for name in names]
    result = run({**OPTIONS, "name": names}, (["New-Assertion"], told(assertions=rows)), check_mode=True)
    assert result["exchange"]["outcome"] == "let_in"
    assert [one["id"] for one in result["findings"]].count("proof.exchange") == 1


def test_without_a_token_nothing_is_sent_and_that_is_said(talk: Talk) -> None:
    talk(FOUND, exchanges({"error": "invalid_client", "error_description": "AADSTS700027: no."}, 401))
    result = run(OPTIONS, SIGNED)
    assert (result["exchange"]["outcome"], finding(result)["status"]) == ("not_known", "warn")
    assert "There was no token" in result["exchange"]["explanation"]


def test_a_page_of_something_in_between_lets_nobody_in(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED), Said("POST", EWS, 200, "<html>Welcome</html>"))
    result = run(OPTIONS, SIGNED)
    assert (result["exchange"]["outcome"], result["exchange"]["status"]) == ("not_known", 200)
    assert "proxy" in finding(result)["remedy"]


@pytest.mark.parametrize(("code", "outcome"), [("NoError", "let_in"), ("ErrorAccessDenied", "not_known"), ("ErrorServerBusy", "not_known")])
def test_an_answer_lets_in_only_without_an_error_in_it(talk: Talk, code: str, outcome: str) -> None:
    answer = answered(f"<m:ResponseCode> {code} </m:ResponseCode>", "Success" if code == "NoError" else "Error")
    talk(FOUND, exchanges(GRANTED), Said("POST", EWS, 200, answer))
    result = run(OPTIONS, SIGNED)
    assert (result["exchange"]["outcome"], result["exchange"]["status"]) == (outcome, 200)
    assert (code in finding(result)["actual"]) is (outcome == "not_known")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("<html><!-- GetServerTimeZonesResponse --></html>", "not as Exchange Web Services do"),
        (body("<!-- GetServerTimeZonesResponse -->"), "not as Exchange Web Services do"),
        (body(f"<GetServerTimeZonesResponse>{XML[38:]}</GetServerTimeZonesResponse>"), "not as Exchange Web Services do"),
        (XML.replace("Body", "Header"), "not as Exchange Web Services do"),
        (XML[:-9], "not as Exchange Web Services do"),
        (f"{XML[:38]}<!DOCTYPE s [<!ENTITY n 'NoError'>]>{answered('<m:ResponseCode>&n;</m:ResponseCode>')[38:]}", "not as Exchange"),
        (XML.encode("utf-16").decode("latin-1"), "not as Exchange Web Services do"),
        (XML, "let_in"),
        ("", "not as Exchange Web Services do"),
        (body("<s:Fault><faultcode>s:Server</faultcode><faultstring>GetServerTimeZonesResponse</faultstring></s:Fault>"), "a SOAP fault"),
        (answered(""), "without a response code"),
        (answered("<m:ResponseCode/>"), "without a response code"),
        (answered("<m:ResponseCode>  </m:ResponseCode>"), "without a response code"),
        (answered("<m:ResponseCode>No Error!</m:ResponseCode>"), "without a response code"),
        (answered(kind="Error"), "without a response code"),
        (answered("<m:ResponseCode>NoError</m:ResponseCode><m:ResponseCode>ErrorServerBusy</m:ResponseCode>"), "ErrorServerBusy"),
    ],
)
def test_200_lets_in_by_the_element_of_the_answer_alone(talk: Talk, answer: str, said: str) -> None:
    talk(FOUND, exchanges(GRANTED), Said("POST", EWS, 200, answer))
    result = run(OPTIONS, SIGNED)
    assert said in (f"{result['exchange']['outcome']} {finding(result)['actual']}")
    assert (result["exchange"]["outcome"] == "let_in") is (said == "let_in")


def test_not_asked_for_it_is_no_step_and_no_finding(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    result = run({"current": CURRENT}, SIGNED)
    assert (result["exchange"], step(result, "exchange")) == (None, None)
    assert "proof.exchange" not in [one["id"] for one in result["findings"]]


def test_a_reason_that_repeats_the_token_does_not_show_it(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED), Said("POST", EWS, 403, headers={"X-EWS-Policy-Reason": f"no {TOKEN} and {ASSERTION}\x1b[2J"}))
    result = run(OPTIONS, SIGNED)
    assert result["exchange"]["outcome"] == "policy"
    assert "eyJ" not in json.dumps(result)
    assert "\\u001b" not in json.dumps(result)


def test_each_cloud_has_its_own_host() -> None:
    assert {cloud: subject.url(cloud) for cloud in CLOUDS} == {
        "global": EWS,
        "gcc": EWS,
        "gcc_high": "https://outlook.office365.us/EWS/Exchange.asmx",
        "dod": "https://outlook-dod.office365.us/EWS/Exchange.asmx",
        "china": "https://partner.outlook.cn/EWS/Exchange.asmx",
    }


def test_a_refusal_is_explained_by_its_date_and_no_application_is_guessed() -> None:
    for status, reason in ((403, "x"), (403, None)):
        listed = subject.explain(status, reason, EWS, ALLOW_LIST.begins).remedy
        assert "since 10 October 2026 and end on 1 April 2027. " in listed
        assert "is not documented" in listed
        assert SKYPE not in listed
        ended = "Exchange Web Services ended on 1 April 2027. Nothing lets an application in any more."
        assert subject.explain(status, reason, EWS, END.begins).remedy == ended
