# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States of a farm in which tokens are refused or will be: no decision is green in them, and what signs reaches the tenant all the same."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from tests.lab.farm import certificates
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import run_action

LEAD, OTHER = "fe01.contoso.com", "fe02.contoso.com"
BOTH = ["trust_plan", "trust_rotation"]
Decide = Callable[..., dict[str, Any]]


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """The result of a decision that may fail, over a state as the info modules read it.

    given: options of the task. unread: a server that was not reached. alter: changes what each server told. Others: settings.
    """

    def made(
        module: str,
        state: dict[str, Any],
        given: dict[str, Any] | None = None,
        unread: str | None = None,
        alter: Callable[[dict[str, Any]], object] = lambda _reading: None,
        **settings: Any,
    ) -> dict[str, Any]:
        estate = Estate(state, tmp_path, monkeypatch)
        servers, cloud = estate.everything()
        read: dict[str, Any] = {str(one["server"]["name"]): one for one in servers}
        for reading in servers:
            alter(reading)
        if unread:
            read[unread] = {"unreachable": True, "msg": "timed out"}
        options = {
            "settings": Settings(**{"exchange_credential": False, **settings}).as_facts(),
            "members": {"lead": LEAD, "members": list(read)},
            "token": {"tenant_id": states.TENANT, "cloud": "global", "credential": estate.signed_in()["credential"]},
            "cloud" if module == "trust_rotation" else "principals": cloud,
            "obstacles": "fail",
            **(given or {}),
        }
        return run_action(module, options, task_vars={"hostvars": {name: {"_trust_read": one} for name, one in read.items()}})

    return made


def thumbprint(state: dict[str, Any], name: str) -> str:
    return certificates.thumbprint(certificates.load(states.farm(state)["certificates"][name]))


@pytest.mark.parametrize("module", BOTH)
def test_a_certificate_that_expired_while_a_roll_is_pending_fails_the_run(decide: Decide, module: str) -> None:
    state = states.right()
    states.staged(state, 2, current={"days": -1})
    result = decide(module, state)
    assert result["failed"]
    assert f"{LEAD}: the OAuthTokenIssuer certificate {thumbprint(state, 'issuer')} expired on " in result["msg"]
    assert "and this server cannot sign since then" in result["msg"]
    assert f"{OTHER}: the OAuthTokenIssuer certificate" in result["msg"]


@pytest.mark.parametrize("module", BOTH)
def test_a_server_that_lost_its_key_while_a_roll_is_pending_fails_the_run(decide: Decide, module: str) -> None:
    state = states.right()
    states.staged(state, 2)
    states.farm(state)["front_ends"][1]["store"].remove("issuer")
    result = decide(module, state)
    assert result["failed"]
    own = thumbprint(state, "issuer")
    assert (
        f"{OTHER}: the OAuthTokenIssuer certificate {own} is not in the computer store, and this server cannot sign now." in result["msg"]
    )
    assert f"{LEAD}: " not in result["msg"]


def next_in_place_of(state: dict[str, Any], effective: float, **spec: Any) -> None:
    """A pending roll that takes effect in so many days, to a certificate of that kind which the tenant lacks."""
    states.staged(state, effective, in_cloud=False)
    states.farm(state)["certificates"]["next"] = states.made("CN=contoso.com", **spec)


@pytest.mark.parametrize("module", BOTH)
def test_a_staged_certificate_that_is_not_valid_yet_is_uploaded_at_once(decide: Decide, module: str) -> None:
    state = states.right()
    next_in_place_of(state, 3, days=900, not_before=states.at(2))
    result = decide(module, state)
    assert not result.get("failed"), result.get("msg")
    step = "certificate" if module == "trust_plan" else "add"
    due = result["due"]["certificate"] if module == "trust_plan" else result["steps"]["add"]
    assert due
    assert list(result["arguments"][step]["valid_at"]) == [thumbprint(state, "next")]


@pytest.mark.parametrize("module", BOTH)
def test_a_staged_certificate_is_judged_for_the_day_on_which_it_signs(decide: Decide, module: str) -> None:
    state = states.right()
    next_in_place_of(state, 3, days=900, not_before=states.at(5))
    result = decide(module, state, {"obstacles": "return"})
    told = [one["message"] for one in result["obstacles"]]
    assert len(told) == 2
    assert f"the staged OAuthTokenIssuer certificate {thumbprint(state, 'next')} is not valid before " in told[0]
    assert f"although it is to sign from {states.farm(state)['cms']['token_issuer']['effective_date']}" in told[0]


def removed(state: dict[str, Any], *, server: bool = True) -> None:
    """What sfb.hybrid_auth.remove leaves. server: whether the OAuth server goes too, which others may need."""
    cms = states.farm(state)["cms"]
    cms["partner_applications"] = []
    if server:
        cms["oauth_servers"] = []
    states.principal(state, states.SKYPE)["keyCredentials"] = []


@pytest.mark.parametrize("server", [True, False], ids=["all of it", "all but the OAuth server"])
def test_a_roll_puts_nothing_back_after_a_removal(decide: Decide, server: bool) -> None:
    state = states.right()
    removed(state, server=server)
    result = decide("trust_rotation", state)
    assert result["failed"]
    assert "there is no trust to roll the certificate of: the farm has no partner application microsoft.exchange" in result["msg"]
    assert ("and no OAuth server microsoft.sts" in result["msg"]) is server
    assert "run sfb.hybrid_auth.configure" in result["msg"]
    assert "steps" not in result


def test_a_roll_goes_on_where_only_the_partner_application_was_lost(decide: Decide) -> None:
    state = states.right()
    states.farm(state)["cms"]["partner_applications"] = []
    assert not decide("trust_rotation", state).get("failed")


@pytest.mark.parametrize("module", BOTH)
def test_a_disabled_principal_of_skype_for_business_fails_the_run(decide: Decide, module: str) -> None:
    state = states.right()
    states.principal(state, states.SKYPE)["accountEnabled"] = False
    result = decide(module, state)
    assert result["failed"]
    assert f"Service principal {states.SKYPE} is disabled, so the tenant refuses every token of the farm." in result["msg"]
    assert "sp_account" in result["msg"]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_disabled_principal_of_exchange_online_fails_a_roll_once_it_did_what_is_due(decide: Decide, enabled: bool) -> None:
    state = states.right()
    states.staged(state, 2)
    states.principal(state, states.EXCHANGE)["accountEnabled"] = False
    result = decide("trust_rotation", state, exchange_enabled=enabled)
    told = f"Service principal {states.EXCHANGE} is disabled, so the tenant refuses every token for Exchange Online. Run"
    assert (told in result["failure"]) is enabled
    meant = decide("trust_rotation", state, exchange_enabled=False)
    assert {name: result[name] for name in ("add", "remove", "steps")} == {name: meant[name] for name in ("add", "remove", "steps")}


def ends_in(state: dict[str, Any], days: float, name: str = "issuer") -> None:
    """The tenant's entry of a certificate ends in so many days, before the certificate does."""
    wanted = thumbprint(state, name)
    (key,) = (one for one in states.principal(state, states.SKYPE)["keyCredentials"] if one["customKeyIdentifier"] == wanted)
    key["endDateTime"] = states.at(days)


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize(("days", "settings", "renewed"), [(59, {}, True), (61, {}, False), (61, {"rotation_warn_days": 62}, True)])
def test_an_entry_that_ends_before_its_certificate_is_renewed_in_time(
    decide: Decide, module: str, days: float, settings: dict[str, Any], renewed: bool
) -> None:
    state = states.right()
    ends_in(state, days)
    result = decide(module, state, **settings)
    assert not result.get("failed"), result.get("msg")
    operations = [one for step in result["steps"] for one in step["operations"]] if module == "trust_plan" else result["operations"]
    assert len(operations) == renewed
    assert all("its entry there ends on " in one for one in operations)
    step = "certificate" if module == "trust_plan" else "add"
    assert list(result["arguments"][step]["valid_at"]) == ([thumbprint(state, "issuer")] if renewed else [])


def test_a_certificate_about_to_end_fails_a_roll_at_its_end_and_an_audit_by_the_same_number(decide: Decide) -> None:
    state = states.right()
    states.issuer(state, days=9)
    assert decide("trust_rotation", state)["failure"] == ""
    result = decide("trust_rotation", state, fail_days=10)
    assert not result.get("failed"), result.get("msg")
    assert f"The certificate {thumbprint(state, 'issuer')} that signs ends on " in result["failure"]
    assert decide("trust_plan", state, fail_days=10)["expected"]["fail_days"] == 10


def test_a_run_that_stages_the_successor_does_not_say_that_none_is_staged(decide: Decide) -> None:
    state = states.right()
    states.issuer(state, days=20)
    told, made = "no other one is staged", {"certificate": {"thumbprint": "B" * 40, "not_after": states.at(700), "content": "MII"}}
    assert told in str(decide("trust_rotation", state)["warnings"])
    due = decide("trust_rotation", state, rotation_create="self_signed")
    assert (due["steps"]["store"], told in str(due.get("warnings"))) == (True, False)
    staging = decide("trust_rotation", state, {"prepared": made}, rotation_create="self_signed")
    assert (staging["steps"]["stage"], told in str(staging.get("warnings"))) == (True, False)
    assert staging["successor_due"] is True
    held = decide("trust_rotation", state, {"prepared": made}, alter=restricted, rotation_create="self_signed")
    assert (held["steps"]["stage"], told in str(held["warnings"])) == (False, True)


def test_what_signs_reaches_the_tenant_whatever_else_is_wrong_and_then_the_run_fails(decide: Decide) -> None:
    state = states.right()
    states.staged(state, 2, in_cloud=False, servers=1)
    states.add_key(state, states.SKYPE, "expired", states.made("CN=contoso.com", days=-2))
    for service in states.farm(state)["cms"]["web_services"]:
        service["ExternalFqdn"] = None
    result = decide("trust_rotation", state, rotation_create="self_signed", rotation_warn_days=3650)
    assert not result.get("failed"), result.get("msg")
    following = thumbprint(state, "next")
    assert [one["thumbprint"] for one in result["add"]] == [following]
    assert [name for name, due in result["steps"].items() if due] == ["add", "preflight"]
    assert result["arguments"]["remove"] == []
    assert f"{OTHER}: the staged OAuthTokenIssuer certificate {following} is not in the computer store" in result["failure"]
    assert "nothing is removed" in result["failure"]
    # Once it is there, the run fails at once.
    states.add_key(state, states.SKYPE, "next", states.farm(state)["certificates"]["next"])
    again = decide("trust_rotation", state)
    assert again["failed"]
    assert "Nothing was changed." in again["msg"]


def test_a_replica_that_is_behind_keeps_nothing_from_the_tenant(decide: Decide) -> None:
    state = states.right()
    states.staged(state, 2, in_cloud=False)
    states.farm(state)["front_ends"][1]["token_issuer"] = {"certificate": "issuer"}
    result = decide("trust_rotation", state)
    assert [one["thumbprint"] for one in result["add"]] == [thumbprint(state, "next")]
    assert f"was not found in the same form on {OTHER}" in result["failure"]


def test_a_lead_that_was_not_read_keeps_nothing_of_the_others_from_the_tenant(decide: Decide) -> None:
    state = states.right()
    states.staged(state, 5)
    held = states.principal(state, states.SKYPE)["keyCredentials"]
    del held[1:]
    result = decide("trust_rotation", state, unread=LEAD)
    assert [one["thumbprint"] for one in result["add"]] == [thumbprint(state, "next")]
    assert f"{LEAD} could not be reached" in result["failure"]


def test_without_the_lead_a_tenant_that_holds_nothing_of_the_farms_is_given_nothing(decide: Decide) -> None:
    state = states.right()
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    result = decide("trust_rotation", state, unread=LEAD)
    assert result["failed"]
    assert f"{LEAD} could not be reached" in result["msg"]


def rolled(state: dict[str, Any], days: float) -> None:
    """A roll that took effect so many days ago, to a certificate that the tenant has beside the one before it."""
    states.staged(state, -days)


def test_a_previous_certificate_goes_after_the_overlap(decide: Decide) -> None:
    state = states.right()
    rolled(state, 8)
    result = decide("trust_rotation", state)
    assert [one["thumbprint"] for one in result["remove"]] == [thumbprint(state, "issuer")]


@pytest.mark.parametrize("servers", [[0], [1], [0, 1]])
def test_nothing_is_removed_while_a_clock_differs(decide: Decide, servers: list[int]) -> None:
    state = states.right()
    states.staged(state, 2)
    for index in servers:
        states.farm(state)["front_ends"][index]["clock_offset"] = 10 * 86400
    result = decide("trust_rotation", state, {"obstacles": "return"})
    assert [one["subject"] for one in result["obstacles"]][: len(servers)] == [(LEAD, OTHER)[index] for index in servers]
    failed = decide("trust_rotation", state, rotation_remove_previous=True)
    assert failed["failed"]
    assert "864000 seconds ahead of the controller's" in failed["msg"]


@pytest.mark.parametrize("module", BOTH)
def test_a_clock_that_is_wrong_fails_the_run_since_the_tenant_refuses_tokens_of_another_time(decide: Decide, module: str) -> None:
    state = states.right()
    states.farm(state)["front_ends"][1]["clock_offset"] = -20 * 60
    failed = decide(module, state)
    assert failed["failed"]
    behind = re.search(f"{OTHER}: its clock is ([0-9]+) seconds behind the controller's[.]", failed["msg"])
    # A busy machine takes its time between the two clocks.
    assert behind and 1199 <= int(behind[1]) < 1500


def test_nothing_is_removed_while_a_server_says_that_another_certificate_signs(decide: Decide) -> None:
    state = states.right()
    rolled(state, 8)
    states.principal(state, states.SKYPE)["keyCredentials"] = states.principal(state, states.SKYPE)["keyCredentials"][:1]
    states.farm(state)["front_ends"][1]["token_issuer"] = {"certificate": "issuer"}
    result = decide("trust_rotation", state)
    assert ([one["thumbprint"] for one in result["add"]], result["remove"]) == ([thumbprint(state, "next")], [])
    assert "the servers do not sign with one certificate" in result["failure"]


def restricted(reading: dict[str, Any]) -> None:
    """What a restricted endpoint does not tell: the server itself, its store."""
    reading.update(endpoint="restricted", server=dict.fromkeys(reading["server"]))
    for row in reading["signing"].values():
        if row:
            row.update(found=None, has_private_key=None)


def test_the_tenants_half_of_a_roll_is_done_through_a_restricted_endpoint_and_said(decide: Decide) -> None:
    state = states.right()
    states.staged(state, 2, in_cloud=False)
    result = decide("trust_rotation", state, alter=restricted, rotation_create="self_signed")
    assert not result.get("failed"), result.get("msg")
    assert (result["failure"], [one["thumbprint"] for one in result["add"]]) == ("", [thumbprint(state, "next")])
    assert any("by the controller's clock" in one for one in result["warnings"])
    state = states.right()
    rolled(state, 8)
    result = decide("trust_rotation", state, alter=restricted, rotation_create="self_signed", rotation_warn_days=3650)
    assert [one["thumbprint"] for one in result["remove"]] == [thumbprint(state, "issuer")]
    assert not any(result["steps"].values())


def pfx(folder: Path, **spec: Any) -> dict[str, Any]:
    """The settings for a PFX file with a certificate of that kind, without a password."""
    path = folder / "next.pfx"
    path.write_bytes(base64.b64decode(states.made("CN=contoso.com", **spec)["pfx"]))
    return {"rotation_create": "pfx", "rotation_pfx_path": str(path)}


def test_another_file_while_a_roll_is_pending_is_refused_before_the_first_write(decide: Decide, tmp_path: Path) -> None:
    state = states.right()
    states.staged(state, 2)
    result = decide("trust_rotation", state, **pfx(tmp_path, days=1200))
    assert result["failed"]
    assert f"but a roll to {thumbprint(state, 'next')} is pending" in result["msg"]
    assert not decide("trust_rotation", state, **pfx(tmp_path, days=900)).get("failed")


@pytest.mark.parametrize("create", ["pfx", "self_signed"])
def test_an_effective_date_of_the_past_is_refused_before_the_first_write(decide: Decide, tmp_path: Path, create: str) -> None:
    state = states.right()
    made = {**pfx(tmp_path, days=900), "rotation_create": create, "rotation_warn_days": 3650, "rotation_effective_date": states.at(-1)}
    result = decide("trust_rotation", state, **made)
    assert result["failed"]
    assert "trust_rotation_effective_date: " in result["msg"]
    # One that is left in the inventory after its roll is none of a run's business.
    states.staged(state, 2)
    assert not decide("trust_rotation", state, **made).get("failed")


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "expired"])
def test_a_file_that_was_left_there_keeps_nothing_from_the_tenant(decide: Decide, tmp_path: Path, gone: bool) -> None:
    state = states.right()
    states.staged(state, 2, in_cloud=False)
    left = pfx(tmp_path, days=-3)
    if gone:
        (tmp_path / "next.pfx").unlink()
    result = decide("trust_rotation", state, **left)
    assert [one["thumbprint"] for one in result["add"]] == [thumbprint(state, "next")]
    assert ("trust_rotation_pfx_path: " in result["failure"]) is gone
    assert ("expired on " in result["failure"]) is not gone
    assert not result["steps"]["store"]


def test_the_file_of_an_earlier_roll_is_not_brought_in_again_even_when_it_has_expired(decide: Decide, tmp_path: Path) -> None:
    state = states.right()
    left = pfx(tmp_path, days=-3)
    states.farm(state)["certificates"]["left"] = {"pfx": base64.b64encode((tmp_path / "next.pfx").read_bytes()).decode()}
    states.farm(state)["cms"]["token_issuer"] |= {"previous": "left", "effective_date": states.at(-90)}
    result = decide("trust_rotation", state, **left)
    assert not result.get("failed"), result.get("msg")
    assert (result["failure"], result["steps"]["store"], result["steps"]["stage"]) == ("", False, False)
    follows = decide("trust_rotation", state, **pfx(tmp_path, days=3000))
    assert (follows["failure"], follows["steps"]["store"]) == ("", True)


@pytest.mark.parametrize("password", ["x", "20", "M", "A"])
def test_a_password_changes_nothing_that_a_task_uses(decide: Decide, password: str) -> None:
    state, now = states.right(), states.at(0)
    states.staged(state, 2, in_cloud=False)

    def still(reading: dict[str, Any]) -> None:
        """Both decisions are made at the same time."""
        reading["server"]["time"] = reading["controller_time"] = now

    plain, given = (
        decide("trust_rotation", state, {"pfx_password": one}, alter=still, rotation_create="self_signed") for one in (None, password)
    )
    assert (given["arguments"], given["add"], given["upcoming"]) == (plain["arguments"], plain["add"], plain["upcoming"])


def without_names(state: dict[str, Any]) -> None:
    for service in states.farm(state)["cms"]["web_services"]:
        service["ExternalFqdn"] = None


def without_key_on_one(state: dict[str, Any]) -> None:
    states.farm(state)["front_ends"][1]["store"] = ["issuer"]


def behind(state: dict[str, Any]) -> None:
    states.farm(state)["front_ends"][1]["token_issuer"] = {"certificate": "issuer"}


def anothers_application(state: dict[str, Any]) -> None:
    states.cms(state, "partner_applications", ApplicationIdentifier=states.OTHER_TENANT)


def disabled(state: dict[str, Any]) -> None:
    states.principal(state, states.SKYPE)["accountEnabled"] = False


STANDS_IN_THE_WAY = [
    (without_names, "no pool has an external Web services FQDN."),
    (without_key_on_one, f"{OTHER}: the OAuthTokenIssuer certificate"),
    (behind, f"was not found in the same form on {OTHER}"),
    (anothers_application, "A run would lose what looks like another's"),
    (disabled, f"Service principal {states.SKYPE} is disabled"),
]


@pytest.mark.parametrize(("change", "told"), STANDS_IN_THE_WAY, ids=lambda one: getattr(one, "__name__", ""))
def test_configure_gives_the_tenant_what_signs_where_there_is_a_trust_and_then_fails(
    decide: Decide, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    state = states.right()
    states.staged(state, -1, in_cloud=False)
    states.add_key(state, states.SKYPE, "expired", states.made("CN=contoso.com", days=-2))
    states.cms(state, "oauth_configuration", ServiceName=None)
    change(state)
    result = decide("trust_plan", state, remove_expired=True)
    assert not result.get("failed"), result.get("msg")
    following = thumbprint(state, "next")
    assert [name for name, due in result["due"].items() if due] == ["certificate"]
    (step,) = result["steps"]
    assert [following in one for one in step["operations"]] == [True]
    assert step["losses"] == []
    assert not result["arguments"]["certificate"]["remove_expired"]
    assert told in result["failure"]
    assert "nothing else is done, and nothing is removed" in result["failure"]
    # An audit tells all that a run without obstacles would change.
    assert len(decide("trust_plan", state, {"obstacles": "return"}, remove_expired=True)["steps"]) > 1
    states.add_key(state, states.SKYPE, "next", states.farm(state)["certificates"]["next"])
    if change is behind:
        return
    again = decide("trust_plan", state)
    assert again["failed"]
    assert told in again["msg"]
    assert "Nothing was changed." in again["msg"]


@pytest.mark.parametrize(("change", "told"), STANDS_IN_THE_WAY, ids=lambda one: getattr(one, "__name__", ""))
def test_a_first_setup_on_a_wrong_input_writes_nothing(decide: Decide, change: Callable[[dict[str, Any]], None], told: str) -> None:
    state = states.right()
    states.staged(state, -1, in_cloud=False)
    change(state)
    removed(state, server=True)
    if change is anothers_application:
        states.farm(state)["cms"]["partner_applications"] = [states.application("microsoft.exchange", states.OTHER_TENANT)]
    result = decide("trust_plan", state)
    assert result["failed"]
    assert told in result["msg"]
    assert "Nothing was changed." in result["msg"]


def test_the_farms_oauth_server_alone_tells_that_there_is_a_trust_and_anothers_does_not(decide: Decide) -> None:
    state = states.right()
    removed(state, server=False)
    without_names(state)
    assert decide("trust_plan", state)["due"]["certificate"]
    (server,) = states.farm(state)["cms"]["oauth_servers"]
    server.update(Realm=states.OTHER_TENANT, MetadataUrl=server["MetadataUrl"].replace(states.TENANT, states.OTHER_TENANT))
    assert decide("trust_plan", state)["failed"]


def test_configure_gives_the_tenant_what_signs_on_the_others_where_the_lead_was_not_read(decide: Decide) -> None:
    state = states.right()
    states.staged(state, -1, in_cloud=False)
    result = decide("trust_plan", state, unread=LEAD)
    assert not result.get("failed"), result.get("msg")
    assert [thumbprint(state, "next") in one for one in result["steps"][0]["operations"]] == [True]
    assert f"{LEAD} could not be reached" in result["failure"]
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    assert decide("trust_plan", state, unread=LEAD)["failed"]


@pytest.mark.parametrize("module", BOTH)
def test_a_weak_staged_certificate_keeps_the_one_that_signs_from_nothing(decide: Decide, module: str) -> None:
    state = states.right()
    next_in_place_of(state, 3, days=900, key_size=1024)
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    result = decide(module, state)
    assert not result.get("failed"), result.get("msg")
    step = "certificate" if module == "trust_plan" else "add"
    assert len(result["arguments"][step]["certificates"]) == 1
    assert f"the staged OAuthTokenIssuer certificate {thumbprint(state, 'next')} has a key of RSA 1024 bits" in result["failure"]


@pytest.mark.parametrize(("days", "settings", "warned", "failed"), [(61, {}, False, False), (59, {}, True, False), (6, {}, True, True)])
def test_a_secret_about_to_end_warns_and_fails_a_roll_by_the_numbers_of_the_certificate(
    decide: Decide, days: int, settings: dict[str, Any], warned: bool, failed: bool
) -> None:
    state = states.right()
    states.secret_ends(state, days)
    result = decide("trust_rotation", state, **settings)
    assert not result.get("failed"), result.get("msg")
    told = f"What signs in to the tenant, the client secret of application {states.CLIENT} in tenant {states.TENANT}, ends on "
    assert any(told in one for one in result.get("warnings") or ()) is warned
    assert (told in result["failure"]) is failed
    assert bool(result["failure"]) is failed
    other = {"fail_days": days + 1, "rotation_warn_days": days + 1}
    assert told in decide("trust_rotation", state, **other)["failure"]


def test_an_end_that_cannot_be_read_stops_nothing(decide: Decide) -> None:
    state = states.right()
    state["tenants"][0]["applications"][0]["graph"]["passwordCredentials"] = []
    result = decide("trust_rotation", state)
    assert (result.get("failed"), result["failure"], result.get("warnings")) == (None, "", None)


def test_a_roll_ends_with_a_table_of_the_farms_certificates(decide: Decide) -> None:
    state = states.right()
    states.staged(state, 3, in_cloud=False)
    own, following = thumbprint(state, "issuer"), thumbprint(state, "next")
    planned = decide("trust_rotation", state)
    begin = states.farm(state)["cms"]["token_issuer"]["effective_date"]
    rows = {one["thumbprint"]: one for one in planned["certificates"]}
    assert list(rows) == [own, following]
    assert (rows[own]["role"], rows[own]["action"], rows[own]["app_ids"]) == ("signs now", "remove", [states.SKYPE])
    assert (rows[following]["role"], rows[following]["action"], rows[following]["date"]) == ("signs next", "switch", begin)
    assert (rows[following]["since"], rows[following]["app_ids"]) == (begin, [states.SKYPE])  # as the run leaves it
    lines = run_action("trust_outcome", {"run": "rotate", "plan": planned})["lines"]
    head, first, second = lines[-4:-1]
    assert head.split() == ["certificate", "on", "the", "farm", "in", "the", "tenant", "since", "until", "next"]
    assert first.startswith(f"{own}  signs now ")
    assert first.endswith(": it is removed")
    assert second.startswith(f"{following}  signs next   on 1 principal  {begin[:10]}")
    assert second.endswith(f"{begin[:10]}: it signs")


def test_in_check_mode_the_table_has_the_certificate_that_is_yet_to_be_made(
    decide: Decide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = states.right()
    create = {"rotation_create": "self_signed", "rotation_warn_days": 900}
    planned = decide("trust_rotation", state, **create)
    estate = Estate(state, tmp_path, monkeypatch)
    made = estate.on_server(LEAD, "onprem_certificate", planned["arguments"]["store"], check_mode=True)
    after = decide("trust_rotation", state, {"prepared": made}, **create)
    assert (after["steps"]["stage"], after["steps"]["later"], after["unmade"] != []) == (True, True, True)
    arguments = {**after["arguments"]["stage"], "prepared": made, "cloud": estate.everything()[1]}
    staged = estate.on_server(LEAD, "onprem_certificate", arguments, check_mode=True)
    later = decide("trust_rotation", state, {"staged": staged}, **create)
    own, new = thumbprint(state, "issuer"), "the new certificate"
    begin = staged["signing"]["next"]["effective_date"]
    rows = [(one["thumbprint"], one["role"], one["app_ids"], one["action"]) for one in later["certificates"]]
    assert rows == [(own, "signs now", [states.SKYPE], "remove"), (new, "signs next", [states.SKYPE], "switch")]
    assert (later["certificates"][1]["date"], later["certificates"][1]["until"]) == (begin, staged["signing"]["next"]["not_after"])
    (switch,) = (one for one in later["upcoming"] if one["action"] == "switch")
    assert (switch["text"], switch["by"]) == (f"from {begin} on {new} signs instead of {own}", "the farm")
    lines = run_action("trust_outcome", {"run": "rotate", "plan": after, "later": later}, check_mode=True)["lines"]
    assert any(line.startswith(f"{new} ") and " signs next " in line for line in lines)


def test_the_table_says_what_is_not_in_the_tenant_and_what_signed_before(decide: Decide) -> None:
    state = states.right()
    rolled(state, 1)
    del states.principal(state, states.SKYPE)["keyCredentials"][0]
    lines = run_action("trust_outcome", {"run": "rotate", "plan": decide("trust_rotation", state)})["lines"]
    assert lines[-2].split()[:6] == [thumbprint(state, "issuer"), "signed", "before", "not", "there", "-"]
    assert lines[-3].endswith(": its successor is due")


def test_what_an_obstacle_keeps_in_the_tenant_is_there_in_the_table(decide: Decide) -> None:
    state = states.right()
    rolled(state, 8)
    states.farm(state)["front_ends"][1]["clock_offset"] = 3600
    states.principal(state, states.SKYPE)["keyCredentials"] = states.principal(state, states.SKYPE)["keyCredentials"][:1]
    result = decide("trust_rotation", state)
    assert result["failure"]
    assert {one["thumbprint"]: one["app_ids"] for one in result["certificates"]} == {
        thumbprint(state, "next"): [states.SKYPE],
        thumbprint(state, "issuer"): [states.SKYPE],
    }


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("pending", [True, False])
def test_where_a_server_lacks_the_key_of_what_signs_nobody_is_told_to_assign_another_one(
    decide: Decide, module: str, pending: bool
) -> None:
    """Assigning ends a pending roll at once, and the tenant may lack what is assigned."""
    state = states.right()
    if pending:
        states.staged(state, 2)
    states.farm(state)["front_ends"][1]["store"].remove("issuer")
    result = decide(module, state)
    assert result["failed"]
    assert "Import the certificate with its private key there" in result["msg"]
    assert "Assign" not in result["msg"]
    assert "Set-CsCertificate" not in result["msg"]


def test_what_was_assigned_at_once_is_told_as_the_farms_whatever_the_others_said_before(
    decide: Decide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other servers were read before the lead assigned it, and it is for all of them."""
    after = states.right()
    rolled(after, 0.001)
    signing = Estate(after, tmp_path, monkeypatch).onprem(LEAD)["signing"]
    later = decide("trust_rotation", states.right(), {"staged": {"signing": signing}})
    own, following = thumbprint(after, "issuer"), thumbprint(after, "next")
    assert [(one["thumbprint"], one["role"], one["action"]) for one in later["certificates"]] == [
        (following, "signs now", "stage"),
        (own, "signed before", "remove"),
    ]


def test_what_was_left_too_late_names_the_variable_that_assigns_at_once(decide: Decide) -> None:
    state = states.right()
    states.issuer(state, days=0.5)
    result = decide("trust_rotation", state, rotation_create="self_signed")
    said = result["msg"] if result.get("failed") else result["failure"]
    assert "Without trust_rotation_effective_date a roll takes effect at least 24 hours ahead" in said
    assert "Set trust_rotation_effective_date to an earlier time, or trust_rotation_immediate to true." in said


def test_a_run_that_is_stopped_by_something_else_says_too_that_what_signs_ends(decide: Decide) -> None:
    state = states.right()
    states.issuer(state, days=3.5)
    states.secret_ends(state, 2.5)
    result = decide("trust_rotation", state, unread=OTHER)
    assert result["failed"]
    assert f"{OTHER} could not be reached" in result["msg"]
    assert "in 3 days, and none takes over before that; tokens are refused then." in result["msg"]
    assert "Stage its successor now, or have it made with trust_rotation_create." in result["msg"]
    assert "in 2 days; every run fails then." in result["msg"]
    assert result["msg"].count("Nothing was changed.") == 1


@pytest.mark.parametrize(("asked", "proves"), [({}, False), ({"prove": True}, True), ({"prove_exchange": True}, True)], ids=str)
def test_who_asks_exchange_online_has_the_trust_proved_too(decide: Decide, asked: dict[str, Any], proves: bool) -> None:
    result = decide("trust_plan", states.right(), **asked)
    assert (result["prove"], result["proof"].get("exchange")) == (proves, asked.get("prove_exchange"))


def test_a_certificate_that_the_farm_is_made_to_forget_is_not_in_the_table_of_that_run(decide: Decide) -> None:
    state = states.right()
    states.staged(state, -9)
    kept = decide("trust_rotation", state)
    assert [one["role"] for one in kept["certificates"]] == ["signs now", "signed before"]
    result = decide("trust_rotation", state, rotation_remove_previous=True)
    assert result["steps"]["forget"] is True
    assert [one["role"] for one in result["certificates"]] == ["signs now"]
