# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The on-premises actions through a restricted endpoint, as recorded pipelines: an unexpected one fails the test."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypsrp.wsman
import pytest
import requests
from cryptography.hazmat.primitives import hashes
from pypsrp.complex_objects import GenericComplexObject
from pypsrp.exceptions import WSManFaultError
from pypsrp.serializer import Serializer

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import restricted_endpoint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.call_runner import LOST, CallRunner, Failure, Finished
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.cmdlets import CMDLETS, RUNNER, RUNNER_ONLY

from ..support import certificate, pem, run_action

ROOT = Path(__file__).parents[3]
TENANT = "5588b4fd-f26d-475c-824f-9911277ab13e"
URL = f"https://accounts.accesscontrol.windows.net/{TENANT}/metadata/json/1"
SSAUTH = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth"
QUIET = {"Confirm": False, "Force": True}


def made(type_name: str, **properties: Any) -> GenericComplexObject:
    value = GenericComplexObject()
    value.types, value.adapted_properties = [type_name, "System.Object"], properties
    return value


def server(**changed: Any) -> GenericComplexObject:
    values = {"Identity": "microsoft.sts", "Name": "microsoft.sts", "IssuerIdentifier": "00000001-0000-0000-c000-000000000000"}
    values |= {"Realm": TENANT, "MetadataUrl": URL, "Type": "Acs", "AcceptSecurityIdentifierInformation": False}
    return made(f"{SSAUTH}.OAuthServer#Decorated", **{**values, **changed})


def application(token: Any) -> GenericComplexObject:
    values = {"Identity": "microsoft.exchange", "ApplicationIdentifier": "00000002-0000-0ff1-ce00-000000000000"}
    values |= {"Name": "microsoft.exchange", "Realm": None}
    values |= {"ApplicationTrustLevel": "Full", "Enabled": True, "AcceptSecurityIdentifierInformation": False, "AuthToken": token}
    return made(f"{SSAUTH}.PartnerApplication#Decorated", **values)


def reference(**given: Any) -> GenericComplexObject:
    names = ("Thumbprint", "PreviousThumbprint", "EffectiveDate", "Subject", "Issuer", "SerialNumber", "NotBefore", "NotAfter")
    return made("Microsoft.Rtc.Management.Deployment.CertificateReference", **{**dict.fromkeys(names), **given})


def error(message: str, error_id: str = "Broken,Some", category: int = 7, **inner: Any) -> Any:
    exception = made("System.Exception", Message=message, **inner)
    return SimpleNamespace(exception=exception, category=category, fq_error=error_id)


def not_found(cmdlet: str) -> Any:
    return error(f"The term '{cmdlet}' is not recognized as the name of a cmdlet.", "CommandNotFoundException", 13)


class Recorded:
    """One expected pipeline: its cmdlet and parameters, and how it ends."""

    def __init__(
        self,
        cmdlet: str,
        parameters: Mapping[str, Any] | None = None,
        output: Sequence[Any] = (),
        errors: Sequence[Any] = (),
        warnings: Sequence[str] = (),
        raises: Exception | None = None,
    ) -> None:
        self.cmdlet, self.parameters, self.output, self.raises = cmdlet, dict(parameters or {}), list(output), raises
        self.streams = SimpleNamespace(error=list(errors), warning=[SimpleNamespace(message=one) for one in warnings])


@pytest.fixture
def expect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the expected pipelines; at the end none may be left."""
    left: list[Recorded] = []

    class Pipeline:
        had_errors = False

        def __init__(self, runspace: Any) -> None:
            assert runspace == "runspace"

        def add_cmdlet(self, cmdlet: str) -> None:
            assert left, f"unexpected {cmdlet}"
            self.expected = left.pop(0)
            assert cmdlet == self.expected.cmdlet

        def add_parameters(self, parameters: dict[str, Any]) -> None:
            assert parameters == self.expected.parameters
            assert all(type(value) in (bool, str, int, list) for value in parameters.values())

        def invoke(self) -> list[Any]:
            self.streams = self.expected.streams
            if self.expected.raises:
                raise self.expected.raises
            return self.expected.output

        def stop(self) -> None:
            assert isinstance(self.expected.raises, NotImplementedError)

    monkeypatch.setattr(restricted_endpoint, "PowerShell", Pipeline)
    yield lambda *recorded: left.extend(recorded)
    assert left == []


class Connection:
    """ansible.builtin.psrp as far as it is used here."""

    transport = "psrp"
    _shell = SimpleNamespace(tmpdir="none", _IS_WINDOWS=True)

    def __init__(self, path: str = "OcsPowershell", configuration: str = "Microsoft.PowerShell", become: Any = None) -> None:
        self.become, self.runspace, self.connected = become, None, False
        self._options = {"path": path, "configuration_name": configuration}

    def get_option(self, name: str) -> str:
        return self._options[name]

    def _connect(self) -> None:
        self.runspace, self.connected = "runspace", True


def run(module: str, options: dict[str, Any], connection: Any = None, check_mode: bool = False) -> dict[str, Any]:
    def no_script(**_given: Any) -> dict[str, Any]:
        raise AssertionError("a script was to be run")

    def prepare(action: Any) -> None:
        action._execute_module = no_script

    return run_action(module, options, connection=connection or Connection(), prepare=prepare, check_mode=check_mode)


READ = "Get-CsOAuthServer"


def test_a_missing_server_is_created_and_read_back(expect: Any) -> None:
    create = Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts", "MetadataUrl": URL, **QUIET}, [server()], warnings=["careful"])
    expect(Recorded(READ), Recorded(READ), create, Recorded(READ, output=[server()]))
    result = run("oauth_server", {"tenant_id": TENANT})
    assert (result["changed"], result["oauth_server"]["realm"], result["warnings"]) == (True, TENANT, ["careful"])


def test_check_mode_reads_only(expect: Any) -> None:
    expect(Recorded(READ))
    assert run("oauth_server", {"tenant_id": TENANT}, check_mode=True)["changed"] is True


@pytest.mark.parametrize(
    "token",
    [
        made(f"{SSAUTH}.UseOAuthServer"),
        made(f"Deserialized.{SSAUTH}.UseOAuthServer", Value=None),
        f"{SSAUTH}.UseOAuthServer",
    ],
    ids=["object", "deserialized", "text"],
)
def test_the_source_of_an_applications_tokens_is_read_back_however_it_comes(expect: Any, token: Any) -> None:
    expect(Recorded("Get-CsPartnerApplication", output=[application(token)]))
    assert run("partner_application", {"use_oauth_server": True})["changed"] is False


@pytest.mark.parametrize("token", [made(f"{SSAUTH}.MetadataUrl", Value=URL), f"Value={URL}"], ids=["object", "text"])
def test_a_metadata_url_is_read_back_however_it_comes(expect: Any, token: Any) -> None:
    expect(Recorded("Get-CsPartnerApplication", output=[application(token)]))
    result = run("onprem_info", {"gather": ["partner_applications"]})
    assert result["partner_applications"][0]["metadata_url"] == URL
    assert result["partner_applications"][0]["use_oauth_server"] is False


def test_a_failure_in_between_is_undone_and_said(expect: Any) -> None:
    old, new = {"MetadataUrl": URL, "Realm": "old", "Type": "Acs"}, {"MetadataUrl": URL, "Realm": "new", "Type": "Acs"}
    flags = {"AcceptSecurityIdentifierInformation": False, **QUIET}
    expect(
        Recorded(READ, output=[server(Realm="old")]),
        Recorded(READ, output=[server(Realm="OLD ")]),
        Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts.check", **new, "InMemory": True, **flags}),
        Recorded("Remove-CsOAuthServer", {"Identity": "microsoft.sts", **QUIET}),
        Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts", **new, **flags}, errors=[error("the store is busy")]),
        Recorded(READ),
        Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts", **old, **flags}),
        Recorded(READ, output=[server(Realm="old")]),
    )
    result = run("oauth_server", {"metadata_url": URL, "realm": "new"})
    assert result["failed"]
    assert result["failure"] == {
        "id": "create",
        "cmdlet": "New-CsOAuthServer",
        "message": "the store is busy",
        "error_id": "Broken,Some",
        "category": "InvalidOperation",
        "parameter": None,
    }
    assert "What was there before was restored" in result["msg"]


def test_a_lost_connection_takes_back_what_may_have_been_done(expect: Any) -> None:
    old = {"MetadataUrl": URL, "Realm": "old", "Type": "Acs", "AcceptSecurityIdentifierInformation": False}
    expect(
        Recorded(READ, output=[server(Realm="old")]),
        Recorded(READ, output=[server(Realm="old")]),
        Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts.check", **old, "Realm": "new", "InMemory": True, **QUIET}),
        Recorded("Remove-CsOAuthServer", {"Identity": "microsoft.sts", **QUIET}, raises=requests.ConnectionError("reset")),
        Recorded(READ),
        Recorded("New-CsOAuthServer", {"Identity": "microsoft.sts", **old, **QUIET}),
        Recorded(READ, output=[server(Realm="old")]),
    )
    result = run("oauth_server", {"metadata_url": URL, "realm": "new"})
    assert result["failed"]
    assert "it is not known whether the cmdlet did its work" in result["msg"]
    assert "What was there before was restored" in result["msg"]
    assert "Run again" in result["msg"]


def test_where_the_connection_stays_lost_nothing_is_said_of_the_object(expect: Any) -> None:
    lost = requests.ConnectionError("reset")
    expect(Recorded(READ, output=[server(Realm="old")]), Recorded(READ, output=[server(Realm="old")]))
    expect(
        Recorded("Set-CsOAuthServer", {"Identity": "microsoft.sts", "Type": "AzureAD", **QUIET}, raises=lost), Recorded(READ, raises=lost)
    )
    result = run("oauth_server", {"metadata_url": URL, "realm": "old", "type": "AzureAD"})
    assert (result["unreachable"], "failed" in result) == (True, False)
    assert "it is not known how OAuth server microsoft.sts is now" in result["msg"]
    assert "restored" not in result["msg"]
    assert "Run again" in result["msg"]


@pytest.mark.parametrize(
    ("recorded", "part"),
    [
        (Recorded(READ, errors=[error("Access is denied.", "UnauthorizedAccess", 18)]), "RBAC role"),
        (Recorded(READ, errors=[not_found(READ)]), "RBAC role"),
        (Recorded(READ, errors=[error("no metadata", "ParameterBindingFailed", 23, ParameterName=" MetadataUrl ")]), "WinHTTP"),
        (Recorded(READ, raises=NotImplementedError()), "asked a question"),
        (Recorded(READ, raises=WSManFaultError(5, "fe01", "quota", None, None, None)), "quota"),
        (Recorded(READ, output=[server(AcceptSecurityIdentifierInformation="perhaps")]), "is neither true nor false"),
        (Recorded(READ, output=[made("Some", Identity="microsoft.sts")]), "has no property Name"),
    ],
    ids=["denied", "not exposed", "metadata", "question", "fault", "unreadable", "missing"],
)
def test_each_failure_has_its_remedy(expect: Any, recorded: Recorded, part: str) -> None:
    expect(recorded)
    result = run("oauth_server", {"tenant_id": TENANT})
    assert result.get("failed") or result["unreachable"]
    assert part in result["msg"]


ASSIGNED = ("Get-CsCertificate", {"Type": ["OAuthTokenIssuer"]})


def test_a_certificate_that_cannot_be_asked_for_is_unknown_and_not_absent(expect: Any) -> None:
    expect(Recorded(*ASSIGNED, errors=[not_found("Get-CsCertificate")]), Recorded("Get-CsServerVersion", output=["7.0"]))
    result = run("onprem_info", {"gather": ["certificate", "version"]})
    assert not {"certificate", "previous_certificate", "signing"} & set(result)
    assert "Get-CsCertificate" in result["unknown"]["certificate"]
    assert any("certificate is not known" in warning for warning in result["warnings"])
    assert (result["version"], result["server"]["time"], result["endpoint"], result["management_module"]) == (
        "7.0",
        None,
        "restricted",
        None,
    )


def test_where_nothing_can_be_asked_for_the_task_fails(expect: Any) -> None:
    expect(Recorded(*ASSIGNED, errors=[not_found("Get-CsCertificate")]))
    result = run("onprem_info", {"gather": ["certificate"]})
    assert result["failed"]
    assert "RBAC role" in result["msg"]


def test_a_certificate_from_a_file_counts_as_assigned_where_that_cannot_be_asked_for(expect: Any, tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(pem(certificate()), encoding="ascii")
    expect(Recorded(*ASSIGNED, errors=[not_found("Get-CsCertificate")]))
    result = run("onprem_info", {"gather": ["certificate"], "certificate_path": str(file)})
    found = result["certificate"]
    assert (found["found"], found["has_private_key"], found["expired"], found["key_size"]) == (None, None, False, 2048)
    assert result["signing"]["current"] == found
    assert (result["unknown"], found["effective_date"], bool(found["content"])) == ({}, None, True)


def test_the_assigned_certificate_is_completed_from_the_file_by_the_controllers_clock(expect: Any, tmp_path: Path) -> None:
    own = certificate(days=10)
    thumbprint = own.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # Windows names certificates by it
    file = tmp_path / "issuer.pem"
    file.write_text(pem(own), encoding="ascii")
    later = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    row = reference(Thumbprint=thumbprint, PreviousThumbprint="A" * 40, EffectiveDate=later, NotAfter="2030-01-01T00:00:00")
    expect(Recorded(*ASSIGNED, output=[row]))
    result = run("onprem_info", {"gather": ["certificate"], "certificate_path": str(file)})
    assert (result["certificate"]["days_left"], result["certificate"]["found"]) == (9, None)
    assert result["signing"]["next"]["thumbprint"] == thumbprint
    assert (result["previous_certificate"]["thumbprint"], result["previous_certificate"]["has_private_key"]) == ("A" * 40, None)
    assert result["warnings"] == ["Get-CsCertificate: NotAfter came without a time zone and was taken as UTC."]


def test_a_file_with_another_certificate_than_the_assigned_one_is_said(expect: Any, tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(pem(certificate()), encoding="ascii")
    expect(Recorded(*ASSIGNED, output=[reference(Thumbprint="B" * 40)]))
    result = run("onprem_info", {"gather": ["certificate"], "certificate_path": str(file)})
    assert result["certificate"]["thumbprint"] == "B" * 40
    assert f"the farm has {'B' * 40} assigned" in result["warnings"][0]


@pytest.mark.parametrize(
    ("options", "connection", "part"),
    [
        ({"endpoint": "restricted"}, SimpleNamespace(transport="winrm", _shell=Connection._shell), "not reached over PSRP"),
        ({"endpoint": "sometimes"}, Connection(), "must be one of"),
        ({}, Connection(become=object()), "become cannot be used"),
        ({"certificate_path": "/nowhere/issuer.cer"}, Connection(), "cannot be read"),
    ],
    ids=["winrm", "choice", "become", "file"],
)
def test_what_cannot_be_is_refused_before_anything_is_contacted(expect: Any, options: dict[str, Any], connection: Any, part: str) -> None:
    result = run("onprem_info", options, connection)
    assert result["failed"]
    assert part in result["msg"]
    assert not getattr(connection, "connected", False)


def test_a_missing_library_has_its_own_message(expect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypsrp", None)
    connection = Connection()
    said = run("onprem_info", {}, connection)["msg"]
    assert "over PSRP" in said
    assert said.rstrip("'").endswith("/requirements-psrp.txt")
    assert not connection.connected


def test_a_server_that_does_not_answer_in_time_is_unreachable(expect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_connection: Any) -> None:
        raise requests.ReadTimeout("read timed out")

    monkeypatch.setattr(Connection, "_connect", connect)
    result = run("onprem_info", {})
    # Failed as well would win.
    assert ("failed" in result, result["unreachable"]) == (False, True)
    assert "read timed out" in result["msg"]


def test_a_page_of_a_proxy_in_place_of_an_answer_is_unreachable(expect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_connection: Any) -> None:
        connection = pypsrp.wsman.WSMan("fe01.contoso.com", auth="basic", username="x", password="x")
        connection.transport.send = lambda *_args, **_named: b"<html><br>"
        connection.get_server_config()

    monkeypatch.setattr(Connection, "_connect", connect)
    result = run("onprem_info", {})
    assert ("failed" in result, result["unreachable"]) == (False, True)
    assert "could not be reached over PSRP: ParseError" in result["msg"]


@pytest.mark.parametrize(
    ("endpoint", "path", "configuration", "restricted"),
    [
        ("auto", "wsman", "Microsoft.PowerShell", False),
        ("auto", "/WSMAN/", "microsoft.powershell", False),
        ("auto", "OcsPowershell", "Microsoft.PowerShell", True),
        ("auto", "wsman", "Trust.Operators", True),
        ("full", "OcsPowershell", "Microsoft.PowerShell", False),
        ("restricted", "wsman", "Microsoft.PowerShell", True),
    ],
)
def test_auto_looks_at_the_path_and_the_configuration(endpoint: str, path: str, configuration: str, restricted: bool) -> None:
    assert restricted_endpoint.is_restricted(Connection(path, configuration), endpoint, "fe01") is restricted


def test_a_script_that_was_refused_says_which_endpoint_to_set() -> None:
    said = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "This can occur if the runspace is in no-language mode."}

    def prepare(action: Any) -> None:
        action._execute_module = lambda **_given: said

    result = run_action("onprem_info", {"endpoint": "full"}, connection=Connection(), prepare=prepare)
    assert "set endpoint to restricted" in result["msg"]


def test_times_are_sent_as_times_and_subclasses_as_what_they_are() -> None:
    class Tagged(str):
        __slots__ = ()

    moment = datetime(2026, 11, 2, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    sent = Serializer().serialize(restricted_endpoint._sendable(moment))
    assert (sent.tag, sent.text) == ("DT", "2026-11-02T08:00:00.000000Z")
    assert [type(one) for one in restricted_endpoint._sendable([Tagged("a"), True, 3])] == [str, bool, int]
    with pytest.raises(TypeError):
        restricted_endpoint._sendable(None)
    assert Call("x", "Get-CsOAuthServer", {"At": moment}).as_json()["parameters"] == {"At": {"time": "2026-11-02T08:00:00Z"}}


def test_the_allowed_cmdlets_are_those_of_the_runner() -> None:
    text = (ROOT / "plugins" / "module_utils" / "_CsInvoke.psm1").read_text(encoding="ascii")
    block = re.search(r"AllowedCommands = @\((.*?)\)", text, re.DOTALL)
    assert block
    assert set(re.findall(r"'([^']+)'", block[1])) == {*CMDLETS, *RUNNER, *RUNNER_ONLY}


@pytest.mark.parametrize("cmdlet", RUNNER_ONLY)
def test_what_needs_the_certificate_store_is_refused_before_anything_runs(cmdlet: str) -> None:
    def invoke(name: str, _parameters: Any) -> Any:
        raise AssertionError(name)

    answer = CallRunner(invoke).answer([Call("a", "Get-CsOAuthServer"), Call("b", cmdlet)])
    assert "certificate store" in answer["failure"]["message"]
    assert answer["answers"] == {}


@pytest.mark.parametrize("cmdlet", CMDLETS)
def test_confirm_and_force_are_given_where_the_reference_has_them(cmdlet: str) -> None:
    signatures = json.loads((ROOT / "tests" / "lab" / "farm" / "signatures.json").read_text(encoding="utf-8"))["cmdlets"]
    sets = signatures[cmdlet]["parameter_sets"].values()
    assert set(CMDLETS[cmdlet]) == {name for name in ("Confirm", "Force") if any(name in parameters for parameters in sets)}


def test_a_call_that_may_fail_stays_unknown_but_for_a_lost_connection() -> None:
    failures = [Failure("no access", "UnauthorizedAccess,Get-CsServerPatchVersion", "PermissionDenied"), Failure("gone", LOST, "")]
    calls = [
        Call("a", "Get-CsServerPatchVersion", tolerant=True),
        Call("b", "Get-CsServerVersion", tolerant=True),
        Call("c", "Read-Server"),
    ]
    answer = CallRunner(lambda _cmdlet, _parameters: Finished(failure=failures.pop(0))).answer(calls)
    assert answer["unknown"] == {"a": "no access"}
    assert (answer["failure"]["id"], "c" in answer["answers"]) == ("b", False)
