# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant will refuse is told before anything is made or written. The role runs in this process."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.lab.farm import certificates
from tests.lab.states import audit as states
from tests.sweep.hybrid import Hybrid
from tests.sweep.operations import OPERATIONS, Operation
from tests.sweep.role import Play
from tests.sweep.script import Script

from .in_process import Estate, messages

State = dict[str, Any]
FIRST, SELF_SIGNED = "configure, empty", "rotate, stage, self-signed"


def operation(name: str) -> Operation:
    return next(one for one in OPERATIONS if one.name == name)


def played(name: str, tmp_path: Path, *, permitted: bool = True, longest: str | None = None, **more: Any) -> tuple[Hybrid, Play, State]:
    """A run of the operation. permitted: whether the sign-in may read policies. longest: what the tenant allows certificates to live."""
    chosen = operation(name)
    state = chosen.before()
    if permitted:
        state["tenants"][0]["applications"][0]["roles"].append("Policy.Read.All")
    if longest:
        states.forbid(state, longest)
    hybrid = Hybrid(state, tmp_path)
    before = hybrid.state()
    made, alive = hybrid.play(chosen.entry_point, {**chosen.given(tmp_path), **more}, Script())
    assert alive
    return hybrid, made, before


def told(made: Play) -> str:
    return " ".join(str(one.result.get("msg")) for one in made.failures)


def reads(hybrid: Hybrid) -> int:
    return Counter((entry["kind"], entry["write"]) for entry in hybrid.requests)["graph", False]


def test_configure_stops_at_a_certain_refusal_with_nothing_written(tmp_path: Path) -> None:
    hybrid, made, before = played(FIRST, tmp_path, longest="P10D")
    assert "at most 10 are allowed" in told(made)
    assert "Nothing was changed" in told(made)
    assert hybrid.state() == before


def test_a_first_run_reads_graph_thirteen_times_at_most_and_the_policy_only_where_it_may(tmp_path: Path) -> None:
    for permitted, folder in ((False, tmp_path / "no"), (True, tmp_path / "yes")):
        folder.mkdir()
        hybrid, made, _before = played(FIRST, folder, permitted=permitted, longest=None)
        assert made.failures == [], told(made)
        asked = [entry["target"] for entry in hybrid.requests if "olicies" in entry["target"] or "defaultApp" in entry["target"]]
        # The tenant's policy, and that of each of the two service principals, which may have one of its own.
        assert len(asked) == (3 if permitted else 0)
        assert reads(hybrid) <= 13 + len(asked)
        hybrid.play("main", operation(FIRST).given(folder), Script())
        assert reads(hybrid) == 2


@pytest.mark.parametrize(("longest", "refused"), [("P90D", True), ("P800D", False)])
def test_a_self_signed_certificate_that_lives_too_long_is_refused_before_it_is_made(longest: str, refused: bool, tmp_path: Path) -> None:
    hybrid, made, before = played(SELF_SIGNED, tmp_path, longest=longest)
    if refused:
        assert "trust_rotation_valid_days" in told(made)
        assert hybrid.state() == before
    else:
        assert made.failures == [], told(made)
        assert len(hybrid.state()["deployments"][0]["front_ends"][0]["store"]) > len(before["deployments"][0]["front_ends"][0]["store"])


@pytest.mark.parametrize("name", [FIRST, SELF_SIGNED])
def test_a_policy_that_only_one_object_has_is_told_before_anything_is_made_or_written(name: str, tmp_path: Path) -> None:
    chosen = operation(name)
    state = chosen.before()
    tenant = state["tenants"][0]
    tenant["applications"][0]["roles"].append("Policy.Read.All")
    states.forbid(state, "P10D")
    strict = tenant["policies"]["default"]["servicePrincipalRestrictions"]
    tenant["policies"] = {
        "default": {"isEnabled": True, "servicePrincipalRestrictions": {"keyCredentials": []}},
        "assigned": {
            states.principal(state, states.EXCHANGE)["id"]: {"id": "p1", "displayName": "strict", "isEnabled": True, "restrictions": strict}
        },
    }
    hybrid = Hybrid(state, tmp_path)
    before = hybrid.state()
    made, _alive = hybrid.play(chosen.entry_point, chosen.given(tmp_path), Script())
    assert "(strict) refuses" in told(made)
    assert hybrid.state() == before


@pytest.mark.parametrize("name", [FIRST, SELF_SIGNED])
def test_a_policy_of_trusted_authorities_is_told_of_a_self_signed_certificate(name: str, tmp_path: Path) -> None:
    chosen = operation(name)
    state = chosen.before()
    state["tenants"][0]["applications"][0]["roles"].append("Policy.Read.All")
    states.forbid(state, "P10D", restrictionType="trustedCertificateAuthority", maxLifetime=None)
    made, _alive = Hybrid(state, tmp_path).play(chosen.entry_point, chosen.given(tmp_path), Script())
    warned = " ".join(str(text) for one in made.done for text in one.result.get("warnings", []))
    assert "takes certificates of certain authorities alone" in warned
    assert "is self-signed" in warned


def test_what_may_not_be_read_stops_nothing(tmp_path: Path) -> None:
    _hybrid, made, _before = played(SELF_SIGNED, tmp_path, permitted=False)
    assert made.failures == [], told(made)


@pytest.mark.parametrize("name", [FIRST, SELF_SIGNED, "remove"])
def test_a_sign_in_that_only_reads_is_told_before_the_first_write(name: str, tmp_path: Path) -> None:
    chosen = operation(name)
    state = chosen.before()
    state["tenants"][0]["applications"][0]["roles"] = ["Application.Read.All", "Organization.Read.All"]
    hybrid = Hybrid(state, tmp_path)
    made, _alive = hybrid.play(chosen.entry_point, chosen.given(tmp_path), Script())
    assert "The sign-in may not write service principals: its Graph permissions are Application.Read.All" in told(made)
    assert [entry for entry in hybrid.requests if entry["write"]] == []
    audited, _alive = hybrid.play("audit", chosen.given(tmp_path), Script())
    assert "The sign-in may not write" not in told(audited)


@pytest.mark.parametrize("name", [FIRST, SELF_SIGNED, "remove", "modern authentication, on"])
def test_check_mode_predicts_with_rights_that_only_read_and_says_which_one_a_run_lacks(name: str, tmp_path: Path) -> None:
    chosen = operation(name)
    state = chosen.before()
    state["tenants"][0]["applications"][0]["roles"] = ["Application.Read.All", "Policy.Read.All"]
    for front_end in state["deployments"][0]["front_ends"]:
        front_end["can_write"] = False
    hybrid = Hybrid(state, tmp_path)
    before = hybrid.state()
    made, _alive = hybrid.play(chosen.entry_point, chosen.given(tmp_path), Script(), check_mode=True)
    assert made.failures == [], told(made)
    assert hybrid.state() == before
    lines = next(one.result["msg"] for one in reversed(made.done) if one.task.module == "ansible.builtin.debug")
    assert "without --check this run fails (1)" in lines
    assert any("Give the application the Graph application permission Application.ReadWrite.All" in line for line in lines)
    assert any("would" in line and "nothing" not in line for line in lines)
    warned = " ".join(str(text) for one in made.done for text in one.result.get("warnings", []))
    assert "Without --check this run fails: The sign-in may not write service principals" in warned


def test_a_run_that_may_not_write_on_the_farm_leaves_the_tenant_as_the_next_run_and_a_removal_want_it(tmp_path: Path) -> None:
    """As the page of a first run says."""
    chosen = operation(FIRST)
    for entry_point, more in ((chosen.entry_point, {}), ("remove", {"trust_remove_confirm": "contoso", "trust_deployment": "contoso"})):
        state = chosen.before()
        for front_end in state["deployments"][0]["front_ends"]:
            front_end["can_write"] = False
        (folder := tmp_path / entry_point).mkdir()
        hybrid = Hybrid(state, folder)
        untouched = hybrid.state()
        made, _alive = hybrid.play(chosen.entry_point, chosen.given(folder), Script())
        assert "Access is denied" in told(made)
        assert "The account needs the group RTCUniversalServerAdmins" in told(made)
        assert [entry for entry in hybrid.requests if entry["write"]]
        now = hybrid.state()
        for front_end in now["deployments"][0]["front_ends"]:
            front_end["can_write"] = True
        (other := folder / "again").mkdir()
        again = Hybrid(now, other)
        done, _alive = again.play(entry_point, {**chosen.given(other), **more}, Script())
        assert done.failures == [], told(done)
        if entry_point == chosen.entry_point:
            assert again.state()["tenants"] == now["tenants"]
        else:
            ours = [len(one["keyCredentials"]) for one in again.state()["tenants"][0]["service_principals"]]
            assert ours == [len(one["keyCredentials"]) for one in untouched["tenants"][0]["service_principals"]]


def kept_by_an_application(name: str, tmp_path: Path, *, readable: bool = True, **changed: Any) -> tuple[Hybrid, Play]:
    """A run whose partner application is an application of the tenant's own, which locks the keys of its service principal."""
    chosen = operation(name)
    state = chosen.before()
    tenant = state["tenants"][0]
    states.add_application(state, states.HYBRID, "SfB hybrid")
    own, shared = (
        next(one for one in tenant["service_principals"] if one["appId"] == app_id) for app_id in (states.HYBRID, states.EXCHANGE)
    )
    own["keyCredentials"] = [{**one, "keyId": str(uuid.uuid4())} for one in shared["keyCredentials"]]
    states.dedicated(state)["servicePrincipalLockConfiguration"] = {"isEnabled": True, "allProperties": True}
    for one in state["deployments"][0]["cms"]["partner_applications"]:
        if one["Identity"] == "microsoft.exchange":
            one["ApplicationIdentifier"] = states.HYBRID
    if not readable:
        tenant["applications"] = [one for one in tenant["applications"] if one["client_id"] != states.HYBRID]
    hybrid = Hybrid(state, tmp_path)
    given = {**chosen.given(tmp_path), "trust_exchange_application_id": states.HYBRID, **changed}
    made, _alive = hybrid.play(chosen.entry_point, given, Script())
    return hybrid, made


@pytest.mark.parametrize("name", ["remove", "rotate, end"])
def test_an_entry_that_a_lock_keeps_is_told_before_anything_goes(name: str, tmp_path: Path) -> None:
    hybrid, made = kept_by_an_application(name, tmp_path)
    assert f"The application {states.HYBRID} locks the keys of its service principal, so this is refused: remove key" in told(made)
    assert "Have its owner switch the lock off" in told(made)
    assert ("trust_remove_foreign" in told(made)) is (name == "remove")
    assert [entry for entry in hybrid.requests if entry["write"]] == []


@pytest.mark.parametrize("name", ["remove", "rotate, end"])
def test_a_lock_that_cannot_be_read_stops_nothing(name: str, tmp_path: Path) -> None:
    _hybrid, made = kept_by_an_application(name, tmp_path, readable=False)
    assert made.failures == [], told(made)


def test_a_removal_leaves_the_entry_that_a_lock_keeps_as_it_is_told_to(tmp_path: Path) -> None:
    left = {"trust_exchange_application_id": states.EXCHANGE, "trust_remove_foreign": ["microsoft.exchange"]}
    hybrid, made = kept_by_an_application("remove", tmp_path, **left)
    assert made.failures == [], told(made)
    assert "microsoft.sts" not in [one["Identity"] for one in hybrid.state()["deployments"][0]["cms"]["oauth_servers"]]
    assert states.principal(hybrid.state(), states.HYBRID)["keyCredentials"]


@pytest.mark.parametrize("name", ["remove", "rotate, end"])
def test_no_lock_of_microsofts_own_applications_is_asked_for(name: str, tmp_path: Path) -> None:
    hybrid, made, _before = played(name, tmp_path)
    assert made.failures == [], told(made)
    assert [entry for entry in hybrid.requests if "olicies" in entry["target"] or "defaultApp" in entry["target"]] == []


@pytest.mark.parametrize(("named", "status"), [("", "pass"), (states.HYBRID, "pass"), ("Fabrikam", "warn")])
def test_an_audit_judges_the_application_that_the_variable_names(named: str, status: str, tmp_path: Path) -> None:
    hybrid = Hybrid(states.right(), tmp_path)
    given = {**operation(FIRST).given(tmp_path), "trust_dedicated_application": named}
    hybrid.play("audit", given, Script())
    (audited,) = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["deployments"]
    found = {one["id"]: one["status"] for one in audited["findings"]}
    assert (found["principal.dedicated_application"], found["credential.policy"]) == (status, "pass")


def test_a_roll_that_the_tenant_refuses_fails_although_what_signs_is_put_where_it_is_missing(tmp_path: Path) -> None:
    chosen = operation(SELF_SIGNED)
    state = chosen.before()
    state["tenants"][0]["applications"][0]["roles"].append("Policy.Read.All")
    states.forbid(state, "P100D")  # the certificate that signs lives for 30 days, and the next one would for a year
    for one in state["tenants"][0]["service_principals"]:
        one["keyCredentials"] = [key for key in one["keyCredentials"] if key["displayName"] not in ("CN=contoso.com", None)]
    hybrid = Hybrid(state, tmp_path)
    made, _alive = hybrid.play(chosen.entry_point, chosen.given(tmp_path), Script())
    assert "at most 100 are allowed" in told(made)
    assert {entry["kind"] for entry in hybrid.requests if entry["write"]} == {"graph"}
    assert hybrid.state()["deployments"] == state["deployments"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_one_that_waits_is_held_against_the_tenant_before_it_is_written(check_mode: bool, tmp_path: Path) -> None:
    chosen = operation(SELF_SIGNED)
    state = chosen.before()
    state["tenants"][0]["applications"][0]["roles"].append("Policy.Read.All")
    states.forbid(state, "P365D")  # a new one lives so long, and the one that an earlier run left lives some hours longer
    deployment = state["deployments"][0]
    now = datetime.now(timezone.utc)
    deployment["certificates"]["left"] = {
        "names": ["contoso.com", "fabrikam.com"],
        "not_before": utc_text(now),
        "not_after": utc_text(now + timedelta(days=365, hours=12)),
    }
    certificates.complete(deployment["certificates"]["left"])
    deployment["front_ends"][0]["store"].append("left")
    left = certificates.thumbprint(certificates.load(deployment["certificates"]["left"]))
    hybrid = Hybrid(state, tmp_path)
    before = hybrid.state()
    made, _alive = hybrid.play(chosen.entry_point, chosen.given(tmp_path), Script(), check_mode=check_mode)
    assert f"refuses certificate {left}" in told(made)
    assert "trust_rotation_earlier_thumbprints" in told(made)
    assert "Nothing was changed" in told(made)
    assert hybrid.state() == before
    named = {**chosen.given(tmp_path), "trust_rotation_earlier_thumbprints": [left]}
    after, _alive = hybrid.play(chosen.entry_point, named, Script(), check_mode=check_mode)
    assert after.failures == [], told(after)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_what_the_policy_and_the_sign_in_refuse_and_what_is_anothers_is_in_one_message(
    taken: bool, check_mode: bool, tmp_path: Path
) -> None:
    state = states.right()
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    states.forbid(state, "P90D")
    state["tenants"][0]["applications"][0]["roles"] = ["Application.Read.All", "Policy.Read.All"]
    if taken:
        another = f"https://accounts.accesscontrol.windows.net/{states.OTHER_TENANT}/metadata/json/1"
        states.cms(state, "oauth_servers", Realm=states.OTHER_TENANT, MetadataUrl=another)
    estate = Estate(state, tmp_path)
    before = estate.state()
    played = estate.play("main", check_mode=check_mode, trust_exchange_credential=False)
    said = messages(played)
    assert "at most 90 are allowed" in said
    assert "The sign-in may not write service principals" in said
    assert ("trust_takeover: [microsoft.sts]" in said) is taken
    assert estate.state() == before
