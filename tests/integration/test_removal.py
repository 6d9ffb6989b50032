# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking the trust away: what goes, by real ansible-playbook runs; what stays and what a run that was cut off leaves, in this process."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.lab.scenarios import configured
from tests.support.play import Run
from tests.sweep.role import Play as Played

from .in_process import Estate, changes, messages
from .test_procedure import EXCHANGE, SKYPE, Play, Start, principal

REMOVE = "sfb.hybrid_auth.remove"
CONFIRMED = ("-e", "trust_remove_confirm=contoso")
SURE = {"trust_remove_confirm": "contoso", "trust_remove_service_name": True}
NAME = f"{SKYPE}/webext.contoso.com"


def removal(run: Run) -> dict[str, Any]:
    assert run.code == 0, run.output
    (fact,) = run.fact("trust_removal")
    return dict(fact)


def removed(played: Played) -> dict[str, Any]:
    assert not played.failed, messages(played)
    return dict(played.fact("trust_removal"))


def diffs(run: Run) -> list[Any]:
    return [task["result"].get("diff") for task in run.record["tasks"] if task["result"].get("changed")]


@pytest.mark.either_runner
def test_a_removal_takes_away_just_what_a_run_set_up(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    before = copy.deepcopy(greenfield)
    lab = start(configured(greenfield))
    there, mark = lab.state(), lab.mark()

    predicted = play(lab, REMOVE, "--check", "--diff")
    foreseen = removal(predicted)
    assert lab.state() == there
    assert [entry for entry in lab.requests(mark) if entry["write"]] == []

    mark = lab.mark()
    real = play(lab, REMOVE, "--diff", *CONFIRMED)
    done = removal(real)
    assert done == foreseen
    assert diffs(real) == diffs(predicted)
    assert done["changed"] is True
    assert [step["step"] for step in done["steps"] if step["changed"]] == ["partner_application", "oauth_server", "names", "certificate"]
    writes = [entry["verb"] for entry in lab.requests(mark) if entry["write"]]
    assert writes == ["Remove-CsPartnerApplication", "Remove-CsOAuthServer", "PATCH", "PATCH", "PATCH"]

    after = lab.state()
    for tenant, earlier in zip(after["tenants"], before["tenants"], strict=True):
        for one, original in zip(tenant["service_principals"], earlier["service_principals"], strict=True):
            for name in ("servicePrincipalNames", "keyCredentials"):
                assert one[name] == original[name]
    assert principal(lab, EXCHANGE)["accountEnabled"] is True
    cms = after["deployments"][0]["cms"]
    assert (cms["oauth_servers"], cms["partner_applications"]) == ([], [])
    assert cms["oauth_configuration"]["ServiceName"] == SKYPE
    assert [one["what"] for one in done["left"]] == [
        f"ServiceName of the OAuth configuration ({SKYPE})",
        "key credential 2501246E0ABE2BCE1EA049DB258B4610F71364B3 of service principal 00000002-0000-0ff1-ce00-000000000000",
        f"service principal {EXCHANGE}, enabled",
    ]

    again = play(lab, REMOVE, *CONFIRMED)
    assert (removal(again)["changed"], again.total("changed")) == (False, 0)
    assert removal(again)["left"] == done["left"]
    assert lab.state() == after


def test_a_removal_without_its_confirmation_contacts_nothing(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(configured(greenfield), tmp_path)
    assert "set trust_remove_confirm to contoso" in messages(estate.play("remove"))
    assert (estate.hybrid.requests, estate.counts["powershell"]) == ([], 0)
    assert estate.play("remove", trust_remove_confirm="fabrikam").failed
    assert (estate.hybrid.requests, estate.counts["powershell"]) == ([], 0)


def test_a_removal_that_was_cut_off_is_finished_by_the_next(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    estate = Estate(configured(greenfield), tmp_path)

    def left() -> list[int]:
        cms, names = estate.state()["deployments"][0]["cms"], principal(estate, SKYPE)["servicePrincipalNames"]
        keys = [len(principal(estate, app_id)["keyCredentials"]) for app_id in (SKYPE, EXCHANGE)]
        return [
            len(cms["partner_applications"]),
            len(cms["oauth_servers"]),
            sum(name.endswith(".contoso.com") for name in names),
            sum(keys),
        ]

    # Each run goes a step further than the one before: the second credential is what the third PATCH of a run takes away.
    for fault, still in (
        ({"on": "cmdlet:Remove-CsPartnerApplication", "do": "error:cut off"}, [1, 1, 3, 3]),
        ({"on": "cmdlet:Remove-CsOAuthServer", "do": "error:cut off"}, [0, 1, 3, 3]),
        ({"on": "graph.patch", "nth": 1, "times": 9, "do": "status:403"}, [0, 0, 3, 3]),
        ({"on": "graph.patch", "nth": 3, "times": 9, "do": "status:403"}, [0, 0, 0, 2]),
    ):
        assert estate.play("remove", faults=[fault], **SURE).failed
        assert left() == still, fault
    assert removed(estate.play("remove", **SURE))["changed"] is True
    cms = estate.state()["deployments"][0]["cms"]
    assert (cms["oauth_servers"], cms["partner_applications"], cms["oauth_configuration"]["ServiceName"]) == ([], [], "")
    assert (principal(estate, SKYPE)["keyCredentials"], len(principal(estate, EXCHANGE)["keyCredentials"])) == ([], 1)
    assert principal(estate, SKYPE)["servicePrincipalNames"] == greenfield["tenants"][0]["service_principals"][0]["servicePrincipalNames"]
    assert changes(estate.play("remove", **SURE)) == 0


def test_what_others_own_stays_unless_it_is_named(tmp_path: Path, greenfield: dict[str, Any]) -> None:
    token = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.UseOAuthServer", "value": None}
    metadata = {"type": "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.MetadataUrl", "value": "https://ex.contoso.com/json/1"}
    cms = greenfield["deployments"][0]["cms"]
    cms["oauth_servers"] = [
        {"Identity": "microsoft.sts", "Name": "microsoft.sts", "MetadataUrl": "https://sts.fabrikam.com/json/1", "Realm": "fabrikam.com"},
        {"Identity": "evoSTS", "Name": "evoSTS", "MetadataUrl": "https://login.windows.net/common/json/1", "Realm": "x"},
    ]
    cms["partner_applications"] = [
        {"Identity": name, "Name": name, "ApplicationIdentifier": app, "ApplicationTrustLevel": "Full", "AuthToken": how}
        for name, app, how in (("microsoft.exchange", "exchange.fabrikam.com", metadata), ("sharepoint", "sp", token))
    ]
    cms["oauth_configuration"] = {"ServiceName": "lync.contoso.com", "ClientAuthorizationOAuthServerIdentity": "evoSTS"}
    skype = greenfield["tenants"][0]["service_principals"][0]
    foreign = [f"{SKYPE}/webext.fabrikam.com", "https://webext.contoso.com/", f"{SKYPE}/webext.contoso.com.example"]
    skype["servicePrincipalNames"] += [*foreign, NAME.upper()]
    exchange = greenfield["tenants"][0]["service_principals"][1]
    skype["keyCredentials"] = copy.deepcopy(exchange["keyCredentials"])
    estate = Estate(copy.deepcopy(greenfield), tmp_path)
    before = estate.state()
    played = estate.play("remove", **SURE)
    done = removed(played)
    assert [step["step"] for step in done["steps"] if step["changed"]] == ["names"]
    assert set(skype["servicePrincipalNames"]) - set(principal(estate, SKYPE)["servicePrincipalNames"]) == {NAME.upper()}
    assert estate.state()["deployments"] == before["deployments"]
    assert principal(estate, SKYPE)["keyCredentials"] == skype["keyCredentials"]
    why = {one["what"]: one["why"] for one in done["left"]}
    assert "exchange.fabrikam.com" in why["partner application microsoft.exchange"]
    assert "sts.fabrikam.com" in why["OAuth server microsoft.sts"]
    assert "modern authentication" in why[f"name https://webext.contoso.com/ of service principal {SKYPE}"]
    for what in ("partner application sharepoint", "OAuth server evoSTS", f"name {foreign[0]} of service principal {SKYPE}"):
        assert what in why
    assert len(done["warnings"]) == 2
    assert " ".join([*done["warnings"], *played.fact("_trust_outcome")["lines"]]).count("Kept: ") >= 2
    named = estate.play("remove", trust_remove_confirm="contoso", trust_remove_foreign=["Microsoft.STS", "microsoft.exchange"])
    assert [step["step"] for step in removed(named)["steps"] if step["changed"]] == ["partner_application", "oauth_server"]
    after = estate.state()["deployments"][0]["cms"]
    assert [one["Identity"] for one in (*after["oauth_servers"], *after["partner_applications"])] == ["evoSTS", "sharepoint"]


@pytest.mark.either_runner
@pytest.mark.entry_point
def test_a_farm_whose_certificate_is_over_can_be_taken_down(start: Start, play: Play, greenfield: dict[str, Any]) -> None:
    state = configured(greenfield)
    for front_end in state["deployments"][0]["front_ends"]:
        front_end["store"] = []
    lab = start(state)
    done = removal(play(lab, REMOVE, *CONFIRMED, "--limit", "fe01.contoso.com"))
    assert any("not in this run" in text and "fe02.contoso.com" in text for text in done["warnings"])
    assert "certificate" in [step["step"] for step in done["steps"] if step["changed"]]
    assert (principal(lab, SKYPE)["keyCredentials"], len(principal(lab, EXCHANGE)["keyCredentials"])) == ([], 1)
