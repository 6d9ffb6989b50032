# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The on-premises modules one by one, against the farm, the same over every kind of endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import Lab, engine_path
from tests.support.play import Run

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


def server(**changed: Any) -> dict[str, Any]:
    return {"Identity": "microsoft.sts", "Name": "microsoft.sts", "MetadataUrl": OLD, "Realm": "contoso.com", "Type": "Acs", **changed}


def application(**changed: Any) -> dict[str, Any]:
    token = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer", "value": None}
    identity = {"Identity": "microsoft.exchange", "Name": "microsoft.exchange", "ApplicationIdentifier": "other", "AuthToken": token}
    return {**identity, "ApplicationTrustLevel": "Full", "Enabled": True, **changed}


def task(module: str, **options: Any) -> list[dict[str, Any]]:
    return [{"name": module, f"sfb.hybrid_auth.{module}": options}]


def cmdlets(lab: Lab) -> list[str]:
    return [entry["verb"] for entry in lab.requests() if entry["kind"] == "cmdlet" and entry["write"]]


def test_another_metadata_url_is_set_in_place(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = [server()]
    lab = start(greenfield)
    run = play(lab, task("oauth_server", metadata_url=NEW), *FIRST)
    assert run.code == 0, run.output
    assert cmdlets(lab) == ["Set-CsOAuthServer"]
    assert play(lab, task("oauth_server", metadata_url=NEW.upper().replace("HTTPS", "https")), *FIRST).total("changed") == 0


@pytest.mark.parametrize("before", [[], [server()]], ids=["new", "there"])
def test_a_dead_metadata_url_changes_nothing(start: Start, play: Play, greenfield: dict[str, Any], before: list[Any]) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = before
    lab = start(greenfield)
    run = play(lab, task("oauth_server", metadata_url=DEAD, realm="fabrikam.com"), *FIRST)
    assert run.code == 2
    assert "The server itself downloads the metadata" in run.output
    assert lab.state()["deployments"][0]["cms"]["oauth_servers"] == before


def test_another_realm_replaces_and_a_failure_in_between_is_undone(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = [server()]
    lab = start(greenfield)
    lab.fault({"on": "cmdlet:New-CsOAuthServer", "nth": 2, "do": "error:the store is busy"})
    run = play(lab, task("oauth_server", metadata_url=NEW, realm="fabrikam.com"), *FIRST)
    assert run.code == 2
    assert "What was there before was restored" in run.output
    (restored,) = lab.state()["deployments"][0]["cms"]["oauth_servers"]
    assert (restored["MetadataUrl"], restored["Realm"]) == (OLD, "contoso.com")
    assert play(lab, task("oauth_server", metadata_url=NEW, realm="fabrikam.com"), *FIRST).code == 0
    (replaced,) = lab.state()["deployments"][0]["cms"]["oauth_servers"]
    assert (replaced["MetadataUrl"], replaced["Realm"]) == (NEW, "fabrikam.com")


def test_an_undo_that_fails_is_said_loudly(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["cms"]["oauth_servers"] = [server()]
    lab = start(greenfield)
    lab.fault({"on": "cmdlet:New-CsOAuthServer", "nth": 2, "times": 2, "do": "error:the store is busy"})
    run = play(lab, task("oauth_server", metadata_url=NEW, realm="fabrikam.com"), *FIRST)
    assert run.code == 2
    assert "could NOT be restored" in run.output


def test_another_application_identifier_replaces_the_partner_application(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    greenfield["deployments"][0]["cms"]["partner_applications"] = [application(), application(Identity="Exchange", Name="Exchange")]
    lab = start(greenfield)
    assert play(lab, task("partner_application"), *FIRST).code == 0
    assert cmdlets(lab) == ["Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    assert {one["Identity"] for one in lab.state()["deployments"][0]["cms"]["partner_applications"]} == {"Exchange", "microsoft.exchange"}
    assert play(lab, task("partner_application", name="MICROSOFT.exchange"), *FIRST).total("changed") == 0
    assert play(lab, task("partner_application", state="absent"), *FIRST).total("changed") == 1
    assert play(lab, task("partner_application", state="absent"), *FIRST).total("changed") == 0


def test_only_given_settings_are_managed_and_empty_clears(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    configuration = {"Realm": "contoso.com", "ServiceName": "x", "ExchangeAutodiscoverAllowedDomains": "*.contoso.com;Fabrikam.com"}
    greenfield["deployments"][0]["cms"]["oauth_configuration"] = configuration
    lab = start(greenfield)
    same = task("oauth_configuration", exchange_autodiscover_allowed_domains=["fabrikam.com", "*.contoso.com"])
    assert play(lab, same, *FIRST).total("changed") == 0
    assert play(lab, task("oauth_configuration", exchange_autodiscover_allowed_domains=[]), *FIRST).total("changed") == 1
    assert lab.state()["deployments"][0]["cms"]["oauth_configuration"] == {**configuration, "ExchangeAutodiscoverAllowedDomains": ""}


def test_what_is_not_a_windows_connection_is_said_plainly(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    run = play(lab, task("onprem_info"), "-e", "ansible_connection=local", *FIRST)
    assert run.code == 2
    assert "is not reached as a Windows server" in run.output
