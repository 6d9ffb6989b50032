# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in, as transcripts of what is said to Microsoft Entra ID."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from ..support import Conversation, Said, certificate, key, key_pem, opened, pem, run_action

TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
LOGIN = "https://login.microsoftonline.com"
CONFIGURATION = {
    "issuer": f"{LOGIN}/{TENANT}/v2.0",
    "authorization_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/authorize",
    "token_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/token",
}
SECRET = "a-very-secret~value"
SIGN_IN = {"tenant": "contoso.com", "client_id": CLIENT}
DISCOVERY = Said("GET", f"{LOGIN}/contoso.com/v2.0/.well-known/openid-configuration", answer=CONFIGURATION)
GRANTED = {"token_type": "Bearer", "expires_in": 3599, "access_token": "the-raw-access-token"}
Talk = Callable[..., Conversation]


def token_request(answer: Any = None, status: int = 200, **expected: str) -> Said:
    def check(body: Any) -> None:
        sent = parse_qs(str(body))
        for name, value in {"grant_type": "client_credentials", "client_id": CLIENT, **expected}.items():
            assert sent[name] == [value], name

    return Said("POST", CONFIGURATION["token_endpoint"], status, answer or GRANTED, check=check)


def test_signing_in_takes_one_discovery_and_one_token_request(talk: Talk) -> None:
    talk(DISCOVERY, token_request(client_secret=SECRET, scope="https://graph.microsoft.com/.default"))
    result = run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})
    assert result["tenant_id"] == TENANT
    assert "the-raw-access-token" not in json.dumps(result)
    assert SECRET not in json.dumps(result)
    assert opened(result["access_token"], "contoso.com") == "the-raw-access-token"


@pytest.mark.parametrize("password", [None, "word"])
def test_a_certificate_signs_an_assertion(password: str | None, tmp_path: Path, talk: Talk) -> None:
    file = tmp_path / "app.pem"
    file.write_text(pem(certificate("other")) + key_pem() + pem(certificate()))
    if password:
        file.write_bytes(pkcs12.serialize_key_and_certificates(b"app", key(), certificate(), None, BestAvailableEncryption(b"word")))
    talk(DISCOVERY, token_request(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
    arguments = {**SIGN_IN, "client_certificate_path": str(file), "client_certificate_password": password}
    result = run_action("graph_token", arguments)
    assert result["tenant_id"] == TENANT


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        ("AADSTS7000215", "Invalid client secret provided.", "must be the secret's value"),
        ("AADSTS700016", "Application was not found in the directory.", "must be registered in that tenant"),
        ("AADSTS90099", "Something else.", "https://login.microsoftonline.com/error?code=90099"),
    ],
)
def test_a_refused_sign_in_names_the_reason_and_the_remedy(code: str, text: str, remedy: str, talk: Talk) -> None:
    answer = {"error": "invalid_client", "error_description": f"{code}: {text} Trace ID: 1 Correlation ID: 2"}
    talk(DISCOVERY, token_request(answer, 401))
    result = run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})
    assert result["failed"]
    assert f"{code}: {text}" in result["msg"]
    assert remedy in result["msg"]
    assert "Trace" not in result["msg"]


def test_a_refusal_without_a_code_has_a_remedy_too(talk: Talk) -> None:
    talk(DISCOVERY, token_request({"error": "access_denied"}, 403))
    result = run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})
    assert result["msg"].endswith(
        "access_denied. Check trust_login_url, trust_tenant and trust_client_id (login_url, tenant and client_id of a module), and that "
        "no proxy answers in its place."
    )


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("answer", [{"error": "temporarily_unavailable"}, "<html>busy</html>"])
def test_trouble_of_the_sign_in_service_is_no_refusal(status: int, answer: Any, talk: Talk) -> None:
    said = f"login.microsoftonline.com answered {status} to the sign-in. The service was asked again several times. Wait some minutes"
    talk(DISCOVERY, token_request(answer, status))
    assert run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})["msg"].startswith(said)
    talk(Said("GET", DISCOVERY.url, status, answer))
    assert run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})["msg"].startswith(said)
    talk(Said("GET", DISCOVERY.url, status, answer))
    assert run_action("tenant_info", {"domain": "contoso.com"})["msg"].startswith(said)


@pytest.mark.parametrize("answer", [json.dumps(GRANTED)[:-1], "<html>Sign in to the guest network</html>"])
def test_an_answer_that_is_no_json_is_shown_by_nothing(answer: str, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    talk(DISCOVERY, token_request(answer))
    result = run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})
    assert result["msg"].startswith("login.microsoftonline.com answered 200 to the sign-in, but not with a JSON object. Run again")
    assert answer[-30:] not in caplog.text
    assert "the-raw-access-token" not in caplog.text + json.dumps(result)


def test_an_unknown_tenant_has_its_own_message(talk: Talk) -> None:
    refused = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'contoso.com' not found."}
    talk(Said("GET", DISCOVERY.url, 400, refused))
    result = run_action("graph_token", {**SIGN_IN, "client_secret": SECRET})
    assert result["failed"]
    assert "AADSTS90002" in result["msg"]
    assert "Check trust_tenant or trust_tenant_id (tenant of a module)" in result["msg"]
    talk(Said("GET", DISCOVERY.url, 400, refused))
    assert "AADSTS90002" in run_action("tenant_info", {"domain": "contoso.com"})["msg"]


def test_tenant_info_finds_the_tenant_of_a_domain_without_sign_in(talk: Talk) -> None:
    talk(DISCOVERY)
    assert run_action("tenant_info", {"domain": "Contoso.com"})["tenant_id"] == TENANT


@pytest.mark.parametrize(("found", "failed"), [(["Contoso"], False), (["Contoso", "CONTOSO"], True), (["Fabrikam"], True), ([], True)])
def test_tenant_info_finds_exactly_one_tenant_of_that_display_name(found: list[str], failed: bool, talk: Talk) -> None:
    answer = {"value": [{"id": TENANT.upper(), "displayName": name, "verifiedDomains": []} for name in found]}
    talk(Said("GET", "https://graph.microsoft.com/v1.0/organization?$select=id,displayName,verifiedDomains", answer=answer))
    result = run_action("tenant_info", {"display_name": "contoso", "access_token": "opaque"})
    assert result.get("failed", False) is failed
    assert failed or result["tenant_id"] == TENANT


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "No sign-in"),
        ({"client_secret": SECRET}, "lacks trust_tenant and trust_client_id (tenant and client_id of a module)"),
        ({**SIGN_IN, "client_secret": SECRET, "client_certificate_path": "app.pem"}, "both set"),
        ({**SIGN_IN, "client_certificate_path": "/nowhere/app.pem"}, "cannot be read"),
        ({**SIGN_IN, "client_secret": SECRET, "tenant": "con toso"}, "names no tenant"),
        ({**SIGN_IN, "client_secret": SECRET, "client_id": "x"}, "is not a GUID"),
        ({**SIGN_IN, "client_secret": SECRET, "login_url": "http://login.contoso.com"}, "not an https URL"),
        ({**SIGN_IN, "client_secret": SECRET, "ca_path": "/nowhere/ca.pem"}, "cannot be read"),
    ],
)
def test_a_bad_sign_in_is_refused_before_anything_is_contacted(options: dict[str, Any], part: str, talk: Talk) -> None:
    result = run_action("graph_token", options)
    assert result["failed"]
    assert part in result["msg"]
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("SFB_CA_PATH", "ca_path"),
        ("AZURE_X509_CERTIFICATE_PATH", "client_certificate_path"),
        ("AZURE_FEDERATED_TOKEN_FILE", "federated_token_file"),
    ],
)
def test_a_file_of_the_environment_is_named_by_its_variable_and_as_a_whole(
    variable: str, option: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, talk: Talk
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "none.pem")
    message = run_action("graph_token", {"tenant": "contoso.com", "client_id": CLIENT})["msg"]
    assert message.startswith(
        f"Environment variable '{variable}' (option '{option}'): {tmp_path / 'none.pem'} cannot be read: No such file"
    )


def test_what_the_task_sets_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, talk: Talk) -> None:
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PATH", "/nowhere/app.pem")
    monkeypatch.setenv("AZURE_TENANT", "contoso.com")
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    talk(DISCOVERY, token_request(client_secret=SECRET))
    assert not run_action("graph_token", {"secret": SECRET}).get("failed")


def test_not_verifying_tls_is_warned_about(talk: Talk) -> None:
    talk(DISCOVERY)
    result = run_action("tenant_info", {"domain": "contoso.com", "validate_certs": False})
    assert "not verified" in result["warnings"][0]
