# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The on-premises modules one by one, against the farm, the same over every kind of endpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab, engine_path
from tests.support.play import Run, run_playbook

Start, Play = Callable[[dict[str, Any]], Lab], Callable[..., Run]
OLD = "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"
NEW = "https://accounts.accesscontrol.windows.net/contoso.onmicrosoft.com/metadata/json/1"
DEAD = "https://accounts.accesscontrol.windows.net/fabrikam.com/metadata/json/1"
FIRST = ("--limit", "fe01.contoso.com")
PSRP = ("-e", "ansible_connection=psrp")
WAYS = {"winrm": (), "psrp": PSRP, "restricted": (*PSRP, "-e", "ansible_psrp_path=OcsPowershell")}


@pytest.fixture(params=WAYS)
def play(play: Play, engine: str, request: pytest.FixtureRequest) -> Play:
    """Runs the tasks over one of the connections."""
    if request.param == "restricted" and engine != "none":
        pytest.skip("no PowerShell text runs there, with the engine or without")
    if request.param == "psrp" and engine == "none" and engine_path() and os.environ.get("EVERY_RUNNER") != "1":
        pytest.skip("over this connection the engine is enough where it is there")

    def run(lab: Lab, what: Any, *options: str) -> Run:
        return play(lab, what, *WAYS[request.param], *options)

    return run


def server(name: str = "microsoft.sts", **changed: Any) -> dict[str, Any]:
    return {"Identity": name, "Name": name, "MetadataUrl": OLD, "Realm": "contoso.com", "Type": "Acs", **changed}


def application(**changed: Any) -> dict[str, Any]:
    token = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer", "value": None}
    identity = {"Identity": "microsoft.exchange", "Name": "microsoft.exchange", "ApplicationIdentifier": "other", "AuthToken": token}
    return {**identity, "ApplicationTrustLevel": "Full", "Enabled": True, **changed}


def task(title: str, module: str, /, *, ignore_errors: bool = False, **options: Any) -> dict[str, Any]:
    return {"name": title, f"sfb.hybrid_auth.{module}": options, "ignore_errors": ignore_errors}


def writes(lab: Lab) -> list[dict[str, Any]]:
    return [entry for entry in lab.requests() if entry["kind"] == "cmdlet" and entry["write"]]


def ran(run: Run, name: str) -> list[dict[str, Any]]:
    """The results of the tasks of that name, in order."""
    return [task["result"] for task in run.record["tasks"] if task["name"] == name]


def test_objects_are_changed_as_their_cmdlets_allow(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    cms = greenfield["deployments"][0]["cms"]
    cms["oauth_servers"] = [server(), server("dead there")]
    cms["partner_applications"] = [application(), application(Identity="Exchange", Name="Exchange")]
    configuration = {"Realm": "contoso.com", "ServiceName": "x", "ExchangeAutodiscoverAllowedDomains": "*.contoso.com;Fabrikam.com"}
    cms["oauth_configuration"] = configuration
    lab = start(greenfield)
    run = play(
        lab,
        [
            task("set", "oauth_server", metadata_url=NEW),
            task("set", "oauth_server", metadata_url=NEW.upper().replace("HTTPS", "https")),
            task("dead", "oauth_server", name="dead new", metadata_url=DEAD, realm="fabrikam.com", ignore_errors=True),
            task("dead", "oauth_server", name="dead there", metadata_url=DEAD, realm="fabrikam.com", ignore_errors=True),
            task("replaced", "partner_application"),
            task("replaced", "partner_application", name="MICROSOFT.exchange"),
            task("same", "oauth_configuration", exchange_autodiscover_allowed_domains=["fabrikam.com", "*.contoso.com"]),
        ],
        *FIRST,
    )
    assert run.code == 0, run.output
    assert [result["changed"] for name in ("set", "replaced", "same") for result in ran(run, name)] == [True, False, True, False, False]
    # What is asked first and refused, such as a dead URL, leaves no trace but in the log.
    done = [entry["verb"] for entry in writes(lab) if entry["status"] == 200]
    assert done == ["Set-CsOAuthServer", "Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    assert [task["status"] for task in run.record["tasks"] if task["name"] == "dead"] == ["failed"] * 2
    assert all("The server itself downloads the metadata" in result["msg"] for result in ran(run, "dead"))
    after = lab.state()["deployments"][0]["cms"]
    (there,) = after["oauth_servers"][1:]
    assert there == server("dead there")
    assert {one["Identity"] for one in after["partner_applications"]} == {"Exchange", "microsoft.exchange"}

    run = play(
        lab,
        [
            task("absent", "partner_application", state="absent"),
            task("absent", "partner_application", state="absent"),
            task("cleared", "oauth_configuration", exchange_autodiscover_allowed_domains=[]),
        ],
        *FIRST,
    )
    assert [result["changed"] for name in ("absent", "cleared") for result in ran(run, name)] == [True, False, True], run.output
    assert lab.state()["deployments"][0]["cms"]["oauth_configuration"] == {**configuration, "ExchangeAutodiscoverAllowedDomains": ""}


def test_another_realm_replaces_and_a_failure_in_between_is_undone(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = [server()]
    lab = start(greenfield)
    lab.fault({"on": "cmdlet:New-CsOAuthServer", "nth": 2, "do": "error:the store is busy"})
    wanted = task("replace", "oauth_server", metadata_url=NEW, realm="fabrikam.com")
    run = play(lab, [wanted], *FIRST)
    assert run.code == 2
    assert "What was there before was restored" in run.output
    (restored,) = lab.state()["deployments"][0]["cms"]["oauth_servers"]
    assert (restored["MetadataUrl"], restored["Realm"]) == (OLD, "contoso.com")
    with lab.edit() as state:
        state["deployments"][0]["cms"]["oauth_servers"].append(server("lost"))
    lab.clear_faults()
    # The second creation of the second task, and that which undoes its removal.
    lab.fault({"on": "cmdlet:New-CsOAuthServer", "nth": 4, "times": 2, "do": "error:the store is busy"})
    run = play(lab, [wanted, task("lose", "oauth_server", name="lost", metadata_url=NEW, realm="fabrikam.com")], *FIRST)
    assert (run.code, [result["changed"] for result in ran(run, "replace")]) == (2, [True])
    (replaced,) = lab.state()["deployments"][0]["cms"]["oauth_servers"]
    assert (replaced["MetadataUrl"], replaced["Realm"]) == (NEW, "fabrikam.com")
    # An undo that fails is said loudly.
    assert "could NOT be restored" in run.output


@pytest.mark.either_runner
def test_what_is_not_a_windows_connection_is_said_plainly(start: Start, greenfield: dict[str, Any], tmp_path: Path) -> None:
    lab = start(greenfield)
    path = tmp_path / "tasks.yml"
    path.write_text(json.dumps([{"hosts": "front_ends", "gather_facts": False, "tasks": [task("read", "onprem_info")]}]), encoding="utf-8")
    run = run_playbook(path, lab.inventory, tmp_path / "run", "-e", "ansible_connection=local", *FIRST)
    assert run.code == 2
    assert "is not reached as a Windows server" in run.output


KEPT = {"AcceptSecurityIdentifierInformation": True, "AuthorizationUriOverride": "https://login.contoso.com/"}


def test_what_a_server_loses_that_goes_down_in_a_replacement_comes_back(
    start: Start, play: Play, greenfield: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = [server(**KEPT)]
    lab = start(greenfield)
    lab.fault({"on": "cmdlet:Remove-CsOAuthServer", "do": "kill", "after": True})
    lab.fault({"on": "cmdlet:Get-CsService", "do": "unreadable:ExternalFqdn"})
    wanted = {"metadata_url": NEW, "realm": "fabrikam.com"}
    tasks = [
        task("unreadable", "onprem_info", gather=["web_services"], ignore_errors=True),
        {**task("killed", "oauth_server", **wanted, ignore_errors=True), "ignore_unreachable": True},
        {**task("predicted", "oauth_server", **wanted), "check_mode": True},
        task("again", "oauth_server", **wanted),
        {**task("read", "onprem_info", gather=["oauth_servers"]), "register": "read"},
        task("current", "oauth_server", **wanted, type="ADFS", current="{{ read }}"),
    ]
    run = play(lab, tasks, *FIRST)
    assert run.code == 0, run.output
    (unreadable,), (killed,), (predicted,), (again,) = (ran(run, name) for name in ("unreadable", "killed", "predicted", "again"))
    assert all(part in unreadable["msg"] for part in ("Get-CsService failed", "'WebServer:pool01.contoso.com'", "ExternalFqdn"))
    assert all(part in killed["msg"] for part in ("not known whether the c", "Realm 'contoso.com'", "Run again"))
    # PowerShell remoting loses its process and with it the connection, a command shell only the command.
    assert bool(killed.get("unreachable")) == ("winrm" not in request.node.callspec.id)
    assert killed["replaced"]["realm"] == "contoso.com"
    assert (predicted["diff"], predicted["operations"]) == (again["diff"], again["operations"])
    assert "was cut short" in run.output
    (there,) = lab.state()["deployments"][0]["cms"]["oauth_servers"]
    assert {name: there[name] for name in (*KEPT, "Realm", "Type")} == {**KEPT, "Realm": "fabrikam.com", "Type": "ADFS"}
    # Reading, the one that was killed, its prediction, reading and creation, reading, and a single one for what was read.
    processes = 0 if "restricted" in request.node.callspec.id else 1 + 2 + 1 + 2 + 1 + 1
    assert lab.counts()["powershell"] == processes


def test_a_connection_that_breaks_while_it_writes_is_unreachable(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    # Once the cmdlet that writes was called, nothing gets through any more.
    lab.fault({"on": "winrm.*", "times": 999, "do": "reset", "armed_by": "cmdlet:New-CsOAuthServer"})
    run = play(lab, [task("broken", "oauth_server", metadata_url=NEW)], *FIRST)
    assert run.code == 4, run.output
    assert "not known whether the" in run.output
    assert "Run again" in run.output
    assert "nexpected" not in run.output
    assert len(lab.state()["deployments"][0]["cms"]["oauth_servers"]) == 1
