# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""trust_proof as conversations with the server and the token service: an unexpected request fails the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible import constants
from cryptography.fernet import Fernet

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.token_service import TokenService
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.support.returned import undocumented

from ..support import NOW, Conversation, Said, run_action

WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
TENANT, SKYPE = "5588b4fd-f26d-475c-824f-9911277ab13e", "00000004-0000-0ff1-ce00-000000000000"
STS = "00000001-0000-0000-c000-000000000000"
URL = f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"
ENDPOINT = "https://accounts.accesscontrol.windows.net/tokens/OAuth/2"
RESOURCE = f"00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@{TENANT}"
DOCUMENT = {
    "realm": TENANT,
    "allowedAudiences": [f"{STS}/accounts.accesscontrol.windows.net@{TENANT}"],
    "endpoints": [{"location": ENDPOINT, "protocol": "OAuth2", "usage": "issuance"}],
}
ASSERTION = "eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS1hc3NlcnRpb24"
TOKEN = "eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJzdHMifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
GRANTED = {"token_type": "Bearer", "access_token": TOKEN, "expires_in": "28799", "resource": RESOURCE}
SERVER = {"name": "fe01", "time": "2026-11-24T08:00:00Z", "culture": "en-US", "powershell": "5.1"}
STS_ROW = {
    "Identity": "microsoft.sts",
    "Name": "microsoft.sts",
    "IssuerIdentifier": STS,
    "Realm": TENANT.upper(),
    "MetadataUrl": URL,
    "AuthorizationUriOverride": "",
    "Type": "Acs",
    "AcceptSecurityIdentifierInformation": False,
}
CURRENT = {
    "management_module": "SkypeForBusiness",
    "oauth_servers": [{"identity": "microsoft.sts", "realm": TENANT, "metadata_url": URL}],
}
READ = ["Read-Server", "Get-CsOAuthServer"]
Talk = Callable[..., Conversation]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    monkeypatch.delenv("SFB_METADATA_URL", raising=False)
    monkeypatch.delenv("SFB_CA_PATH", raising=False)
    made: list[Conversation] = []

    def start(*said: Said) -> Conversation:
        conversation = Conversation(*said)
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: conversation))
        made.append(conversation)
        return conversation

    start()
    yield start
    assert [said.url for conversation in made for said in conversation.left] == []


def row(issuer: str = f"{SKYPE}@{TENANT}", **changed: Any) -> dict[str, Any]:
    made = {"issuer": issuer, "thumbprint": "AB" * 20, "subject": "CN=contoso.com", "not_before": "2026-01-01T00:00:00Z"}
    made |= {"not_after": "2028-01-01T00:00:00Z", "issued": utc_text(NOW), "assertion": ASSERTION, "problem": None, "message": None}
    return {**made, **changed}


def told(failure: Any = None, **rows: Any) -> dict[str, Any]:
    return {"module": "Lync", "answers": {"server": [SERVER], **rows}, "failure": failure, "warnings": []}


def sealed(assertion: str | None, seal: str) -> str | None:
    return Fernet(seal).encrypt(assertion.encode()).decode() if assertion else None


def run(options: dict[str, Any], *said: tuple[list[str], dict[str, Any]], check_mode: bool = False, asked: Any = None) -> dict[str, Any]:
    """asked: a list that takes the parameters of the calls."""
    left = list(said)

    def execute(module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        calls = json.loads(module_args["request"])["calls"]
        assert left, f"unexpected {calls}"
        expected, reply = left.pop(0)
        assert [call["cmdlet"] for call in calls] == expected
        seals = [call["parameters"].pop("seal") for call in calls if call["cmdlet"] == "New-Assertion"]
        if asked is not None:
            asked.extend(call["parameters"] for call in calls)
        rows = [{**one, "sealed": sealed(one["assertion"], seals[0])} for one in reply["answers"].get("assertions", [])]
        return {**reply, "answers": {**reply["answers"], "assertions": rows}}

    result = run_action(
        "trust_proof",
        options,
        connection=WINDOWS,
        check_mode=check_mode,
        prepare=lambda action: setattr(action, "_execute_module", execute),
    )
    assert left == []
    assert result.get("failed") or "\n".join(undocumented("trust_proof", result)) == ""
    return result


def exchanges(answer: Any, status: int = 200, skew: int = 0, **headers: str) -> Said:
    def check(body: str) -> None:
        form = {"grant_type": ["http://oauth.net/grant_type/jwt/1.0/bearer"], "assertion": [ASSERTION], "resource": [RESOURCE]}
        assert parse_qs(body) == form

    date = format_datetime(NOW + timedelta(seconds=skew), usegmt=True)
    return Said("POST", ENDPOINT, status, answer, check=check, headers={"Date": date, **headers})


FOUND = Said("GET", URL, answer=DOCUMENT)


def test_one_process_one_document_and_one_token_request_prove_it(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    asked: list[Any] = []
    result = run({"tenant_id": TENANT}, ([*READ, "New-Assertion"], told(oauth_servers=[STS_ROW], assertions=[row()])), asked=asked)
    assert asked[-1] == {
        "application": SKYPE,
        "hosts": [""],
        "realm": TENANT,
        "audience_host": "accounts.accesscontrol.windows.net",
        "lifetime": 300,
        "thumbprint": None,
    }
    assert (result["changed"], result["accepted"], result["outcome"], result["remedy"]) == (False, True, "accepted", "")
    assert result["proofs"][0]["token"] == {"lifetime": 28799, "audience": RESOURCE, "issuer": "sts"}
    assert {step["id"]: step["status"] for step in result["steps"]} == {
        **dict.fromkeys(("metadata", "farm", "certificate", "clock", "token"), "pass"),
        "mailbox": "skip",
    }
    assert [(one["id"], one["status"]) for one in result["findings"]] == [("proof.token", "pass"), ("proof.mailbox", "skip")]
    keys = {"id", "title", "heading", "severity", "status", "subject", "expected", "actual", "remedy"}
    assert all(set(finding) == keys for finding in result["findings"])


def test_check_mode_proves_the_token_and_leaves_the_mailbox_alone(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    options = {"current": CURRENT, "mailbox": "user@contoso.com"}
    result = run(options, (["New-Assertion"], told(assertions=[row()])), check_mode=True)
    assert result["accepted"] is True
    assert [(one["status"], one["actual"]) for one in result["findings"] if one["id"] == "proof.mailbox"] == [
        ("skip", "not done in check mode, since it writes an item into the mailbox")
    ]


def test_without_anything_given_the_farm_tells_where_to_ask(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    result = run({}, (READ, told(oauth_servers=[STS_ROW])), (["New-Assertion"], told(assertions=[row()])))
    assert (result["accepted"], result["metadata_url"]) == (True, URL)


@pytest.mark.parametrize("servers", [[], [{**STS_ROW, "Identity": "evoSTS"}], [{**STS_ROW, "MetadataUrl": ""}]])
def test_a_farm_that_tells_nothing_is_not_known(talk: Talk, servers: list[Any]) -> None:
    result = run({}, (READ, told(oauth_servers=servers)))
    assert (result["accepted"], result["outcome"]) == (None, "not_known")
    assert "oauth_server" in result["remedy"]
    assert [(one["id"], one["status"]) for one in result["findings"]] == [("proof.token", "warn"), ("proof.mailbox", "skip")]


def test_a_current_without_the_server_leaves_it_to_the_tenants_id(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    current = {**CURRENT, "oauth_servers": []}
    result = run({"current": current, "tenant_id": TENANT}, (["New-Assertion"], told(assertions=[row()])))
    assert (result["accepted"], result["findings"][0]["status"]) == (True, "warn")


STRANGER = f"https://sts.fabrikam.example/{TENANT}/metadata/json/1"


def leading_to(url: str) -> dict[str, Any]:
    return {**CURRENT, "oauth_servers": [{"identity": "microsoft.sts", "realm": TENANT, "metadata_url": url}]}


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        (STRANGER, "global"),
        (URL.replace(".net/", ".net:8443/"), "global"),
        (URL.replace(".net/", ".net.fabrikam.example/"), "global"),
        (URL, "gcc_high"),
        (URL, "china"),
    ],
)
@pytest.mark.parametrize("tenant_id", [None, TENANT])
def test_a_host_to_which_only_the_farm_leads_is_asked_for_nothing(talk: Talk, url: str, cloud: str, tenant_id: str | None) -> None:
    talk()
    options = {"current": leading_to(url), "cloud": cloud, **({"tenant_id": tenant_id} if tenant_id else {})}
    result = run(options)
    assert (result["outcome"], result["accepted"]) == ("not_known", None)
    assert f"which is no authorization server of the cloud {cloud}. Nothing was signed." in result["explanation"]
    assert "oauth_server" in result["remedy"]


@pytest.mark.parametrize("endpoint", ["https://sts.fabrikam.example/tokens", ENDPOINT.replace(".net/", ".net:444/")])
def test_an_endpoint_that_only_a_document_names_gets_no_assertion(talk: Talk, endpoint: str) -> None:
    talk(Said("GET", URL, answer={**DOCUMENT, "endpoints": [{**DOCUMENT["endpoints"][0], "location": endpoint}]}))
    result = run({"current": CURRENT})
    assert (result["outcome"], "Nothing was signed" in result["explanation"]) == ("not_known", True)


@pytest.mark.parametrize(
    ("options", "document", "endpoint"),
    [
        ({"current": CURRENT, "metadata_url": STRANGER}, STRANGER, "https://sts.fabrikam.example/tokens"),
        ({"current": CURRENT, "token_endpoint": "https://sts.fabrikam.example/tokens"}, URL, "https://sts.fabrikam.example/tokens"),
        ({"current": leading_to(URL.replace(".net/", ".net:443/"))}, URL.replace(".net/", ".net:443/"), ENDPOINT),
        ({"current": CURRENT}, URL, "https://login.windows.net/tokens"),
    ],
)
def test_a_host_that_the_options_name_and_each_of_the_clouds_gets_assertions(
    talk: Talk, options: dict[str, Any], document: str, endpoint: str
) -> None:
    granted = exchanges(GRANTED)
    granted.url = endpoint
    talk(Said("GET", document, answer={**DOCUMENT, "endpoints": [{**DOCUMENT["endpoints"][0], "location": endpoint}]}), granted)
    result = run(options, (["New-Assertion"], told(assertions=[row()])))
    assert (result["accepted"], result["token_endpoint"]) == (True, endpoint)


def test_a_metadata_url_in_doubt_is_not_asked_and_says_why(talk: Talk) -> None:
    talk()
    result = run({"current": CURRENT, "tenant_id": TENANT, "metadata_doubt": "oauth_server.tenant failed for OAuth server microsoft.sts."})
    assert (result["outcome"], result["findings"][0]["status"]) == ("not_known", "warn")
    assert "oauth_server.tenant failed for OAuth server microsoft.sts. Nothing was signed." in result["explanation"]


def test_a_farm_that_names_a_document_without_tls_is_not_asked(talk: Talk) -> None:
    result = run({}, (READ, told(oauth_servers=[{**STS_ROW, "MetadataUrl": URL.replace("https", "http")}])))
    assert (result["accepted"], "not an https URL" in result["explanation"]) == (None, True)


def test_a_token_for_a_tenant_that_the_farm_does_not_ask_is_a_warning(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    other = {**STS_ROW, "Realm": "fabrikam.com", "MetadataUrl": "https://sts.fabrikam.com/metadata/json/1"}
    result = run({"tenant_id": TENANT}, ([*READ, "New-Assertion"], told(oauth_servers=[other], assertions=[row()])))
    assert (result["accepted"], result["findings"][0]["status"]) == (True, "warn")
    assert next(step["status"] for step in result["steps"] if step["id"] == "farm") == "fail"


def test_each_name_is_proved_for_itself(talk: Talk) -> None:
    refused = {"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found."}
    talk(FOUND, exchanges(GRANTED), exchanges(refused, 400))
    issuers = [f"{SKYPE}/{host}.contoso.com@{TENANT}" for host in ("webext", "webdir")]
    asked: list[Any] = []
    options = {"current": CURRENT, "name": ["WebExt.contoso.com", "webdir.contoso.com.", "webext.contoso.com"]}
    result = run(options, (["New-Assertion"], told(assertions=[row(issuer) for issuer in issuers])), asked=asked)
    assert asked[0]["hosts"] == ["webext.contoso.com", "webdir.contoso.com"]
    assert (result["accepted"], result["outcome"]) == (False, "name_not_registered")
    assert [proof["accepted"] for proof in result["proofs"]] == [True, False]
    assert [one["status"] for one in result["findings"]] == ["pass", "fail", "skip"]


MANY = [f"web{number}.contoso.com" for number in range(123)]


def portions(*counts: int, **changed: Any) -> list[tuple[list[str], dict[str, Any]]]:
    """What the server is asked for so many of the names at a time, and what it says."""
    hosts, said = iter(MANY), []
    for count in counts:
        rows = [row(f"{SKYPE}/{next(hosts)}@{TENANT}", **changed) for _name in range(count)]
        said.append((["New-Assertion"], told(assertions=rows)))
    return said


def test_many_names_are_signed_and_exchanged_in_portions(talk: Talk) -> None:
    refused = {"error": "unauthorized_client", "error_description": f"AADSTS700016: {ASSERTION} was not found."}
    talk(FOUND, *[exchanges(GRANTED) for _name in MANY[1:]], exchanges(refused, 400))
    asked: list[Any] = []
    result = run({"current": CURRENT, "name": MANY}, *portions(50, 50, 23), asked=asked)
    assert [len(one["hosts"]) for one in asked] == [50, 50, 23]
    assert [proof["issuer"] for proof in result["proofs"]] == [f"{SKYPE}/{name}@{TENANT}" for name in MANY]
    assert [proof["accepted"] for proof in result["proofs"]] == [True] * 122 + [False]
    assert (result["accepted"], result["outcome"]) == (False, "name_not_registered")
    assert (len(result["findings"]), len({one["subject"] for one in result["findings"]})) == (124, 124)
    assert "eyJ" not in json.dumps(result)


def test_a_mailbox_is_tested_in_the_first_portion_alone(talk: Talk) -> None:
    talk(FOUND, *[exchanges(GRANTED) for _name in MANY[:60]])
    (first, answer), second = portions(50, 10)
    answer["answers"]["mailbox"] = [{"text": "Test Passed"}]
    options = {"current": CURRENT, "name": MANY[:60], "mailbox": "user@contoso.com"}
    result = run(options, ([*first, "Test-CsExStorageConnectivity"], answer), second)
    assert result["findings"][-1]["status"] == "pass"


def test_names_after_a_portion_that_could_not_be_asked_are_not_tried(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: Any, **_kwargs: Any) -> Any:
        raise HybridAuthError("tokens.contoso.com did not answer in time.", "Check the network.")

    talk(FOUND)
    monkeypatch.setattr(TokenService, "exchange", unreachable)
    result = run({"current": CURRENT, "name": MANY}, *portions(50))
    assert [proof["accepted"] for proof in result["proofs"]] == [None] * 123
    assert ["could not be asked: tokens" in proof["explanation"] for proof in result["proofs"]] == [True] * 50 + [False] * 73
    assert "It was not tried" in result["proofs"][-1]["explanation"]
    assert (result["accepted"], result["outcome"]) == (None, "not_known")


def test_a_certificate_that_cannot_sign_is_asked_of_one_portion(talk: Talk) -> None:
    talk(FOUND)
    result = run({"current": CURRENT, "name": MANY}, *portions(50, assertion=None, issued=None, problem="missing"))
    assert {proof["outcome"] for proof in result["proofs"]} == {"wrong_certificate"}
    assert len(result["proofs"]) == 123


@pytest.mark.parametrize("problem", ["missing", "no_private_key", "not_rsa", "none_assigned", "not_assigned"])
def test_a_certificate_that_cannot_sign_is_never_sent(talk: Talk, problem: str) -> None:
    talk(FOUND)
    result = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row(assertion=None, issued=None, problem=problem)])))
    assert (result["accepted"], result["outcome"]) == (False, "wrong_certificate")
    assert next(step["status"] for step in result["steps"] if step["id"] == "certificate") == "fail"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Said("GET", URL, 404, "not found"), "wrong_tenant"),
        (Said("GET", URL, answer="<html>"), "not_known"),
        (Said("GET", URL, answer=[]), "not_known"),
        (Said("GET", URL, 503), "not_known"),
        (Said("GET", URL, answer={**DOCUMENT, "endpoints": []}), "not_known"),
        (Said("GET", URL, answer={**DOCUMENT, "allowedAudiences": None}), "not_known"),
        (Said("GET", URL, answer={**DOCUMENT, "realm": "6699c5fe-0000-4000-8000-000000000001"}), "wrong_tenant"),
    ],
)
def test_without_a_document_of_the_tenant_nothing_is_signed(talk: Talk, answer: Said, outcome: str) -> None:
    talk(answer)
    result = run({"tenant_id": TENANT})
    assert result["outcome"] == outcome
    assert result["findings"][0]["id"] == "proof.token"


def test_a_document_that_is_reached_over_http_is_not_believed(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = HttpSession.send

    def send(session: Any, request: Any, **kwargs: Any) -> Any:
        answer = real(session, request, **kwargs)
        answer.url = "http://sts.contoso.com/"
        return answer

    monkeypatch.setattr(HttpSession, "send", send)
    talk(FOUND)
    result = run({"tenant_id": TENANT})
    assert (result["accepted"], "which is not https" in result["explanation"]) == (None, True)


def test_an_assertion_does_not_follow_a_redirection(talk: Talk) -> None:
    talk(FOUND, exchanges(None, 307, Location="https://elsewhere.fabrikam.com/"))
    result = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
    assert (result["accepted"], result["outcome"]) == (None, "not_known")


def test_a_clock_that_is_off_explains_an_unknown_refusal(talk: Talk) -> None:
    talk(FOUND, exchanges({"error": "invalid_client", "error_description": "ACS50012: Authentication failed."}, 401, skew=4000))
    result = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
    assert (result["outcome"], next(step["status"] for step in result["steps"] if step["id"] == "clock")) == ("clock", "fail")


def test_nothing_shows_an_assertion_or_a_token(talk: Talk) -> None:
    for content in (
        {"error": "invalid_client", "error_description": f"I do not like {ASSERTION} with {ASSERTION.rpartition('.')[2]}"},
        {**GRANTED, "token_type": "mac", "error": TOKEN},
        {**GRANTED, "resource": TOKEN},
    ):
        talk(FOUND, exchanges(content, 401 if "error_description" in content else 200))
        result = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
        assert len(result["proofs"]) == 1
        for secret in (ASSERTION, TOKEN, *(text.rpartition(".")[2] for text in (ASSERTION, TOKEN))):
            assert secret not in json.dumps(result)


@pytest.mark.parametrize("token", ["e", "a.b.e", "accepted", "x..metadata"])
def test_what_is_no_token_changes_nothing_of_the_result(talk: Talk, token: str) -> None:
    talk(FOUND, exchanges({**GRANTED, "access_token": token}))
    odd = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
    talk(FOUND, exchanges(GRANTED))
    usual = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
    assert {name: value for name, value in odd.items() if name != "proofs"} == {name: usual[name] for name in usual if name != "proofs"}


def test_an_assertion_that_was_changed_on_its_way_fails_the_task(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk(FOUND)
    monkeypatch.setitem(globals(), "sealed", lambda _assertion, _seal: Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    result = run({"current": CURRENT}, (["New-Assertion"], told(assertions=[row()])))
    assert "cannot be opened" in result["msg"]


MAILBOX = {"current": CURRENT, "mailbox": "SIP:user@contoso.com"}
TESTED = ["New-Assertion", "Test-CsExStorageConnectivity"]


@pytest.mark.parametrize(("delete", "changed"), [(True, False), (False, True)])
def test_the_mailbox_test_runs_in_the_same_process_and_deletes_its_item(talk: Talk, delete: bool, changed: bool) -> None:
    talk(FOUND, exchanges(GRANTED))
    asked: list[Any] = []
    options = {**MAILBOX, "mailbox_delete_item": delete, "mailbox_folder": "Inbox"}
    result = run(options, (TESTED, told(assertions=[row()], mailbox=[{"text": "Test Passed"}])), asked=asked)
    assert asked[1] == {"SipUri": "sip:user@contoso.com", "Binding": "NetNamedPipe", "DeleteItem": delete, "Folder": "Inbox"}
    assert (result["changed"], result["findings"][1]["status"]) == (changed, "pass")


def test_a_mailbox_test_that_fails_does_not_hide_the_token_proof(talk: Talk) -> None:
    talk(FOUND, exchanges(GRANTED))
    failure = {"id": "mailbox", "cmdlet": TESTED[1], "message": "Access Denied", "category": "PermissionDenied"}
    result = run(MAILBOX, (TESTED, told(failure, assertions=[row()])))
    assert (result["accepted"], result["findings"][1]["status"]) == (True, "warn")
    assert "failed" not in result


def test_another_failure_on_the_server_fails_the_task(talk: Talk) -> None:
    talk(FOUND)
    failure = {"id": "assertions", "cmdlet": "New-Assertion", "message": "No assertion was signed", "category": "InvalidArgument"}
    result = run(MAILBOX, (TESTED, told(failure)))
    assert result["failed"]
    assert "No assertion was signed" in result["msg"]


def test_a_connection_that_is_not_windows_is_refused_before_anything_is_contacted(talk: Talk) -> None:
    result = run_action("trust_proof", {"tenant_id": TENANT})
    assert "is not reached as a Windows server" in result["msg"]


def test_nothing_is_signed_where_ansible_core_would_print_what_opens_it(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_DEBUG", True)
    talk()
    result = run({"current": CURRENT, "tenant_id": TENANT})
    assert result["failed"]
    assert "here the key that opens an assertion. Nothing was sent." in result["msg"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"tenant_id": "contoso"}, "not a GUID"),
        ({"tenant_id": TENANT, "cloud": "china"}, "not documented"),
        ({"metadata_url": "http://contoso.com"}, "not an https URL"),
        ({"token_endpoint": "http://contoso.com"}, "not an https URL"),
        ({"name": ["webext"]}, "host name"),
        ({"application_id": "lync"}, "not a GUID"),
        ({"audience": "00000002-0000-0ff1-ce00-000000000000/outlook.office365.com"}, "not the authorization server"),
        ({"audience": f"{STS}/sts.contoso.com@{TENANT}"}, "the realm is added"),
        ({"resource": "mail"}, "no principal"),
        ({"realm": "a b"}, "no realm"),
        ({"thumbprint": "AB"}, "not a thumbprint"),
        ({"lifetime": 601}, "out of range"),
        ({"lifetime": 0}, "out of range"),
        ({"oauth_server_name": " "}, "it is empty"),
        ({"current": {"x": 1}}, "no result of onprem_info"),
        ({"ca_path": "/no/such/file"}, "cannot be read"),
        ({"exchange": True, "validate_certs": False}, "others could use the token"),
        ({"exchange": True, "cloud": "gcc_high"}, "00000002-0000-0ff1-ce00-000000000000/outlook.office365.us"),
        ({"exchange": True, "resource": f"{SKYPE}/outlook.office365.com"}, "only Exchange Online of the cloud global is asked"),
        ({"exchange": True, "resource": "00000002-0000-0ff1-ce00-000000000000/mail.contoso.com"}, "only Exchange Online of the cloud"),
        ({"mailbox": "user"}, "no SIP address"),
        ({"mailbox": "sip:a b@contoso.com"}, "no SIP address"),
        ({"mailbox_folder": "Inbox"}, "mailbox"),
        ({"mailbox": "user@contoso.com", "mailbox_binding": "NetTCP"}, "mailbox_storage_host"),
        ({"mailbox": "user@contoso.com", "mailbox_folder": "Drafts"}, "must be one of"),
    ],
)
def test_bad_input_is_refused_before_anything_is_contacted(talk: Talk, options: dict[str, Any], part: str) -> None:
    result = run(options)
    assert result["failed"]
    assert part in result["msg"]
