# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to a sign-in that no library can use are errors, and the token in them is shown and logged by nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msal
import pytest
from ansible.utils.display import Display

from ..support import Conversation, Said, certificate, key_pem, pem, run_action
from .test_auth_methods import APPLICATION, CONFIGURATION, DISCOVERY, GRANTED, GRAPH, MACHINE, stand_in
from .test_clouds import SECRET, token

Talk = Callable[..., Conversation]
TOKEN = token(oid="of-an-answer")
WHOLE = json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})
# What comes back in place of {"access_token": ..., "expires_in": ...}, each with the token in it.
ODD = {
    "truncated": WHOLE[:-1],
    "cut in the token": WHOLE[:-9],
    "html": f"<html>{TOKEN}</html>",
    "list": json.dumps([json.loads(WHOLE)]),
    "number": f"{'9' * 40}",
    "text": json.dumps(TOKEN),
    "bare text": TOKEN,
    "null": "null",
    "deep": "[" * 100000 + TOKEN,
    "token in a list": json.dumps({"access_token": [TOKEN], "expires_in": 3599}),
    "token with a line break": json.dumps({"access_token": f"{TOKEN}\r\nX-Other: 1", "expires_in": 3599}),
    "token that is not ASCII": json.dumps({"access_token": f"{TOKEN}\u2026", "expires_in": 3599}),
    "no end": json.dumps({"access_token": TOKEN}),
    "end in words": json.dumps({"access_token": TOKEN, "expires_in": TOKEN}),
    "endless": json.dumps({"access_token": TOKEN, "expires_in": "9" * 40}),
}


@pytest.fixture(params=[0, 5], ids=["quiet", "-vvvvv"])
def logged(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], str]]:
    """Everything that any library logs, MSAL's own loggers too, which are set to say all."""
    monkeypatch.setattr(Display(), "verbosity", request.param)
    caplog.set_level("DEBUG")
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(self.format(record))

    handler = Keep()
    handler.setFormatter(logging.Formatter("%(message)s %(exc_info)s"))
    logging.getLogger("msal").addHandler(handler)
    logging.getLogger("msal").setLevel("DEBUG")
    yield lambda: caplog.text + "\n".join(records)
    logging.getLogger("msal").removeHandler(handler)
    logging.getLogger("msal").setLevel("NOTSET")


def hidden(result: dict[str, Any], logged: str) -> None:
    assert result["failed"], result
    assert "Unexpected" not in result["msg"]
    assert "exception" not in result
    for part in (TOKEN, *TOKEN.split(".")[1:2]):
        assert part not in json.dumps(result) + logged


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_answer_of_the_sign_in_is_an_error_without_its_token(answer: str, talk: Talk, logged: Callable[[], str]) -> None:
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer=answer))
    result = run_action("graph_token", {**APPLICATION, "client_secret": SECRET})
    assert result["msg"].startswith("login.microsoftonline.com answered 200 to the sign-in, but ")
    hidden(result, logged())


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_answer_of_the_machines_endpoint_is_an_error_without_its_token(answer: str, talk: Talk, logged: Callable[[], str]) -> None:
    talk(Said("GET", MACHINE, answer=answer))
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert "gave no token: 169.254.169.254 answered 200 to the sign-in, but " in result["msg"]
    hidden(result, logged())


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_answer_to_a_request_for_a_device_code_is_an_error(answer: str, talk: Talk, logged: Callable[[], str]) -> None:
    talk(DISCOVERY, Said("POST", CONFIGURATION["device_authorization_endpoint"], answer=answer))
    hidden(run_action("graph_token", {**APPLICATION, "auth_source": "device_code"}), logged())


# Parts that a library reads, of other types than it takes.
PARTS: dict[str, dict[str, Any]] = {
    "id token": {"id_token": 5},
    "id token without a subject": {"id_token": token()},
    "client_info": {"client_info": 5},
    "scope": {"scope": ["a"]},
    "refresh token": {"refresh_token": 5},
    "kind": {"token_type": 5},
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_part_that_nobody_needs_does_not_stop_a_sign_in(part: dict[str, Any], talk: Talk) -> None:
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer={**GRANTED, "access_token": TOKEN, **part}))
    assert "msg" not in run_action("graph_token", {**APPLICATION, "client_secret": SECRET})


# Bodies of refusals, each of which some library takes for something else.
REFUSALS = {
    **ODD,
    "whole": WHOLE,
    "token null": json.dumps({"access_token": None, "expires_in": 3599}),
    "begin of renewal": json.dumps({"access_token": TOKEN, "expires_in": 3599, "refresh_in": "x"}),
    "UTF-16": WHOLE.encode("utf-16").decode("latin-1"),
    "error in a list": json.dumps({"error": [TOKEN]}),
    "error null": json.dumps({"error": None, "foo": TOKEN}),
}


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_the_sign_in_of_any_form_is_an_error_without_a_token(
    answer: str, status: int, talk: Talk, logged: Callable[[], str]
) -> None:
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], status, answer))
    hidden(run_action("graph_token", {**APPLICATION, "client_secret": SECRET}), logged())


PLATFORMS: dict[str, tuple[dict[str, str], str]] = {
    "virtual machine": ({}, MACHINE),
    "App Service": (
        {"IDENTITY_ENDPOINT": "http://127.0.0.1:41741/", "IDENTITY_HEADER": "the-header"},
        f"http://127.0.0.1:41741/?api-version=2019-08-01&resource={GRAPH}",
    ),
    "Machine Learning": (
        {"MSI_ENDPOINT": "http://127.0.0.1:41741/", "MSI_SECRET": "the-secret"},
        f"http://127.0.0.1:41741/?api-version=2017-09-01&resource={GRAPH}",
    ),
    "Azure Arc": (
        {"IDENTITY_ENDPOINT": "http://127.0.0.1:41741/", "IMDS_ENDPOINT": "http://127.0.0.1:41741/"},
        f"http://127.0.0.1:41741/?api-version=2020-06-01&resource={GRAPH}",
    ),
}


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_the_machines_endpoint_of_any_form_is_an_error_without_a_token(
    answer: str, platform: str, status: int, talk: Talk, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, url = PLATFORMS[platform]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    talk(Said("GET", url, status, answer))
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert "gave no token" in result["msg"]
    hidden(result, logged())


def test_a_refusal_that_repeats_the_key_of_the_arc_agent_shows_none_of_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logged: Callable[[], str]
) -> None:
    variables, url = PLATFORMS["Azure Arc"]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(msal.managed_identity._supported_arc_platforms_and_their_prefixes, "linux", str(tmp_path))
    (tmp_path / "x.key").write_text("the-key-of-the-agent")
    asks = Said("GET", url, 401, {}, headers={"WWW-Authenticate": f"Basic realm={tmp_path}/x.key"})
    talk(asks, Said("GET", url, 400, {"error_description": "The key the-key-of-the-agent is none."}))
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert "answered 400: The key" in result["msg"]
    assert "the-key-of-the-agent" not in json.dumps(result) + logged()


@pytest.mark.parametrize(
    "answer",
    ["[]", "5", "null", '"text"', "[" * 100000, "{}", json.dumps({**CONFIGURATION, "token_endpoint": [1]})],
)
def test_a_discovery_of_any_form_is_an_error_that_names_it(answer: str, talk: Talk, logged: Callable[[], str]) -> None:
    talk(Said("GET", DISCOVERY.url, answer=answer))
    result = run_action("graph_token", {**APPLICATION, "client_secret": SECRET})
    assert "OpenID configuration" in result["msg"]
    hidden(result, logged())


# What the Azure CLI prints, with its own names of the same; it tells no end that matters.
PRINTED = {name: text.replace('"access_token"', '"accessToken"') for name, text in ODD.items() if not name.startswith(("no end", "end"))}


@pytest.mark.parametrize("name", PRINTED)
def test_what_the_azure_cli_prints_in_place_of_a_token_is_an_error(
    name: str, talk: Talk, logged: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "said").write_text(PRINTED[name], encoding="utf-8")
    stand_in(tmp_path, monkeypatch, f"print(open({str(tmp_path / 'said')!r}, encoding='utf-8').read())")
    talk()
    hidden(run_action("sp_info", {"auth_source": "cli"}), logged())


def test_a_refusal_that_repeats_what_was_sent_shows_none_of_it(talk: Talk, tmp_path: Path, logged: Callable[[], str]) -> None:
    sent: list[str] = []
    file = tmp_path / "app.pem"
    file.write_text(pem(certificate()) + key_pem())

    refused = Said("POST", CONFIGURATION["token_endpoint"], 401, {"error": "invalid_client"})

    def repeat(body: Any) -> None:
        sent.append(parse_qs(str(body))["client_assertion"][0])
        refused.answer["error_description"] = f"AADSTS700027: The assertion {sent[0]} is not valid."

    refused.check = repeat
    talk(DISCOVERY, refused)
    result = run_action("graph_token", {**APPLICATION, "client_certificate_path": str(file)})
    assert "AADSTS700027" in result["msg"]
    assert sent[0] not in json.dumps(result) + logged()


def test_what_is_taken_is_not_logged_either(talk: Talk, logged: Callable[[], str]) -> None:
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer={**GRANTED, "access_token": TOKEN, "refresh_token": "r-" * 20}))
    result = run_action("graph_token", {**APPLICATION, "client_secret": SECRET})
    assert not result.get("failed")
    for secret in (TOKEN, "r-" * 20, SECRET):
        assert secret not in json.dumps(result) + logged()


@pytest.mark.parametrize("text", ["a token", "token\u2026", "to\x1bken", "\u200e"])
def test_a_ready_token_that_is_none_is_refused_before_anything_is_contacted(text: str, talk: Talk) -> None:
    talk()
    result = run_action("sp_info", {"access_token": text})
    assert "Option 'access_token'" in result["msg"]


def test_marks_around_a_ready_token_are_dropped(talk: Talk) -> None:
    conversation = talk(
        Said("GET", "https://graph.microsoft.com/v1.0/organization?$select=id,displayName,verifiedDomains", answer={"value": []})
    )
    run_action("tenant_info", {"access_token": f"\u200e{TOKEN}\u200b\n", "display_name": "Contoso"})
    assert conversation.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("secret", ["the-request\r\nX-Other: token", " the-request-token\u2026"])
def test_a_secret_of_the_environment_that_no_header_can_carry_is_shown_by_nothing(
    secret: str, talk: Talk, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.contoso.com/idtoken")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", secret)
    talk()
    result = run_action("graph_token", {**APPLICATION, "auth_source": "federated"})
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" in result["msg"]
    assert "the-request" not in json.dumps(result) + logged()


def test_a_header_of_the_platform_that_none_can_be_is_shown_by_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "the-identity\nheader")
    talk()
    result = run_action("graph_token", {})
    assert "gave no token" in result["msg"]
    assert "the-identity" not in json.dumps(result) + logged()
