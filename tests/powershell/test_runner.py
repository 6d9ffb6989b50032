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

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.causes import remedy
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
        Yes = $true; YesText = 'True'; Number = [uint16]7; List = @('a', 'b'); Single = 'a'
        Lists = @(@('a', @('b')), 'c'); Hash = @{ a = @{ b = 1 } }; Nothing = $null
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
function Get-CsSipDomain {
    [CmdletBinding()] param()
    if (-not $env:STUB_MODE) { Get-Misspelt }
    switch ($env:STUB_MODE) {
        'throws' {
            [pscustomobject]@{ Name = 'contoso.com'; IsDefault = $true }
            $domain = [pscustomobject]@{ Name = 'fabrikam.com' }
            $domain | Add-Member -MemberType ScriptProperty -Name IsDefault -Value { throw 'the store went away' } -PassThru
        }
        'class' { New-Object -TypeName System.Diagnostics.Process }
        'missing' { [pscustomobject]@{ Name = 'contoso.com' } }
        'null' { [pscustomobject]@{ Name = 'contoso.com'; IsDefault = $null } }
        'denied' { throw [System.UnauthorizedAccessException]"Zugriff verweigert" }
        'japanese' { throw [System.Security.SecurityException]"$([char]0x30a2)$([char]0x30af)$([char]0x30bb)$([char]0x30b9)" }
        'tls' {
            $inner = [System.Net.WebException]::new('Verbindung getrennt', [System.Net.WebExceptionStatus]::TrustFailure)
            throw [System.InvalidOperationException]::new('Dokument konnte nicht geladen werden', $inner)
        }
        'way' { throw [System.Net.WebException]::new('weg', [System.Net.WebExceptionStatus]::NameResolutionFailure) }
        'protocols' { [pscustomobject]@{ Name = [string][System.Net.ServicePointManager]::SecurityProtocol; IsDefault = $true } }
        'foreign' {
            'connecting'
            [pscustomobject]@{ Name = 'contoso.com'; IsDefault = $true }
            @{ Name = 'a table' }
        }
        'only foreign' { 'Access is denied.' }
        'nested' {
            $domains = foreach ($name in 'a', 'b', 'c') { [pscustomobject]@{ Name = "$name.com"; IsDefault = $false } }
            , @($domains[0], @(, $domains[1]))
            $domains[2]
        }
    }
}
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
            f"{IMPORT}\n{environment.pop('SESSION', '')}\n"
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


KINDS: list[tuple[str, str, Any]] = [
    ("Text", "text", "k\u00e4se"),
    ("Guid", "text", "5588b4fd-f26d-475c-824f-9911277ab13e"),
    ("Uri", "text", "https://contoso.com/"),
    ("Empty", "text", ""),
    ("Nothing", "text", None),
    ("Missing", "text?", None),
    ("Text", "text?", "k\u00e4se"),
    ("Yes", "flag", True),
    ("YesText", "flag", True),
    ("Nothing", "flag", None),
    ("Number", "number", 7),
    ("List", "list", ["a", "b"]),
    ("Single", "list", ["a"]),
    ("Missing", "list?", []),
    ("Lists", "list", ["a", "b", "c"]),
    ("Hash", "list", ["System.Collections.Hashtable"]),
    ("Utc", "time", "2026-01-02T03:04:05Z"),
    ("Offset", "time", "2026-01-02T01:04:05Z"),
    ("Never", "time", None),
    ("Nothing", "time", None),
]


def test_each_kind_of_property_becomes_plain_data(ask: Any) -> None:
    calls = [
        {"id": str(index), "cmdlet": "Get-CsOAuthServer", "select": {"Empty": "text", name: kind}}
        for index, (name, kind, _value) in enumerate(KINDS)
    ]
    answer = ask({"calls": calls})
    assert answer["failure"] is None
    found = [(name, kind, answer["answers"][str(index)][0][name]) for index, (name, kind, _value) in enumerate(KINDS)]
    assert found == KINDS


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


def set_call(identifier: str, identity: str) -> dict[str, Any]:
    return {"id": identifier, "cmdlet": "Set-CsOAuthServer", "parameters": {"Identity": identity}}


def test_the_first_failure_stops(ask: Any, tmp_path: Path) -> None:
    answer = ask({"calls": [set_call("1", "one"), set_call("2", "warns"), set_call("3", "three")]})
    assert answer["failure"].pop("error_id").startswith("Gone,")
    assert answer["failure"].pop("causes")[0]["type"] == "Microsoft.PowerShell.Commands.WriteErrorException"
    assert answer["failure"] == {
        "id": "2",
        "cmdlet": "Set-CsOAuthServer",
        "message": "no such thing",
        "category": "ObjectNotFound",
        "parameter": None,
    }
    assert answer["warnings"] == ["before it failed"]
    assert (tmp_path / "log").read_text().splitlines() == ["set one force=True"]


DOMAINS = {"calls": [{"id": "d", "cmdlet": "Get-CsSipDomain", "select": {"Name": "text", "IsDefault": "flag"}}]}


@pytest.mark.parametrize(
    ("mode", "error_id", "parts"),
    [
        ("throws", "UnreadableProperty", ("'fabrikam.com'", "IsDefault", "the store went away")),
        ("missing", "MissingProperty", ("'contoso.com'", "IsDefault")),
        ("only foreign", "ForeignObject", ("System.String",)),
    ],
)
def test_what_cannot_be_read_is_a_failure_that_names_object_and_property(ask: Any, mode: str, error_id: str, parts: Any) -> None:
    answer = ask(DOMAINS, STUB_MODE=mode)
    assert (answer["failure"]["error_id"], answer["failure"]["cmdlet"], answer["answers"]) == (error_id, "Get-CsSipDomain", {})
    assert all(part in answer["failure"]["message"] for part in parts), answer["failure"]


def test_a_getter_of_the_type_itself_that_throws_is_no_null(ask: Any) -> None:
    """A process that was not started has no exit code, and says so by an exception, which .Value would swallow."""
    call = {"id": "d", "cmdlet": "Get-CsSipDomain", "select": {"EnableRaisingEvents": "flag", "ExitCode": "number"}}
    failure = ask({"calls": [call]}, STUB_MODE="class")["failure"]
    assert failure["error_id"] == "UnreadableProperty"
    assert "a System.Diagnostics.Process, whose ExitCode cannot be read" in failure["message"]


def test_the_shape_of_what_came_back_is_told_where_it_is_asked_for_and_reads_no_property(ask: Any) -> None:
    call = {"id": "d", "cmdlet": "Get-CsSipDomain", "select": {"EnableRaisingEvents": "flag"}}
    (told,) = ask({"calls": [call], "observe": True}, STUB_MODE="class")["shapes"]["d"]
    assert (told["type"], told["count"]) == ("System.Diagnostics.Process", 1)
    properties = {one["name"]: (one["type"], one["own"]) for one in told["properties"]}
    # The process is not started, so a look at its exit code would throw.
    assert properties["ExitCode"] == ("System.Int32", True)
    assert properties["Name"][1] is False
    assert "shapes" not in ask({"calls": [call]}, STUB_MODE="class")


def test_a_property_that_is_null_is_null(ask: Any) -> None:
    assert ask(DOMAINS, STUB_MODE="null")["answers"]["d"] == [{"Name": "contoso.com", "IsDefault": None}]


def test_foreign_objects_are_left_out_with_a_warning_each(ask: Any) -> None:
    answer = ask(DOMAINS, STUB_MODE="foreign")
    assert answer["answers"]["d"] == [{"Name": "contoso.com", "IsDefault": True}]
    assert ["System.String" in answer["warnings"][0], "System.Collections.Hashtable" in answer["warnings"][1]] == [True, True]


def test_arrays_within_arrays_are_unrolled(ask: Any) -> None:
    assert [row["Name"] for row in ask(DOMAINS, STUB_MODE="nested")["answers"]["d"]] == ["a.com", "b.com", "c.com"]


@pytest.mark.parametrize(
    ("mode", "part"),
    [("denied", "RTCUniversalServerAdmins"), ("japanese", "RTCUniversalServerAdmins"), ("tls", "SchUseStrongCrypto"), ("way", "the proxy")],
)
def test_the_cause_is_known_in_whatever_language_the_server_speaks(ask: Any, mode: str, part: str) -> None:
    failure = ask(DOMAINS, STUB_MODE=mode)["failure"]
    assert part in remedy(failure, ["SkypeForBusiness"], restricted=False)


@pytest.mark.parametrize(("session", "allowed"), [("Tls", "Tls, Tls12"), ("Tls12", "Tls12"), ("SystemDefault", "SystemDefault")])
def test_what_is_downloaded_in_this_process_may_come_by_tls_1_2(ask: Any, session: str, allowed: str) -> None:
    before = f"[System.Net.ServicePointManager]::SecurityProtocol = [System.Net.SecurityProtocolType]::{session}"
    assert ask(DOMAINS, STUB_MODE="protocols", SESSION=before)["answers"]["d"][0]["Name"] == allowed


@pytest.mark.parametrize(
    "session",
    [
        "$WhatIfPreference = $true",
        "$ErrorActionPreference = 'SilentlyContinue'",
        "$ConfirmPreference = 'Low'",
        "$PSDefaultParameterValues = @{ '*:WhatIf' = $true; 'Get-Command:Name' = 'none' }",
        "Set-StrictMode -Version Latest",
        "function Set-CsOAuthServer { throw 'not the one of the module' }",
    ],
)
def test_what_the_session_has_set_changes_nothing(ask: Any, tmp_path: Path, session: str) -> None:
    answer = ask({"calls": [set_call("1", "one"), set_call("2", "warns")]}, SESSION=session)
    assert (tmp_path / "log").read_text().splitlines() == ["set one force=True"]
    assert answer["failure"]["message"] == "no such thing"


def test_a_module_that_writes_an_error_and_works_is_used_with_a_warning(ask: Any, tmp_path: Path) -> None:
    noisy = tmp_path / "Noisy.psm1"
    noisy.write_text("Write-Error -Message 'the performance counters are missing'\n" + STUB, encoding="ascii")
    answer = ask({"modules": [str(noisy)], "calls": [{"id": "v", "cmdlet": "Get-CsServerVersion", "select": {"*": "text"}}]})
    assert (answer["module"], len(answer["answers"]["v"])) == (str(noisy), 1)
    (warning,) = answer["warnings"]
    assert "Noisy" in warning
    assert "the performance counters are missing" in warning


def test_where_no_module_works_the_error_of_each_is_told(ask: Any, tmp_path: Path) -> None:
    broken, empty = tmp_path / "Broken.psm1", tmp_path / "Empty.psm1"
    broken.write_text("throw 'its assembly is damaged'", encoding="ascii")
    empty.write_text("", encoding="ascii")
    answer = ask({"modules": [str(broken), str(empty), "NoSuchModule"], "calls": [{"id": "a", "cmdlet": "Read-Server"}]})
    message = answer["failure"]["message"]
    assert answer["failure"]["category"] == "ModuleFailed"
    assert f"{broken}: its assembly is damaged" in message
    assert f"{empty}: It has no commands." in message
    assert "NoSuchModule: The specified module 'NoSuchModule' was not loaded" in message


@pytest.mark.parametrize(
    ("request_", "category"),
    [
        ("nonsense", "InvalidRequest"),
        ({"calls": []}, "InvalidRequest"),
        ({"calls": [{"id": "a", "cmdlet": "Get-Process"}]}, "NotAllowed"),
        ({"write": {"look": {"id": "a", "cmdlet": "Read-Server"}, "restore": [{"id": "b", "cmdlet": "Remove-Item"}]}}, "NotAllowed"),
        ({"write": {"look": {"id": "a", "cmdlet": "Read-Server"}}}, "InvalidRequest"),
        ({"calls": [{"id": "a", "cmdlet": "Read-Server"}, {"id": "a", "cmdlet": "Read-Server"}]}, "InvalidRequest"),
        ({"calls": [{"id": "a", "cmdlet": "Get-CsOAuthServer", "select": {"Text": "colour"}}]}, "InvalidRequest"),
        ({"calls": [{"cmdlet": "Read-Server"}]}, "InvalidRequest"),
        ({"modules": ["NoSuchModule"], "calls": [{"id": "a", "cmdlet": "Read-Server"}]}, "ModuleMissing"),
        ({"calls": [{"id": "a", "cmdlet": "Set-CsOAuthServer", "parameters": {"Nope": 1}}]}, "InvalidArgument"),
        ({"calls": [{"id": "a", "cmdlet": "Get-CsPartnerApplication"}]}, "ObjectNotFound"),
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
