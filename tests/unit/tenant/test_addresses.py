# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret goes to the address that it is for: none that an answer names takes it elsewhere, and no file adds another one to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, LocalSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import Conversation, Said, run_action
from .test_auth_methods import APPLICATION, CONFIGURATION, DISCOVERY, GRANTED, LOGIN
from .test_clouds import SECRET, token

GRAPH = "https://graph.microsoft.com"
ORGANIZATION = f"{GRAPH}/v1.0/organization?$select=id,displayName,verifiedDomains"
Talk = Callable[..., Conversation]


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for every host that is asked here, and one for all others."""
    file = tmp_path / "netrc"
    hosts = ("graph.microsoft.com", "login.microsoftonline.com", "169.254.169.254", "pipelines.contoso.com")
    entries = [f"machine {host} login contoso password the-password-of-netrc" for host in hosts]
    file.write_text("\n".join([*entries, "default login contoso password the-password-of-netrc", ""]))
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    assert requests.utils.get_netrc_auth(f"{GRAPH}/x") == ("contoso", "the-password-of-netrc")


@pytest.mark.usefixtures("netrc")
def test_netrc_neither_replaces_nor_adds_an_authorization(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    text = token()
    found = talk(Said("GET", ORGANIZATION, answer={"value": [{"id": "x", "displayName": "Contoso"}]}))
    run_action("tenant_info", {"access_token": text, "display_name": "Contoso"})
    assert found.seen[0].headers["Authorization"] == f"Bearer {text}"
    signed_in = talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer=GRANTED))
    assert not run_action("graph_token", {**APPLICATION, "client_secret": SECRET}).get("failed")
    assert [request.headers.get("Authorization") for request in signed_in.seen] == [None, None]
    machine = f"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={GRAPH}"
    local = talk(Said("GET", machine, answer={"access_token": text, "expires_in": "86399"}))
    assert not run_action("graph_token", {"auth_source": "managed_identity"}).get("failed")
    assert "Authorization" not in local.seen[0].headers
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.contoso.com/idtoken")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "the-request-token")
    asked = talk(Said("GET", "https://pipelines.contoso.com/idtoken?audience=api://AzureADTokenExchange", 403))
    run_action("graph_token", {**APPLICATION, "auth_source": "federated"})
    assert asked.seen[0].headers["Authorization"] == "Bearer the-request-token"
    said = [*found.seen, *signed_in.seen, *local.seen, *asked.seen]
    assert not any("netrc" in f"{request.headers} {request.body} {request.url}" for request in said)


def test_proxies_and_authorities_of_the_environment_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.contoso.com:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/contoso.pem")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    found = HttpSession().merge_environment_settings(GRAPH, {}, None, None, None)
    assert (found["proxies"]["https"], found["verify"]) == ("http://proxy.contoso.com:3128", "/etc/contoso.pem")


@pytest.mark.parametrize(
    "link",
    [
        f"http://graph.microsoft.com/v1.0/organization?$skiptoken={'x' * 3}",
        "https://graph.microsoft.com:8443/v1.0/organization",
        "https://graph.fabrikam.example/v1.0/organization",
        "https://graph.microsoft.com.fabrikam.example/",
        "https://graph.microsoft.com@fabrikam.example/",
        "https://user:word@graph.microsoft.com/",
        "//graph.microsoft.com/v1.0",
        "/v1.0/organization",
        "https://[",
        "https://graph.microsoft.com\t/v1.0/organization",
        "https://graph.microsoft.com/v1.0/organization\r\nX-Other: 1",
        "",
        5,
        ["https://graph.microsoft.com/"],
    ],
)
def test_a_next_page_elsewhere_is_not_followed(link: Any, talk: Talk) -> None:
    conversation = talk(Said("GET", ORGANIZATION, answer={"value": [], "@odata.nextLink": link}))
    result = run_action("tenant_info", {"access_token": token(), "display_name": "Contoso"})
    assert "It was not followed, since the token is for https://graph.microsoft.com alone." in result["msg"]
    assert len(conversation.seen) == 1


def test_an_address_that_cannot_be_one_is_said_to_be_none() -> None:
    with pytest.raises(HybridAuthError, match=r"cannot be asked: .*Nothing was sent"):
        HttpSession().get("https://graph.microsoft.com\t/")


@pytest.mark.parametrize("link", [f"{GRAPH}:443/v1.0/organization?page=2", "HTTPS://Graph.Microsoft.com/v1.0/organization?page=2"])
def test_a_next_page_of_the_same_place_is_followed(link: str, talk: Talk) -> None:
    place = f"{GRAPH}:443" if ":443" in link else "https://graph.microsoft.com"
    first = Said("GET", ORGANIZATION, answer={"value": [], "@odata.nextLink": link})
    talk(first, Said("GET", f"{place}/v1.0/organization?page=2", answer={"value": [{"id": "x", "displayName": "Contoso"}]}))
    assert run_action("tenant_info", {"access_token": token(), "display_name": "Contoso"})["tenant_id"] == "x"


ELSEWHERE = [
    "http://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
    "https://login.microsoftonline.com:8443/contoso.com/oauth2/v2.0/token",
    "https://login.fabrikam.example/contoso.com/oauth2/v2.0/token",
    "https://login.microsoftonline.us/contoso.com/oauth2/v2.0/token",
    "https://login.microsoftonline.com@fabrikam.example/token",
]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_a_discovery_that_leads_elsewhere_gets_no_secret(endpoint: str, talk: Talk) -> None:
    talk(Said("GET", DISCOVERY.url, answer={**CONFIGURATION, "token_endpoint": endpoint}))
    result = run_action("graph_token", {**APPLICATION, "client_secret": SECRET})
    assert result["failed"]
    assert "which is not its host and not of its cloud. Nothing was sent" in result["msg"]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_a_discovery_that_leads_a_person_elsewhere_asks_for_no_code(endpoint: str, talk: Talk) -> None:
    device = {**CONFIGURATION, "device_authorization_endpoint": endpoint}
    talk(Said("GET", DISCOVERY.url, answer=device))
    assert "Nothing was sent" in run_action("graph_token", {**APPLICATION, "auth_source": "device_code"})["msg"]
    talk(Said("GET", DISCOVERY.url, answer={**CONFIGURATION, "token_endpoint": endpoint}))
    assert "Nothing was sent" in run_action("graph_token", {**APPLICATION, "auth_source": "device_code"})["msg"]


def test_another_sign_in_host_of_the_same_cloud_is_taken(talk: Talk) -> None:
    endpoint = CONFIGURATION["token_endpoint"].replace(LOGIN, "https://login.windows.net")
    talk(Said("GET", DISCOVERY.url, answer={**CONFIGURATION, "token_endpoint": endpoint}), Said("POST", endpoint, answer=GRANTED))
    assert not run_action("graph_token", {**APPLICATION, "client_secret": SECRET}).get("failed")


def test_a_region_of_the_environment_names_no_other_host(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSAL_FORCE_REGION", "westeurope")
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer=GRANTED))
    assert not run_action("graph_token", {**APPLICATION, "client_secret": SECRET}).get("failed")


@pytest.mark.parametrize("session", [HttpSession, LocalSession])
def test_nothing_is_sent_without_tls(session: type[HttpSession], talk: Talk) -> None:
    talk()
    with pytest.raises(HybridAuthError) as caught:
        session().get("http://graph.microsoft.com/v1.0", headers={"Authorization": "Bearer x"})
    assert "graph.microsoft.com was to be asked without TLS. Nothing was sent." in str(caught.value)
    assert "http://" not in HttpSession().adapters


@pytest.mark.parametrize(("host", "near"), [("127.0.0.1", True), ("localhost", True), ("169.254.169.254", True), ("[::1]", True)])
def test_only_a_machines_own_endpoint_is_asked_without_tls(host: str, near: bool) -> None:
    assert LocalSession.may_carry(f"http://{host}:8080/msi/token") is near
    assert not HttpSession.may_carry(f"http://{host}:8080/msi/token")
    assert not LocalSession.may_carry(f"http://{host.strip('[]')}.fabrikam.example/msi/token")
    assert not LocalSession.may_carry("http://10.0.0.5/msi/token")


def test_the_header_of_a_platform_elsewhere_is_not_sent(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://msi.fabrikam.example/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "the-identity-header")
    talk()
    result = run_action("graph_token", {})
    assert "msi.fabrikam.example was to be asked without TLS" in result["msg"]
    assert "the-identity-header" not in json.dumps(result)
