# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each way to sign in, as transcripts of what is said to Entra ID, to GitHub, to Azure and to the Azure CLI."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.sign_in import device_code

from ..support import Conversation, Said, opened, run_action
from .test_clouds import CLIENT, OTHER, TENANT, token

LOGIN, GRAPH = "https://login.microsoftonline.com", "https://graph.microsoft.com"
APPLICATION = {"tenant": "contoso.com", "client_id": CLIENT}
CONFIGURATION = {
    "issuer": f"{LOGIN}/{TENANT}/v2.0",
    "authorization_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/authorize",
    "token_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/token",
    "device_authorization_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/devicecode",
}
DISCOVERY = Said("GET", f"{LOGIN}/contoso.com/v2.0/.well-known/openid-configuration", answer=CONFIGURATION)
GRANTED = {"token_type": "Bearer", "expires_in": 3599, "access_token": "the-raw-access-token"}
MACHINE = f"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={GRAPH}"
Talk = Callable[..., Conversation]


def exchanged(assertion: str, answer: Any = None, status: int = 200) -> Said:
    def check(body: Any) -> None:
        sent = parse_qs(str(body))
        assert sent["grant_type"] == ["client_credentials"]
        assert sent["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
        assert sent["client_assertion"] == [assertion]
        assert "client_secret" not in sent

    return Said("POST", CONFIGURATION["token_endpoint"], status, answer or GRANTED, check=check)


def provided(**claims: Any) -> str:
    """A token of an identity provider."""
    return token(aud="api://AzureADTokenExchange", iss="https://oidc.contoso.com", sub="system:serviceaccount:awx:default", **claims)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_federated_token_is_read_as_powershell_writes_it(encoding: str, talk: Talk, tmp_path: Path) -> None:
    assertion = provided()
    (tmp_path / "token").write_text(f"{assertion}\r\n", encoding=encoding)
    talk(DISCOVERY, exchanged(assertion))
    assert "msg" not in run_action("graph_token", {**APPLICATION, "federated_token_file": str(tmp_path / "token")})


@pytest.mark.parametrize("by", ["file option", "file variable", "variable", "variable over file"])
def test_a_federated_token_is_exchanged_with_two_requests(by: str, talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assertion = provided()
    file = tmp_path / "token"
    file.write_text(f"{assertion}\n")
    monkeypatch.setenv("CONTOSO_ID_TOKEN", assertion)
    options: dict[str, Any] = {"federated_token_variable": "CONTOSO_ID_TOKEN"} if by.startswith("variable") else {}
    if by == "file option":
        options["federated_token_file"] = str(file)
    elif by != "variable":
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file) if by == "file variable" else "/nowhere/token")
    talk(DISCOVERY, exchanged(assertion))
    result = run_action("graph_token", {**APPLICATION, **options})
    assert (result["auth_source"], result["tenant_id"]) == ("federated", TENANT)
    assert opened(result["access_token"], APPLICATION["tenant"]) == "the-raw-access-token"
    assert assertion not in json.dumps(result)


@pytest.mark.parametrize(("cloud", "audience"), [("global", "api://AzureADTokenExchange"), ("dod", "api://AzureADTokenExchangeUSGov")])
def test_github_is_asked_for_a_token_of_the_clouds_audience(cloud: str, audience: str, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.contoso.com/idtoken?api-version=2.0")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "the-request-token")
    assertion = provided()
    where = {"global": LOGIN, "dod": "https://login.microsoftonline.us"}[cloud]
    configuration = {name: value.replace(LOGIN, where) for name, value in CONFIGURATION.items()}
    conversation = talk(
        Said("GET", f"https://pipelines.contoso.com/idtoken?api-version=2.0&audience={audience}", answer={"count": 1, "value": assertion}),
        Said("GET", DISCOVERY.url.replace(LOGIN, where), answer=configuration),
        Said("POST", configuration["token_endpoint"], answer=GRANTED),
    )
    result = run_action("graph_token", {**APPLICATION, "cloud": cloud})
    assert result["auth_source"] == "federated"
    assert conversation.seen[0].headers["Authorization"] == "Bearer the-request-token"
    assert not {assertion, "the-request-token", "the-raw-access-token"} & set(json.dumps(result).split('"'))


@pytest.mark.parametrize("answer", [(403, {"message": "no"}), (200, {}), (200, "<html>"), (200, {"value": None})])
def test_github_that_gives_no_token_is_named_with_the_permission(
    answer: tuple[int, Any], talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.contoso.com/idtoken")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "the-request-token")
    talk(Said("GET", "https://pipelines.contoso.com/idtoken?audience=api://AzureADTokenExchange", *answer))
    result = run_action("graph_token", {**APPLICATION, "auth_source": "federated"})
    assert "id-token: write" in result["msg"]
    assert "the-request-token" not in json.dumps(result)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("AADSTS700211", "Compare the issuer above"),
        ("AADSTS700212", "Compare the audience above"),
        ("AADSTS700213", "Compare the subject above"),
        ("AADSTS7002138", "letter case included"),
        ("AADSTS70021", "issuer, subject and audience"),
        ("AADSTS700024", "federated token is not valid now"),
    ],
)
def test_a_federated_token_that_is_refused_says_what_to_compare(code: str, part: str, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assertion = provided()
    monkeypatch.setenv("CONTOSO_ID_TOKEN", assertion)
    refused = {"error": "invalid_client", "error_description": f"{code}: No match for {assertion}. Trace ID: 1"}
    talk(DISCOVERY, exchanged(assertion, refused, 401))
    result = run_action("graph_token", {**APPLICATION, "federated_token_variable": "CONTOSO_ID_TOKEN"})
    assert code in result["msg"]
    assert part in result["msg"]
    assert assertion not in json.dumps(result)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"auth_source": "federated"}, "No federated token is given"),
        ({"federated_token_file": "/nowhere/token"}, "cannot be read"),
        ({"federated_token_file": "{tmp}"}, "cannot be read"),
        ({"federated_token_file": "{tmp}/empty"}, "holds no token"),
        ({"federated_token_file": "{tmp}/binary"}, "holds no token"),
        ({"federated_token_file": "{tmp}/large"}, "larger than a token"),
        ({"federated_token_file": "{tmp}/over"}, "expired on 1970"),
        ({"federated_token_variable": "CONTOSO_NOT_SET"}, "CONTOSO_NOT_SET is not set"),
        ({"federated_token_variable": "CONTOSO_OTHER"}, "holds no token"),
        ({"federated_token_variable": "CONTOSO_OTHER", "federated_token_file": "{tmp}/over"}, "both set"),
        ({"federated_token_variable": "CONTOSO_OTHER", "federated_token_file": "{tmp}/over", "auth_source": "federated"}, "beside"),
        ({"federated_token_file": "{tmp}/over", "tenant": None}, "lacks trust_tenant (tenant of a module)"),
        ({"auth_source": "client_secret"}, "lacks trust_client_secret (client_secret of a module)"),
        ({"auth_source": "client_certificate"}, "lacks trust_client_certificate_path"),
        ({"auth_source": "access_token"}, "lacks trust_access_token"),
        ({"auth_source": "managed_identity", "managed_identity_client_id": "x"}, "is not a GUID"),
        ({"managed_identity_client_id": "x"}, "is not a GUID"),
        ({"auth_source": "device_code", "device_code_timeout": 0}, "device_code_timeout"),
        ({"auth_source": "device_code", "device_code_timeout": 901}, "from 1 to 900"),
        ({"auth_source": "device_code", "client_id": None}, "lacks trust_client_id"),
        ({"auth_source": "cli", "tenant": "--query"}, "names no tenant"),
        ({"auth_source": "cli"}, "(az) is not on PATH"),
    ],
)
def test_bad_input_is_refused_before_anything_is_contacted(
    options: dict[str, Any], part: str, talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"empty": b"", "binary": bytes(range(256)), "large": b"x" * 70000, "over": provided(exp=1).encode()}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setenv("CONTOSO_OTHER", "a-secret-that-is-no-token")
    monkeypatch.setenv("PATH", "/nowhere")
    if options.get("tenant") == "--query":
        stand_in(tmp_path, monkeypatch, "raise SystemExit('must not run')")
    talk()
    filled = {name: value.format(tmp=tmp_path) if isinstance(value, str) else value for name, value in options.items()}
    result = run_action("graph_token", {**APPLICATION, **filled})
    assert result["failed"]
    assert part in result["msg"]
    assert "a-secret-that-is-no-token" not in json.dumps(result)


@pytest.mark.parametrize("which", ["system", "user"])
def test_a_virtual_machine_gives_its_identitys_token_with_one_request(which: str, talk: Talk) -> None:
    options = {"managed_identity_client_id": CLIENT.upper()} if which == "user" else {"auth_source": "managed_identity"}
    url = f"{MACHINE}&client_id={CLIENT}" if which == "user" else MACHINE
    text = token(appid=CLIENT)
    conversation = talk(Said("GET", url, answer={"access_token": text, "expires_in": "86399", "token_type": "Bearer"}))
    result = run_action("graph_token", options)
    assert (result["auth_source"], result["tenant_id"]) == ("managed_identity", TENANT)
    assert text not in json.dumps(result)
    assert conversation.seen[0].headers["Metadata"] == "true"
    assert "Authorization" not in conversation.seen[0].headers


@pytest.mark.parametrize(
    ("claims", "options", "part"),
    [
        ({"appid": OTHER}, {"managed_identity_client_id": CLIENT}, f"a token of the identity {OTHER}"),
        ({"tid": OTHER}, {"auth_source": "managed_identity", "tenant": TENANT}, f"is for tenant {OTHER}"),
        ({"aud": "https://graph.microsoft.us"}, {"auth_source": "managed_identity"}, "is for https://graph.microsoft.us"),
    ],
)
def test_an_identity_that_was_not_meant_is_not_used(claims: dict[str, str], options: dict[str, str], part: str, talk: Talk) -> None:
    text = token(**claims)
    url = f"{MACHINE}&client_id={CLIENT}" if "managed_identity_client_id" in options else MACHINE
    talk(Said("GET", url, answer={"access_token": text, "expires_in": "86399"}))
    result = run_action("sp_info", options)
    assert result["failed"]
    assert part in result["msg"]
    assert "not sent" in result["msg"]
    assert text not in json.dumps(result)


@pytest.mark.parametrize(
    ("status", "answer", "part"),
    [
        (400, {"error": "invalid_request", "error_description": "Identity not found"}, "Identity not found"),
        (500, "<html>", "gave no token"),
        (200, {}, "no reason given"),
    ],
)
def test_a_machine_without_identity_has_its_own_message(status: int, answer: Any, part: str, talk: Talk) -> None:
    talk(Said("GET", MACHINE, status, answer))
    result = run_action("graph_token", {"auth_source": "managed_identity"})
    assert part in result["msg"]
    assert "The managed identity of this machine (system-assigned)" in result["msg"]
    assert "runs on Azure" in result["msg"]


def test_app_services_header_is_sent_and_shown_nowhere(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "the-identity-header")
    url = f"http://127.0.0.1:41741/msi/token?api-version=2019-08-01&resource={GRAPH}"
    conversation = talk(Said("GET", url, 500, {"statusCode": 500, "message": "wrong the-identity-header"}))
    result = run_action("graph_token", {})
    assert conversation.seen[0].headers["X-IDENTITY-HEADER"] == "the-identity-header"
    assert "of this App Service" in result["msg"]
    assert "the-identity-header" not in json.dumps(result)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the device code's task shows the user; time passes as fast as the task waits."""
    lines: list[str] = []
    now = [time.time()]
    display = type("Display", (), {"display": lambda _self, text, **_kwargs: lines.append(text)})
    monkeypatch.setattr(device_code, "Display", display)
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return lines


CODE = {
    "user_code": "BCDFGHJKL",
    "device_code": "the-device-code",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
    "message": "To sign in, use a web browser.",
}


def asked(error: str | None = None) -> Said:
    def check(body: Any) -> None:
        assert parse_qs(str(body))["device_code"] == ["the-device-code"]

    refused = {"error": error, "error_description": f"AADSTS70016: {error}"}
    return Said("POST", CONFIGURATION["token_endpoint"], 400 if error else 200, refused if error else GRANTED, check=check)


STARTED = Said("POST", CONFIGURATION["device_authorization_endpoint"], answer=CODE)


def test_a_person_is_shown_the_code_and_waited_for(talk: Talk, shown: list[str]) -> None:
    talk(DISCOVERY, STARTED, asked("authorization_pending"), asked("authorization_pending"), asked())
    result = run_action("graph_token", {**APPLICATION, "auth_source": "device_code"})
    assert (result["auth_source"], result["tenant_id"]) == ("device_code", TENANT)
    (line,) = shown
    assert "https://microsoft.com/devicelogin" in line
    assert "BCDFGHJKL" in line
    assert "waits 300 seconds" in line
    assert "the-device-code" not in line + json.dumps(result)


def test_a_code_that_nobody_enters_ends_the_task_in_time(talk: Talk, shown: list[str]) -> None:
    begun = time.time()
    talk(DISCOVERY, STARTED, *[asked("authorization_pending")] * 3)
    result = run_action("graph_token", {**APPLICATION, "auth_source": "device_code", "device_code_timeout": 12})
    assert "within 12 seconds" in result["msg"]
    assert "federated, managed_identity" in result["msg"]
    assert time.time() - begun < 20
    assert shown


@pytest.mark.parametrize(
    ("at", "error", "text", "part"),
    [
        ("token", "authorization_declined", "The user declined.", "The user declined"),
        ("token", "invalid_client", "AADSTS7000218: The request body must contain 'client_assertion'.", "Allow public client flows"),
        ("start", "unauthorized_client", "AADSTS700016: Application was not found.", "must be registered in that tenant"),
    ],
)
def test_a_person_who_is_refused_is_told_why(at: str, error: str, text: str, part: str, talk: Talk, shown: list[str]) -> None:
    answer = {"error": error, "error_description": text}
    start = STARTED if at == "token" else Said("POST", STARTED.url, 400, answer)
    talk(DISCOVERY, start, *([Said("POST", CONFIGURATION["token_endpoint"], 400, answer)] if at == "token" else []))
    result = run_action("graph_token", {**APPLICATION, "auth_source": "device_code"})
    assert result["failed"]
    assert part in result["msg"]
    assert bool(shown) is (at == "token")


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Path:
    """An az on PATH that writes its arguments down and then runs the code."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    log = folder / "az.json"
    script = bin_folder / "az"
    script.write_text(f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(log)!r}, 'w'))\n{code}\n")
    script.chmod(0o700)
    monkeypatch.setenv("PATH", str(bin_folder))
    return log


def test_the_azure_cli_is_asked_for_a_token_of_the_clouds_graph(talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = token(aud="https://graph.microsoft.us")
    answer = {"accessToken": text, "expiresOn": "2026-11-02 10:00:00.000000", "expires_on": 1, "tenant": TENANT, "tokenType": "Bearer"}
    log = stand_in(tmp_path, monkeypatch, f"print({json.dumps(answer)!r})")
    talk()
    result = run_action("graph_token", {"auth_source": "cli", "tenant": "Contoso.com", "cloud": "gcc_high"})
    assert (result["auth_source"], result["tenant_id"]) == ("cli", TENANT)
    assert text not in json.dumps(result)
    asked_for = ["--resource", "https://graph.microsoft.us", "--tenant", "contoso.com"]
    assert json.loads(log.read_text()) == ["account", "get-access-token", "--output", "json", *asked_for]


def test_an_opaque_token_of_the_azure_cli_expires_when_the_cli_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, 'print(\'{"accessToken": "opaque", "expires_on": 4102444800}\')')
    assert run_action("graph_token", {"auth_source": "cli"})["expires"] == "2100-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("code", "options", "parts"),
    [
        ("sys.exit('ERROR: Please run \\'az login\\' to setup account.')", {}, ("not signed in", "az login --allow")),
        (
            "sys.exit('ERROR: AADSTS50020: User account does not exist in tenant. Trace ID: 1\\nInteractive: az login')",
            {"tenant": TENANT},
            (f"cannot sign in to tenant {TENANT}", f"az login --tenant {TENANT}"),
        ),
        ("sys.stderr.buffer.write(b'FEHLER: ung\\xfcltig'); sys.exit(1)", {}, ("gave no token: FEHLER: ung", "by hand")),
        ("sys.exit('ERROR: AADSTS500011: The resource principal was not found.')", {"cloud": "dod"}, ("az cloud set", "dod-graph")),
        ("sys.exit('WARNING: old\\nERROR: Something else.')", {}, ("gave no token: Something else.",)),
        ("sys.exit(3)", {}, ("no reason given",)),
        ("print('a-raw-token, no JSON')", {}, ("holds no token",)),
        ("print('{\"accessToken\": 5}')", {}, ("holds no token",)),
        ("print('[]')", {}, ("holds no token",)),
        (f"print(json.dumps(dict(accessToken={token(tid=OTHER)!r})))", {"tenant": TENANT}, (f"is for tenant {OTHER}",)),
        (f"print(json.dumps(dict(accessToken={token()!r})))", {"cloud": "china"}, ("microsoftgraph.chinacloudapi.cn", "not sent")),
    ],
)
def test_each_failure_of_the_azure_cli_has_its_message(
    code: str, options: dict[str, str], parts: tuple[str, ...], tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, code)
    talk()
    result = run_action("sp_info", {"auth_source": "cli", **options})
    assert result["failed"]
    for part in parts:
        assert part in result["msg"]
    assert "a-raw-token" not in json.dumps(result)
    assert "Trace" not in result["msg"]


def test_a_broken_azure_cli_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "az").write_text("#!/nowhere/python\n")
    (tmp_path / "az").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "cannot be run" in run_action("graph_token", {"auth_source": "cli"})["msg"]


AWX = {"AZURE_SUBSCRIPTION_ID": "1", "AZURE_CLIENT_ID": CLIENT, "AZURE_SECRET": "awx-secret", "AZURE_TENANT": "contoso.com"}


def test_the_credential_type_of_awx_works_without_mapping(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**AWX, "AZURE_CLOUD_ENVIRONMENT": "AzureCloud"}.items():
        monkeypatch.setenv(name, value)
    talk(DISCOVERY, Said("POST", CONFIGURATION["token_endpoint"], answer=GRANTED))
    assert run_action("graph_token", {})["auth_source"] == "client_secret"


def test_a_user_with_a_password_in_awx_is_told_what_to_use_instead(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AD_USER", "admin@contoso.com")
    monkeypatch.setenv("AZURE_PASSWORD", "awx-password")
    talk()
    result = run_action("graph_token", {})
    assert "AZURE_AD_USER" in result["msg"]
    assert "client, secret and tenant" in result["msg"]
    assert "awx-password" not in json.dumps(result)
