# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's ways to sign in, with the collection's own actions and MSAL as clients."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests

from tests.lab import Lab
from tests.lab.cloud.federation import AUDIENCE
from tests.lab.state import GREENFIELD

from ..support import run_action

ISSUER, SUBJECT = "https://oidc.contoso.com", "system:serviceaccount:awx:default"
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
SYSTEM, USER = "0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b"
ROLES = ["Application.ReadWrite.All"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    state = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    tenant = state["tenants"][0]
    tenant["applications"][0].update(
        federated_credentials=[{"name": "awx", "issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}],
        public_client=True,
        delegated=ROLES,
    )
    tenant["managed_identities"] = [{"client_id": SYSTEM, "system": True, "roles": ROLES}, {"client_id": USER, "roles": ROLES}]
    with Lab(state, workdir=tmp_path_factory.mktemp("lab"), engine="none") as running:
        yield running


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_TENANT", "AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def where(lab: Lab) -> dict[str, Any]:
    return {"login_url": lab.info["login_url"], "graph_url": lab.info["graph_url"], "ca_path": lab.info["ca_path"]}


@pytest.mark.parametrize(
    ("claims", "part"),
    [
        ({}, None),
        ({"issuer": "https://oidc.fabrikam.com"}, "AADSTS700211"),
        ({"audience": "api://other"}, "AADSTS700212"),
        ({"subject": SUBJECT.upper()}, "AADSTS700213"),
        ({"signed_by": "https://oidc.fabrikam.com"}, "AADSTS700027"),
    ],
)
def test_entra_checks_a_federated_token(lab: Lab, claims: dict[str, str], part: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTOSO_ID_TOKEN", lab.providers.token(**{"issuer": ISSUER, "subject": SUBJECT, **claims}))
    mark = lab.mark()
    options = {"tenant": "contoso.com", "client_id": CLIENT, "federated_token_variable": "CONTOSO_ID_TOKEN"}
    result = run_action("graph_token", {**options, **where(lab)})
    assert lab.counts(mark)["entra"] == 2
    assert part in result["msg"] if part else result["tenant_id"] == TENANT


def test_a_federated_token_that_is_over_is_refused_by_entra_too(lab: Lab) -> None:
    problem = lab.providers.problem(lab.providers.token(ISSUER, SUBJECT, seconds=-1), {"federated_credentials": _credentials(lab)})
    assert problem is not None
    assert problem[0] == 700024


def _credentials(lab: Lab) -> Any:
    return lab.state()["tenants"][0]["applications"][0]["federated_credentials"]


def test_an_application_without_federated_credentials_takes_none(lab: Lab) -> None:
    problem = lab.providers.problem(lab.providers.token(ISSUER, SUBJECT), {})
    assert problem is not None
    assert problem[0] == 700211


def test_github_wants_its_request_token(lab: Lab) -> None:
    github = lab.info["environments"]["github"]
    url, headers = github["ACTIONS_ID_TOKEN_REQUEST_URL"], {"Authorization": f"Bearer {github['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    ca_path = lab.info["ca_path"]
    assert requests.get(url, verify=ca_path, timeout=10).status_code == 401
    assert requests.get(url, headers=headers, params={"audience": "x"}, verify=ca_path, timeout=10).json()["value"].count(".") == 2


@pytest.mark.parametrize("platform", ["virtual_machine", "app_service", "azure_arc"])
@pytest.mark.parametrize("client_id", [None, USER, "0a1b2c3d-0000-4000-8000-00000000000c"])
def test_each_platform_gives_the_token_of_the_identity_that_is_meant(
    lab: Lab, platform: str, client_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lab.info["environments"][platform].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(msal.managed_identity._supported_arc_platforms_and_their_prefixes, "linux", lab.info["arc_keys"])
    mark = lab.mark()
    options = {"auth_source": "managed_identity", "managed_identity_client_id": client_id}
    result = run_action("sp_info", {**options, **where(lab)})
    asked = [entry for entry in lab.requests(mark) if entry["kind"] == "identity"]
    assert len(asked) == (2 if platform == "azure_arc" else 1)
    assert lab.counts(mark)["entra"] == 0
    if client_id in (None, USER):
        assert result["tenant_id"] == TENANT
        assert len(result["service_principals"]) == 2
    else:
        assert "managed_identity_client_id of a module) is its client id" in result["msg"]
    assert list(Path(lab.info["arc_keys"]).iterdir()) == []


def test_a_key_of_the_arc_agent_that_may_not_be_read_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in lab.info["environments"]["azure_arc"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(msal.managed_identity._supported_arc_platforms_and_their_prefixes, "linux", str(tmp_path))
    result = run_action("graph_token", {"auth_source": "managed_identity", **where(lab)})
    assert "himds" in result["msg"]
    for key in Path(lab.info["arc_keys"]).iterdir():
        key.unlink()


def test_the_identity_endpoints_want_their_headers(lab: Lab) -> None:
    for platform, status in (("virtual_machine", 400), ("app_service", 401), ("azure_arc", 400)):
        environment = lab.info["environments"][platform]
        url = environment.get("IDENTITY_ENDPOINT") or f"{environment['AZURE_POD_IDENTITY_AUTHORITY_HOST']}/metadata/identity/oauth2/token"
        assert requests.get(url, timeout=10).status_code == status


def test_a_short_outage_of_the_machines_endpoint_is_waited_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AZURE_POD_IDENTITY_AUTHORITY_HOST", lab.info["environments"]["virtual_machine"]["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    )
    # A proxy of the environment must not see the request.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    lab.fault({"on": "identity.token", "do": "status:503"})
    result = run_action("graph_token", {"auth_source": "managed_identity", **where(lab)})
    lab.clear_faults()
    assert result["tenant_id"] == TENANT


def test_a_controller_outside_azure_learns_it_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    begun = time.monotonic()
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert "runs on Azure" in result["msg"]
    assert time.monotonic() - begun < 15


def test_a_service_fabric_that_cannot_be_reached_is_not_taken_for_another_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://127.0.0.1:9/metadata/identity/oauth2/token")
    monkeypatch.setenv("IDENTITY_HEADER", "the-identity-header")
    monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", "0" * 40)
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert "of this Service Fabric (system-assigned) gave no token" in result["msg"]
    assert "the-identity-header" not in json.dumps(result)


@pytest.mark.parametrize(("do", "part"), [("approve", None), ("decline", "User declined")])
def test_a_device_code_waits_for_the_control(lab: Lab, do: str, part: str | None) -> None:
    def settle() -> None:
        url, end = f"{lab.info['control_url']}/device-codes", time.monotonic() + 30
        while time.monotonic() < end:
            waiting = [one for one in requests.get(url, timeout=10).json() if one["state"] == "pending"]
            if waiting:
                requests.post(url, json={"do": do, "user_code": waiting[0]["user_code"]}, timeout=10)
                return
            time.sleep(0.1)

    person = threading.Thread(target=settle, daemon=True)
    person.start()
    result = run_action(
        "sp_info",
        {"auth_source": "device_code", "device_code_timeout": 30, "tenant": "contoso.com", "client_id": CLIENT, **where(lab)},
    )
    person.join(30)
    assert part in result["msg"] if part else len(result["service_principals"]) == 2


def test_the_control_refuses_what_cannot_be_done_with_a_code(lab: Lab) -> None:
    url = f"{lab.info['control_url']}/device-codes"
    assert requests.post(url, json={"do": "forget"}, timeout=10).status_code == 400
    assert requests.post(url, json={}, timeout=10).status_code == 400
    assert requests.post(url, json={"do": "approve", "user_code": "none"}, timeout=10).json() == {"settled": 0}
