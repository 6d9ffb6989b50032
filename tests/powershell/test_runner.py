# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's own text in a real PowerShell engine, against a small module made for each case."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.runner import IMPORT

PWSH = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(PWSH is None, reason="no pwsh on PATH")

STUB = r"""
function Get-CsOAuthServer {
    [CmdletBinding()] param([switch]$LocalStore)
    Write-Warning -Message 'careful'
    $token = [pscustomobject]@{ Value = 'https://contoso.com/' }
    $token.PSObject.TypeNames.Insert(0, 'Settings.MetadataUrl')
    [pscustomobject]@{
        Text = "k$([char]0xe4)se"; Guid = [guid]'5588b4fd-f26d-475c-824f-9911277ab13e'; Uri = [uri]'https://contoso.com/'; Empty = ''
        Yes = $true; YesText = 'True'; Number = [uint16]7; List = @('a', 'b'); Single = 'a'; Hash = @{ a = @{ b = 1 } }; Nothing = $null
        Utc = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc); Never = [datetime]::MinValue
        Offset = [datetimeoffset]'2026-01-02T03:04:05+02:00'
        Token = $token; Local = [bool]$LocalStore
    }
}
function Set-CsOAuthServer {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')] param([string]$Identity, [switch]$Force)
    if ($Identity -eq 'warns') { Write-Warning -Message 'before it failed' }
    if ($Identity -in 'fails', 'warns') { Write-Error -Message 'no such thing' -ErrorId 'Gone' -Category ObjectNotFound }
    elseif ($PSCmdlet.ShouldProcess($Identity)) { Add-Content -Path $env:STUB_LOG -Value "set $Identity force=$Force" }
}
function Get-CsSipDomain { Get-Misspelt }
function Get-CsServerVersion { 'Skype for Business Server 2019' }
function Get-CsCertificate { [pscustomobject]@{ Thumbprint = $env:STUB_THUMBPRINT; PreviousThumbprint = 'AB' * 20 } }
"""


@pytest.fixture
def ask(tmp_path: Path) -> Any:
    module = tmp_path / "Stub.psm1"
    module.write_text(STUB, encoding="ascii")

    def run(request: Any, **environment: str) -> dict[str, Any]:
        text = request if isinstance(request, str) else json.dumps({"modules": [str(module)], **request})
        encoded = base64.b64encode(text.encode()).decode()
        script = (
            f"{IMPORT}\n$ErrorActionPreference = 'Stop'\n$ConfirmPreference = 'None'\n"
            f"Invoke-ManagementRequest -Request ([System.Text.Encoding]::UTF8.GetString([System.Convert]::FromBase64String('{encoded}')))\n"
        )
        path = tmp_path / "ask.ps1"
        path.write_text(script, encoding="ascii")
        command = [str(PWSH), "-NoProfile", "-NonInteractive", "-File", str(path)]
        log = str(tmp_path / "log")
        done = subprocess.run(command, capture_output=True, check=True, timeout=120, env={**os.environ, "STUB_LOG": log, **environment})
        assert done.stdout.isascii()
        (line,) = done.stdout.decode().splitlines()
        answer: dict[str, Any] = json.loads(line)
        assert "results" not in answer
        return answer

    return run


def read(**select: str) -> dict[str, Any]:
    return {"calls": [{"id": "a", "cmdlet": "Get-CsOAuthServer", "select": select}]}


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("Text", "text", "k\u00e4se"),
        ("Guid", "text", "5588b4fd-f26d-475c-824f-9911277ab13e"),
        ("Uri", "text", "https://contoso.com/"),
        ("Empty", "text", ""),
        ("Nothing", "text", None),
        ("Missing", "text", None),
        ("Yes", "flag", True),
        ("YesText", "flag", True),
        ("Nothing", "flag", None),
        ("Number", "number", 7),
        ("List", "list", ["a", "b"]),
        ("Single", "list", ["a"]),
        ("Missing", "list", []),
        ("Hash", "list", ["System.Collections.Hashtable"]),
        ("Utc", "time", "2026-01-02T03:04:05Z"),
        ("Offset", "time", "2026-01-02T01:04:05Z"),
        ("Never", "time", None),
        ("Nothing", "time", None),
    ],
)
def test_each_kind_of_property_becomes_plain_data(ask: Any, name: str, kind: str, value: Any) -> None:
    assert ask(read(**{name: kind}))["answers"]["a"] == [{name: value}]


def test_a_typed_property_keeps_its_type_and_value(ask: Any) -> None:
    (row,) = ask(read(Token="typed"))["answers"]["a"]
    assert (row["Token"]["type"], row["Token"]["value"]) == ("Settings.MetadataUrl", "https://contoso.com/")


def test_an_object_that_is_text_is_returned_as_text(ask: Any) -> None:
    answer = ask({"calls": [{"id": "v", "cmdlet": "Get-CsServerVersion", "select": {"*": "text"}}]})
    assert answer["answers"]["v"] == [{"text": "Skype for Business Server 2019"}]


def test_only_the_cmdlet_itself_may_be_missing_and_not_what_it_needs(ask: Any) -> None:
    calls = [{"id": name, "cmdlet": cmdlet, "optional": True} for name, cmdlet in (("m", "Get-CsService"), ("s", "Get-CsSipDomain"))]
    answer = ask({"calls": calls})
    assert (list(answer["unknown"]), answer["failure"]["id"], "Get-Misspelt" in answer["failure"]["message"]) == (["m"], "s", True)


def test_switches_and_warnings_get_through(ask: Any) -> None:
    answer = ask({"calls": [{"id": "a", "cmdlet": "Get-CsOAuthServer", "parameters": {"LocalStore": True}, "select": {"Local": "flag"}}]})
    assert answer["answers"]["a"] == [{"Local": True}]
    assert answer["warnings"] == ["careful"]


def set_call(identifier: str, identity: str, *undo: str) -> dict[str, Any]:
    steps = [{"id": f"undo_{name}", "cmdlet": "Set-CsOAuthServer", "parameters": {"Identity": name}} for name in undo]
    return {"id": identifier, "cmdlet": "Set-CsOAuthServer", "parameters": {"Identity": identity}, "undo": steps}


def test_the_first_failure_stops_and_undoes_the_last_step_first(ask: Any, tmp_path: Path) -> None:
    answer = ask(
        {"calls": [set_call("1", "one", "back1"), set_call("2", "two", "back2", "fails"), set_call("3", "warns"), set_call("4", "four")]}
    )
    assert answer["failure"].pop("error_id").startswith("Gone,")
    assert answer["failure"] == {
        "id": "3",
        "cmdlet": "Set-CsOAuthServer",
        "message": "no such thing",
        "category": "ObjectNotFound",
        "parameter": None,
    }
    assert [(step["id"], step["ok"]) for step in answer["undone"]] == [("undo_back2", True), ("undo_fails", False), ("undo_back1", True)]
    assert answer["warnings"] == ["before it failed"]
    lines = (tmp_path / "log").read_text().split("\n")
    assert lines[:4] == ["set one force=True", "set two force=True", "set back2 force=True", "set back1 force=True"]


@pytest.mark.parametrize(
    ("request_", "category"),
    [
        ("nonsense", "InvalidRequest"),
        ({"calls": []}, "InvalidRequest"),
        ({"calls": [{"id": "a", "cmdlet": "Get-Process"}]}, "NotAllowed"),
        ({"calls": [{"id": "a", "cmdlet": "Read-Server", "undo": [{"id": "b", "cmdlet": "Remove-Item"}]}]}, "NotAllowed"),
        ({"calls": [{"id": "a", "cmdlet": "Read-Server"}, {"id": "a", "cmdlet": "Read-Server"}]}, "InvalidRequest"),
        ({"calls": [{"id": "a", "cmdlet": "Get-CsOAuthServer", "select": {"Text": "colour"}}]}, "InvalidRequest"),
        ({"calls": [{"cmdlet": "Read-Server"}]}, "InvalidRequest"),
        ({"modules": ["NoSuchModule"], "calls": [{"id": "a", "cmdlet": "Read-Server"}]}, "ModuleMissing"),
        ({"calls": [{"id": "a", "cmdlet": "Set-CsOAuthServer", "parameters": {"Nope": 1}}]}, "InvalidArgument"),
        ({"calls": [{"id": "a", "cmdlet": "Get-CsSipDomain"}]}, "ObjectNotFound"),
    ],
)
def test_what_cannot_be_run_is_a_failure_as_data(ask: Any, request_: Any, category: str) -> None:
    answer = ask(request_)
    assert answer["failure"]["category"] == category
    assert answer["answers"] == {}


def test_a_certificate_that_is_not_in_the_store_is_said_to_be_missing(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "LocalMachine" / "My").mkdir(parents=True)
    calls = [
        {"id": "c", "cmdlet": "Get-CsCertificate", "select": {"Thumbprint": "text", "PreviousThumbprint": "text"}},
        {"id": "s", "cmdlet": "Read-Certificate", "parameters": {"of": "c"}},
    ]
    answer = ask({"calls": calls}, PWSH_CERT_STORE=str(tmp_path), STUB_THUMBPRINT="cd" * 20)
    assert [(row["thumbprint"], row["found"]) for row in answer["answers"]["s"]] == [("CD" * 20, False), ("AB" * 20, False)]
