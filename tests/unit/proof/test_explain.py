# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer proves: only a token is acceptance, and nothing that a service may say breaks the explanation."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import mailbox
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.result import shown_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.token_service import read_metadata
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import (
    OUTCOMES,
    Asked,
    Verdict,
    explain,
    overall,
    quoted,
    unsigned,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import http_date

TENANT, SKYPE = "5588b4fd-f26d-475c-824f-9911277ab13e", "00000004-0000-0ff1-ce00-000000000000"
RESOURCE = f"00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@{TENANT}"
GOOD = {"token_type": "Bearer", "access_token": "a.b.c", "expires_in": "28799", "resource": RESOURCE}


def asked(host: str = "webext.contoso.com", skew: float | None = 2.0) -> Asked:
    return Asked(f"{SKYPE}/{host}@{TENANT}", SKYPE, host, TENANT, "AB" * 20, RESOURCE, skew)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
texts = st.text() | st.from_regex(r"(AADSTS|ACS)\d{1,12}: .{0,80}") | st.sampled_from(["disabled", "expired", "audience", "time range"])
answers = json_values | st.fixed_dictionaries(
    {},
    optional={
        "error": json_values | st.just("invalid_client"),
        "error_description": json_values | texts,
        "error_codes": json_values | st.lists(st.sampled_from([50012, 700027, 700016, 70001, 700024, 500011, 50001]) | json_values),
        "access_token": json_values | st.just("a.b.c"),
        "token_type": json_values | st.sampled_from(["Bearer", "bearer", "mac"]),
        "expires_in": json_values,
    },
)
statuses = st.integers(100, 599) | st.sampled_from([200, 400, 401, 403])


@given(statuses, answers, st.none() | st.floats(-9e6, 9e6), st.sampled_from(["", "webext.contoso.com"]))
def test_an_explanation_never_fails_and_only_a_bearer_token_is_acceptance(status: int, content: Any, skew: float | None, host: str) -> None:
    verdict = explain(status, content, asked(host, skew))
    granted = (
        status == 200
        and isinstance(content, dict)
        and isinstance(content.get("access_token"), str)
        and bool(content["access_token"].strip())
        and isinstance(content.get("token_type"), str)
        and content["token_type"].lower() == "bearer"
    )
    assert (verdict.outcome == "accepted") is granted
    assert verdict.outcome in OUTCOMES
    assert (verdict.accepted is None) is (verdict.outcome == "not_known")
    assert (verdict.accepted is True) is granted
    assert verdict.explanation
    assert bool(verdict.remedy) is not granted
    if granted:
        assert set(shown_token(content)) == {"lifetime", "audience", "issuer"}


def refusal(text: str, error: str = "invalid_client", codes: Any = None) -> dict[str, Any]:
    return {"error": error, "error_description": text, **({"error_codes": codes} if codes is not None else {})}


EXPIRED = "AADSTS70002: Error. AADSTS50012: Client assertion contains an invalid signature. [Reason - The key used is expired., "
CASES = [
    (
        refusal("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found.]"),
        "unknown_key",
        "sp_credential",
    ),
    (refusal("", codes=[700027]), "unknown_key", "sp_credential"),
    (refusal(EXPIRED), "wrong_certificate", "new OAuthTokenIssuer certificate"),
    (refusal("AADSTS7000214: Certificate has been revoked."), "wrong_certificate", "sp_credential"),
    (refusal("AADSTS700024: Client assertion is not within its valid time range."), "clock", "w32tm"),
    (refusal("AADSTS70002: Error. AADSTS50012: Assertion is not within its valid time range."), "clock", "w32tm"),
    (refusal("AADSTS700016: Application with identifier 'x/y' was not found in the directory."), "name_not_registered", "sp_names"),
    (refusal("AADSTS7000112: Application 'x'(y) is disabled."), "disabled_account", f"app_id {SKYPE}"),
    (refusal("AADSTS70001: Application 'x' is disabled."), "disabled_account", f"app_id {SKYPE}"),
    (refusal("AADSTS500014: The service principal for resource 'x' is disabled."), "disabled_account", "00000002-"),
    (refusal("AADSTS50001: Resource 'x' is disabled."), "disabled_account", "00000002-"),
    (refusal("AADSTS500011: The resource principal named x was not found in the tenant."), "name_not_registered", "resource"),
    (refusal("AADSTS90002: Tenant 'x' not found."), "wrong_tenant", "tenant_id"),
    (refusal("AADSTS70002: Error. AADSTS50012: Client assertion audience claim does not match Realm issuer."), "wrong_tenant", "tenant_id"),
    (
        refusal("AADSTS70003: The app requested an unsupported grant type.", "unsupported_grant_type"),
        "not_known",
        "login.microsoftonline.com",
    ),
    (refusal("ACS50012: Authentication failed."), "not_known", "sign-in logs"),
    ({"error": "invalid_client"}, "not_known", "sign-in logs"),
]


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(("content", "outcome", "remedy"), CASES)
def test_each_known_refusal_has_its_outcome_and_remedy(content: dict[str, Any], outcome: str, remedy: str, status: int) -> None:
    verdict = explain(status, content, asked())
    assert (verdict.outcome, remedy in verdict.remedy) == (outcome, True)


def test_the_codes_of_a_refusal_that_passes_with_a_success_status_do_not_count() -> None:
    assert explain(200, refusal("AADSTS700027: x"), asked()).outcome == "not_known"
    assert explain(503, refusal("AADSTS700027: x"), asked()).outcome == "not_known"
    assert explain(302, None, asked()).outcome == "not_known"


def test_without_a_name_an_unknown_application_is_another_tenant() -> None:
    assert explain(400, refusal("AADSTS700016: not found"), asked(host="")).outcome == "wrong_tenant"


def test_an_unknown_refusal_is_the_clock_where_that_is_off() -> None:
    verdict = explain(401, refusal("ACS50008: Token is invalid."), asked(skew=-900.0))
    assert verdict.outcome == "clock"
    assert "900 seconds behind" in verdict.explanation
    assert explain(401, refusal("ACS50008: Token is invalid."), asked(skew=None)).outcome == "not_known"


def test_what_the_service_said_is_shown_without_trace_ids() -> None:
    verdict = explain(401, refusal("AADSTS700027: Bad. Trace ID: 1 Correlation ID: 2"), asked())
    assert verdict.explanation.endswith("The service said: AADSTS700027: Bad.")
    assert verdict.error_code == "AADSTS700027"
    assert len(quoted("x" * 5000)) < 500


@pytest.mark.parametrize(
    ("problem", "accepted", "part"),
    [
        ("none_assigned", False, "no OAuthTokenIssuer certificate"),
        ("not_assigned", False, "staged or previous"),
        ("missing", False, "not in the computer's certificate store"),
        ("no_private_key", False, "without its private key"),
        ("not_rsa", False, "no RSA key"),
        ("key_unusable", None, "Keyset does not exist"),
        ("something new", None, "something new"),
    ],
)
def test_what_cannot_be_signed_is_explained(problem: str, accepted: bool | None, part: str) -> None:
    verdict = unsigned(problem, "AB" * 20, "Keyset does not exist\r\n")
    assert (verdict.accepted, part in verdict.explanation, bool(verdict.remedy)) == (accepted, True, True)


outcomes = st.sampled_from(OUTCOMES)


@given(st.lists(outcomes, min_size=1))
def test_the_whole_is_accepted_only_if_everything_is(found: list[str]) -> None:
    verdict = overall([Verdict(outcome, "x") for outcome in found])
    assert (verdict.accepted is True) is (set(found) == {"accepted"})
    assert (verdict.accepted is False) is any(Verdict(outcome, "x").accepted is False for outcome in found)


@given(json_values | st.fixed_dictionaries({"realm": st.just(TENANT), "endpoints": json_values, "allowedAudiences": json_values}))
def test_any_document_can_be_read(content: Any) -> None:
    read_metadata(content)


@given(
    st.none() | st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [A-Z+0-9-]{1,5}", fullmatch=True)
)
def test_any_date_can_be_read(text: str | None) -> None:
    moment = http_date(text)
    assert moment is None or moment.tzinfo is not None


ENDPOINTS = [
    {"location": "https://sts.contoso.com/delegation", "protocol": "DelegationIssuance1.0", "usage": "issuance"},
    {"location": "https://sts.contoso.com/tokens/OAuth/2", "protocol": "OAuth2", "usage": "issuance"},
]
AUDIENCES = [f"00000001-0000-0000-c000-000000000000/sts.contoso.com@{realm}" for realm in ("contoso.com", TENANT.upper())]


def test_a_metadata_document_tells_realm_endpoint_and_audience() -> None:
    found = read_metadata({"realm": TENANT.upper(), "endpoints": ENDPOINTS, "allowedAudiences": AUDIENCES})
    assert found is not None
    assert (found.realm, found.endpoint) == (TENANT, "https://sts.contoso.com/tokens/OAuth/2")
    assert found.audience is not None
    assert (found.audience.host, found.audience.realm) == ("sts.contoso.com", TENANT)


@pytest.mark.parametrize("location", ["http://sts.contoso.com/tokens", "https://user:x@sts.contoso.com/", "", None, "javascript:1"])
def test_an_endpoint_that_is_not_https_is_none(location: Any) -> None:
    found = read_metadata({"realm": TENANT, "endpoints": [{**ENDPOINTS[1], "location": location}], "allowedAudiences": AUDIENCES})
    assert found is not None
    assert found.endpoint is None


def test_an_audience_of_another_application_is_not_taken() -> None:
    audience = f"00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@{TENANT}"
    found = read_metadata({"realm": TENANT, "endpoints": ENDPOINTS, "allowedAudiences": [audience]})
    assert found is not None
    assert found.audience is None


@pytest.mark.parametrize(
    ("rows", "failure", "status", "part"),
    [
        (["Test Passed"], None, "pass", ""),
        (["Test Failed"], None, "fail", "-Verbose"),
        (["Microsoft.Rtc.Management.ResourceData"], None, "warn", "-Verbose"),
        ([], None, "warn", "-Verbose"),
        ([], {"message": "The remote server returned an error: (401) Unauthorized."}, "fail", "on premises"),
        ([], {"message": "The remote server returned an error: (403) Forbidden."}, "fail", "X-EWS-Policy-Reason"),
        ([], {"message": "The remote server returned an error: (403) Forbidden. request-id: 7b401c22-0000"}, "fail", "X-EWS-Policy-Reason"),
        ([], {"message": "(403) Forbidden: unauthorized application"}, "fail", "X-EWS-Policy-Reason"),
        ([], {"message": "Unauthorized"}, "fail", "on premises"),
        ([], {"message": "HTTP status 401: no"}, "fail", "on premises"),
        ([], {"message": "Forbidden"}, "fail", "X-EWS-Policy-Reason"),
        ([], {"message": "The remote server returned an error: (503) after 401 ms."}, "fail", "-Verbose"),
        (["Test failed: The request failed with HTTP status 403: Forbidden."], None, "fail", "X-EWS-Policy-Reason"),
        (["Test failed: The request failed with HTTP status 401: Unauthorized."], None, "fail", "on premises"),
        (["Error: (403)"], None, "fail", "X-EWS-Policy-Reason"),
        (["Not passed"], None, "warn", "-Verbose"),
        (["Not passed: the test failed"], None, "fail", "-Verbose"),
        (["Test passed: nothing failed"], None, "pass", ""),
        ([], {"message": "sip:x403@contoso.com is not a valid user."}, "fail", "-Verbose"),
        ([], {"message": "Access Denied"}, "warn", "RTCUniversalUserAdmins"),
        ([], {"message": "sip:x@contoso.com is not a valid user."}, "fail", "-Verbose"),
    ],
)
def test_what_the_mailbox_test_says_is_explained(rows: list[str], failure: Any, status: str, part: str) -> None:
    found, detail, remedy = mailbox.explain(rows, failure, datetime(2026, 11, 29, tzinfo=timezone.utc))
    assert (found, part in remedy, bool(detail)) == (status, True, True)
