# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same requests have the same answers from the runner in PowerShell, from the lab's Python one, and through a restricted endpoint."""

from __future__ import annotations

import base64
import copy
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import parts, server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call, Write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import RUNNER_ONLY
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.restricted_endpoint import RestrictedEndpoint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.issue import SelfSigned
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_names import Names, names_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.distinguished_name import same_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import observing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time
from tests.lab import engine_path
from tests.lab.farm import certificates, key_files
from tests.lab.farm.farm import Farm
from tests.lab.farm.server_settings import INTERNET, STRONG_CRYPTO, TLS_CLIENT, WIN_HTTP, path_of, web_config
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.command_line import CommandLine
from tests.lab.winrm.listener import RESTRICTED, WinRmListener
from tests.support.runner import IMPORT

ENGINE = engine_path()
needs_engine = pytest.mark.skipif(ENGINE is None, reason="no pwsh on PATH")
Restricted = tuple[RestrictedEndpoint, Farm]
NO_METADATA = "https://mail.contoso.com/autodiscover/metadata/json/1"
URL = "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"


def resolve(_url: str) -> dict[str, str]:
    return {"issuer": "00000001-0000-0000-c000-000000000000", "realm": "contoso.com", "type": "Acs"}


@pytest.fixture(scope="module")
def state() -> State:
    """Its certificates are made once, so that all farms have the same."""
    state = State()
    for deployment in state.data["deployments"]:
        for front_end in deployment["front_ends"]:
            front_end["restricted"]["typed"] = "object"
        for entry in deployment["certificates"].values():
            certificates.complete(entry)
        deployment["metadata_documents"][NO_METADATA] = {"error": "The remote server returned an error: (503) Server Unavailable."}
    return state


@pytest.fixture(scope="module")
def python(state: State, tmp_path_factory: pytest.TempPathFactory) -> Farm:
    return Farm(State(state.data), RequestLog(), Faults(), tmp_path_factory.mktemp("python"), None, resolve)


@pytest.fixture(scope="module")
def engine(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    farm = Farm(State(state.data), RequestLog(), Faults(), tmp_path_factory.mktemp("engine"), ENGINE, resolve)
    yield farm
    farm.stop()


@pytest.fixture
def farms(state: State, tmp_path: Path) -> Iterator[tuple[Farm, Farm]]:
    """A farm for each runner, for tests that change it."""
    changed = [
        Farm(State(state.data), RequestLog(), Faults(), tmp_path / name, runner, resolve) for name, runner in (("p", None), ("e", ENGINE))
    ]
    yield changed[0], changed[1]
    for farm in changed:
        farm.stop()


@pytest.fixture(scope="module")
def compared(state: State, tmp_path_factory: pytest.TempPathFactory) -> Farm:
    """What the Python runner answers beside the restricted endpoint: each needs a store of its own."""
    return Farm(State(state.data), RequestLog(), Faults(), tmp_path_factory.mktemp("compared"), None, resolve)


@contextmanager
def endpoint_of(farm: Farm) -> Iterator[RestrictedEndpoint]:
    """The restricted endpoint of the farm's first server, reached by an unmodified pypsrp."""
    listener = WinRmListener(farm.front_ends["fe01.contoso.com"], log=farm.log, faults=farm.faults)
    listener.start()
    ((user, password),) = farm.front_ends["fe01.contoso.com"].data["users"].items()
    wsman = WSMan(
        "127.0.0.1", port=listener.port, ssl=False, path=RESTRICTED.strip("/"), auth="basic", username=user, password=password,
        encryption="never",
    )  # fmt: skip
    try:
        with wsman, RunspacePool(wsman) as pool:
            yield RestrictedEndpoint(SimpleNamespace(runspace=pool, connected=True, become=None), "fe01.contoso.com")
    finally:
        listener.stop()


@pytest.fixture(scope="module")
def restricted_farm(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restricted]:
    farm = Farm(State(state.data), RequestLog(), Faults(), tmp_path_factory.mktemp("restricted"), None, resolve)
    with endpoint_of(farm) as endpoint:
        yield endpoint, farm


@pytest.fixture(scope="module")
def restricted(restricted_farm: Restricted) -> RestrictedEndpoint:
    return restricted_farm[0]


def ask_engine(farm: Farm, request: dict[str, Any]) -> Any:
    escaped = json.dumps(request).replace("'", "''")
    script = f"{IMPORT}; Invoke-ManagementRequest -Request '{escaped}'"
    done = farm.front_ends["fe01.contoso.com"].run(CommandLine(script, script, 1), b"", "CONTOSO\\sfbadmin")
    assert (done.code, done.stderr) == (0, b"")
    answer = json.loads(done.stdout)
    # The types of .NET's exceptions, which Python has not.
    (answer["failure"] or {}).pop("causes", None)
    return answer


def ask_python(farm: Farm, request: dict[str, Any]) -> Any:
    front_end = farm.front_ends["fe01.contoso.com"]
    return json.loads(front_end.runner("CONTOSO\\sfbadmin").answer(json.dumps(request)))


def new(identity: str, **parameters: Any) -> dict[str, Any]:
    given = {"Identity": identity, "ApplicationIdentifier": "a", "ApplicationTrustLevel": "full", **parameters}
    select = {"Identity": "text", "AuthToken": "typed", "Enabled": "flag", "ApplicationTrustLevel": "text", "Nope": "list?"}
    return {"id": "new", "cmdlet": "New-CsPartnerApplication", "parameters": given, "select": select}


def onprem(identity: str, url: str, **parameters: Any) -> dict[str, Any]:
    given = {"Identity": identity, "MetadataUrl": url, "ApplicationTrustLevel": "Full", **parameters}
    select = {"Identity": "text", "ApplicationIdentifier": "text", "Realm": "text", "AuthToken": "typed"}
    return {"id": "on", "cmdlet": "New-CsPartnerApplication", "parameters": given, "select": select}


REQUESTS = {
    "certificate": [
        {
            "id": "c",
            "cmdlet": "Get-CsCertificate",
            "parameters": {"Type": ["OAuthTokenIssuer"]},
            "select": {"Thumbprint": "text", "PreviousThumbprint": "text", "EffectiveDate": "time", "NotAfter": "time"},
        },
        {"id": "s", "cmdlet": "Read-Certificate", "parameters": {"of": "c"}},
    ],
    "version": [{"id": "v", "cmdlet": "Get-CsServerVersion", "select": {"*": "text"}}],
    "services": [{"id": "w", "cmdlet": "Get-CsService", "parameters": {"WebServer": True}, "select": {"ExternalFqdn": "text"}}],
    "replicas": [{"id": "r", "cmdlet": "Get-CsManagementStoreReplicationStatus", "select": {"ReplicaFqdn": "text", "UpToDate": "flag"}}],
    "created": [new("created", UseOAuthServer=True)],
    "metadata": [
        {
            "id": "n",
            "cmdlet": "New-CsOAuthServer",
            "parameters": {"Identity": "m", "MetadataUrl": URL},
            "select": {"Realm": "text", "Type": "text"},
        }
    ],
    "on-premises application": [
        {
            "id": "n",
            "cmdlet": "New-CsPartnerApplication",
            "parameters": {"Identity": "on-premises", "MetadataUrl": URL, "ApplicationTrustLevel": "Full"},
            "select": {"Identity": "text", "AuthToken": "typed"},
        },
        {
            "id": "c",
            "cmdlet": "Get-CsOAuthConfiguration",
            "select": {"Identity": "text", "OAuthServers": "list", "PartnerApplications": "list"},
        },
    ],
    "on-premises Exchange": [onprem("exchange", "https://autodiscover.contoso.com/autodiscover/metadata/json/1")],
    "on-premises SharePoint at another URL": [
        onprem("sharepoint", "https://sharepoint.contoso.com/_layouts/15/metadata/json/1"),
        {"id": "s", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "sharepoint", "MetadataUrl": URL}},
        {
            "id": "g",
            "cmdlet": "Get-CsPartnerApplication",
            "parameters": {"Identity": "sharepoint"},
            "select": {"ApplicationIdentifier": "text", "AuthToken": "typed"},
        },
    ],
    "identifier beside metadata": [onprem("both", URL, ApplicationIdentifier="a")],
    "realm beside metadata": [onprem("realm", URL, Realm="contoso.com")],
    "metadata that is refused": [onprem("refused", NO_METADATA)],
    "metadata without an authorization server": [
        {
            "id": "o",
            "cmdlet": "New-CsOAuthServer",
            "parameters": {"Identity": "exchange", "MetadataUrl": "https://autodiscover.contoso.com/autodiscover/metadata/json/1"},
        }
    ],
    "all services": [
        {"id": "s", "cmdlet": "Get-CsService", "select": {"Identity": "text", "DependentServiceList": "list", "ExternalFqdn": "text?"}}
    ],
    "switch that is off": [{"id": "s", "cmdlet": "Get-CsService", "parameters": {"WebServer": False}, "select": {"Role": "text"}}],
    "two roles": [{"id": "s", "cmdlet": "Get-CsService", "parameters": {"WebServer": True, "Director": False}, "select": {"Role": "text"}}],
    "non-ascii": [
        {"id": "s", "cmdlet": "Set-CsOAuthConfiguration", "parameters": {"Realm": 'k\u00e4se & "co" <b\u00fccher>'}},
        {"id": "g", "cmdlet": "Get-CsOAuthConfiguration", "select": {"Realm": "text", "AdditionalAudienceUrls": "list"}},
    ],
    "missing property": [{"id": "r", "cmdlet": "Get-CsSipDomain", "select": {"Name": "text", "Colour": "text"}}],
    "optional property": [{"id": "r", "cmdlet": "Get-CsSipDomain", "select": {"Name": "text", "Colour": "text?"}}],
    "none of the properties": [{"id": "r", "cmdlet": "Get-CsSipDomain", "select": {"Colour": "text", "Shade": "text?"}}],
    "unknown kind": [{"id": "r", "cmdlet": "Get-CsSipDomain", "select": {"Name": "colour?"}}],
    "two of one id": [{"id": "r", "cmdlet": "Read-Server"}, {"id": "r", "cmdlet": "Get-CsSipDomain"}],
    "reserved id": [{"id": "after", "cmdlet": "Read-Server"}],
    "unknown parameter": [{"id": "b", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "x", "Nope": True}}],
    "missing parameter": [{"id": "b", "cmdlet": "New-CsOAuthServer", "parameters": {"Identity": "x"}}],
    "wrong set": [
        {"id": "b", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "x", "UseOAuthServer": True, "MetadataUrl": URL}}
    ],
    "wrong value": [new("y", ApplicationTrustLevel="Some")],
    "wrong type of certificate": [
        {"id": "c", "cmdlet": "Get-CsCertificate", "parameters": {"Type": ["Nope"]}, "select": {"Thumbprint": "text"}}
    ],
    "exists": [new("z"), {**new("z"), "id": "again"}],
    "not found": [{"id": "b", "cmdlet": "Get-CsOAuthServer", "parameters": {"Identity": "none"}}],
    "own certificates": [{"id": "s", "cmdlet": "Read-Certificate", "parameters": {"self_signed": True}}],
    "certificates of the farm's subject": [
        {"id": "a", "cmdlet": "Get-CsCertificate", "parameters": {"Type": ["OAuthTokenIssuer"]}, "select": {"Subject": "text"}},
        {"id": "s", "cmdlet": "Read-Certificate", "parameters": {"subject_of": "a"}},
    ],
    "named certificate": [{"id": "s", "cmdlet": "Read-Certificate", "parameters": {"thumbprints": ["ab" * 20, None, "AB" * 20]}}],
    "no thumbprint to remove": [{"id": "r", "cmdlet": "Remove-StoreCertificate", "parameters": {"thumbprint": "*"}}],
    "nothing there to remove": [{"id": "r", "cmdlet": "Remove-StoreCertificate", "parameters": {"thumbprint": "ab" * 20}}],
    "no such certificate": [
        {
            "id": "set",
            "cmdlet": "Set-CsCertificate",
            "parameters": {
                "Type": ["OAuthTokenIssuer"],
                "Identity": "global",
                "Thumbprint": "AB" * 20,
                "Roll": True,
                "EffectiveDate": {"time": "2030-01-02T03:04:05Z"},
            },
        }
    ],
    "no previous certificate": [
        {"id": "r", "cmdlet": "Remove-CsCertificate", "parameters": {"Type": ["OAuthTokenIssuer"], "Identity": "global", "Previous": True}}
    ],
    "not allowed": [{"id": "b", "cmdlet": "Import-CsCertificate", "parameters": {}}],
}


@needs_engine
@pytest.mark.parametrize("name", REQUESTS)
def test_both_runners_answer_the_same(python: Farm, engine: Farm, name: str) -> None:
    request = {"modules": ["Absent", "SkypeForBusiness"], "calls": REQUESTS[name]}
    assert ask_engine(engine, request) == ask_python(python, request)


def imported(farms: tuple[Farm, Farm]) -> dict[str, Any]:
    entry: dict[str, Any] = {"subject": "CN=contoso.com"}
    certificates.complete(entry)
    key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(entry["pfx"]), None)
    content = pkcs12.serialize_key_and_certificates(None, key, certificate, None, BestAvailableEncryption(b"s3cret"))  # type: ignore[arg-type]
    return {"content": base64.b64encode(content).decode(), "password": "s3cret"}


SETTINGS_CALLS = server_settings.calls([])
SE = "Skype for Business Server Subscription Edition"
LAST = (datetime.now(timezone.utc) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
URLS = [f"https://{kind}.contoso.com/metadata/json/1" for kind in ("ok", "dns", "tcp", "timeout")]
MORE_URLS = [f"https://{kind}.contoso.com/metadata/json/1" for kind in ("tls", "cut", "proxy", "page")]
LAST_URLS = [f"https://{kind}.contoso.com/metadata/json/1" for kind in ("http", "redirect", "other")]
SERVERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "as it should be": ({}, [URL, f"{URL}/nowhere"]),
    "wrong": (
        {
            "registry": {
                STRONG_CRYPTO[0]: None,
                STRONG_CRYPTO[1]: {"Other": 1},
                TLS_CLIENT: {"Enabled": 0, "DisabledByDefault": 1},
                WIN_HTTP[0]: {"DefaultSecureProtocols": 0xAA0},
                INTERNET: {
                    "ProxyEnable": 1,
                    "ProxyServer": "http=user:secret@proxy:8080;https=proxy:8080",
                    "AutoConfigURL": "http://pac/x?y=1",
                },
            },
            "files": {
                path_of(SE, "int"): web_config("http://user:secret@proxy.contoso.com:8080"),
                path_of("Skype for Business Server 2019", "int"): web_config("http://old.contoso.com"),
            },
            "events": [{"id": 32053, "at": LAST}, {"id": 32053, "at": "2026-01-01T00:00:00Z"}],
            "roots": ["CN=Root", "CN=Issued by CN=Root"],
            "downloads": dict(zip(URLS, ("ok 200", "dns", "tcp", "timeout"), strict=True)),
        },
        URLS,
    ),
    "cut": ({"downloads": dict(zip(MORE_URLS, ("tls", "cut", "proxy 407", "page 200"), strict=True))}, MORE_URLS),
    "no proxy": ({"downloads": dict(zip(URLS, ("proxy_dns", "proxy"), strict=False))}, URLS[:2]),
    "refused": (
        {"downloads": dict(zip(LAST_URLS, ("http 503", "redirect", "other"), strict=True))},
        [*LAST_URLS, "http://user:secret@sts.contoso.com/metadata"],
    ),
    "unreadable": (
        {
            "unreadable": {key: f"no {name}" for key, name in ((STRONG_CRYPTO[0], "registry"), ("events", "log"), ("roots", "store"))},
            "files": {
                path_of("Skype for Business Server 2019", "ext"): web_config(None),
                path_of("Skype for Business Server 2015", "ext"): "",
            },
        },
        [],
    ),
}


@needs_engine
@pytest.mark.parametrize("name", SERVERS)
def test_both_runners_tell_the_same_of_the_server_itself(farms: tuple[Farm, Farm], name: str) -> None:
    settings, urls = SERVERS[name]
    answers = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        deployment = farm.state.data["deployments"][0]
        deployment["front_ends"][0]["settings"] = settings
        deployment["cms"]["oauth_servers"] = [{"Identity": f"sts{at}", "MetadataUrl": url} for at, url in enumerate(urls)]
        answers.append(ask(farm, {"modules": ["SkypeForBusiness"], "calls": [call.as_json() for call in SETTINGS_CALLS]}))
    assert answers[0] == answers[1]
    assert answers[0]["failure"] is None
    assert len(answers[0]["answers"]["server_settings"]) >= 18
    assert "secret" not in json.dumps(answers[1]["answers"]["server_settings"])


@needs_engine
def test_both_runners_try_the_metadata_of_the_oauth_servers_that_are_named_before_that_of_others(farms: tuple[Farm, Farm]) -> None:
    names = ["adfs1", "adfs2", "adfs3", "adfs4", "adfs5", "microsoft.sts", "Clients"]
    calls = [*parts.calls(["oauth_configuration"]), *server_settings.calls(["oauth_configuration"], first=["Microsoft.STS"])]
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        store = farm.state.data["deployments"][0]["cms"]
        store["oauth_servers"] = [{"Identity": name, "MetadataUrl": f"https://{name}.contoso.com/".lower()} for name in names]
        store["oauth_configuration"] = {**store.get("oauth_configuration", {}), "ClientAuthorizationOAuthServerIdentity": "clients"}
        answer = ask(farm, {"modules": ["SkypeForBusiness"], "calls": [call.as_json() for call in calls]})
        tried = [row["subject"] for row in answer["answers"]["server_settings"] if row["setting"] == "metadata"]
        assert tried == [f"https://{name}.contoso.com/" for name in ("microsoft.sts", "clients", "adfs1", "adfs2")]


@needs_engine
def test_both_runners_read_a_web_config_as_xml(farms: tuple[Farm, Farm]) -> None:
    address = "http://proxy.contoso.com"
    commented = web_config(address).replace("<proxy ", "<!-- <proxy ").replace(" />", " /> -->", 1)
    files = {path_of(SE, "int"): commented, path_of(SE, "ext"): web_config(address).replace("</configuration>", "")}
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        farm.state.data["deployments"][0]["front_ends"][0]["settings"] = {"files": files}
        answer = ask(farm, {"modules": ["SkypeForBusiness"], "calls": [call.as_json() for call in SETTINGS_CALLS]})
        told = {row["setting"]: row for row in answer["answers"]["server_settings"]}
        assert (told["web_proxy_internal"]["value"], told["web_proxy_internal"]["unread"]) == (None, None)
        assert told["web_proxy_internal"]["subject"] == path_of(SE, "int")
        assert (told["web_proxy_external"]["value"], bool(told["web_proxy_external"]["unread"])) == (None, True)


KEYS: dict[str, tuple[dict[str, Any], Any]] = {
    "as it should be": ({}, key_files.RULES),
    "CNG": ({"key_provider": "cng"}, key_files.RULES),
    "no file": ({"key_provider": "token"}, None),
    "no key": ({"private_key": False}, None),
    "another key": ({"key_type": "ec"}, None),
    "odd accounts": (
        {},
        [
            {"sid": "S-1-5-21-1-2-3-1001", "name": None, "allow": False, "rights": 1},
            {"sid": "S-1-1-0", "name": "Jeder", "allow": True, "rights": -2147483648},
        ],
    ),
    "nobody": ({}, []),
    "not readable": ({}, "Attempted to perform an unauthorized operation."),
    "issued": ({"issuer": "CN=Contoso CA"}, key_files.RULES),
    "issued by an unknown authority": ({"issuer": "CN=Contoso CA", "trusted": False}, key_files.RULES),
}


@needs_engine
@pytest.mark.parametrize("name", KEYS)
def test_both_runners_tell_the_same_of_a_key_and_a_chain(name: str, tmp_path: Path) -> None:
    spec, rules = KEYS[name]
    entry = {"subject": "CN=contoso.com", **spec}
    certificates.complete(entry)
    checks, failures = [], []
    for runner, ask in ((None, ask_python), (ENGINE, ask_engine)):
        state = State()
        state.data["deployments"][0]["certificates"]["issuer"] = copy.deepcopy(entry)
        for front_end in state.data["deployments"][0]["front_ends"]:
            front_end["key_access"] = {} if rules is None else {"issuer": rules}
        farm = Farm(state, RequestLog(), Faults(), tmp_path / str(bool(runner)), runner, resolve)
        calls = [*REQUESTS["certificate"], {"id": "k", "cmdlet": "Read-CertificateCheck", "parameters": {"of": "c"}}]
        answer = ask(farm, {"modules": ["SkypeForBusiness"], "calls": calls})
        farm.stop()
        failures.append(answer["failure"])
        (check,) = answer["answers"]["k"]
        checks.append({**check, "key_file": check["key_file"] and re.split(r"[/\\]", check["key_file"].partition("ProgramData")[2])})
    assert failures == [None, None]
    assert checks[0] == checks[1]
    assert (checks[0]["key_access"] is None) is (checks[0]["key_unknown"] is not None)


@needs_engine
def test_both_runners_go_on_where_a_call_may_fail(farms: tuple[Farm, Farm]) -> None:
    answers = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        farm.front_ends["fe01.contoso.com"].data["second_hop"] = False
        answers.append(ask(farm, {"modules": ["SkypeForBusiness"], "calls": [call.as_json() for call in SETTINGS_CALLS]}))
    assert answers[0] == answers[1]
    assert set(answers[0]["unknown"]) == {"server_version", "server_components", "server_urls"}
    assert "server_settings" in answers[0]["answers"]


@needs_engine
def test_both_runners_import_and_roll_a_certificate_for_all_front_ends(farms: tuple[Farm, Farm]) -> None:
    parameters = imported(farms)
    wrong = [{"id": "i", "cmdlet": "Import-StoreCertificate", "parameters": {**parameters, "password": "wrong"}}]
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        failure = ask(farm, {"modules": ["SkypeForBusiness"], "calls": wrong})["failure"]
        assert (failure["id"], "s3cret" in failure["message"]) == ("i", False)
    answers = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        calls = [{"id": "i", "cmdlet": "Import-StoreCertificate", "parameters": parameters}]
        made = ask(farm, {"modules": ["SkypeForBusiness"], "calls": calls})
        (row,) = made["answers"]["i"]
        roll = {
            "Type": ["OAuthTokenIssuer"],
            "Identity": "global",
            "Thumbprint": row["thumbprint"],
            "Roll": True,
            "EffectiveDate": {"time": "2030-01-02T03:04:05Z"},
        }
        after = ask(
            farm,
            {
                "modules": ["SkypeForBusiness"],
                "calls": [{"id": "r", "cmdlet": "Set-CsCertificate", "parameters": roll}, *REQUESTS["certificate"]],
            },
        )
        assert after["answers"]["c"][0]["EffectiveDate"] == "2030-01-02T03:04:05Z"
        (name,) = set(farm.state.data["deployments"][0]["certificates"]) - {"issuer"}
        assert all(name in front_end.data["store"] for front_end in farm.front_ends.values())
        assert (farm.front_ends["fe02.contoso.com"].folder / "LocalMachine" / "My" / f"{name}.pfx").exists()
        answers.append((made, after))
    assert answers[0] == answers[1]


@needs_engine
@pytest.mark.parametrize("subject", ["CN=fabrikam.com", 'CN=fabrikam.com, OU=Sales, O="Fabrikam, Inc."'])
def test_both_runners_make_the_same_kind_of_certificate(farms: tuple[Farm, Farm], subject: str) -> None:
    parameters = SelfSigned(subject, 3072, 366, ("fabrikam.com", "contoso.com")).parameters
    rows = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        calls = [
            {"id": "n", "cmdlet": "New-StoreCertificate", "parameters": parameters},
            {"id": "s", "cmdlet": "Read-Certificate", "parameters": {"self_signed": True}},
        ]
        answer = ask(farm, {"modules": ["SkypeForBusiness"], "calls": calls})
        (row,) = answer["answers"]["n"]
        assert row in answer["answers"]["s"]
        assert same_name(row["subject"], subject)
        begin, end = (parse_time(row[name]) for name in ("not_before", "not_after"))
        assert end - begin == timedelta(days=366)
        assert timedelta(minutes=4) < datetime.now(timezone.utc) - begin < timedelta(minutes=8)
        assert names_in(row["content"]) == Names(frozenset({"fabrikam.com"}), frozenset(parameters["dns_names"]))
        rows.append(
            {name: row[name] for name in ("found", "subject", "issuer", "key_type", "key_size", "signature_algorithm", "has_private_key")}
        )
    assert rows[0] == rows[1]
    assert rows[0]["key_size"] == 3072


@needs_engine
@pytest.mark.parametrize("letters", [str.upper, str.lower])
def test_both_runners_remove_a_certificate_with_its_key_and_none_that_the_server_has_assigned_for_any_use(
    farms: tuple[Farm, Farm], letters: Callable[[str], str]
) -> None:
    entries = {name: {"subject": "CN=contoso.com", "days": 30 + number} for number, name in enumerate(("web", "before", "old"))}
    for entry in entries.values():
        certificates.complete(entry)
    answers = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        front_end = farm.front_ends["fe01.contoso.com"]
        there = farm.state.data["deployments"][0]["certificates"]
        there.update(copy.deepcopy(entries))
        for name in entries:
            front_end.put(name)
        front_end.data["assigned"] = [{"use": "WebServicesInternal", "certificate": "web", "previous": "before"}]
        thumbprints = {name: certificates.thumbprint(certificates.load(entry)) for name, entry in there.items()}
        said = []
        for name in ("issuer", "web", "before", "old", "old"):
            call = {"id": "r", "cmdlet": "Remove-StoreCertificate", "parameters": {"thumbprint": letters(thumbprints[name])}}
            said.append(ask(farm, {"modules": ["SkypeForBusiness"], "calls": [call]}))
        uses = [one["failure"] and one["failure"]["message"].rpartition(" ")[2] for one in said]
        assert uses == ["(OAuthTokenIssuer)", "(WebServicesInternal)", "(WebServicesInternal)", None, None]
        assert [one["answers"]["r"][0]["found"] for one in said[3:]] == [True, False]
        assert sorted(front_end.data["store"]) == ["before", "issuer", "web"]
        assert sorted(path.name for path in (front_end.folder / "LocalMachine" / "My").iterdir()) == ["before.pfx", "issuer.pfx", "web.pfx"]
        answers.append(said)
    assert answers[0] == answers[1]


@needs_engine
def test_both_runners_say_that_the_module_is_missing(python: Farm, engine: Farm) -> None:
    request = {"modules": ["Absent", "Gone"], "calls": REQUESTS["version"]}
    assert ask_engine(engine, request)["failure"] == ask_python(python, request)["failure"]


def names_store(call: dict[str, Any]) -> bool:
    return call["cmdlet"] == "Read-Certificate" and "of" not in call["parameters"]


def as_call(data: dict[str, Any]) -> Call:
    return Call(
        data["id"],
        data["cmdlet"],
        data.get("parameters", {}),
        data.get("select", {}),
        bool(data.get("optional")),
    )


def as_write(data: dict[str, Any]) -> Write:
    steps = {name: tuple(as_call(step) for step in data[name]) for name in ("calls", "restore")}
    return Write(as_call(data["look"]), data["identity"], data["seen"], steps["calls"], steps["restore"])


# What a restricted endpoint can be asked.
OPEN = [name for name, calls in REQUESTS.items() if not any(call["cmdlet"] in RUNNER_ONLY or names_store(call) for call in calls)]


def lacking(*, optional: bool) -> list[dict[str, Any]]:
    calls = [REQUESTS["certificate"][0], *REQUESTS["version"]]
    return [*({**call, "optional": optional} for call in calls), REQUESTS["certificate"][1], *REQUESTS["services"]]


@pytest.fixture(params=["python", "engine", "restricted"])
def ask_older(request: pytest.FixtureRequest, state: State, tmp_path: Path) -> Iterator[Any]:
    """Asks a server whose module lacks two cmdlets."""
    if request.param == "engine" and ENGINE is None:
        pytest.skip("no pwsh on PATH")
    older = State(state.data)
    older.data["deployments"][0]["front_ends"][0]["lacks"] = ["Get-CsCertificate", "Get-CsServerVersion"]
    farm = Farm(older, RequestLog(), Faults(), tmp_path, ENGINE if request.param == "engine" else None, resolve)
    if request.param == "restricted":
        with endpoint_of(farm) as endpoint:
            yield lambda calls: endpoint.ask([as_call(call) for call in calls])
    else:
        ask = ask_engine if request.param == "engine" else ask_python
        yield lambda calls: ask(farm, {"modules": ["SkypeForBusiness"], "calls": calls})
    farm.stop()


def test_an_optional_cmdlet_that_is_missing_leaves_its_rows_unknown(ask_older: Any) -> None:
    answer = ask_older(lacking(optional=True))
    assert (set(answer["answers"]), set(answer["unknown"]), answer["failure"]) == ({"s", "w"}, {"c", "v"}, None)
    assert ("Get-CsServerVersion" in answer["unknown"]["v"], answer["answers"]["s"], bool(answer["answers"]["w"])) == (True, [], True)


def test_a_cmdlet_that_is_asked_for_by_name_fails_where_it_is_missing(ask_older: Any) -> None:
    answer = ask_older(lacking(optional=False))
    failure = answer["failure"]
    assert (failure["id"], failure["error_id"].partition(",")[0], failure["category"]) == (
        "c",
        "CommandNotFoundException",
        "ObjectNotFound",
    )
    assert (answer["answers"], answer["unknown"]) == ({}, {})


def test_an_optional_cmdlet_that_fails_is_a_failure_all_the_same(ask_older: Any) -> None:
    call = {"id": "o", "cmdlet": "Get-CsOAuthServer", "parameters": {"Identity": "none"}, "optional": True}
    answer = ask_older([call])
    assert (answer["failure"]["error_id"].partition(",")[0], answer["unknown"]) == ("ItemNotFound", {})


@pytest.mark.parametrize("name", OPEN)
def test_the_restricted_endpoint_answers_what_the_runner_answers(compared: Farm, restricted: RestrictedEndpoint, name: str) -> None:
    answer = restricted.ask([as_call(call) for call in REQUESTS[name]])
    runner = ask_python(compared, {"modules": ["SkypeForBusiness"], "calls": REQUESTS[name]})
    # What only the server itself can see, and which module it imported, is the runner's alone.
    runner["module"] = None
    for call in REQUESTS[name]:
        if call["cmdlet"] == "Read-Certificate":
            runner["answers"][call["id"]] = [
                {**dict.fromkeys(row), "thumbprint": row["thumbprint"]} for row in runner["answers"][call["id"]]
            ]
    assert (answer, answer["unknown"]) == (runner, {})


# What cmdlets may return beside what they are documented to return, and what becomes of a change that goes wrong: each by a fault.
SERVICES = {"id": "w", "cmdlet": "Get-CsService", "parameters": {"WebServer": True}}
SERVICES["select"] = {"PoolFqdn": "text", "ExternalFqdn": "text"}
ODD = {
    "foreign objects": {"on": "cmdlet:Get-CsService", "do": "foreign"},
    "arrays in arrays": {"on": "cmdlet:Get-CsService", "do": "nested"},
    "missing property": {"on": "cmdlet:Get-CsService", "do": "missing:ExternalFqdn"},
    "unreadable property": {"on": "cmdlet:Get-CsService", "do": "unreadable:ExternalFqdn"},
}
OLD = {
    "MetadataUrl": URL, "Realm": "contoso.com", "Type": "Acs", "AuthorizationUriOverride": "",
    "AcceptSecurityIdentifierInformation": True,
}  # fmt: skip
LOOK = {"id": "look", "cmdlet": "Get-CsOAuthServer", "select": {"Identity": "text", **dict.fromkeys(OLD, "text")}}
LOOK["select"]["AcceptSecurityIdentifierInformation"] = "flag"


def write(**changed: Any) -> dict[str, Any]:
    """A replacement of the OAuth server x."""
    given = {"Identity": "x", "MetadataUrl": URL}
    return {
        "look": LOOK,
        "identity": "X",
        "seen": {**OLD, "Realm": " CONTOSO.com", "AuthorizationUriOverride": None},
        "calls": [
            {"id": "remove", "cmdlet": "Remove-CsOAuthServer", "parameters": {"Identity": "x"}},
            {"id": "create", "cmdlet": "New-CsOAuthServer", "parameters": {**given, "Realm": "fabrikam.com"}},
        ],
        "restore": [
            {"id": "again", "cmdlet": "New-CsOAuthServer", "parameters": {**given, "Realm": "contoso.com"}},
            {
                "id": "rest",
                "cmdlet": "Set-CsOAuthServer",
                "parameters": {"Identity": "x", "AcceptSecurityIdentifierInformation": True},
            },
        ],
        **changed,
    }


def fault(cmdlet: str, do: str, **more: Any) -> dict[str, Any]:
    return {"on": f"cmdlet:{cmdlet}-CsOAuthServer", "do": do, **more}


SEEN = {"Realm": "Contoso.com", "MetadataUrl": URL}


def together(*seen: dict[str, Any]) -> dict[str, Any]:
    """The same where all OAuth servers together are the object."""
    return write(identity=None, seen=list(seen), restore=[])


# By name: the change, what goes wrong, how it ends, and the realm that the server has then.
WRITES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], tuple[Any, ...], str | None]] = {
    "as seen": (write(), [], ("done", []), "fabrikam.com"),
    "not as seen": (write(seen={**OLD, "Realm": "fabrikam.com"}), [], ("stale", []), "contoso.com"),
    "seen as absent": (write(seen=None), [], ("stale", []), "contoso.com"),
    "absent as seen": (write(identity="y", seen=None, calls=write()["calls"][:1], restore=[]), [], ("done", []), None),
    "seen, but absent": (write(identity="y"), [], ("stale", []), "contoso.com"),
    "cannot be read": (write(), [fault("Get", "error:busy")], (None,), "contoso.com"),
    "remove fails": (write(), [fault("Remove", "error:busy")], ("failed", []), "contoso.com"),
    "remove acts and fails": (write(), [fault("Remove", "error:busy", after=True)], ("failed", ["again", "rest"]), "contoso.com"),
    "new fails": (write(), [fault("New", "error:busy")], ("failed", ["again", "rest"]), "contoso.com"),
    "new acts and fails": (write(), [fault("New", "error:busy", after=True)], ("failed", []), "fabrikam.com"),
    "read-back fails": (write(), [fault("Get", "error:busy", nth=2)], ("done", []), "fabrikam.com"),
    "cannot be looked at": (write(), [fault("New", "error:busy"), fault("Get", "error:gone", nth=2)], ("failed", []), None),
    "cannot be brought back": (write(), [fault("New", "error:busy", times=2)], ("failed", ["again", "rest"]), None),
    "no calls": (write(calls=[]), [], (None,), "contoso.com"),
    "unknown property": (write(seen={"Colour": "green"}), [], (None,), "contoso.com"),
    "all as seen": (together(SEEN), [], ("done", []), "fabrikam.com"),
    "all, not as seen": (together({**SEEN, "Realm": "fabrikam.com"}), [], ("stale", []), "contoso.com"),
    "all, more than seen": (together(), [], ("stale", []), "contoso.com"),
    "all, less than seen": (together(SEEN, SEEN), [], ("stale", []), "contoso.com"),
    "all, new fails": (together(SEEN), [fault("New", "error:busy")], ("failed", []), None),
    "all, unknown property": (together({"Colour": "green"}), [], (None,), "contoso.com"),
    "all, with a way back": (write(identity=None, seen=[SEEN]), [], (None,), "contoso.com"),
    "all, seen as one": (write(identity=None, seen=SEEN, restore=[]), [], (None,), "contoso.com"),
}
# What the runners refuse before anything runs; a restricted endpoint is asked by the collection alone, which makes no such request.
REFUSED = ("no calls", "unknown property", "all, unknown property", "all, with a way back", "all, seen as one")


def with_server(farm: Farm) -> Farm:
    farm.faults.clear()
    farm.state.data["deployments"][0]["cms"]["oauth_servers"] = [{"Identity": "x", "Name": "x", "IssuerIdentifier": "i", **OLD}]
    return farm


@needs_engine
@pytest.mark.parametrize("name", ODD)
def test_both_runners_make_the_same_of_odd_objects(python: Farm, engine: Farm, name: str) -> None:
    request = {"modules": ["SkypeForBusiness"], "calls": [SERVICES]}
    for farm in (python, engine):
        farm.faults.clear()
        farm.faults.add(ODD[name])
    answer = ask_python(python, request)
    assert ask_engine(engine, request) == answer
    assert_whole(name, answer)


def assert_whole(name: str, answer: dict[str, Any]) -> None:
    """No row of nulls, no list lost."""
    rows = answer["answers"].get("w", [])
    assert all(row["PoolFqdn"] for row in rows)
    assert bool(rows) is (answer["failure"] is None)
    if answer["failure"]:
        assert "ExternalFqdn" in answer["failure"]["message"]
        assert "'pool01.contoso.com'" in answer["failure"]["message"]
    assert len(answer["warnings"]) == (2 if name == "foreign objects" else 0)


@needs_engine
@pytest.mark.parametrize("name", WRITES)
def test_both_runners_change_and_bring_back_the_same(python: Farm, engine: Farm, name: str) -> None:
    change, faults, _end, _realm = WRITES[name]
    request = {"modules": ["SkypeForBusiness"], "calls": REQUESTS["version"], "write": change}
    for farm in (python, engine):
        with_server(farm)
        for one in faults:
            farm.faults.add(one)
    answer = ask_python(python, request)
    assert ask_engine(engine, request) == answer
    assert servers(engine) == servers(python)
    assert_ended(name, answer, python)


def servers(farm: Farm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = farm.state.data["deployments"][0]["cms"]["oauth_servers"]
    return found


def assert_ended(name: str, answer: dict[str, Any], farm: Farm) -> None:
    _write, _faults, end, realm = WRITES[name]
    outcome = answer["write"] or {"state": None, "restored": []}
    assert (outcome["state"], *([[step["id"] for step in outcome["restored"]]] if outcome["state"] else [])) == end
    assert next((one["Realm"] for one in servers(farm)), None) == realm
    if realm == "contoso.com" and servers(farm):
        (there,) = servers(farm)
        assert {key: there[key] for key in OLD} == OLD


@pytest.mark.parametrize("name", [name for name in WRITES if name not in REFUSED])
def test_the_restricted_endpoint_changes_what_the_runner_changes(compared: Farm, restricted_farm: Restricted, name: str) -> None:
    change, faults, _end, _realm = WRITES[name]
    endpoint, farm = restricted_farm
    for one in (compared, farm):
        with_server(one)
        for rule in faults:
            one.faults.add(rule)
    answer = endpoint.ask([as_call(call) for call in REQUESTS["version"]], as_write(change))
    runner = ask_python(compared, {"modules": ["SkypeForBusiness"], "calls": REQUESTS["version"], "write": change})
    assert answer == {**runner, "module": None}
    assert servers(farm) == servers(compared)


@pytest.mark.parametrize("name", ODD)
def test_the_restricted_endpoint_makes_the_same_of_odd_objects(compared: Farm, restricted_farm: Restricted, name: str) -> None:
    endpoint, farm = restricted_farm
    for one in (compared, farm):
        one.faults.clear()
        # What throws is not sent, so there it is a property that is missing.
        one.faults.add({**ODD[name], "do": ODD[name]["do"].replace("unreadable", "missing")} if one is compared else ODD[name])
    answer = endpoint.ask([as_call(SERVICES)])
    assert answer == {**ask_python(compared, {"modules": ["SkypeForBusiness"], "calls": [SERVICES]}), "module": None}
    assert_whole(name, answer)


SEAL = Fernet.generate_key().decode()


def assertion(**parts: Any) -> list[dict[str, Any]]:
    given = {
        "application": "00000004-0000-0ff1-ce00-000000000000",
        "realm": "contoso.com",
        "audience_host": "sts.contoso.com",
        "seal": SEAL,
    }
    return [{"id": "a", "cmdlet": "New-Assertion", "parameters": {**given, "hosts": ["", "WebExt.contoso.com"], "lifetime": 60, **parts}}]


ASSERTIONS = {
    "signed": assertion(),
    "not assigned": assertion(thumbprint="AB" * 20),
    "another application": assertion(application="00000002-0000-0ff1-ce00-000000000000"),
    "realm": assertion(realm='x"y'),
    "audience": assertion(audience_host="x/y.z"),
    "lifetime": assertion(lifetime=601),
    "hosts": assertion(hosts=["a b.c"]),
    "no hosts": assertion(hosts=[]),
    "seal": assertion(seal="x"),
}


@needs_engine
@pytest.mark.parametrize("name", ASSERTIONS)
def test_both_runners_sign_and_refuse_the_same(farms: tuple[Farm, Farm], name: str) -> None:
    request = {"modules": ["SkypeForBusiness"], "calls": ASSERTIONS[name]}
    told = []
    for ask, farm in ((ask_python, farms[0]), (ask_engine, farms[1])):
        answer = ask(farm, request)
        for row in answer["answers"].get("a", []):
            if row["sealed"]:
                text = Fernet(SEAL).decrypt(row["sealed"]).decode()
                header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in text.split(".")[:2])
                assert abs(claims.pop("nbf") - time.time()) < 60
                assert claims.pop("exp")
                row["sealed"] = [list(header.items()), list(claims.items())]
                assert row.pop("issued")
        told.append(answer)
    assert told[0] == told[1]
    assert bool(told[0]["answers"].get("a", [{}])[0].get("sealed")) is (name == "signed")


MAILBOXES = {
    "passed": {"SipUri": "sip:passed@contoso.com", "Binding": "NetNamedPipe", "DeleteItem": True, "Folder": "inbox"},
    "denied": {"SipUri": "sip:denied@contoso.com"},
    "unauthorized": {"SipUri": "sip:unauthorized@contoso.com"},
    "unknown": {"SipUri": "sip:nobody@contoso.com"},
    "folder": {"SipUri": "sip:passed@contoso.com", "Folder": "Drafts"},
    "no host": {"SipUri": "sip:passed@contoso.com", "Binding": "NetTCP"},
}


@needs_engine
@pytest.mark.parametrize("name", MAILBOXES)
def test_both_runners_tell_the_same_of_a_mailbox(farms: tuple[Farm, Farm], name: str) -> None:
    for farm in farms:
        farm.state.data["deployments"][0]["mailboxes"] = {
            "sip:passed@contoso.com": "passed",
            "sip:denied@contoso.com": "access_denied",
            "sip:unauthorized@contoso.com": "unauthorized",
        }
    call = {"id": "m", "cmdlet": "Test-CsExStorageConnectivity", "parameters": MAILBOXES[name], "select": {"*": "text"}}
    request = {"modules": ["SkypeForBusiness"], "calls": [call]}
    python, engine = farms
    mark = python.log.mark()
    assert ask_engine(engine, request) == ask_python(python, request)
    written = [entry["verb"] for entry in python.log.entries(mark) if entry["write"]]
    assert written == (["WriteItem", "DeleteItem"] if name == "passed" else [])


@needs_engine
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", ["winrm.process", "cmdlet:Set-CsOAuthConfiguration"])
def test_a_process_of_the_engine_that_is_killed_says_nothing_whether_it_acted_or_not(
    farms: tuple[Farm, Farm], point: str, after: bool
) -> None:
    farm = farms[1]
    farm.faults.add({"on": point, "do": "kill", "after": after})
    request = json.dumps({"modules": ["SkypeForBusiness"], "calls": REQUESTS["non-ascii"]}).replace("'", "''")
    script = f"{IMPORT}; Invoke-ManagementRequest -Request '{request}'"
    done = farm.front_ends["fe01.contoso.com"].run(CommandLine(script, script, 1), b"", "x")
    realm = farm.state.data["deployments"][0]["cms"]["oauth_configuration"]["Realm"]
    assert (done.stdout, done.code, done.killed) == (b"", 1, True)
    assert (realm != "contoso.com") == after


@needs_engine
def test_both_tell_the_same_shapes_where_they_are_asked_for(engine: Farm, python: Farm) -> None:
    calls = [
        {"id": "p", "cmdlet": "Get-CsPartnerApplication", "select": {"Identity": "text"}},
        {"id": "w", "cmdlet": "Get-CsService", "parameters": {"WebServer": True}, "select": {"ExternalFqdn": "text"}},
        {"id": "c", "cmdlet": "Get-CsCertificate", "parameters": {"Type": ["OAuthTokenIssuer"]}, "select": {"Thumbprint": "text"}},
    ]
    request = {"modules": ["SkypeForBusiness"], "calls": calls, "observe": True}

    def told(answer: Any) -> Any:
        assert answer["failure"] is None
        return {
            name: [(one["type"], one["count"], [prop["name"] for prop in one["properties"]]) for one in found]
            for name, found in answer["shapes"].items()
        }

    assert told(ask_engine(engine, request)) == told(ask_python(python, request))


def observed_failures(answer: Any) -> Any:
    failures = [(one["cmdlet"], one["error_id"].partition(",")[0], one["category"]) for one in answer["failures"]]
    return answer["failure"]["cmdlet"], failures, sorted(answer["answers"]), sorted(answer["unknown"])


def failing_requests() -> list[dict[str, Any]]:
    """Of six reads the second, the fourth and the fifth fail, the last of them where that may be."""
    return [
        {"id": "s", "cmdlet": "Get-CsSipDomain", "select": {"Name": "text"}},
        {"id": "p", "cmdlet": "Get-CsPartnerApplication", "parameters": {"Identity": "nobody"}, "select": {"Identity": "text"}},
        {"id": "o", "cmdlet": "Get-CsOAuthServer", "select": {"Identity": "text"}},
        {"id": "q", "cmdlet": "Get-CsOAuthServer", "parameters": {"Identity": "nobody"}, "select": {"Identity": "text"}},
        {"id": "t", "cmdlet": "Get-CsSipDomain", "select": {"Colour": "text", "Name": "text"}, "tolerant": True},
        {"id": "w", "cmdlet": "Get-CsService", "parameters": {"WebServer": True}, "select": {"ExternalFqdn": "text"}},
    ]


@needs_engine
def test_what_is_observed_is_read_to_its_end_and_every_failure_is_told(engine: Farm, python: Farm) -> None:
    request = {"modules": ["SkypeForBusiness"], "calls": failing_requests(), "observe": True}
    told = observed_failures(ask_python(python, request))
    assert observed_failures(ask_engine(engine, request)) == told
    assert (told[0], [one[0] for one in told[1]], told[2], told[3]) == (
        "Get-CsPartnerApplication",
        ["Get-CsPartnerApplication", "Get-CsOAuthServer", "Get-CsSipDomain"],
        ["o", "s", "w"],
        ["t"],
    )
    unobserved = ask_engine(engine, {**request, "observe": False})
    assert (sorted(unobserved["answers"]), "failures" in unobserved) == (["s"], False)


def test_a_restricted_endpoint_is_read_to_its_end_where_that_is_observed(restricted: RestrictedEndpoint, compared: Farm) -> None:
    request = {"modules": ["SkypeForBusiness"], "calls": failing_requests(), "observe": True}
    calls = [
        Call(one["id"], one["cmdlet"], one.get("parameters", {}), one["select"], tolerant=one.get("tolerant", False))
        for one in failing_requests()
    ]
    with observing():
        told = observed_failures(restricted.ask(calls))
    assert told == observed_failures(ask_python(compared, request))
    assert sorted(restricted.ask(calls)["answers"]) == ["s"]


def test_a_restricted_endpoint_tells_the_same_types_and_names(restricted: RestrictedEndpoint, compared: Farm) -> None:
    asked = {"id": "p", "cmdlet": "Get-CsSipDomain", "select": {"Name": "text"}}
    (expected,) = ask_python(compared, {"modules": ["SkypeForBusiness"], "calls": [asked], "observe": True})["shapes"]["p"]
    call = Call("p", "Get-CsSipDomain", {}, {"Name": "text"})
    with observing():
        (told,) = restricted.ask([call])["shapes"]["p"]
    assert (told["type"], told["count"]) == (expected["type"], expected["count"])
    assert {one["name"] for one in told["properties"]} == {one["name"] for one in expected["properties"]}
    assert "shapes" not in restricted.ask([call])
