# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sp_info tells beside the principals: strength of the keys, the tenant's clock, and dedicated applications."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import http_date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text

from ..support import NOW, Said, run_action
from .test_actions import FIELDS, FOREIGN, GRAPH, KEYS, OURS, SKYPE, TOKEN, Talk, principal, wholes

NAMED = f"{GRAPH}/servicePrincipals?$filter=startswith(displayName,'ExchangeServerApp-')&{FIELDS}"


def test_the_strength_of_a_key_is_told_where_its_certificate_is_readable(talk: Talk) -> None:
    symmetric = {**FOREIGN, "type": "Symmetric", "customKeyIdentifier": None}
    talk(*wholes(principal(SKYPE, keyCredentials=[OURS, symmetric])))
    ours, other = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})["service_principals"][0]["key_credentials"]
    assert (ours["key_type"], ours["key_size"], ours["signature_algorithm"]) == ("RSA", 2048, "sha256RSA")
    assert (other["key_type"], other["key_size"], other["signature_algorithm"]) == (None, None, None)
    assert (ours["encoding"], other["encoding"]) == ("der", None)


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        (lambda der: der, "der"),
        (lambda der: b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n", "pem"),
        (base64.b64encode, "text"),
    ],
    ids=["der", "pem", "text"],
)
def test_a_key_tells_how_its_certificate_is_written(talk: Talk, written: Callable[[bytes], bytes], encoding: str) -> None:
    key = base64.b64encode(written(base64.b64decode(KEYS[OURS["customKeyIdentifier"]]))).decode()
    talk(*wholes(principal(SKYPE, keyCredentials=[{**OURS, "key": key}])))
    (told,) = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})["service_principals"][0]["key_credentials"]
    assert (told["encoding"], told["thumbprint"]) == (encoding, OURS["customKeyIdentifier"])


def test_the_tenants_clock_comes_with_the_controllers(talk: Talk) -> None:
    (said,) = wholes(principal(SKYPE))
    said.headers["Date"] = format_datetime(NOW, usegmt=True)
    talk(said)
    before = datetime.now(timezone.utc).replace(microsecond=0)
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})
    assert result["tenant_time"] == utc_text(NOW)
    assert before <= parse_time(result["controller_time"]) <= datetime.now(timezone.utc)
    assert 0 <= result["clock_uncertainty"] < 60


@pytest.mark.parametrize("text", [None, "", "soon", "Thu, 99 Nov 2026 08:00:00 GMT"])
def test_a_date_header_that_is_none_tells_no_time(text: str | None) -> None:
    assert http_date(text) is None


def test_dedicated_applications_are_looked_for_only_when_asked_and_in_one_request(talk: Talk) -> None:
    talk(*wholes(principal(SKYPE)))
    assert "dedicated_applications" not in run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})
    dedicated = principal("10000000-0000-4000-8000-000000000000", displayName="ExchangeServerApp-0626ac82-7d72-41c7-9e9b-720b276e98f2")
    talk(*wholes(principal(SKYPE)), Said("GET", NAMED, answer={"value": [dedicated]}))
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "dedicated_applications": True})
    assert [entry["app_id"] for entry in result["dedicated_applications"]] == [dedicated["appId"]]
    names = ["SfB's-", "ExchangeServerApp-"]
    several = NAMED.replace("$filter=", "$filter=startswith(displayName,'SfB''s-') or ")
    talk(*wholes(principal(SKYPE)), Said("GET", several, answer={"value": []}))
    result = run_action("sp_info", {**TOKEN, "app_ids": [SKYPE], "dedicated_applications": True, "dedicated_application_names": names})
    assert result["dedicated_applications"] == []


@pytest.mark.parametrize("names", [[], [" "], ["x"] * 16])
def test_bad_names_of_dedicated_applications_are_refused_before_anything_is_contacted(names: list[Any], talk: Talk) -> None:
    talk()
    result = run_action("sp_info", {**TOKEN, "dedicated_applications": True, "dedicated_application_names": names})
    assert result["failed"]
    assert "Option 'dedicated_application_names'" in result["msg"]


@pytest.mark.parametrize("text", ["[" * 100_000, "<html>", "", "[]", "5", "null"])
def test_an_answer_that_is_no_object_is_told_in_words(talk: Talk, text: str) -> None:
    talk(*(replace(said, answer=text) for said in wholes(principal(SKYPE))))
    assert "but not with a JSON object" in run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})["msg"]


@pytest.mark.parametrize("value", [[1], ["a"], [None], {}, None, 5])
def test_a_list_that_is_none_of_objects_is_told_in_words(talk: Talk, value: Any) -> None:
    talk(Said("GET", f"{GRAPH}/servicePrincipals?{FIELDS}&$top=100", answer={"value": value}))
    assert "is no list" in run_action("sp_info", {**TOKEN, "all": True})["msg"]


@pytest.mark.parametrize("text", ["\N{SUPERSCRIPT TWO}", "-5", "soon", "1e9"])
def test_a_wait_that_cannot_be_read_is_none(talk: Talk, text: str) -> None:
    talk(*(replace(said, status=429, headers={"Retry-After": text}) for said in wholes(principal(SKYPE))))
    assert "429" in run_action("sp_info", {**TOKEN, "app_ids": [SKYPE]})["msg"]
