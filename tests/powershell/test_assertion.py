# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signing of assertions in a real PowerShell engine, with real certificates; the signature is checked by other code."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.lab.farm import certificates
from tests.support.runner import IMPORT

PWSH = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(PWSH is None, reason="no pwsh on PATH")

TENANT, SKYPE, EXCHANGE = (
    "5588b4fd-f26d-475c-824f-9911277ab13e",
    "00000004-0000-0ff1-ce00-000000000000",
    "00000002-0000-0ff1-ce00-000000000000",
)
STS = "00000001-0000-0000-c000-000000000000"
STUB = r"""
function Get-CsCertificate {
    [CmdletBinding()] param([string[]]$Type)
    if ($Type -ne 'OAuthTokenIssuer') { throw 'only that type may sign' }
    Write-Warning -Message 'looked'
    (ConvertFrom-Json -InputObject $env:STUB_ASSIGNED) | ForEach-Object {
        $effective = $null
        if ($_.effective) { $effective = [datetimeoffset]::Parse($_.effective, [cultureinfo]::InvariantCulture) }
        [pscustomobject]@{ Thumbprint = $_.thumbprint; PreviousThumbprint = $_.previous; EffectiveDate = $effective }
    }
}
function Get-CsOAuthConfiguration { [CmdletBinding()] param() [pscustomobject]@{ ServiceName = 'aaaaaaaa-0000-4000-8000-000000000001' } }
"""
PARTS = {"application": SKYPE, "hosts": [""], "realm": TENANT, "audience_host": "accounts.accesscontrol.windows.net", "lifetime": 300}
SEAL = Fernet.generate_key().decode()
ENTRIES: dict[str, dict[str, Any]] = {
    "issuer": {"subject": "CN=contoso.com"},
    "other": {"subject": "CN=other"},
    "elliptic": {"subject": "CN=elliptic", "key_type": "ec"},
    "keyless": {"subject": "CN=keyless", "private_key": False},
    "absent": {"subject": "CN=absent"},
}
for made in ENTRIES.values():
    certificates.complete(made)
THUMBPRINTS = {name: certificates.thumbprint(certificates.load(entry)) for name, entry in ENTRIES.items()}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    certificates.write_store(folder, ENTRIES, ["issuer", "other", "elliptic", "keyless"])
    (folder / "Stub.psm1").write_text(STUB, encoding="ascii")
    return folder


def assigned(name: str | None, previous: str | None = None, effective: str | None = None) -> list[dict[str, Any]]:
    return [{"thumbprint": THUMBPRINTS[name].lower(), "previous": THUMBPRINTS.get(previous or ""), "effective": effective}] if name else []


def ask(store: Path, listed: list[dict[str, Any]], **parts: Any) -> dict[str, Any]:
    call = {"id": "a", "cmdlet": "New-Assertion", "parameters": {**PARTS, "seal": SEAL, **parts}}
    encoded = base64.b64encode(json.dumps({"modules": [str(store / "Stub.psm1")], "calls": [call]}).encode()).decode()
    script = (
        f"{IMPORT}\n$ErrorActionPreference = 'Stop'\n"
        f"Invoke-ManagementRequest -Request ([System.Text.Encoding]::UTF8.GetString([System.Convert]::FromBase64String('{encoded}')))\n"
    )
    path = store / "ask.ps1"
    path.write_text(script, encoding="ascii")
    environment = {**os.environ, "PWSH_CERT_STORE": str(store), "STUB_ASSIGNED": json.dumps(listed)}
    command = [str(PWSH), "-NoProfile", "-NonInteractive", "-File", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, env=environment)
    (line,) = done.stdout.decode().splitlines()
    answer: dict[str, Any] = json.loads(line)
    return answer


def decoded(sealed: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    assertion = Fernet(SEAL).decrypt(sealed.encode(), ttl=120).decode()
    header, claims, signature = assertion.split(".")
    assert not set("+/=") & set(assertion)
    raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (header, claims, signature)]
    return json.loads(raw[0]), json.loads(raw[1]), f"{header}.{claims}".encode(), raw[2]


def public(name: str) -> rsa.RSAPublicKey:
    key = certificates.load(ENTRIES[name]).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def test_an_assertion_for_each_host_is_signed_with_the_farms_key(store: Path) -> None:
    before = int(time.time())
    answer = ask(store, assigned("issuer"), hosts=["", "WebExt.contoso.com"])
    assert (answer["failure"], answer["changed"], answer["warnings"]) == (None, False, ["looked"])
    rows = answer["answers"]["a"]
    assert [row["issuer"] for row in rows] == [f"{SKYPE}@{TENANT}", f"{SKYPE}/webext.contoso.com@{TENANT}"]
    for row in rows:
        header, claims, signed, signature = decoded(row["sealed"])
        public("issuer").verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(InvalidSignature):
            public("other").verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        thumbprint = base64.urlsafe_b64encode(bytes.fromhex(THUMBPRINTS["issuer"])).rstrip(b"=").decode()
        assert list(header.items()) == [("typ", "JWT"), ("alg", "RS256"), ("x5t", thumbprint)]
        assert list(claims) == ["aud", "iss", "nameid", "nbf", "exp"]
        assert claims["aud"] == f"{STS}/accounts.accesscontrol.windows.net@{TENANT}"
        assert claims["iss"] == claims["nameid"] == row["issuer"]
        assert before <= claims["nbf"] <= time.time()
        assert claims["exp"] - claims["nbf"] == 300
        issued = datetime.strptime(row["issued"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        assert issued.timestamp() == claims["nbf"]
        assert (row["thumbprint"], row["subject"], row["problem"]) == (THUMBPRINTS["issuer"], "CN=contoso.com", None)


LATER = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
EARLIER = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("listed", "thumbprint", "signer"),
    [
        (assigned("issuer", "other", EARLIER), None, "issuer"),
        (assigned("issuer", "other", LATER), None, "other"),
        (assigned("issuer", None, LATER), None, "issuer"),
        (assigned("other", None, LATER) + assigned("issuer", "elliptic", EARLIER), None, "issuer"),
        (assigned("issuer", "other", LATER), "issuer", "issuer"),
        (assigned("issuer", "other", EARLIER), "other", "other"),
    ],
    ids=["in force", "staged", "first", "listed by itself", "the staged by name", "the previous by name"],
)
def test_the_certificate_in_force_signs_and_others_of_the_roll_on_demand(
    store: Path, listed: list[dict[str, Any]], thumbprint: str | None, signer: str
) -> None:
    (row,) = ask(store, listed, thumbprint=THUMBPRINTS[thumbprint] if thumbprint else None)["answers"]["a"]
    _header, _claims, signed, signature = decoded(row["sealed"])
    public(signer).verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("listed", "thumbprint", "problem", "shown"),
    [
        (assigned(None), None, "none_assigned", False),
        (assigned("issuer"), "other", "not_assigned", False),
        (assigned("absent"), None, "missing", False),
        (assigned("keyless"), None, "no_private_key", True),
        (assigned("elliptic"), None, "not_rsa", True),
    ],
)
def test_what_keeps_a_certificate_from_signing_has_its_own_data(
    store: Path, listed: list[dict[str, Any]], thumbprint: str | None, problem: str, shown: bool
) -> None:
    answer = ask(store, listed, thumbprint=THUMBPRINTS[thumbprint] if thumbprint else None)
    assert answer["failure"] is None
    (row,) = answer["answers"]["a"]
    assert (row["problem"], row["sealed"], row["issued"]) == (problem, None, None)
    assert bool(row["subject"] and row["not_after"]) is shown


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"application": "skype"}, "application"),
        ({"application": SKYPE + "\n"}, "application"),
        ({"realm": f'{TENANT}","x":"'}, "realm"),
        ({"realm": ""}, "realm"),
        ({"audience_host": "outlook.office365.com@x"}, "audience_host"),
        ({"audience_host": None}, "audience_host"),
        ({"lifetime": 601}, "lifetime"),
        ({"lifetime": 59}, "lifetime"),
        ({"lifetime": "300"}, "lifetime"),
        ({"thumbprint": "AB" * 19}, "thumbprint"),
        ({"seal": None}, "seal"),
        ({"seal": SEAL[:-4]}, "seal"),
        ({"hosts": []}, "hosts"),
        ({"hosts": [""] * 51}, "hosts"),
        ({"hosts": ["webext.contoso.com\n"]}, "hosts"),
        ({"hosts": ["a b.contoso.com"]}, "hosts"),
        ({"hosts": [f"webext.contoso.com@{TENANT}"]}, "hosts"),
    ],
)
def test_parts_that_are_not_what_they_should_be_are_refused(store: Path, parts: dict[str, Any], said: str) -> None:
    answer = ask(store, assigned("issuer"), **parts)
    assert answer["answers"] == {}
    assert (answer["failure"]["category"], answer["failure"]["error_id"]) == ("InvalidArgument", "AssertionParts")
    assert answer["failure"]["message"].startswith(f"No assertion was signed: {said} ")


def test_only_the_farm_itself_is_signed_for(store: Path) -> None:
    refused = ask(store, assigned("issuer"), application=EXCHANGE)
    assert refused["failure"]["error_id"] == "AssertionApplication"
    assert refused["answers"] == {}
    own = "AAAAAAAA-0000-4000-8000-000000000001"
    (row,) = ask(store, assigned("issuer"), application=own)["answers"]["a"]
    assert decoded(row["sealed"])[1]["iss"] == f"{own.lower()}@{TENANT}"


def test_what_the_caller_adds_does_not_get_into_the_claims(store: Path) -> None:
    (row,) = ask(store, assigned("issuer"), audience=f"{EXCHANGE}/outlook.office365.com@{TENANT}", claims={"trustedfordelegation": "true"})[
        "answers"
    ]["a"]
    assert list(decoded(row["sealed"])[1]) == ["aud", "iss", "nameid", "nbf", "exp"]
    assert decoded(row["sealed"])[1]["aud"].startswith(f"{STS}/")
