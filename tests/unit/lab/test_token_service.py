# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token service, asked by requests over HTTPS and from inside the lab: both must say the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab import Lab
from tests.lab.cloud.token_service import GRANT_TYPE
from tests.lab.farm import certificates
from tests.lab.farm.assertion import signed
from tests.lab.proof import prove
from tests.lab.scenarios import EXCHANGE, SKYPE, configured, hold, scenario

TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
RESOURCE = f"{EXCHANGE}/outlook.office365.com@{TENANT}"
Start = Callable[[dict[str, Any]], Lab]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Lab] = []

    def begin(state: dict[str, Any]) -> Lab:
        started.append(Lab(state, workdir=tmp_path / "lab", engine="none"))
        return started[-1]

    yield begin
    for lab in started:
        lab.stop()


def document(lab: Lab) -> dict[str, Any]:
    answer = requests.get(lab.info["tenants"][0]["metadata_url"], verify=lab.info["ca_path"], timeout=10)
    assert answer.status_code == 200
    content: dict[str, Any] = answer.json()
    return content


def post(lab: Lab, assertion: str, resource: str = RESOURCE, grant_type: str = GRANT_TYPE) -> requests.Response:
    (endpoint,) = (one["location"] for one in document(lab)["endpoints"] if one["protocol"] == "OAuth2")
    form = {"grant_type": grant_type, "assertion": assertion, "resource": resource}
    return requests.post(endpoint, data=form, verify=lab.info["ca_path"], timeout=10)


def made(lab: Lab, name: str = SKYPE, realm: str = TENANT, at: float | None = None, audience_realm: str = TENANT) -> str:
    stored = lab.farm.front_ends["fe01.contoso.com"].store()[0]
    audience = f"00000001-0000-0000-c000-000000000000/accounts.accesscontrol.windows.net@{audience_realm}"
    return signed(stored, f"{name}@{realm}", audience, int(at or time.time()), 300)


def test_a_working_trust_gets_a_token_whose_secret_parts_only_the_client_sees(start: Start) -> None:
    lab = start(configured())
    assert document(lab)["realm"] == TENANT
    assert made(lab)
    answer = post(lab, made(lab, f"{SKYPE}/WebExt.contoso.com")).json()
    assert (answer["token_type"], answer["resource"], answer["expires_in"]) == ("Bearer", RESOURCE, "28800")
    assert answer["access_token"] not in str(lab.requests())
    assert [(entry["verb"], entry["status"]) for entry in lab.requests() if entry["kind"] == "token"][-1] == ("POST", 200)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("unknown_key", 700027),
        ("disabled_account", 500014),
        ("disabled_farm", 7000112),
        ("clock", 700024),
        ("wrong_tenant", 700016),
        ("expired_credential", 700027),
    ],
)
def test_what_is_wrong_in_the_tenant_has_its_code(start: Start, name: str, code: int) -> None:
    lab = start(scenario(name))
    answer = post(lab, made(lab))
    assert answer.json()["error_codes"] == [code]
    assert "access_token" not in answer.json()
    if name != "clock":
        assert prove(lab, "fe01.contoso.com").code == code


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda lab: post(lab, "nonsense"), 50027),
        (lambda lab: post(lab, "bnVsbA.bnVsbA.bnVsbA"), 50027),
        (lambda lab: post(lab, made(lab)[:-8] + "AAAAAAAA"), 700027),
        (lambda lab: post(lab, made(lab), grant_type="client_credentials"), 70003),
        (lambda lab: post(lab, made(lab), resource="mail"), 90014),
        (lambda lab: post(lab, made(lab), resource=RESOURCE.replace("outlook", "mail")), 500011),
        (lambda lab: post(lab, made(lab), resource=RESOURCE.replace(TENANT, "fabrikam.com")), 90002),
        (lambda lab: post(lab, made(lab, f"{SKYPE}/other.contoso.com")), 700016),
        (lambda lab: post(lab, made(lab, realm="fabrikam.com")), 70002),
        (lambda lab: post(lab, made(lab, audience_realm="fabrikam.com")), 90002),
        (lambda lab: post(lab, made(lab, at=time.time() - 700)), 700024),
        (lambda lab: post(lab, made(lab, at=time.time() + 400)), 700024),
    ],
)
def test_a_request_that_is_not_right_is_refused(start: Start, ask: Callable[[Lab], requests.Response], code: int) -> None:
    lab = start(configured())
    answer = ask(lab)
    assert (answer.status_code >= 400, answer.json()["error_codes"]) == (True, [code])


def test_a_clock_that_is_off_by_less_than_five_minutes_does_not_matter(start: Start) -> None:
    lab = start(configured())
    for off in (-290, 290):
        assert post(lab, made(lab, at=time.time() + off)).status_code == 200


def test_an_unknown_tenant_has_no_document_and_faults_work(start: Start) -> None:
    lab = start(configured())
    url = f"{lab.info['login_url']}/fabrikam.com/metadata/json/1"
    assert requests.get(url, verify=lab.info["ca_path"], timeout=10).status_code == 404
    for do, status in (("status:503", 503), ("throttle:7", 429)):
        lab.fault({"on": "tokens.post", "do": do})
        assert post(lab, made(lab)).status_code == status
    assert post(lab, made(lab)).status_code == 200


def test_the_farms_cmdlets_take_the_labs_own_url_too(start: Start) -> None:
    lab = start(configured())
    url = lab.info["tenants"][0]["metadata_url"]
    given = {"Identity": "microsoft.sts", "MetadataUrl": url}
    lab.farm.front_ends["fe01.contoso.com"].cmdlet("Set-CsOAuthServer", given, "x")
    assert lab.state()["deployments"][0]["cms"]["oauth_servers"][0]["MetadataUrl"] == url


def test_a_proof_inside_the_lab_follows_a_roll(start: Start) -> None:
    state = configured()
    deployment = state["deployments"][0]
    deployment["certificates"]["next"] = {"subject": "CN=next"}
    certificates.complete(deployment["certificates"]["next"])
    effective = datetime.now(timezone.utc) + timedelta(days=2)
    deployment["cms"]["token_issuer"] = {
        "certificate": "next",
        "previous": "issuer",
        "effective_date": effective.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for front_end in deployment["front_ends"]:
        front_end["store"].append("next")
    lab = start(state)
    later = effective + timedelta(hours=1)
    mark = lab.mark()
    assert prove(lab, "fe01.contoso.com", host="webext.contoso.com").accepted
    refused = prove(lab, "fe01.contoso.com", at=later)
    assert (refused.accepted, refused.code) == (False, 700027)
    assert refused.thumbprint == certificates.thumbprint(certificates.load(deployment["certificates"]["next"]))
    hold(state["tenants"][0]["service_principals"][0], deployment["certificates"]["next"])
    lab.stop()
    assert prove(start(state), "fe01.contoso.com", at=later).accepted
    assert lab.requests(mark) == []


def test_a_server_without_the_key_proves_nothing(start: Start) -> None:
    lab = start(scenario("no_private_key"))
    assert prove(lab, "fe01.contoso.com").code is None
    assert not prove(lab, "fe01.contoso.com").accepted
