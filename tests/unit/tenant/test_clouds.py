# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cloud: its name in the environment, its endpoints as a pair, and tokens that stay in it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import AUTH_SOURCES, CLOUDS, SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import cli
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import (
    cloud_named,
    clouds_of_graph,
    clouds_of_login,
    named_in_environment,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

from ..support import Conversation, Said, run_action

TENANT, OTHER = "5588b4fd-f26d-475c-824f-9911277ab13e", "6699c5fe-0000-4000-8000-000000000001"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
SECRET = "a-very-secret~value"
APPLICATION = {"tenant": "contoso.com", "client_id": CLIENT, "client_secret": SECRET}
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
ORGANIZATION = "v1.0/organization?$select=id,displayName,verifiedDomains"
Talk = Callable[..., Conversation]


def token(**claims: Any) -> str:
    """A token as Entra ID makes it; nothing here checks its signature."""
    body = {"aud": "https://graph.microsoft.com", "tid": TENANT, "exp": int(time.time()) + 3600, **claims}
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "RS256"}, body)]
    return ".".join([*encoded, "signature"])


def signed_in(cloud: str) -> tuple[Said, Said]:
    """The conversation of a sign-in with a secret in that cloud."""
    where = cloud_named(cloud)
    base = f"{where.login_url}/contoso.com"
    configuration = {
        "issuer": f"{where.login_url}/{TENANT}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
    }

    def check(body: Any) -> None:
        assert f"{where.graph_url}/.default".replace(":", "%3A").replace("/", "%2F") in body

    granted = {"token_type": "Bearer", "expires_in": 3599, "access_token": "the-raw-access-token"}
    return (
        Said("GET", f"{base}/v2.0/.well-known/openid-configuration", answer=configuration),
        Said("POST", configuration["token_endpoint"], answer=granted, check=check),
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_signs_in_at_its_own_hosts(cloud: str, talk: Talk) -> None:
    talk(*signed_in(cloud))
    result = run_action("graph_token", {**APPLICATION, "cloud": cloud})
    assert (result["cloud"], result["graph_url"], result["auth_source"]) == (cloud, cloud_named(cloud).graph_url, "client_secret")


@pytest.mark.parametrize(
    ("value", "cloud"),
    [
        ("AzureCloud", "global"),
        ("AzureUSGovernment", "gcc_high"),
        ("azurechinacloud", "china"),
        (" dod ", "dod"),
        ("", "global"),
    ],
)
def test_the_cloud_may_come_from_the_environment(value: str, cloud: str, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLOUD_ENVIRONMENT", value)
    talk(*signed_in(cloud))
    assert run_action("graph_token", APPLICATION)["cloud"] == cloud
    talk(*signed_in("gcc"))
    assert run_action("graph_token", {**APPLICATION, "cloud": "gcc"})["cloud"] == "gcc"


@pytest.mark.parametrize(
    ("value", "part"),
    [("AzureGermanCloud", "AzureUSGovernment"), ("https://management.local.azurestack.external", "Azure Stack"), ("moon", "'moon'")],
)
def test_a_cloud_of_the_environment_that_cannot_be_one_is_refused(value: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLOUD_ENVIRONMENT", value)
    for name, options in (("graph_token", APPLICATION), ("oauth_server", {"tenant_id": TENANT})):
        result = run_action(name, options)
        assert result["failed"]
        assert part in result["msg"]
        assert "AZURE_CLOUD_ENVIRONMENT" in result["msg"]


@given(st.text())
def test_any_text_names_a_cloud_or_is_refused(value: str) -> None:
    try:
        assert named_in_environment("AZURE_CLOUD_ENVIRONMENT", value) in CLOUDS
    except HybridAuthError as exc:
        assert "AZURE_CLOUD_ENVIRONMENT" in str(exc)


@pytest.mark.parametrize(
    ("value", "source"), [("msi", "managed_identity"), ("env", "auto"), ("CLI", "cli"), ("credential_file", None), ("", "auto")]
)
def test_the_sign_in_may_be_named_in_the_environment_as_for_azure_azcollection(
    value: str, source: str | None, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_AZURE_AUTH_SOURCE", value)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("AZURE_SECRET", SECRET)
    asked = {name: entry for name, entry in APPLICATION.items() if name != "client_secret"}
    if source == "auto":
        talk(*signed_in("global"))
    elif source == "managed_identity":
        talk(Said("GET", MACHINE, 400, {"error": "invalid_request", "error_description": "Identity not found"}))
    result = run_action("graph_token", asked)
    expected = {"managed_identity": "Identity not found", "cli": "(az) is not on PATH", None: "credential_file"}
    assert expected[source] in result["msg"] if source in expected else result["auth_source"] == "client_secret"


MACHINE = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://graph.microsoft.com"


def test_every_host_of_the_table_is_of_its_own_cloud() -> None:
    for name in CLOUDS:
        cloud = cloud_named(name)
        assert name in clouds_of_login(cloud.login_url) & clouds_of_graph(cloud.graph_url)
        assert clouds_of_login(f"{cloud.login_url}:443/") == clouds_of_login(cloud.login_url)
        for host in cloud.other_login_hosts:
            assert name in clouds_of_login(f"https://{host}")
    assert clouds_of_login("https://login.microsoftonline.com.contoso.com") == frozenset()
    assert clouds_of_graph("https://login.microsoftonline.com") == frozenset()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"login_url": "https://login.microsoftonline.us"}, "gives no token for https://graph.microsoft.com"),
        ({"graph_url": "https://graph.microsoft.us"}, "(cloud gcc_high). Nothing was sent"),
        ({"cloud": "china", "graph_url": "https://graph.microsoft.com", "login_url": "https://login.chinacloudapi.cn"}, "Nothing was sent"),
        ({"login_url": "https://login.fabrikam.com"}, "Option 'graph_url'"),
        ({"graph_url": "https://graph.fabrikam.com"}, "Option 'login_url'"),
    ],
)
@pytest.mark.parametrize("how", [{"client_secret": SECRET}, {"auth_source": "device_code"}])
def test_a_credential_is_not_sent_to_a_host_of_another_cloud(how: dict[str, str], options: dict[str, str], part: str, talk: Talk) -> None:
    talk()
    result = run_action("graph_token", {"tenant": "contoso.com", "client_id": CLIENT, **how, **options})
    assert result["failed"]
    assert part in result["msg"]


def at_fabrikam(login: str = "https://login.fabrikam.com", graph: str = "https://graph.microsoft.com") -> tuple[Said, Said]:
    """The conversation of a sign-in with a secret there."""
    discovery, granted = signed_in("global")
    url = f"{login}/contoso.com"
    configuration = {name: value.replace("https://login.microsoftonline.com", login) for name, value in discovery.answer.items()}
    return (
        Said("GET", f"{url}/v2.0/.well-known/openid-configuration", answer=configuration),
        Said("POST", f"{url}/oauth2/v2.0/token", answer=granted.answer),
    )


PAIRS_THAT_NOTHING_SHOWS = [
    {"login_url": "https://login.fabrikam.com/", "graph_url": "https://graph.microsoft.com"},
    {"login_url": "https://login.microsoftonline.com", "graph_url": "https://graph.fabrikam.com"},
    {"login_url": "https://login.fabrikam.com", "graph_url": "https://graph.fabrikam.com"},
    {"login_url": "https://login.microsoftonline.com:8443", "graph_url": "https://graph.microsoft.com"},
]


@pytest.mark.parametrize("where", PAIRS_THAT_NOTHING_SHOWS)
@pytest.mark.parametrize("by", ["the task", "the environment", "both"])
@pytest.mark.parametrize("how", [{"client_secret": SECRET}, {"auth_source": "device_code"}, {"federated_token_variable": "CI_TOKEN"}])
def test_a_pair_that_nothing_shows_to_belong_together_gets_no_secret(
    how: dict[str, str], by: str, where: dict[str, str], talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_TOKEN", token())
    given = dict(where)
    for option in {"the task": (), "the environment": tuple(where), "both": ("login_url",)}[by]:
        monkeypatch.setenv(f"SFB_{option.upper()}", given.pop(option))
    talk()
    result = run_action("graph_token", {"tenant": "contoso.com", "client_id": CLIENT, **how, **given})
    assert result["failed"]
    assert "Nothing shows that the sign-in at" in result["msg"]
    assert "own_endpoints" in result["msg"]


def test_a_declared_pair_is_taken_with_a_warning(talk: Talk) -> None:
    where = {"login_url": "https://login.fabrikam.com/", "graph_url": "https://graph.microsoft.com", "own_endpoints": True}
    talk(*at_fabrikam())
    result = run_action("graph_token", {**APPLICATION, **where})
    assert result["tenant_id"] == TENANT
    assert result["warnings"] == [
        "Secrets go to https://login.fabrikam.com and tokens to https://graph.microsoft.com, of which nothing but own_endpoints shows that "
        "they belong together. Who runs either can act with the application's rights."
    ]
    talk(*signed_in("global"))
    assert "warnings" not in run_action("graph_token", {**APPLICATION, "own_endpoints": True})


def test_a_declaration_does_not_join_two_clouds_and_does_not_come_from_the_environment(talk: Talk) -> None:
    talk()
    two = {"login_url": "https://login.microsoftonline.us", "graph_url": "https://graph.microsoft.com", "own_endpoints": True}
    assert "gives no token" in run_action("graph_token", {**APPLICATION, **two})["msg"]
    assert "fallback" not in SIGN_IN["own_endpoints"]


def test_endpoints_of_no_cloud_on_one_host_belong_together(talk: Talk) -> None:
    talk(*at_fabrikam("https://gateway.fabrikam.com:8443"))
    where = {"login_url": "https://gateway.fabrikam.com:8443", "graph_url": "https://gateway.fabrikam.com:8444"}
    result = run_action("graph_token", {**APPLICATION, **where})
    assert (result["tenant_id"], "warnings" in result) == (TENANT, False)


STS = "https://sts.windows.net/{}/"


@pytest.mark.parametrize(
    ("issuer", "options", "sent"),
    [
        (STS.format(TENANT), {}, True),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", {"cloud": "gcc"}, True),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", {"cloud": "dod"}, True),
        (None, {}, True),
        (STS.format(TENANT), {"cloud": "gcc_high"}, False),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", {}, False),
        (f"https://login.microsoftonline.us/{TENANT}/v2.0", {"own_endpoints": True}, False),
        ("https://sts.fabrikam.com/", {}, False),
        (STS.format(TENANT), {"graph_url": "https://graph.fabrikam.com"}, False),
        (None, {"graph_url": "https://graph.fabrikam.com"}, False),
        (5, {}, False),
        ("https://[::1", {}, False),
        (STS.format(TENANT), {"graph_url": "https://graph.fabrikam.com", "own_endpoints": True}, True),
        ("https://g.fabrikam.com:1/x", {"graph_url": "https://g.fabrikam.com:2", "login_url": "https://g.fabrikam.com:1"}, True),
    ],
)
@pytest.mark.parametrize("source", ["access_token", "cli", "managed_identity"])
def test_a_token_for_graph_by_its_id_is_bound_to_its_issuers_cloud(
    source: str, issuer: Any, options: dict[str, Any], sent: bool, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = token(aud=GRAPH_ID, **({"iss": issuer} if issuer is not None else {}))
    graph = options.get("graph_url") or cloud_named(options.get("cloud", "global")).graph_url
    said = []
    if source == "cli":
        done = SimpleNamespace(returncode=0, stdout=json.dumps({"accessToken": text}), stderr="")
        monkeypatch.setattr(cli, "shutil", SimpleNamespace(which=lambda _name: "/usr/bin/az"))
        monkeypatch.setattr(cli.subprocess, "run", lambda *_args, **_kwargs: done)
    elif source == "managed_identity":
        said = [Said("GET", MACHINE.replace("https://graph.microsoft.com", graph), answer={"access_token": text, "expires_in": "3599"})]
    if sent:
        said.append(Said("GET", f"{graph}/{ORGANIZATION}", answer={"value": [{"id": TENANT, "displayName": "Contoso"}]}))
    talk(*said)
    how = {"access_token": text} if source == "access_token" else {"auth_source": source}
    result = run_action("tenant_info", {**how, **options, "display_name": "Contoso"})
    assert bool(result.get("failed")) is not sent, result
    assert sent or "It was not sent." in result["msg"]
    assert text not in json.dumps(result)


def test_a_token_that_names_no_audience_goes_to_no_graph_that_belongs_to_no_sign_in(talk: Talk) -> None:
    away = {"graph_url": "https://graph.fabrikam.com"}
    for text in ("opaque", token(aud=None), token(aud=[])):
        talk()
        result = run_action("sp_info", {"access_token": text, **away})
        assert "names no audience, so nothing shows that it is for https://graph.fabrikam.com. It was not sent." in result["msg"]
    talk(Said("GET", f"{away['graph_url']}/{ORGANIZATION}", answer={"value": [{"id": TENANT, "displayName": "Contoso"}]}))
    options = {"access_token": "opaque", "own_endpoints": True, "display_name": "Contoso", **away}
    assert run_action("tenant_info", options)["tenant_id"] == TENANT


def test_a_sealed_token_is_for_the_graph_that_it_was_got_for(talk: Talk) -> None:
    us = cloud_named("gcc_high")
    discovery, granted = signed_in("gcc_high")
    granted.answer["access_token"] = token(aud=GRAPH_ID, iss=STS.format(TENANT))
    talk(discovery, granted, Said("GET", f"{us.graph_url}/{ORGANIZATION}", answer={"value": [{"id": TENANT, "displayName": "Contoso"}]}))
    sealed = run_action("graph_token", {**APPLICATION, "cloud": "gcc_high"})["access_token"]
    result = run_action("tenant_info", {"access_token": sealed, "cloud": "gcc_high", "display_name": "Contoso"})
    assert result["tenant_id"] == TENANT


def test_the_other_sign_in_host_of_china_may_be_used(talk: Talk) -> None:
    talk(Said("GET", "https://login.chinacloudapi.cn/contoso.com/v2.0/.well-known/openid-configuration", 400, {"error": "invalid_tenant"}))
    result = run_action("graph_token", {**APPLICATION, "cloud": "china", "login_url": "https://login.chinacloudapi.cn"})
    assert "invalid_tenant" in result["msg"]


@pytest.mark.parametrize(
    "audience",
    ["https://graph.microsoft.com", "https://graph.microsoft.com/", "HTTPS://Graph.Microsoft.com", GRAPH_ID, [GRAPH_ID, "other"]],
)
def test_a_ready_token_for_graph_is_used(audience: Any, talk: Talk) -> None:
    talk(Said("GET", f"https://graph.microsoft.com/{ORGANIZATION}", answer={"value": [{"id": TENANT, "displayName": "Contoso"}]}))
    result = run_action("tenant_info", {"access_token": token(aud=audience), "display_name": "Contoso"})
    assert result["tenant_id"] == TENANT


@pytest.mark.parametrize(
    ("claims", "options", "part"),
    [
        ({"aud": "https://graph.microsoft.us"}, {}, "is for https://graph.microsoft.us"),
        ({"aud": "https://graph.microsoft.com"}, {"cloud": "gcc_high"}, "is to talk to https://graph.microsoft.us"),
        ({"aud": "https://management.azure.com"}, {}, "is for https://management.azure.com"),
        ({"aud": ["https://graph.windows.net", "x"]}, {}, "is for https://graph.windows.net and x"),
        ({"tid": OTHER}, {"tenant": TENANT.upper()}, f"is for tenant {OTHER}"),
        ({"exp": 1}, {}, "Get a new one for trust_access_token (access_token of a module), in the environment AZURE_ACCESS_TOKEN"),
    ],
)
def test_a_token_for_something_else_is_not_sent(claims: dict[str, Any], options: dict[str, str], part: str, talk: Talk) -> None:
    talk()
    text = token(**claims)
    for name in ("graph_token", "sp_info"):
        result = run_action(name, {"access_token": text, **options})
        assert result["failed"]
        assert part in result["msg"]
        assert text not in json.dumps(result)


def test_an_opaque_token_and_a_tenant_by_domain_cannot_be_checked() -> None:
    assert run_action("graph_token", {"access_token": "opaque", "tenant": TENANT})["tenant_id"] is None
    assert run_action("graph_token", {"access_token": token(tid=OTHER), "tenant": "contoso.com"})["tenant_id"] == OTHER


def test_a_token_that_the_task_gives_is_not_measured_by_a_tenant_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT", OTHER)
    assert run_action("graph_token", {"access_token": token()})["tenant_id"] == TENANT
    monkeypatch.setenv("AZURE_ACCESS_TOKEN", token())
    assert f"but trust_tenant (tenant of a module) is {OTHER}" in run_action("graph_token", {})["msg"]


def test_the_option_takes_no_name_of_another_collection() -> None:
    assert "msi" not in AUTH_SOURCES
    assert "must be one of" in run_action("graph_token", {"auth_source": "msi"})["msg"]
