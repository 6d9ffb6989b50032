# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The on-premises actions as conversations with the runner: an unexpected request fails the test."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ..support import run_action

WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
URL = "https://accounts.accesscontrol.windows.net/5588b4fd-f26d-475c-824f-9911277ab13e/metadata/json/1"
SERVER = {"name": "fe01", "time": "2026-11-24T08:00:00Z", "culture": "en-US", "powershell": "5.1"}
STS = {
    "Identity": "microsoft.sts",
    "Name": "microsoft.sts",
    "IssuerIdentifier": "00000001-0000-0000-c000-000000000000",
    "Realm": "5588B4FD-F26D-475C-824F-9911277AB13E",
    "MetadataUrl": URL.upper().replace("HTTPS", "https"),
    "AuthorizationUriOverride": "",
    "Type": "Acs",
    "AcceptSecurityIdentifierInformation": False,
}
WANTED = {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}


def answer(prefix: str = "", failure: Any = None, undone: Any = (), **rows: Any) -> dict[str, Any]:
    answers = {f"{prefix}server": [SERVER], **{f"{prefix}{name}": value for name, value in rows.items()}}
    return {"changed": False, "module": "Lync", "answers": answers, "failure": failure, "undone": list(undone), "warnings": []}


def talk(*said: tuple[list[str], dict[str, Any]]) -> tuple[Callable[[Any], None], list[Any]]:
    """Each of the expected requests, as the cmdlets it calls, with its answer; and what is left of them."""
    left = list(said)

    def execute(module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        assert module_name == "sfb.hybrid_auth.cs_invoke"
        called = [call["cmdlet"] for call in json.loads(module_args["request"])["calls"]]
        assert left, f"unexpected {called}"
        expected, reply = left.pop(0)
        assert called == expected
        return copy.deepcopy(reply)

    def prepare(action: Any) -> None:
        action._execute_module = execute

    return prepare, left


def run(module: str, options: dict[str, Any], *said: tuple[list[str], dict[str, Any]], check_mode: bool = False) -> dict[str, Any]:
    prepare, left = talk(*said)
    result = run_action(module, options, connection=WINDOWS, prepare=prepare, check_mode=check_mode)
    assert left == []
    return result


READ = ["Read-Server", "Get-CsOAuthServer"]


def test_a_missing_server_is_created_and_read_back_in_one_process() -> None:
    said = (READ, answer(oauth_servers=[])), (["New-CsOAuthServer", *READ], answer("after_", oauth_servers=[STS]))
    result = run("oauth_server", WANTED, *said)
    assert result["changed"] is True
    assert result["oauth_server"]["realm"] == WANTED["tenant_id"]
    predicted = run("oauth_server", WANTED, said[0], check_mode=True)
    assert (predicted["diff"], predicted["operations"]) == (result["diff"], result["operations"])


def test_current_that_shows_what_is_wanted_is_believed() -> None:
    current = run("onprem_info", {"gather": ["oauth_servers"]}, (READ, answer(oauth_servers=[STS])))
    assert run("oauth_server", {**WANTED, "current": current})["changed"] is False


def test_current_that_lacks_the_part_is_read_again() -> None:
    current = run("onprem_info", {"gather": ["version"]}, (["Read-Server", "Get-CsServerVersion"], answer(version=[{"text": "7.0"}])))
    assert "oauth_servers" not in current
    assert run("oauth_server", {**WANTED, "current": current}, (READ, answer(oauth_servers=[STS])))["changed"] is False


def test_a_change_that_does_not_stick_is_a_failure() -> None:
    old = {**STS, "MetadataUrl": "https://old.contoso.com/"}
    said = (READ, answer(oauth_servers=[old])), (["Set-CsOAuthServer", *READ], answer("after_", oauth_servers=[old]))
    result = run("oauth_server", WANTED, *said)
    assert result["failed"]
    assert "would still take" in result["msg"]


@pytest.mark.parametrize(
    ("failure", "part"),
    [
        ({"category": "ModuleMissing", "cmdlet": "Import-Module", "message": "not found"}, "management tools"),
        ({"category": "PermissionDenied", "cmdlet": "Get-CsOAuthServer", "message": "Access is denied."}, "RTCUniversalServerAdmins"),
        ({"category": "NotSpecified", "cmdlet": "Get-CsOAuthServer", "message": "Login failed for user 'ANONYMOUS LOGON'"}, "CredSSP"),
        ({"category": "WriteError", "cmdlet": "New-CsOAuthServer", "message": "The metadata document could not be downloaded"}, "WinHTTP"),
    ],
)
def test_each_failure_of_the_server_has_its_remedy(failure: dict[str, Any], part: str) -> None:
    result = run("oauth_server", WANTED, (READ, {**answer(failure=failure), "answers": {}}))
    assert result["failed"]
    assert part in result["msg"]


def test_no_answer_at_all_is_a_failure_that_shows_what_was_said() -> None:
    said = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "out of memory"}
    result = run("onprem_info", {"gather": ["version"]}, (["Read-Server", "Get-CsServerVersion"], said))
    assert "out of memory" in result["msg"]


@pytest.mark.parametrize(
    ("module", "options", "part"),
    [
        ("oauth_server", {}, "neither it nor metadata_url"),
        ("oauth_server", {"tenant_id": "contoso"}, "not a GUID"),
        ("oauth_server", {"metadata_url": "http://contoso.com"}, "not an https URL"),
        ("oauth_server", {**WANTED, "cloud": "china"}, "not documented"),
        ("oauth_server", {**WANTED, "metadata_url": URL}, "mutually exclusive"),
        ("oauth_server", {**WANTED, "current": {"x": 1}}, "no result of onprem_info"),
        ("oauth_server", {**WANTED, "name": " "}, "it is empty"),
        ("partner_application", {"application_id": "exchange"}, "not a GUID"),
        ("partner_application", {"use_oauth_server": False}, "leaves open"),
        ("partner_application", {"certificate": "x"}, "realm"),
        ("partner_application", {"certificate": "x", "realm": "r"}, "Option 'certificate'"),
        ("oauth_configuration", {}, "one of the following is required"),
        ("oauth_configuration", {"service_name": "lync"}, "not a GUID"),
        ("oauth_configuration", {"exchange_autodiscover_allowed_domains": ["*"]}, "is not a domain"),
        ("oauth_configuration", {"client_adal_auth_override": "Maybe"}, "must be one of"),
        ("onprem_info", {"gather": ["everything"]}, "must be one or more of"),
    ],
)
def test_bad_input_is_refused_before_anything_is_contacted(module: str, options: dict[str, Any], part: str) -> None:
    result = run(module, options)
    assert result["failed"]
    assert part in result["msg"]
