# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The on-premises actions as conversations with the runner: an unexpected request fails the test."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import winrm
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from pypsrp.exceptions import WSManFaultError

from ..support import run_action

WINDOWS = SimpleNamespace(_shell=SimpleNamespace(tmpdir="none", _IS_WINDOWS=True))
URL = "https://accounts.accesscontrol.windows.net/5588b4fd-f26d-475c-824f-9911277ab13e/metadata/json/1"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
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
# The requests of the last conversation.
sent: list[dict[str, Any]] = []
WANTED = {"tenant_id": "5588b4fd-f26d-475c-824f-9911277ab13e"}


def answer(failure: Any = None, write: Any = None, **rows: Any) -> dict[str, Any]:
    answers = {"server": [SERVER], **rows}
    return {"changed": False, "module": "Lync", "answers": answers, "failure": failure, "write": write, "warnings": []}


def written(before: Any, after: Any, failure: Any = None, state: str = "done", restored: Any = (), unread: Any = None) -> dict[str, Any]:
    """The answer to a change of an OAuth server; None for what was not looked at."""
    rows = {name: value for name, value in (("oauth_servers", before), ("after", after)) if value is not None}
    return answer(failure, {"state": state, "restored": list(restored), "unread": unread}, **rows)


def talk(*said: tuple[list[str], dict[str, Any]]) -> tuple[Callable[[Any], None], list[Any]]:
    """Each of the expected requests, as the cmdlets it calls, with its answer; and what is left of them."""
    left = list(said)
    sent.clear()

    def execute(module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        assert module_name == "sfb.hybrid_auth.cs_invoke"
        request = json.loads(module_args["request"])
        called = [call["cmdlet"] for call in [*request["calls"], *request.get("write", {}).get("calls", ())]]
        assert left, f"unexpected {called}"
        expected, reply = left.pop(0)
        assert called == expected
        sent.append(request)
        if isinstance(reply, Exception):
            raise reply
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
CREATE, SET = ["Read-Server", "New-CsOAuthServer"], ["Read-Server", "Set-CsOAuthServer"]
REPLACE = ["Read-Server", "New-CsOAuthServer", "Remove-CsOAuthServer", "New-CsOAuthServer"]


def test_a_missing_server_is_created_and_read_back_in_one_process() -> None:
    said = (READ, answer(oauth_servers=[])), (CREATE, written([], [STS]))
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
    said = (READ, answer(oauth_servers=[old])), (SET, written([old], [old]))
    result = run("oauth_server", WANTED, *said)
    assert result["failed"]
    assert "would still take" in result["msg"]


SQL, LDAP, WEB = "System.Data.SqlClient.SqlException", "System.DirectoryServices.Protocols.LdapException", "System.Net.WebException"


def cause(kind: str, code: str | None = None) -> dict[str, str | None]:
    return {"type": kind, "code": code}


@pytest.mark.parametrize(
    ("failure", "part"),
    [
        ({"category": "ModuleMissing", "cmdlet": "Import-Module", "message": "not found"}, "management tools"),
        (
            {"category": "ModuleMissing", "cmdlet": None, "message": "none"},
            "trust_management_modules (management_modules of a module); tried",
        ),
        ({"category": "PermissionDenied", "cmdlet": "Get-CsOAuthServer", "message": "Access is denied."}, "RTCUniversalServerAdmins"),
        ({"category": "ConnectionError", "error_id": "SqlConnectionError,Get-CsService", "cmdlet": "x", "message": "Anmeldung"}, "CredSSP"),
        ({"category": "NotSpecified", "cmdlet": "x", "message": "x", "causes": [cause("X"), cause(SQL, "18456")]}, "CredSSP"),
        ({"category": "NotSpecified", "cmdlet": "x", "message": "x", "causes": [cause(SQL, "53")]}, "Get-CsManagementConnection"),
        ({"category": "NotSpecified", "cmdlet": "x", "message": "x", "causes": [cause(SQL, "-2146232060")]}, "CredSSP"),
        ({"category": "NotSpecified", "cmdlet": "x", "message": "x", "causes": [cause(LDAP)]}, "CredSSP"),
        ({"category": "WriteError", "cmdlet": "New-CsOAuthServer", "parameter": "MetadataUrl", "message": "x"}, "not WinHTTP's"),
        (
            {"category": "WriteError", "error_id": "ParameterBindingFailed,x", "cmdlet": "x", "message": "MetadataUrl: nicht"},
            "not WinHTTP's",
        ),
        ({"category": "WriteError", "cmdlet": "x", "message": "x", "causes": [cause(WEB, "TrustFailure")]}, "SchUseStrongCrypto"),
        ({"category": "WriteError", "cmdlet": "x", "message": "x", "causes": [cause(WEB, "SendFailure")]}, "SchUseStrongCrypto"),
        ({"category": "WriteError", "cmdlet": "x", "message": "x", "causes": [cause(WEB, "SendFailure")]}, "the proxy that .NET uses"),
        ({"category": "InvalidArgument", "error_id": "AssertionFramework", "cmdlet": "x", "message": "x"}, ".NET Framework 4.6.2"),
        ({"category": "NotSpecified", "cmdlet": "x", "message": "Access is denied. Login failed."}, "Try the cmdlet"),
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
        ("partner_application", {"metadata_url": URL, "application_id": EXCHANGE}, "mutually exclusive"),
        ("partner_application", {"metadata_url": URL, "metadata_application_id": "exchange"}, "not a GUID"),
        ("partner_application", {"metadata_application_id": EXCHANGE}, "required by 'metadata_application_id': metadata_url"),
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


OLD = {**STS, "Realm": "old.contoso.com", "AcceptSecurityIdentifierInformation": True, "AuthorizationUriOverride": "https://a.contoso.com/"}
NEW = {**OLD, "Realm": WANTED["tenant_id"]}
BUSY = {"id": "create", "cmdlet": "New-CsOAuthServer", "message": "the store is busy", "category": "OperationStopped", "error_id": "Busy"}


def reading(*servers: Any) -> dict[str, Any]:
    return run("onprem_info", {"gather": ["oauth_servers"]}, (READ, answer(oauth_servers=list(servers))))


def test_an_object_whose_reading_is_given_is_changed_in_one_process() -> None:
    old = {**STS, "Type": "ADFS"}
    result = run("oauth_server", {**WANTED, "type": "Acs", "current": reading(old)}, (SET, written([old], [STS])))
    assert (result["changed"], result["oauth_server"]["type"]) == (True, "Acs")
    (request,) = sent
    assert request["write"]["identity"] == "microsoft.sts"
    assert request["write"]["seen"]["Type"] == "ADFS"
    assert request["write"]["seen"]["AuthorizationUriOverride"] is None


def test_a_prediction_from_a_given_reading_asks_nothing() -> None:
    result = run("oauth_server", {**WANTED, "type": "Acs", "current": reading({**STS, "Type": "ADFS"})}, check_mode=True)
    assert (result["changed"], result["oauth_server"]["type"]) == (True, "Acs")


def test_where_the_object_is_not_as_it_was_read_the_plan_is_made_anew() -> None:
    now = {**STS, "MetadataUrl": "https://other.contoso.com/", "Type": "ADFS"}
    said = (SET, written([now], None, state="stale")), (SET, written([now], [STS]))
    result = run("oauth_server", {**WANTED, "type": "Acs", "current": reading({**STS, "Type": "ADFS"})}, *said)
    assert [step["parameters"].keys() - {"Identity"} for request in sent for step in request["write"]["calls"]] == [
        {"Type"},
        {"Type", "MetadataUrl"},
    ]
    assert result["diff"]["before"]["metadata_url"] == now["MetadataUrl"]


def test_an_object_that_never_stays_as_it_was_read_is_given_up_and_nothing_was_written() -> None:
    rounds = [(SET, written([{**STS, "Type": f"ADFS{number}"}], None, state="stale")) for number in range(4)]
    result = run("oauth_server", {**WANTED, "type": "Acs", "current": reading({**STS, "Type": "ADFS"})}, *rounds)
    assert result["failed"]
    assert "was changed by another program each time" in result["msg"]


def test_a_server_of_another_realm_than_its_metadata_names_is_replaced() -> None:
    result = run("oauth_server", {**WANTED, "current": reading(OLD)}, (REPLACE, written([OLD], [NEW])))
    assert (result["changed"], result["oauth_server"]["realm"]) == (True, WANTED["tenant_id"])
    assert (result["replaced"]["realm"], result["replaced"]["accept_security_identifier_information"]) == ("old.contoso.com", True)
    assert result["diff"]["after"]["realm"] == WANTED["tenant_id"]
    (restore, rest) = sent[0]["write"]["restore"]
    assert restore["parameters"]["AcceptSecurityIdentifierInformation"] is True
    assert rest["parameters"]["AuthorizationUriOverride"] == "https://a.contoso.com/"


def entries(home: Path) -> list[Path]:
    return sorted((home / "sfb_hybrid_auth" / "replaced").glob("*"))


@pytest.mark.parametrize(
    ("reply", "kept", "parts", "never"),
    [
        (written([OLD], [OLD], BUSY, "failed"), False, ["OAuth server microsoft.sts is as it was"], ["restored", "Before"]),
        (
            written([OLD], [OLD], BUSY, "failed", [{"id": "restore", "cmdlet": "New-CsOAuthServer", "ok": True, "message": None}]),
            False,
            ["What was there before was restored"],
            ["NOT"],
        ),
        (
            written([OLD], [], BUSY, "failed", [{"id": "restore", "cmdlet": "New-CsOAuthServer", "ok": False, "message": "full"}]),
            True,
            ["could NOT be restored: New-CsOAuthServer: full", "Realm 'old.contoso.com'", "AcceptSecurityIdentifierInformation True"],
            [],
        ),
        (
            written([OLD], None, BUSY, "failed", unread="gone"),
            True,
            ["it is not known how", "gone", "Realm 'old.contoso.com'"],
            ["restored"],
        ),
        (
            written([OLD], [{**NEW, "Realm": "third.contoso.com"}], BUSY, "failed"),
            True,
            ["neither as it was nor as wanted", "Realm 'old.contoso.com'"],
            ["restored"],
        ),
        (
            written([OLD], None, {**BUSY, "id": "oauth_servers"}, unread="busy"),
            True,
            ["The change was made, but not read back"],
            ["restored"],
        ),
        (answer(BUSY), False, ["Nothing was written"], ["restored"]),
        (
            requests.ConnectionError("reset"),
            True,
            ["the server", "not known whether the change was made", "Run again", "'old.contoso.com'"],
            [],
        ),
        ({"failed": True, "msg": "MODULE FAILURE", "rc": 1}, True, ["without an answer", "not known whether", "'old.contoso.com'"], []),
    ],
)
def test_only_what_was_looked_at_is_said_and_what_may_be_lost_is_kept(
    ansible_home: Path, reply: Any, kept: bool, parts: list[str], never: list[str]
) -> None:
    result = run("oauth_server", {**WANTED, "current": reading(OLD)}, (REPLACE, reply))
    assert result.get("failed") or result["unreachable"]
    assert all(part in result["msg"] for part in parts), result["msg"]
    assert not any(part in result["msg"] for part in [*never, "nexpected", "report it"]), result["msg"]
    assert bool(entries(ansible_home)) is kept
    assert ("replaced" in result) is kept
    for path in entries(ansible_home):
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert str(path) in result["msg"]


@pytest.mark.parametrize("failure", [{**BUSY, "id": "create"}, {**BUSY, "id": "remove", "cmdlet": "Remove-CsOAuthServer"}])
def test_a_cmdlet_that_failed_after_its_deed_is_a_warning_where_all_is_as_wanted(ansible_home: Path, failure: Any) -> None:
    result = run("oauth_server", {**WANTED, "current": reading(OLD)}, (REPLACE, written([OLD], [NEW], failure, "failed")))
    assert (result["changed"], "failed" in result) == (True, False)
    assert "is there as wanted all the same" in result["warnings"][0]
    assert "the store is busy" in result["warnings"][0]
    assert entries(ansible_home) == []
    gone = run(
        "oauth_server",
        {"state": "absent", "current": reading(OLD)},
        (["Read-Server", "Remove-CsOAuthServer"], written([OLD], [], failure, "failed")),
    )
    assert "is gone as wanted" in gone["warnings"][0]


def cut_short() -> None:
    """A replacement after whose removal the server was switched off."""
    run("oauth_server", {**WANTED, "current": reading(OLD)}, (REPLACE, {"failed": True, "msg": "MODULE FAILURE"}))


def test_what_a_replacement_that_was_cut_short_lost_is_brought_back(ansible_home: Path) -> None:
    cut_short()
    predicted = run("oauth_server", WANTED, (READ, answer(oauth_servers=[])), check_mode=True)
    assert len(entries(ansible_home)) == 1
    result = run("oauth_server", WANTED, (READ, answer(oauth_servers=[])), (CREATE, written([], [NEW])))
    assert (predicted["operations"], predicted["diff"]) == (result["operations"], result["diff"])
    parameters = sent[-1]["write"]["calls"][0]["parameters"]
    assert (parameters["AcceptSecurityIdentifierInformation"], parameters["AuthorizationUriOverride"]) == (True, "https://a.contoso.com/")
    # The realm was what it was replaced for.
    assert "Realm" not in parameters
    assert "was cut short" in result["warnings"][0]
    assert "Realm 'old.contoso.com'" in result["warnings"][0]
    assert entries(ansible_home) == []


def test_what_the_task_sets_itself_is_not_brought_back() -> None:
    cut_short()
    asked = {**WANTED, "accept_security_identifier_information": False}
    new = {**NEW, "AcceptSecurityIdentifierInformation": False}
    run("oauth_server", asked, (READ, answer(oauth_servers=[])), (CREATE, written([], [new])))
    assert sent[-1]["write"]["calls"][0]["parameters"]["AcceptSecurityIdentifierInformation"] is False


def test_what_was_cut_short_long_ago_is_said_and_not_brought_back(ansible_home: Path) -> None:
    cut_short()
    (path,) = entries(ansible_home)
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "since": "2026-01-02T03:04:05Z"}))
    result = run("oauth_server", WANTED, (READ, answer(oauth_servers=[])), (CREATE, written([], [STS])))
    assert "AcceptSecurityIdentifierInformation" not in sent[-1]["write"]["calls"][0]["parameters"]
    assert "more than 30 days ago" in result["warnings"][0]
    assert "AcceptSecurityIdentifierInformation True" in result["warnings"][0]
    assert entries(ansible_home) == []


@pytest.mark.parametrize("options", [WANTED, {"name": "other", **WANTED}])
def test_an_object_that_is_there_after_all_needs_nothing_of_the_journal(ansible_home: Path, options: dict[str, Any]) -> None:
    cut_short()
    name = options.get("name", "microsoft.sts")
    result = run("oauth_server", options, (READ, answer(oauth_servers=[{**NEW, "Identity": name}])))
    assert (result["changed"], "warnings" in result) == (False, False)
    assert len(entries(ansible_home)) == (1 if name == "other" else 0)


@pytest.mark.parametrize("text", ["{", "[]", '{"old": {}}'])
def test_an_entry_that_cannot_be_read_is_said_before_anything_is_written(ansible_home: Path, text: str) -> None:
    cut_short()
    (path,) = entries(ansible_home)
    path.write_text(text)
    result = run("oauth_server", WANTED, (READ, answer(oauth_servers=[])))
    assert result["failed"]
    assert str(path) in result["msg"]


def test_nothing_is_replaced_whose_definition_cannot_be_kept(ansible_home: Path) -> None:
    ansible_home.mkdir()
    (ansible_home / "sfb_hybrid_auth").write_text("no folder")
    result = run("oauth_server", {**WANTED, "current": reading(OLD)})
    assert result["failed"]
    assert "Nothing was changed" in result["msg"]


def test_a_replaced_partner_application_that_was_cut_short_comes_back_with_its_settings() -> None:
    token = {"type": "Settings.UseOAuthServer", "text": "Settings.UseOAuthServer", "value": None}
    old = {"Identity": "microsoft.exchange", "Name": "microsoft.exchange", "ApplicationIdentifier": "other", "Realm": "contoso.com"}
    old |= {"ApplicationTrustLevel": "Full", "Enabled": False, "AcceptSecurityIdentifierInformation": True, "AuthToken": token}
    get = ["Read-Server", "Get-CsPartnerApplication"]
    current = run("onprem_info", {"gather": ["partner_applications"]}, (get, answer(partner_applications=[old])))
    replaced = ["Read-Server", "Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    run("partner_application", {"current": current}, (replaced, {"failed": True, "msg": "MODULE FAILURE"}))
    new = {**old, "ApplicationIdentifier": "00000002-0000-0ff1-ce00-000000000000"}
    outcome = answer(None, {"state": "done", "restored": [], "unread": None}, partner_applications=[], after=[new])
    create = ["Read-Server", "New-CsPartnerApplication"]
    run("partner_application", {}, (get, answer(partner_applications=[])), (create, outcome))
    parameters = sent[-1]["write"]["calls"][0]["parameters"]
    assert (parameters["Enabled"], parameters["AcceptSecurityIdentifierInformation"], parameters["Realm"]) == (False, True, "contoso.com")
    assert (parameters["ApplicationIdentifier"], parameters["UseOAuthServer"]) == (new["ApplicationIdentifier"], True)


def of_pywinrm(answer: str) -> Exception:
    """What pywinrm raises for an answer that is none of WinRM, such as a proxy's page."""
    protocol = winrm.Protocol("https://fe01.contoso.com:5986/wsman", "basic", "user", "word")
    protocol.send_message = lambda _message: answer
    with pytest.raises((SyntaxError, StopIteration)) as caught:
        protocol.open_shell()
    return caught.value


@pytest.mark.parametrize(
    ("raised", "connected", "ends"),
    [
        (requests.ConnectionError("reset"), True, "unreachable"),
        (of_pywinrm("<html><br>"), True, "unreachable"),
        (of_pywinrm("<html>Sign in</html>"), True, "unreachable"),
        (WSManFaultError(2150859174, "fe01", "the quota is exceeded", None, None, None), True, "unreachable"),
        (AnsibleConnectionFailure("winrm connection error: read timed out"), True, "unreachable"),
        (AnsibleError("winrm send_input failed; stdout: stderr"), True, "unreachable"),
        (AnsibleConnectionFailure("no route to host"), False, "raised"),
        (AnsibleError("the module was not found"), True, "failed"),
    ],
)
def test_a_connection_that_breaks_is_unreachable_and_says_what_is_not_known(raised: Exception, connected: bool, ends: str) -> None:
    connection = SimpleNamespace(_shell=WINDOWS._shell, connected=connected)
    options = {**WANTED, "current": reading()}
    prepare, _left = talk((CREATE, raised))  # type: ignore[arg-type]
    if ends == "raised":
        with pytest.raises(AnsibleConnectionFailure, match="no route"):
            run_action("oauth_server", options, connection=connection, prepare=prepare)
        return
    result = run_action(
        "oauth_server", options, connection=connection, prepare=prepare, task_vars={"inventory_hostname": "fe01.contoso.com"}
    )
    assert result[ends] is True
    if ends == "unreachable":
        assert "fe01.contoso.com: the connection was lost, so it is not known whether the change was made" in result["msg"]
        assert "Run again" in result["msg"]
    assert "nexpected" not in result["msg"]


@pytest.mark.parametrize(
    "name", ["onprem_info", "oauth_server", "partner_application", "oauth_configuration", "onprem_certificate", "trust_proof"]
)
def test_a_path_of_a_module_is_refused_before_anything_is_contacted(name: str) -> None:
    needed: dict[str, Any] = {
        "oauth_server": WANTED,
        "onprem_certificate": {"state": "previous_absent"},
        "oauth_configuration": {"realm": "x.com"},
    }
    needed = needed.get(name, {})
    result = run_action(name, {"management_modules": ["Lync", r"\\fabrikam\share\Lync.psm1"], **needed}, connection=WINDOWS)
    assert "Option 'management_modules'" in result["msg"]
    assert "no path" in result["msg"]
