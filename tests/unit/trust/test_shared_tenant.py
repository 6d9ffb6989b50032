# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several deployments of one tenant: none takes away what another one signs with, is to sign with, or is called."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import outcome
from tests.lab.states import audit as states

from .shared import OTHER_TENANT, Hybrid


@pytest.fixture
def hybrid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hybrid:
    return Hybrid(tmp_path, monkeypatch)


def rolled(hybrid: Hybrid, deployment: str = "east", days: float = 8) -> str:
    """A roll of the deployment that took effect so many days ago; the tenant holds both certificates. What signed before."""
    state = hybrid.farms[deployment]
    states.staged(state, -days)
    if deployment != "east":
        states.add_key(hybrid.farms["east"], states.SKYPE, "its next", states.farm(state)["certificates"]["next"])
    return hybrid.thumbprint(deployment)


def kept(result: dict[str, Any], thumbprint: str) -> str:
    """Why the entries of a certificate stay."""
    assert not result.get("failed"), result.get("msg")
    assert thumbprint not in [one["thumbprint"] for one in result["remove"]]
    return "; ".join(one["reason"] for one in result["keep"] if one["thumbprint"] == thumbprint)


def test_a_roll_leaves_the_certificate_with_which_another_deployment_signs(hybrid: Hybrid) -> None:
    shared = rolled(hybrid)
    assert shared == hybrid.thumbprint("west")
    result = hybrid.decide("trust_rotation")
    assert kept(result, shared) == "deployment west signs with it now"
    assert result["arguments"]["remove"] == []
    summary = outcome.rotated(result, None, {})
    lines = outcome.rotated_lines(result, summary, False, datetime.now(timezone.utc))
    assert f"  {shared} stays on {states.SKYPE}: deployment west signs with it now" in lines
    # Nor does the other one put anything there, so that no day undoes what the day before did.
    assert [hybrid.decide("trust_rotation", one)["operations"] for one in ("east", "west")] == [[], []]
    named = hybrid.settings["east"] = {"rotation_remove_thumbprints": (shared,)}
    assert kept(hybrid.decide("trust_rotation"), shared) == "deployment west signs with it now"
    assert named["rotation_remove_thumbprints"] == (shared,)


def test_a_roll_leaves_the_certificate_with_which_another_deployment_is_to_sign(hybrid: Hybrid) -> None:
    states.staged(hybrid.farms["west"], 3)
    coming = states.farm(hybrid.farms["west"])["certificates"]["next"]
    thumbprint = hybrid.put("east", coming)
    assert kept(hybrid.decide("trust_rotation"), thumbprint) == "deployment west is to sign with it"


def test_what_another_deployment_signed_with_stays_until_its_overlap_is_over(hybrid: Hybrid) -> None:
    shared = rolled(hybrid)
    states.staged(hybrid.farms["west"], -3)
    assert kept(hybrid.decide("trust_rotation"), shared).startswith("deployment west signed with it before, and tokens that it signed may ")
    states.staged(hybrid.farms["west"], -8)
    assert [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]] == [shared]
    # It is west's overlap that counts, and not that of the deployment at work.
    hybrid.settings["west"] = {"rotation_overlap_days": 30}
    assert kept(hybrid.decide("trust_rotation"), shared).startswith("deployment west signed with it before, and tokens that it signed may ")


def test_a_deployment_of_another_tenant_keeps_nothing(hybrid: Hybrid) -> None:
    shared = rolled(hybrid)
    hybrid.signed_in["west"] = OTHER_TENANT
    assert [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]] == [shared]


def test_a_deployment_without_a_trust_keeps_nothing(hybrid: Hybrid) -> None:
    shared = rolled(hybrid)
    states.farm(hybrid.farms["west"])["cms"].update(oauth_servers=[], partner_applications=[])
    assert [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]] == [shared]


def test_nothing_that_a_lost_deployment_of_the_play_may_sign_with_is_removed(hybrid: Hybrid) -> None:
    shared = rolled(hybrid)
    hybrid.unread.add("west")
    result = hybrid.decide("trust_rotation")
    assert kept(result, shared).endswith("whether deployment west signs with it was not read")
    # It is told, and no line is that would take it away from west.
    assert {(one["told"], one["remedy"]) for one in result["keep"] if one["thumbprint"] == shared} == {(True, None)}
    hybrid.signed_in["west"] = OTHER_TENANT
    assert [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]] == [shared]


def test_what_another_deployment_put_there_by_its_display_name_stays_where_that_was_not_read(hybrid: Hybrid) -> None:
    rolled(hybrid)
    certificate = states.farm(hybrid.farms["east"])["certificates"]["issuer"]
    states.principal(hybrid.farms["east"], states.SKYPE)["keyCredentials"].pop(0)
    shared = hybrid.put("west", certificate)
    hybrid.outside.add("west")
    reason = kept(hybrid.decide("trust_rotation"), shared)
    assert (
        "by its display name it is of deployment west, which was not read in this run; see first that nothing there signs with it" in reason
    )
    # Where it was read and has no use for it, what east signed with before is east's to remove.
    hybrid.outside.clear()
    rolled(hybrid, "west", 20)
    assert shared in [one["thumbprint"] for one in hybrid.decide("trust_rotation")["remove"]]


@pytest.mark.parametrize("deployment", ["east", "west"])
def test_an_exact_domain_of_two_deployments_is_one_wish(hybrid: Hybrid, deployment: str) -> None:
    for one in hybrid.settings.values():
        one["names_exact_domains"] = ("contoso.com",)
    own = f"{states.SKYPE}/webwest.contoso.com"
    listed = hybrid.names()
    listed += [f"{states.SKYPE}/gone.contoso.com", own]
    result = hybrid.decide("trust_plan", deployment)
    (step,) = (one for one in result["steps"] if one["step"] == "names")
    assert [one.partition(" from ")[0] for one in step["operations"]] == [f"remove name {states.SKYPE}/gone.contoso.com"]
    arguments = result["arguments"]["names"]
    assert (arguments["state"], own in arguments["keep"]) == ("exact", deployment == "east")
    assert own in arguments["names"] or own in arguments["keep"]


@pytest.mark.parametrize("how", ["unread", "outside"])
def test_no_name_is_removed_while_the_names_of_another_deployment_are_not_known(hybrid: Hybrid, how: str) -> None:
    hybrid.settings["east"]["names_exact_domains"] = ("contoso.com",)
    hybrid.names().append(f"{states.SKYPE}/webwest.contoso.com")
    getattr(hybrid, how).add("west")
    result = hybrid.decide("trust_plan")
    (step,) = (one for one in result["steps"] if one["step"] == "names")
    assert (step["changed"], result["arguments"]["names"]["state"]) == (False, "present")
    assert "no name of contoso.com is removed, since the names of deployment west were not read" in step["warnings"][0]
    assert step["warnings"][0] in result["warnings"]


def test_a_removal_leaves_what_another_deployment_uses_and_says_so(hybrid: Hybrid) -> None:
    shared = hybrid.thumbprint("west")
    hybrid.names().append(f"{states.SKYPE}/webwest.contoso.com")
    services = states.farm(hybrid.farms["west"])["cms"]["web_services"]
    services[0]["ExternalFqdn"] = "webext.contoso.com"
    result = hybrid.decide("trust_removal")
    assert not result.get("failed"), result.get("msg")
    assert (result["thumbprints"], result["steps"]["certificate"]) == ([], False)
    assert f"{states.SKYPE}/webext.contoso.com" not in result["names"]
    assert f"{states.SKYPE}/webext2.contoso.com" in result["names"]
    left = {one["what"]: one["why"] for one in result["left"]}
    assert left[f"key credential {shared} of service principal {states.SKYPE}"] == "deployment west signs with it now"
    assert left[f"name {states.SKYPE}/webext.contoso.com of service principal {states.SKYPE}"] == "deployment west has it too"
    assert left[f"name {states.SKYPE}/webwest.contoso.com of service principal {states.SKYPE}"] == "it is of deployment west"


@pytest.mark.parametrize("how", ["unread", "outside"])
def test_a_removal_leaves_what_another_deployment_that_was_not_read_put_there(hybrid: Hybrid, how: str) -> None:
    certificate = states.farm(hybrid.farms["east"])["certificates"]["issuer"]
    states.principal(hybrid.farms["east"], states.SKYPE)["keyCredentials"] = []
    hybrid.put("west", certificate)
    getattr(hybrid, how).add("west")
    result = hybrid.decide("trust_removal")
    assert (result["thumbprints"], result["steps"]["certificate"]) == ([], False)
    assert any("was not read" in one["why"] for one in result["left"])
    assert any(one.startswith("Deployment west was not read in this run.") for one in result["warnings"])


def test_a_removal_takes_what_the_deployment_put_there_and_the_farm_has_no_longer(hybrid: Hybrid) -> None:
    hybrid.outside.add("west")
    cancelled = hybrid.put("east", states.made("CN=other.contoso.com"), days_ago=1)
    result = hybrid.decide("trust_removal")
    assert result["thumbprints"] == [hybrid.thumbprint("east"), cancelled]


def test_what_the_clients_of_another_deployment_ask_for_stays_though_it_has_no_trust(hybrid: Hybrid) -> None:
    west = states.farm(hybrid.farms["west"])["cms"]
    west.update(oauth_servers=[], partner_applications=[])
    west["web_services"][0]["ExternalFqdn"] = "webext.contoso.com"
    hybrid.names().extend(["https://webext.contoso.com/", "https://webext2.contoso.com/"])
    assert "https://webext.contoso.com/" in hybrid.decide("trust_removal")["names"]
    states.modern(hybrid.farms["west"], names=False)
    left = {one["what"]: one["why"] for one in hybrid.decide("trust_removal")["left"]}
    assert left[f"name https://webext.contoso.com/ of service principal {states.SKYPE}"] == "deployment west has it too"
    # The way back of the other deployment's neighbour leaves it, too.
    states.modern(hybrid.farms["east"], names=False)
    hybrid.settings["east"]["modern_authentication_state"] = "absent"
    planned = hybrid.decide("trust_modern_authentication")
    assert planned["arguments"]["names"]["names"] == ["https://webext2.contoso.com/"]


def test_the_second_of_two_deployments_to_be_switched_off_takes_the_name_that_both_had(hybrid: Hybrid) -> None:
    shared = "https://webext.contoso.com/"
    states.farm(hybrid.farms["west"])["cms"]["web_services"][0]["ExternalFqdn"] = "webext.contoso.com"
    for name in ("west", "east"):
        states.modern(hybrid.farms[name], names=False)
        hybrid.settings[name]["modern_authentication_state"] = "absent"
    hybrid.names().append(shared)
    # In one play both see the other switched on; whichever comes after the other is off takes it.
    for name in ("west", "east"):
        left = {one["what"]: one["why"] for one in hybrid.decide("trust_modern_authentication", name)["left"]}
        assert "has it too" in left[f"name {shared} of service principal {states.SKYPE}"]
    states.cms(hybrid.farms["west"], "oauth_configuration", ClientAuthorizationOAuthServerIdentity="")
    assert hybrid.decide("trust_modern_authentication")["arguments"]["names"]["names"] == [shared]
    hybrid.settings["west"]["name_form"] = "both"
    assert hybrid.decide("trust_modern_authentication")["arguments"]["names"]["names"] == []


def findings(result: dict[str, Any], rule: str) -> dict[str, tuple[str, str]]:
    """The status and what is there, by subject."""
    assert not result.get("failed"), result.get("msg")
    return {one["subject"]: (one["status"], one["actual"]) for one in result["findings"] if one["id"] == rule}


def audited(hybrid: Hybrid) -> dict[str, Any]:
    return hybrid.decide("trust_audit", expected=hybrid.decide("trust_plan", obstacles="return")["expected"])


def test_an_audit_calls_the_keys_and_names_of_another_deployment_by_its_name(hybrid: Hybrid) -> None:
    states.farm(hybrid.farms["west"])["certificates"]["issuer"] = states.made("CN=contoso.com", days=600)
    theirs = hybrid.put("west", states.farm(hybrid.farms["west"])["certificates"]["issuer"])
    hybrid.put("west", states.farm(hybrid.farms["west"])["certificates"]["issuer"], states.EXCHANGE)
    hybrid.names().append(f"{states.SKYPE}/webwest.contoso.com")
    result = audited(hybrid)
    owners = [found for subject, found in findings(result, "credential.unknown").items() if theirs in subject]
    assert owners == [("pass", "deployment west signs with it now")] * 2
    (shared,) = findings(result, "credential.shared_foreign").values()
    assert shared == ("warn", "another's key: deployment west signs with it now")
    assert findings(result, "credential.several_principals")[f"certificate {theirs}"][0] == "pass"
    assert findings(result, "names.stale")[f"{states.SKYPE}/webwest.contoso.com"] == ("pass", "it is of deployment west")


def test_an_audit_believes_no_display_name_and_tells_what_it_says(hybrid: Hybrid) -> None:
    theirs = hybrid.put("west", states.made("CN=contoso.com", days=500))
    former = hybrid.put("east", states.made("CN=other.contoso.com"))
    told = {
        name: found
        for subject, found in findings(audited(hybrid), "credential.unknown").items()
        for name in (theirs, former)
        if name in subject
    }
    assert told[theirs] == ("warn", "by its display name it is of deployment west, which has no use for it now")
    assert told[former] == ("warn", "no longer the farm's: by its display name, deployment east put it there")
    hybrid.outside.add("west")
    hybrid.names().append(f"{states.SKYPE}/webwest.contoso.com")
    result = audited(hybrid)
    assert any(actual.endswith("which was not read in this run") for _status, actual in findings(result, "credential.unknown").values())
    stale = findings(result, "names.stale")[f"{states.SKYPE}/webwest.contoso.com"]
    assert stale == ("warn", "no pool has it, and the names of deployment west were not read")
