# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hybrid modern authentication as plays of the role: on, off, and what else then leaves it alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab.scenarios import SKYPE, asked_for, modern
from tests.sweep.hybrid import Hybrid
from tests.sweep.operations import OPERATIONS, Operation
from tests.sweep.role import Play as Played
from tests.sweep.script import Script

from .test_prediction import told
from .test_procedure import Play, Start

SWITCH = "sfb.hybrid_auth.modern_authentication"
OFF = {"trust_modern_authentication_state": "absent"}
ON_WRITES = ["PATCH", "New-CsOAuthServer", "Set-CsOAuthConfiguration"]
OFF_WRITES = ["Set-CsOAuthConfiguration", "Remove-CsOAuthServer", "PATCH"]


def writes(requests: list[dict[str, Any]]) -> list[str]:
    return [entry["verb"] for entry in requests if entry["write"]]


@pytest.mark.best_runner
@pytest.mark.entry_point
def test_what_is_predicted_is_what_switches_it_on(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(greenfield)
    before = lab.state()
    predicted = told(play(lab, SWITCH, "--check", "--diff"))
    assert lab.state() == before
    assert writes(lab.requests()) == []
    mark = lab.mark()
    run = play(lab, SWITCH, "--diff")
    assert told(run) == predicted
    assert [entry["changed"] for entry in predicted] == [True] * 3
    assert writes(lab.requests(mark)) == ON_WRITES
    # Each server is read once, and each of the two objects on the farm costs one process more.
    assert lab.counts(mark) == {"powershell": 4, "entra": 2, "graph_reads": 5, "graph_writes": 1}
    (fact,) = run.fact("trust_modern_authentication")
    names = asked_for(lab.state()["deployments"][0])
    assert (fact["state"], fact["server"], fact["changed"], sorted(fact["names"])) == ("present", "evoSTS", True, sorted(names))
    cms = lab.state()["deployments"][0]["cms"]
    (server,) = cms["oauth_servers"]
    assert (server["Type"], server["IssuerIdentifier"], server["AcceptSecurityIdentifierInformation"]) == (
        "AzureAD",
        "sts.windows.net",
        True,
    )
    assert cms["oauth_configuration"] == {"Realm": "contoso.com", "ClientAuthorizationOAuthServerIdentity": "evoSTS"}
    after = lab.state()["tenants"][0]["service_principals"]
    assert after[1:] == before["tenants"][0]["service_principals"][1:]
    added = after[0]["servicePrincipalNames"][len(before["tenants"][0]["service_principals"][0]["servicePrincipalNames"]) :]
    assert sorted(added) == sorted(names)
    assert "; clients sent to OAuth server evoSTS; " in run.output


@pytest.mark.best_runner
def test_a_play_without_a_sign_in_takes_the_switch_back_and_fails(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    lab = start(modern(greenfield))
    run = play(lab, SWITCH, "-e", json.dumps({**OFF, "trust_client_id": "", "trust_client_secret": "", "trust_tenant": ""}))
    assert run.code != 0
    assert writes(lab.requests()) == ["Set-CsOAuthConfiguration"]
    assert lab.counts()["entra"] == 0
    assert lab.state()["deployments"][0]["cms"]["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] == ""
    assert "No sign-in" in run.output
    assert "Clients are no longer sent to the tenant;" in run.output


class Estate:
    """Plays of the role, one after the other, on the estate of an operation of the sweep."""

    def __init__(self, name: str, folder: Path) -> None:
        self.operation: Operation = next(one for one in OPERATIONS if one.name == name)
        self.folder = folder
        self.hybrid = Hybrid(self.operation.before(), folder)

    def play(self, entry_point: str, *, check_mode: bool = False, failing: bool = False, **more: Any) -> Played:
        given = {**self.operation.given(self.folder), **more}
        played, _alive = self.hybrid.play(entry_point, given, Script(), check_mode=check_mode)
        assert bool(played.failed) is failing, [one.result.get("msg") for one in played.failures]
        return played

    @property
    def cms(self) -> dict[str, Any]:
        found: dict[str, Any] = self.hybrid.state()["deployments"][0]["cms"]
        return found

    @property
    def names(self) -> list[str]:
        listed: list[str] = self.hybrid.state()["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
        return listed


def changes(played: Played) -> list[tuple[str, Any, Any]]:
    """What each task said that it changed."""
    results = [(one.task.name, one.result) for one in played.done if "diff" in one.result]
    return [(name, result["operations"], result["diff"]) for name, result in results]


@pytest.fixture
def switched_on(tmp_path: Path) -> Estate:
    return Estate("modern authentication, off", tmp_path)


def test_what_is_predicted_is_what_switches_it_off(switched_on: Estate) -> None:
    before = switched_on.hybrid.state()
    predicted = switched_on.play("modern_authentication", check_mode=True, **OFF)
    assert (switched_on.hybrid.state(), writes(switched_on.hybrid.requests)) == (before, [])
    done = switched_on.play("modern_authentication", **OFF)
    assert changes(done) == changes(predicted)
    assert writes(switched_on.hybrid.requests) == OFF_WRITES
    assert [one["Identity"] for one in switched_on.cms["oauth_servers"]] == ["microsoft.sts", "fabrikam.sts"]
    assert switched_on.cms["oauth_configuration"] == {
        **before["deployments"][0]["cms"]["oauth_configuration"],
        "ClientAuthorizationOAuthServerIdentity": "",
    }
    asked = asked_for(before["deployments"][0])
    was = before["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
    assert switched_on.names == [name for name in was if name not in asked]
    lines = done.fact("_trust_outcome")["lines"]
    assert "; clients sent to no OAuth server; " in lines[-1]


@pytest.mark.parametrize("given", [{}, OFF], ids=["on", "off"])
def test_a_run_with_nothing_to_do_reads_once_and_writes_nothing(tmp_path: Path, given: dict[str, Any]) -> None:
    estate = Estate("modern authentication, on" if given else "modern authentication, off", tmp_path)
    before = estate.hybrid.state()
    played = estate.play("modern_authentication", **{"trust_modern_authentication_state": "present", **given})
    assert estate.hybrid.state() == before
    assert played.fact("trust_modern_authentication")["changed"] is False
    asked = estate.hybrid.requests
    assert writes(asked) == []
    assert len([one for one in asked if one["kind"] == "graph"]) == 2


def of_the_page() -> tuple[list[str], list[str]]:
    """The cmdlets that the page asks an RBAC role to have: for the switch, and for the way back."""
    page = (Path(__file__).parents[2] / "docs" / "modern-authentication.md").read_text(encoding="utf-8")
    section = page.partition("## On a restricted endpoint\n")[2].partition("\n[page]")[0]
    there, way_back, back = section.partition("For the way back")
    assert way_back
    found: tuple[list[str], list[str]] = ([], [])
    for text, cmdlets in zip((there, back), found, strict=True):
        verbs: list[str] = []
        for verb, noun in re.findall(r"`([A-Z][a-z]+)-(Cs\w+)?`", text):
            verbs.append(verb)
            if noun:  # several verbs stand before one noun
                cmdlets.extend(f"{one}-{noun}" for one in verbs)
                verbs.clear()
        assert not verbs
    return found


@pytest.mark.parametrize("given", [{}, OFF], ids=["on", "off"])
def test_what_the_page_names_for_a_restricted_endpoint_is_enough_on_every_front_end(tmp_path: Path, given: dict[str, Any]) -> None:
    name = "modern authentication, off" if given else "modern authentication, on"
    operation: Operation = next(one for one in OPERATIONS if one.name == name)
    state = operation.before()
    front_ends = state["deployments"][0]["front_ends"]
    assert len(front_ends) == 2
    for front_end in front_ends:
        front_end["restricted"] = {"cmdlets": of_the_page()[bool(given)]}
    hybrid = Hybrid(state, tmp_path, restricted=True)
    variables = {**operation.given(tmp_path), "trust_modern_authentication_state": "present", **given, "trust_endpoint": "restricted"}
    played, _alive = hybrid.play("modern_authentication", variables, Script(), check_mode=False)
    assert not played.failed, [one.result.get("msg") for one in played.failures]
    switch = hybrid.state()["deployments"][0]["cms"]["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"]
    assert switch == ("" if given else "evoSTS")


def test_what_configure_names_stays_when_it_is_switched_off(switched_on: Estate) -> None:
    before = switched_on.names
    played = switched_on.play("modern_authentication", trust_name_form="both", **OFF)
    assert switched_on.names == before
    left = played.fact("trust_modern_authentication")["left"]
    asked = [f"name {name} of service principal {SKYPE}" for name in asked_for(switched_on.hybrid.state()["deployments"][0])]
    assert {one["why"] for one in left if one["what"] in asked} == {"configure adds it, since trust_name_form is both"}


def test_the_other_entry_points_leave_it_alone_while_it_is_on(switched_on: Estate) -> None:
    asked, before = asked_for(switched_on.hybrid.state()["deployments"][0]), switched_on.cms
    exact = {"trust_names_exact_domains": ["contoso.com"]}
    switched_on.play("main", **exact)
    assert set(asked) <= set(switched_on.names)
    assert switched_on.play("main", **exact).fact("trust_summary")["changed"] is False
    played = switched_on.play("remove", trust_remove_confirm="contoso", trust_remove_foreign=["evoSTS"])
    assert set(asked) <= set(switched_on.names)
    assert switched_on.cms["oauth_servers"] == [one for one in before["oauth_servers"] if one["Identity"] != "microsoft.sts"]
    why = {one["what"]: one["why"] for one in played.fact("trust_removal")["left"]}
    assert "trust_modern_authentication_state: absent takes that back" in why["OAuth server evoSTS"]
    assert f"name {asked[0]} of service principal {SKYPE}" in why
    audit = switched_on.play("audit").fact("_trust_report")
    assert audit is not None
    # After the way back a removal finds the names too, and the farm is as if nothing had been.
    switched_on.play("modern_authentication", **OFF)
    assert [name for name in switched_on.names if name in asked] == []


def test_the_trusts_own_server_stays_while_clients_are_sent_to_it(switched_on: Estate) -> None:
    state = switched_on.hybrid.estate.data["deployments"][0]["cms"]
    state["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] = "Microsoft.STS"
    played = switched_on.play("remove", trust_remove_confirm="contoso", trust_remove_foreign=["microsoft.sts"])
    assert "microsoft.sts" in [one["Identity"] for one in switched_on.cms["oauth_servers"]]
    (warning,) = [one for one in played.fact("trust_removal")["warnings"] if "microsoft.sts" in one]
    assert "clients are sent to it (ClientAuthorizationOAuthServerIdentity of the OAuth configuration)" in warning


def test_the_switch_is_taken_back_where_the_tenant_cannot_be_read(switched_on: Estate) -> None:
    before = switched_on.names
    played = switched_on.play("modern_authentication", failing=True, trust_client_secret="lab~Wrong", **OFF)
    assert writes(switched_on.hybrid.requests) == ["Set-CsOAuthConfiguration"]
    assert switched_on.cms["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] == ""
    assert switched_on.names == before
    said = played.failures[-1].result["msg"]
    assert "AADSTS7000215" in said
    assert "Clients are no longer sent to the tenant; OAuth server and names were left as they are." in said
    # Run again, the rest goes.
    switched_on.play("modern_authentication", **OFF)
    assert writes(switched_on.hybrid.requests) == OFF_WRITES[1:]


@pytest.mark.parametrize(
    ("given", "said"),
    [({"trust_client_id": "", "trust_client_secret": "", "trust_tenant": ""}, "No sign-in"), ({}, "may not write service principals")],
    ids=["without a sign-in", "with one that only reads"],
)
def test_the_farm_alone_is_enough_to_take_the_switch_back(switched_on: Estate, given: dict[str, Any], said: str) -> None:
    if not given:
        for one in switched_on.hybrid.estate.data["tenants"][0]["applications"]:
            one["roles"] = ["Application.Read.All"]
    foreseen = switched_on.play("modern_authentication", failing=True, check_mode=True, **given, **OFF)
    assert "A run would take back the switch alone" in foreseen.failures[-1].result["msg"]
    played = switched_on.play("modern_authentication", failing=True, **given, **OFF)
    assert writes(switched_on.hybrid.requests) == ["Set-CsOAuthConfiguration"]
    for one, verb in ((foreseen, "would make"), (played, "made")):
        line = one.fact("_trust_outcome")["lines"][-1]
        assert f": {verb} 1 change; " in line
        assert line.endswith("1 warning, shown above")
    assert said in played.failures[-1].result["msg"]
    assert "Clients are no longer sent to the tenant;" in played.failures[-1].result["msg"]


def test_on_is_refused_before_anything_is_written_where_something_is_anothers(tmp_path: Path) -> None:
    estate = Estate("modern authentication, on", tmp_path)
    cms = estate.hybrid.estate.data["deployments"][0]["cms"]
    cms["oauth_configuration"]["ClientAuthorizationOAuthServerIdentity"] = "fabrikam.sts"
    before = estate.hybrid.state()
    played = estate.play("modern_authentication", failing=True)
    assert (estate.hybrid.state(), writes(estate.hybrid.requests)) == (before, [])
    said = played.failures[-1].result["msg"]
    assert "ClientAuthorizationOAuthServerIdentity fabrikam.sts of the OAuth configuration" in said
    assert "Nothing was changed." in said
    assert "trust_takeover: [fabrikam.sts]" in said
    taken = estate.play("modern_authentication", trust_takeover=["fabrikam.sts"])
    lost = [loss for step in taken.fact("trust_modern_authentication")["steps"] for loss in step["losses"]]
    assert lost == ["ClientAuthorizationOAuthServerIdentity fabrikam.sts of the OAuth configuration"]
