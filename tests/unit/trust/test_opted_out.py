# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""trust_exchange_credential set to false: this deployment's keys leave the Exchange Online principal, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.states import audit as states

from .shared import Hybrid


@pytest.fixture
def hybrid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hybrid:
    """East has opted out; on the Exchange Online principal are its certificate, one that it had before, and Exchange's."""
    made = Hybrid(tmp_path, monkeypatch)
    states.farm(made.farms["west"])["certificates"]["issuer"] = states.made("CN=west.contoso.com")
    made.put("east", states.farm(made.farms["east"])["certificates"]["issuer"], states.EXCHANGE)
    made.put("east", states.made("CN=former.contoso.com"), states.EXCHANGE)
    states.foreign(made.farms["east"], states.EXCHANGE)
    return made


def on_exchange(hybrid: Hybrid) -> list[str]:
    """The key ids there: of its certificate, of the one before it, of Exchange's."""
    return [key["keyId"] for key in states.principal(hybrid.farms["east"], states.EXCHANGE)["keyCredentials"]]


def withdrawal(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result.get("msg")
    (step,) = (one for one in result["steps"] if one["step"] == "withdrawal")
    found: dict[str, Any] = step
    return found


def test_configure_takes_back_what_the_deployment_put_there_as_a_step_of_its_own(hybrid: Hybrid) -> None:
    own, former, exchange = on_exchange(hybrid)
    result = hybrid.decide("trust_plan")
    step = withdrawal(result)
    assert (step["changed"], result["due"]["withdrawal"], result["acts"]) == (True, True, True)
    assert step["losses"] == step["operations"]
    assert len(step["operations"]) == 2
    assert all(one.startswith("remove key credential ") and states.EXCHANGE in one for one in step["operations"])
    after = step["diff"]["after"][states.EXCHANGE]["key_credentials"]
    assert [one["display_name"] for one in after] == ["CN=Microsoft Exchange Server Auth Certificate"]
    arguments = result["arguments"]["withdrawal"]
    assert (arguments["app_ids"], arguments["state"], arguments["key_id"]) == ([states.EXCHANGE], "absent", [own, former])
    assert exchange not in arguments["key_id"]


def test_who_has_not_opted_out_has_no_such_step(hybrid: Hybrid) -> None:
    hybrid.settings["east"] = {"exchange_credential": True}
    result = hybrid.decide("trust_plan")
    assert [one["step"] for one in result["steps"] if one["step"] == "withdrawal"] == []
    assert (result["due"]["withdrawal"], result["arguments"]["withdrawal"]) == (False, {})


def test_nothing_is_due_where_nothing_of_the_deployment_is_there(hybrid: Hybrid) -> None:
    del states.principal(hybrid.farms["east"], states.EXCHANGE)["keyCredentials"][:2]
    result = hybrid.decide("trust_plan")
    assert (result["due"]["withdrawal"], result["arguments"]["withdrawal"]) == (False, {})


def test_a_roll_takes_it_back_too_and_puts_none_there(hybrid: Hybrid) -> None:
    own, former, _exchange = on_exchange(hybrid)
    states.staged(hybrid.farms["east"], 3, in_cloud=False)
    states.principal(hybrid.farms["east"], states.EXCHANGE)["keyCredentials"][0] = states.entry(
        "again", states.farm(hybrid.farms["east"])["certificates"]["issuer"], keyId=own
    )
    result = hybrid.decide("trust_rotation")
    assert not result.get("failed"), result.get("msg")
    assert {(one["app_id"], key) for one in result["arguments"]["remove"] for key in one["key_id"]} == {
        (states.EXCHANGE, own),
        (states.EXCHANGE, former),
    }
    assert [(one["app_ids"]) for one in result["add"]] == [[states.SKYPE]]
    assert {one["reason"] for one in result["remove"]} == {
        "it is the farm's, and trust_exchange_credential is false, so it is not wanted there"
    }


def test_what_another_deployment_wants_there_stays_and_is_said(hybrid: Hybrid) -> None:
    own, former, _exchange = on_exchange(hybrid)
    west = states.farm(hybrid.farms["west"])["certificates"]
    west["issuer"] = states.farm(hybrid.farms["east"])["certificates"]["issuer"]
    # One that has opted out too wants nothing there.
    assert hybrid.decide("trust_plan")["arguments"]["withdrawal"]["key_id"] == [own, former]
    hybrid.settings["west"] = {"exchange_credential": True}
    result = hybrid.decide("trust_plan")
    assert result["arguments"]["withdrawal"]["key_id"] == [former]
    (warning,) = withdrawal(result)["warnings"]
    assert "stays on the Exchange Online service principal although trust_exchange_credential is false" in warning
    assert "deployment west signs with it now" in warning
    due = hybrid.decide("trust_rotation")
    assert [key for one in due["arguments"]["remove"] for key in one["key_id"]] == [former]
    assert [(one["told"], one["reason"], one["remedy"]) for one in due["keep"] if one["key_id"] == own] == [
        (True, "deployment west signs with it now", None)
    ]


def test_the_audit_advises_to_take_nothing_away_that_another_deployment_wants_there(hybrid: Hybrid) -> None:
    on_exchange(hybrid)
    west = states.farm(hybrid.farms["west"])["certificates"]
    west["issuer"] = states.farm(hybrid.farms["east"])["certificates"]["issuer"]
    hybrid.settings["west"] = {"exchange_credential": True}
    planned = hybrid.decide("trust_plan", obstacles="return")
    result = hybrid.decide("trust_audit", expected=planned["expected"])
    shared, former = sorted(
        (one for one in result["findings"] if one["id"] == "credential.shared_own"), key=lambda one: -len(one["actual"])
    )
    assert "deployment west signs with it now" in shared["actual"]
    assert shared["remedy"].startswith("Set trust_exchange_credential to false for that deployment too")
    assert "sp_credential" not in shared["remedy"]
    assert "which take it back" in former["remedy"]


@pytest.mark.parametrize("module", ["trust_plan", "trust_rotation"])
def test_nothing_goes_while_another_deployment_of_the_play_was_not_read(hybrid: Hybrid, module: str) -> None:
    hybrid.unread.add("west")
    result = hybrid.decide(module)
    assert not result.get("failed"), result.get("msg")
    assert (result["arguments"]["withdrawal"]["key_id"] if module == "trust_plan" else result["arguments"]["remove"]) == []


def test_the_audit_knows_them_as_the_farms_and_holds_them_against_it(hybrid: Hybrid) -> None:
    planned = hybrid.decide("trust_plan", obstacles="return")
    result = hybrid.decide("trust_audit", expected=planned["expected"])
    found = [one for one in result["findings"] if one["id"] == "credential.shared_own"]
    assert [(one["status"], one["actual"]) for one in found] == [("fail", "there, although trust_exchange_credential is false")] * 2
    assert all("trust_exchange_credential: false" in one["remedy"] for one in found)
    assert result["compliant"] is False
    assert len([one for one in result["findings"] if one["id"] == "credential.shared_foreign"]) == 1


@pytest.mark.parametrize("outside", [False, True], ids=["read", "not read"])
def test_what_another_deployment_put_there_of_the_same_certificate_goes_once_that_wants_it_no_longer(hybrid: Hybrid, outside: bool) -> None:
    entries = states.principal(hybrid.farms["east"], states.EXCHANGE)["keyCredentials"]
    del entries[:]
    hybrid.put("west", states.farm(hybrid.farms["east"])["certificates"]["issuer"], states.EXCHANGE)
    (key,) = on_exchange(hybrid)
    hybrid.outside |= {"west"} if outside else set()
    planned, due = hybrid.decide("trust_plan"), hybrid.decide("trust_rotation")
    gone = [] if outside else [key]
    assert planned["arguments"]["withdrawal"]["key_id"] == gone
    assert [one for each in due["arguments"]["remove"] for one in each["key_id"]] == gone
    assert any("by its display name it is of deployment west" in one for one in planned.get("warnings", ())) is outside


def test_the_shared_principal_is_left_whatever_id_the_partner_application_goes_by(hybrid: Hybrid) -> None:
    own, former, _exchange = on_exchange(hybrid)
    hybrid.settings["east"] = {"exchange_credential": False, "exchange_application_id": states.HYBRID, "exchange_enabled": False}
    for state in hybrid.farms.values():
        states.cms(state, "partner_applications", ApplicationIdentifier=states.HYBRID)
    result = hybrid.decide("trust_plan")
    assert not result.get("failed"), result.get("msg")
    assert result["arguments"]["withdrawal"]["app_ids"] == [states.EXCHANGE]
    assert result["arguments"]["withdrawal"]["key_id"] == [own, former]
