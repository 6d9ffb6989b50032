# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bundle for a report: how reading went and what shape the answers have, on states and answers full of marked values."""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from ansible.errors import AnsibleConnectionFailure
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import observed as farm
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.calls import Call
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import observed as tenant
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.support import Observed, bundle, lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import observing
from tests.lab.states import audit as states
from tests.sweep.hybrid import Hybrid
from tests.sweep.script import Script
from tests.unit.estate import Estate
from tests.unit.support import run_action

MARK = "zq7mark"
GIVEN = {"trust_tenant": "contoso.com", "trust_client_id": "0a1b2c3d-0000-4000-8000-000000000001"}
SECRET = {"trust_client_secret": "lab~Secret.0123456789"}
# What the lab's state has of Microsoft's own: versions, types, modules; and the name of a certificate, which is that of a property too.
PUBLIC = {
    "7.0.2046.0",
    "7.0.2046.889",
    "SkypeForBusiness",
    "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer",
    "issuer",
}
# What looks like an id, a thumbprint, a URL, an account, a host, an address.
IDENTIFYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{32}|://|[a-z0-9]@|contoso|fabrikam|\.(?:com|local|example)\b|\\", re.IGNORECASE
)


def marked(value: Any) -> Any:
    """The value with a mark in every text, and one more property with a marked name in every object."""
    if isinstance(value, dict):
        return {**{name: marked(inner) for name, inner in value.items()}, f"{MARK}.contoso.com": MARK}
    if isinstance(value, list):
        return [marked(one) for one in value]
    return f"{MARK}{value}{MARK}" if isinstance(value, str) else value


def texts(value: Any) -> Iterator[str]:
    """Every text in plain data that is no key."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Observed:
    """What the reading tasks return of the right state, observed."""
    estate = Estate(states.right(), tmp_path, monkeypatch)
    servers = [estate.onprem(name, store=True, observe=True, gather=["all", "server_settings"]) for name in estate.servers]
    steps = {
        "sign_in": estate.signed_in(observe=True),
        "service_principals": estate.cloud(application_permissions=True, observe=True),
        "refusals": estate.refusals(observe=True),
    }
    return Observed(servers, 1, steps)


def test_a_bundle_of_marked_results_has_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = results(tmp_path, monkeypatch)

    def kept(result: Any) -> Any:
        # What a task observed is without values by how it is made, which the other tests hold.
        return {**marked(result), "observed": result["observed"]}

    plain, spoilt = bundle([read]), bundle([Observed([kept(one) for one in read.servers], 1, {k: kept(v) for k, v in read.steps.items()})])
    assert MARK not in json.dumps(spoilt)
    # Beside the versions and words that are marked now, nothing is lost.
    assert spoilt["deployments"][0]["servers"][0]["observed"] == plain["deployments"][0]["servers"][0]["observed"]
    assert lines(spoilt)[1].startswith(f"deployment 1: {len(read.servers)} of {len(read.servers)} servers read")


@given(st.recursive(st.none() | st.integers() | st.just(MARK), lambda one: st.lists(one) | st.dictionaries(st.text(max_size=3), one)))
def test_what_is_observed_of_marked_answers_has_no_mark(value: Any) -> None:
    call = Call("oauth_servers", "Get-CsOAuthServer", {}, {"Identity": "text", "AuthToken": "typed", "*": "text"})
    failure = {"cmdlet": MARK, "message": MARK, "error_id": MARK, "category": MARK, "causes": [{"type": MARK, "code": MARK}, value]}
    row = {"Identity": MARK, "AuthToken": {"type": MARK, "text": MARK, "value": value}, MARK: value, "text": value}
    added = {"name": f"Zq{MARK}", "type": MARK, "own": False}
    declared = {"name": f"Zq{MARK}", "type": MARK, "own": True}
    shapes = [
        {"type": MARK, "count": 1, "properties": [added, declared, {"name": "Identity", "type": MARK}, value]},
        {"type": "Microsoft.Rtc.Management.Thing", "count": value, "properties": [added, {"name": MARK, "own": True}, {"name": value}]},
        value,
    ]
    told: dict[str, Any] = farm.of_answer(
        {
            "shapes": {"oauth_servers": shapes},
            "answers": {"oauth_servers": [row]},
            "unknown": {"oauth_servers": MARK},
            "warnings": [MARK],
            "failure": failure,
        },
        [call],
        None,
    )
    body = marked({"value": [{"displayName": MARK, "key": value}], "error": {"code": MARK, "message": MARK, "innerError": {}}})
    url = f"https://{MARK}.example/{MARK}/servicePrincipals(appId='{MARK}')?$filter={MARK}&{MARK}=1"
    told["request"] = tenant.of_answer("GET", url, 200, {MARK: MARK, "Date": MARK}, body)
    assert MARK not in json.dumps(told)
    assert told["request"]["path"] == ".../servicePrincipals(...)"
    assert (told["request"]["headers"], told["request"]["other_headers"], told["request"]["errors"]) == (["date"], 1, ["other"])
    assert told["failure"]["causes"][0] == {"type": "other", "code": "other"}


def test_what_a_type_of_microsofts_declares_is_told_and_what_was_added_is_counted() -> None:
    declared = [{"name": "Realm", "type": "System.Collections.Generic.List`1[[System.String, mscorlib]]", "own": True}]
    added = [{"name": "Contoso", "type": "System.String", "own": False}, {"name": "Name", "type": "System.String", "own": False}]
    call = Call("x", "Get-CsOAuthServer", {}, {"Name": "text"})
    kinds = ("Microsoft.Rtc.Management.Thing", "Contoso.Thing", "System.Xml.XmlElement")
    shapes = [{"type": kind, "count": 2, "properties": [*declared, *added]} for kind in kinds]
    told = farm.of_answer({"answers": {"x": []}, "shapes": {"x": shapes}}, [call], None)["calls"]["x"]["objects"]
    assert told == [
        {
            "type": "Microsoft.Rtc.Management.Thing",
            "count": 2,
            "properties": {"Realm": "System.Collections.Generic.List`1", "Name": "System.String"},
            "other_properties": 1,
        },
        {"type": "other", "count": 2, "properties": {"Name": "System.String"}, "other_properties": 2},
        # Elements and columns look as if their type declared them, and are named by whoever made the document.
        {"type": "System.Xml.XmlElement", "count": 2, "properties": {"Name": "System.String"}, "other_properties": 2},
    ]


def test_what_is_observed_is_what_a_reader_without_the_farm_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle([results(tmp_path, monkeypatch)])
    (deployment,) = made["deployments"]
    lead, steps = deployment["servers"][0], deployment["tenant"]["steps"]
    assert (lead["state"], lead["endpoint"], lead["management_module"], lead["powershell"]) == (
        *("read", "full", "SkypeForBusiness", "5.1.17763.1"),
    )
    assert lead["product"] == "Skype for Business Server Subscription Edition"
    assert lead["patch_levels"]
    (process,) = lead["observed"]["processes"]
    partner = process["calls"]["partner_applications"]
    assert partner["types"] == ["Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer"]
    assert partner["rows"]["entries"]["properties"]["ApplicationIdentifier"] == "1 guid"
    (objects,) = partner["objects"]
    assert (objects["type"], objects["count"]) == (
        "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.PartnerApplication#Decorated",
        1,
    )
    assert "ApplicationIdentifier" in objects["properties"]
    assert {one["path"] for one in steps["sign_in"]["observed"]["requests"]} >= {".../oauth2/v2.0/token"}
    listed = steps["service_principals"]["observed"]["requests"]
    assert {one["status"] for one in listed} == {200}
    assert "keyCredentials" in json.dumps(listed)
    assert all(one["seconds"] >= 0 for one in (lead["observed"], *listed))


def play(state: dict[str, Any], folder: Path, **variables: Any) -> tuple[dict[str, Any], Hybrid, Any]:
    hybrid = Hybrid(state, folder)
    before = hybrid.state()
    played, _alive = hybrid.play("support", {**GIVEN, "trust_report_path": str(folder), **variables}, Script())
    assert hybrid.state() == before
    assert played.failed == set()
    file = folder / "support.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return json.loads(file.read_text(encoding="ascii")), hybrid, played


def test_nothing_that_the_farm_and_the_tenant_hold_is_in_the_bundle(tmp_path: Path) -> None:
    state = states.right()
    made, hybrid, played = play(state, tmp_path, **SECRET)
    shown = json.dumps(made) + " ".join(played.fact("_trust_support")["shown"][:-3])
    assert IDENTIFYING.findall(shown) == []
    assert played.fact("_trust_support")["shown"][-1] == "Deployment 1: read as a whole; tenant read; no warnings"
    values = {value for value in texts(hybrid.state()) if len(value) > 5}
    held = {value for value in values if value.lower() in shown.lower()}
    assert held == PUBLIC


def test_it_asks_what_an_audit_asks_and_writes_nothing(tmp_path: Path) -> None:
    def asked(entry_point: str) -> list[tuple[str, str]]:
        folder = tmp_path / entry_point
        folder.mkdir()
        hybrid = Hybrid(states.right(), folder)
        played, _alive = hybrid.play(entry_point, {**GIVEN, **SECRET, "trust_report_path": str(folder)}, Script())
        assert played.failed == set()
        assert not any(entry["write"] for entry in hybrid.requests)
        return [(entry["kind"], entry["verb"]) for entry in hybrid.requests]

    assert asked("support") == asked("audit")


def test_a_tenant_that_lets_nobody_in_is_told_and_the_farm_is_there(tmp_path: Path) -> None:
    made, _hybrid, played = play(states.right(), tmp_path, trust_client_secret="wrong~Secret.0123456789")
    steps = made["deployments"][0]["tenant"]["steps"]
    assert [step["state"] for step in steps.values()] == ["failed", "not asked", "not asked"]
    refused = steps["sign_in"]["observed"]["requests"][-1]
    assert (refused["status"], refused["errors"]) == (401, ["invalid_client", "AADSTS7000215"])
    shown = played.fact("_trust_support")["shown"]
    assert "  sign_in: failed (401 invalid_client AADSTS7000215)" in shown
    assert shown[-1] == "Deployment 1: read in part; what is missing is in the bundle with the reason; tenant not read; no warnings"
    assert {one["state"] for one in made["deployments"][0]["servers"]} == {"read"}


@pytest.mark.parametrize(
    ("failing", "states_of"),
    [
        ("sign_in", ["failed", "not asked", "not asked"]),
        ("service_principals", ["read", "failed", "not asked"]),
        ("refusals", ["read", "read", "failed"]),
    ],
)
def test_a_step_that_fails_is_told_once_and_not_of_those_that_have_its_result(
    failing: str, states_of: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = results(tmp_path, monkeypatch)
    failed = {**(read.steps[failing] or {}), "failed": True}
    # A rescue gives that result to both others, with a key more than what the task registered.
    kept = {**failed, "_ansible_no_log": False}
    steps = {"sign_in": read.steps["sign_in"], "service_principals": kept, "refusals": kept, failing: failed}
    if failing == "sign_in":
        steps |= {"service_principals": kept}
    made = bundle([Observed(read.servers, 0, steps)])["deployments"][0]["tenant"]["steps"]
    assert [one["state"] for one in made.values()] == states_of
    asked = [name for name, one in made.items() if one["observed"].get("requests")]
    assert asked == [name for name in made if steps[name] not in (kept, None)]


def test_a_cmdlet_that_fails_is_told_by_its_identifiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = results(tmp_path, monkeypatch)
    failed = {
        "failed": True,
        "msg": f"{MARK} failed",
        "failure": {
            "cmdlet": "Get-CsOAuthServer",
            "message": MARK,
            "error_id": "ItemNotFound,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet",
            "category": "ObjectNotFound",
            "causes": [{"type": "System.Net.WebException", "code": "NameResolutionFailure"}],
        },
    }
    made = bundle([Observed([failed, None], 0, read.steps)])
    assert MARK not in json.dumps(made)
    assert made["deployments"][0]["servers"][0]["failure"] == {
        "cmdlet": "Get-CsOAuthServer",
        "error_id": "ItemNotFound,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet",
        "category": "ObjectNotFound",
        "causes": [{"type": "System.Net.WebException", "code": "NameResolutionFailure"}],
    }
    assert lines(made)[1:] == [
        "deployment 1: 0 of 2 servers read",
        "  server 1: failed (Get-CsOAuthServer ItemNotFound,Microsoft.Rtc.Management.Xds.GetOAuthServerCmdlet ObjectNotFound)",
        "  server 2: not asked",
    ]


def test_a_tenant_that_is_not_reached_is_told_by_the_classes_of_the_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(error: Exception) -> dict[str, Any]:
        monkeypatch.setattr(HttpSession, "adapter", staticmethod(lambda: Failing(error)))
        with observing() as seen, pytest.raises(HybridAuthError):
            HttpSession().get(f"https://{MARK}.example/")
        (request,) = seen["requests"]
        assert MARK not in json.dumps(request)
        found: dict[str, Any] = request
        return found

    def unreached(inner: OSError) -> Exception:
        made = NewConnectionError(None, f"{MARK} failed")  # type: ignore[arg-type]
        made.__cause__ = inner
        return requests.exceptions.ConnectionError(MaxRetryError(None, MARK, made))  # type: ignore[arg-type]

    refused = told(unreached(ConnectionRefusedError(errno.ECONNREFUSED, MARK)))
    assert refused["failed"] == "ConnectionRefusedError ECONNREFUSED"
    assert refused["causes"] == ["HybridAuthError", "ConnectionError", "MaxRetryError", "NewConnectionError", refused["failed"]]
    assert told(unreached(socket.gaierror(-2, MARK)))["failed"] == "gaierror"
    assert told(requests.exceptions.SSLError(ssl.SSLCertVerificationError(MARK)))["failed"] == "SSLCertVerificationError"
    assert told(requests.exceptions.ProxyError(OSError(MARK)))["causes"][1] == "ProxyError"
    assert told(requests.exceptions.ConnectTimeout(MARK))["failed"] == "ConnectTimeout"


class Failing(BaseAdapter):
    """Has no answer."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def send(self, *_args: Any, **_kwargs: Any) -> Any:
        raise self._error

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("basic: the specified credentials were rejected by the server", "credentials"),
        ("failed to authenticate with the server: zq7mark", "credentials"),
        (
            "ssl: HTTPSConnectionPool(host='zq7mark', port=5986): Max retries exceeded with url: /wsman (Caused by "
            "NewConnectionError('x: Failed to establish a new connection: [Errno 111] Connection refused'))",
            "refused",
        ),
        (
            "ssl: HTTPSConnectionPool(host='zq7mark', port=5986): Max retries exceeded with url: /wsman (Caused by "
            "NameResolutionError(\"x: Failed to resolve 'zq7mark' ([Errno -2] Name or service not known)\"))",
            "dns",
        ),
        ("ssl: (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')))", "tls"),
        ("the connection attempt timed out", "timeout"),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", "cut"),
        ("zq7mark", "other"),
    ],
)
def test_a_server_that_is_not_reached_is_told_with_its_connection_and_a_word(said: str, word: str) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise AnsibleConnectionFailure(said)

    shell, options = SimpleNamespace(tmpdir="none", _IS_WINDOWS=True), {"transport": ["ssl"]}
    windows = SimpleNamespace(_shell=shell, transport="winrm", get_option=options.get)

    def prepare(action: Any) -> None:
        action._execute_module = fail

    found = run_action("onprem_info", {"observe": True}, connection=windows, prepare=prepare, task_vars={"inventory_hostname": "fe01"})
    assert (found["unreachable"], found.get("failed"), found["msg"]) == (True, None, said)
    made = bundle([Observed([found], 0, {})])
    assert MARK not in json.dumps(made)
    (server,) = made["deployments"][0]["servers"]
    (process,) = server["observed"]["processes"]
    assert server["state"] == "unreachable"
    assert (process["failed"], process["endpoint"], process["causes"]) == (word, "full", ["AnsibleConnectionFailure"])
    assert process["connection"] == {"plugin": "winrm", "auth": ["ssl"], "become": None}
    assert process["seconds"] >= 0
    assert f"  server 1: unreachable ({word})" in lines(made)


@pytest.mark.parametrize("do", ["error:zq7mark broke", "foreign", "missing:UpToDate", "unreadable:UpToDate"])
@pytest.mark.parametrize("cmdlet", ["Get-CsPartnerApplication", "Get-CsServerVersion", "Get-CsManagementStoreReplicationStatus"])
def test_a_cmdlet_that_fails_does_not_end_the_reading_of_the_others(
    cmdlet: str, do: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = Estate(states.right(), tmp_path, monkeypatch)
    whole = estate.onprem(estate.servers[0], store=True, observe=True, gather=["all", "server_settings"])["observed"]["processes"][0][
        "calls"
    ]
    estate.faults.add({"on": f"cmdlet:{cmdlet}", "do": do})
    found = estate.tried(estate.servers[0], "onprem_info", {"store": True, "observe": True, "gather": ["all", "server_settings"]})
    (server,) = bundle([Observed([found], 0, {})])["deployments"][0]["servers"]
    (process,) = server["observed"]["processes"]
    missing = set(whole) - set(process["calls"])
    assert {whole[name]["cmdlet"] for name in missing} <= {cmdlet}
    assert {one["cmdlet"] for one in process["failures"]} == {whole[name]["cmdlet"] for name in missing}
    assert bool(missing) is (server["state"] == "failed")
    assert server["failure"] == (process["failures"][0] if missing else None)
    assert MARK not in json.dumps(server)


def test_what_is_wrong_here_is_told_by_its_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = Estate(states.right(), tmp_path, monkeypatch)
    monkeypatch.setattr(parts, "shaped", lambda *_args, **_more: {}[MARK])
    found = estate.tried(estate.servers[0], "onprem_info", {"observe": True})
    made = bundle([Observed([found], 0, {})])
    assert (found["observed"]["causes"], MARK in json.dumps(made)) == (["KeyError"], False)
    assert "  server 1: failed (KeyError)" in lines(made)


def test_what_only_looks_like_a_programs_own_word_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = results(tmp_path, monkeypatch)
    lead: dict[str, Any] = dict(read.servers[0] or {})
    lead["version"] = "Skype for Business Server 2019 (7.0.2046.0) on zq7mark at 10.1.2.3"
    components = [{"name": "x", "version": one} for one in ("10.20.30.41", "7.0.2046.889")]
    lead["server_settings"] = {**lead["server_settings"], "version": "at 10.1.2.3", "components": components}
    cause = {"type": "Microsoft.Zq7mark.Contoso.Secret", "code": "10.20.30.40"}
    lead["failure"] = {"cmdlet": "Get-CsService", "error_id": "Zqmark,Microsoft.Rtc.Zq", "category": "Contoso", "causes": [cause]}
    (server,) = bundle([Observed([lead], 0, {})])["deployments"][0]["servers"]
    assert (server["build"], server["patch_levels"]) == ("7.0.2046.0", ["7.0.2046.889"])
    assert server["failure"] == {
        "cmdlet": "Get-CsService",
        "error_id": "other",
        "category": "other",
        "causes": [{"type": "other", "code": "other"}],
    }
    lead["version"] = "a server at 10.1.2.3"
    assert bundle([Observed([lead], 0, {})])["deployments"][0]["servers"][0]["build"] == "other"
    for url in ("https://graph.microsoft.com/v1.0/domains", "https://login.microsoftonline.com/common"):
        for code, said in (("ZqPool_contoso", "other"), ("Request_BadRequest", "Request_BadRequest")):
            assert tenant.of_answer("GET", url, 400, {}, {"error": {"code": code}})["errors"] == [said]
