# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same requests to the runner in PowerShell and to the lab's Python one must have the same answers."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.lab import engine_path
from tests.lab.farm.farm import Farm
from tests.lab.farm.python_runner import Runner
from tests.lab.faults import Faults
from tests.lab.log import RequestLog
from tests.lab.state import State
from tests.lab.winrm.command_line import CommandLine

ROOT = Path(__file__).parents[3]
ENGINE = engine_path()
pytestmark = pytest.mark.skipif(ENGINE is None, reason="no pwsh on PATH")
URL = "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"


@pytest.fixture(scope="module")
def farms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Farm, Farm]]:
    def resolve(_url: str) -> dict[str, str]:
        return {"issuer": "00000001-0000-0000-c000-000000000000", "realm": "contoso.com", "type": "Acs"}

    first = State()
    python = Farm(first, RequestLog(), Faults(), tmp_path_factory.mktemp("python"), None, resolve)
    engine = Farm(State(first.data), RequestLog(), Faults(), tmp_path_factory.mktemp("engine"), ENGINE, resolve)
    yield python, engine
    engine.stop()


def ask_engine(farm: Farm, request: dict[str, Any]) -> Any:
    module = f"{ROOT}/plugins/module_utils/_CsInvoke.psm1"
    escaped = json.dumps(request).replace("'", "''")
    script = f"Import-Module '{module}'; Invoke-ManagementRequest -Request '{escaped}'"
    done = farm.front_ends["fe01.contoso.com"].run(CommandLine(script, script, 1), b"", "CONTOSO\\sfbadmin")
    assert (done.code, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def ask_python(farm: Farm, request: dict[str, Any]) -> Any:
    front_end = farm.front_ends["fe01.contoso.com"]
    runner = Runner(front_end.name, "SkypeForBusiness", lambda cmdlet, given: front_end.cmdlet(cmdlet, given, "x"), front_end.store())
    return json.loads(runner.answer(json.dumps(request)))


def new(identity: str, **parameters: Any) -> dict[str, Any]:
    given = {"Identity": identity, "ApplicationIdentifier": "a", "ApplicationTrustLevel": "full", **parameters}
    select = {"Identity": "text", "AuthToken": "typed", "Enabled": "flag", "ApplicationTrustLevel": "text", "Nope": "list"}
    return {"id": "new", "cmdlet": "New-CsPartnerApplication", "parameters": given, "select": select}


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
    "non-ascii": [
        {"id": "s", "cmdlet": "Set-CsOAuthConfiguration", "parameters": {"Realm": 'k\u00e4se & "co" <b\u00fccher>'}},
        {"id": "g", "cmdlet": "Get-CsOAuthConfiguration", "select": {"Realm": "text", "AdditionalAudienceUrls": "list"}},
    ],
    "undone": [
        {
            "id": "set",
            "cmdlet": "Set-CsOAuthConfiguration",
            "parameters": {"ServiceName": "x"},
            "undo": [
                {"id": "back", "cmdlet": "Set-CsOAuthConfiguration", "parameters": {"ServiceName": ""}},
                {"id": "worse", "cmdlet": "Remove-CsOAuthServer", "parameters": {"Identity": "none"}},
            ],
        },
        {"id": "bad", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "none", "Enabled": True}},
    ],
    "unknown parameter": [{"id": "b", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "x", "Nope": True}}],
    "missing parameter": [{"id": "b", "cmdlet": "New-CsOAuthServer", "parameters": {"Identity": "x"}}],
    "wrong set": [
        {"id": "b", "cmdlet": "Set-CsPartnerApplication", "parameters": {"Identity": "x", "UseOAuthServer": True, "MetadataUrl": URL}}
    ],
    "wrong value": [new("y", ApplicationTrustLevel="Some")],
    "exists": [new("z"), {**new("z"), "id": "again"}],
    "not found": [{"id": "b", "cmdlet": "Get-CsOAuthServer", "parameters": {"Identity": "none"}}],
    "not allowed": [{"id": "b", "cmdlet": "Remove-CsCertificate", "parameters": {}}],
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_runners_answer_the_same(farms: tuple[Farm, Farm], name: str) -> None:
    request = {"modules": ["Absent", "SkypeForBusiness"], "calls": REQUESTS[name]}
    python, engine = farms
    assert ask_engine(engine, request) == ask_python(python, request)


def test_both_runners_say_that_the_module_is_missing(farms: tuple[Farm, Farm]) -> None:
    request = {"modules": ["Absent", "Gone"], "calls": REQUESTS["version"]}
    python, engine = farms
    assert ask_engine(engine, request)["failure"] == ask_python(python, request)["failure"]


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
