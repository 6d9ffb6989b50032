# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a tenant's refusals before anything is written, and what follows from it for configuration and roll."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.change import Change
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.permissions import told_by
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.refusals import duration
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import plan, refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Deployment, Tenant
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW, run_action

YEAR = 365 * 86400
CERTIFICATE = refused.Candidate("AB12", NOW - timedelta(days=10), NOW + timedelta(days=690), self_signed=True)


def told(*restrictions: dict[str, Any], locked: bool | None = None) -> dict[str, Any]:
    rules = [{"type": "asymmetricKeyLifetime", "longest_seconds": None, "created_after": None, **one} for one in restrictions]
    return {
        "objects": [{"app_id": states.SKYPE, "policy": "hybrid", "restrictions": rules, "locked": locked, "problem": None}],
        "policy_problem": None,
    }


@pytest.mark.parametrize(
    ("restriction", "certain"),
    [
        ({"longest_seconds": YEAR}, [True]),
        ({"longest_seconds": 2 * YEAR}, []),
        ({"longest_seconds": 695 * 86400}, [False]),  # by its start it lives too long, and by what is left of it it does not
        ({"longest_seconds": YEAR, "created_after": "2020-01-01T00:00:00Z"}, [False]),
        ({"type": "trustedCertificateAuthority"}, [False]),
        ({"type": "passwordAddition"}, []),
        ({}, []),
    ],
)
def test_what_is_certain_is_told_from_what_may_be(restriction: dict[str, Any], certain: list[bool]) -> None:
    found = refused.refusals(told(restriction), [states.SKYPE, states.EXCHANGE], CERTIFICATE, NOW)
    assert [one.certain for one in found] == certain
    assert len(refused.obstacles(found)) == certain.count(True)
    assert len(refused.warnings(found)) == certain.count(False)
    assert all("AB12" in f"{one.problem} {one.remedy}" for one in found if "takes certificates" not in one.problem)


def test_a_lock_is_certain_and_says_where_the_certificate_can_go() -> None:
    (found,) = refused.refusals(told(locked=True), [states.SKYPE], CERTIFICATE, NOW)
    assert found.certain
    assert "object: application" in found.remedy
    assert refused.refusals(told(locked=None), [states.SKYPE], CERTIFICATE, NOW) == []


def test_a_lock_keeps_what_is_to_be_removed_too() -> None:
    principal: Any = SimpleNamespace(app_id=states.SKYPE, keys=())
    going = PrincipalPlan(principal, principal, Change({}, {}), {}, ("remove key credential AB12 from there",))
    (found,) = refused.of_plans(told(locked=True), [going], NOW)
    assert (found.certain, "remove key credential AB12 from there" in found.problem) == (True, True)
    assert "trust_remove_expired" in found.remedy
    assert refused.of_plans(told(locked=None), [going], NOW) == []


def test_nothing_known_refuses_nothing_and_says_why() -> None:
    assert refused.refusals(None, [states.SKYPE], CERTIFICATE, NOW) == []
    assert refused.unread(None, states.SKYPE) == "app_policy_info was not asked"
    assert refused.unread({**told(), "policy_problem": "it may not"}, states.SKYPE) == "it may not"
    assert refused.unread(told(), states.EXCHANGE) == f"app_policy_info was not asked for {states.EXCHANGE}"
    assert refused.unread(told(), states.SKYPE) is None


@pytest.mark.parametrize(
    ("claims", "stops"),
    [
        ({"roles": ["Application.Read.All"]}, True),
        ({"roles": []}, True),
        ({"roles": ["Application.Read.All"], "wids": ["9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"]}, False),
        ({"roles": ["Directory.ReadWrite.All"]}, False),
        ({"roles": ["Application.ReadWrite.OwnedBy"]}, False),
        ({"scp": "User.Read Application.Read.All"}, True),
        ({"scp": "Directory.AccessAsUser.All"}, False),
        ({}, False),
        ({"roles": "Application.Read.All"}, False),
    ],
)
def test_a_sign_in_that_may_write_nothing_stands_in_the_way(claims: dict[str, Any], stops: bool) -> None:
    found = refused.sign_in({"permissions": told_by(claims)}, writes=True, check_mode=False)
    assert (bool(found.obstacles), found.ahead) == (stops, ())
    assert all("Application.ReadWrite.All" in one.remedy for one in found.obstacles)
    checked = refused.sign_in({"permissions": told_by(claims)}, writes=True, check_mode=True)
    assert (checked.obstacles, bool(checked.ahead)) == ((), stops)
    assert all(f"Without --check this run fails: {one}" in checked.warnings for one in checked.ahead)


@pytest.mark.parametrize(
    ("claims", "warns"),
    [
        ({"roles": ["Application.Read.All", "Application.ReadWrite.OwnedBy"]}, True),
        ({"roles": ["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"]}, False),
        ({"roles": ["Application.ReadWrite.OwnedBy"], "wids": ["9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"]}, False),
        ({"roles": ["Application.Read.All"]}, False),
        ({}, False),
    ],
)
def test_a_sign_in_that_writes_only_what_it_owns_is_warned_of(claims: dict[str, Any], warns: bool) -> None:
    found = refused.sign_in({"permissions": told_by(claims)}, writes=True, check_mode=False)
    assert bool(found.warnings) is warns


@pytest.mark.parametrize(
    ("restriction", "unclear"),
    [
        ({"longest_seconds": YEAR}, False),
        ({"type": "trustedCertificateAuthority"}, False),
        ({}, True),
        ({"type": "somethingNew"}, True),
    ],
)
def test_a_restriction_that_is_not_understood_passes_nothing(restriction: dict[str, Any], unclear: bool) -> None:
    why = refused.not_understood(told(restriction), states.SKYPE)
    assert bool(why) is unclear
    assert refused.not_understood(told(restriction), states.EXCHANGE) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P365D", YEAR),
        ("P4DT12H30M5S", 390605),
        ("PT1H", 3600),
        ("P2W", 14 * 86400),
        ("P", None),
        ("P1Y", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_durations_are_read_as_graph_writes_them(text: Any, seconds: int | None) -> None:
    assert duration(text) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(max_size=20))
def test_no_text_is_more_than_a_duration_or_none(text: str) -> None:
    duration(text)


def planned(state: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, asked: bool = True) -> plan.Plan:
    estate = Estate(state, tmp_path, monkeypatch)
    read, cloud = estate.everything()
    deployment = Deployment("contoso", estate.servers[0], tuple(estate.servers), (), dict(zip(estate.servers, read, strict=True)))
    tenant = Tenant(states.TENANT, "global", cloud, estate.refusals() if asked else None)
    return plan.plan(Settings(exchange_credential=False), deployment, tenant, NOW)


def without_the_certificate() -> dict[str, Any]:
    state = states.right()
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    return state


def test_a_certain_refusal_is_an_obstacle_of_the_plan_and_nothing_is_written_in_spite_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = without_the_certificate()
    states.forbid(state, "P90D")
    made = planned(state, tmp_path, monkeypatch)
    (obstacle,) = made.obstacles
    assert "at most 90 are allowed" in obstacle.problem
    assert "trust_rotation_valid_days" in obstacle.remedy
    assert made.refused
    assert planned(state, tmp_path, monkeypatch, asked=False).obstacles == []


@pytest.mark.parametrize(
    ("longest", "problem", "remedy"),
    [
        ("P60D", "at most 60 are allowed", "lives 60 days at most (trust_rotation_valid_days, and trust_rotation_warn_days below it"),
        ("P59D", "at most 59 are allowed", "lives 59 days at most, or have an administrator assign"),
        ("P10D", "at most 10 are allowed", "The role makes none for less than 60 days (trust_rotation_valid_days)."),
        ("P1D", "at most 1 day is allowed", "lives 1 day at most"),
        ("PT36H", "at most 1 day and 12 hours is allowed", "lives 1 day at most"),
        ("PT1H", "at most 1 hour is allowed", "No certificate of a farm lives so short a time: have an administrator assign"),
    ],
)
def test_what_is_advised_can_be_done(longest: str, problem: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = without_the_certificate()
    states.forbid(state, longest)
    (obstacle,) = planned(state, tmp_path, monkeypatch).obstacles
    assert problem in obstacle.problem
    assert remedy in obstacle.remedy
    assert "app management policy of its own that allows it" in obstacle.remedy


def test_a_file_of_ones_own_may_live_as_short_as_the_policy_asks() -> None:
    told = {"objects": [{"app_id": "x", "policy": "p", "restrictions": [{"type": "asymmetricKeyLifetime", "longest_seconds": 864000}]}]}
    held = refused.Candidate("it", NOW, NOW + timedelta(days=365), False, "in trust_rotation_pfx_path", made=False)
    (found,) = refused.refusals(told, ["x"], held, NOW)
    assert found.remedy.startswith("Use a certificate that lives 10 days at most (in trust_rotation_pfx_path), or have")


def test_what_is_there_already_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.forbid(state, "P90D")
    assert planned(state, tmp_path, monkeypatch).obstacles == []


def test_what_may_be_refused_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = without_the_certificate()
    states.forbid(state, "P90D", restrictForAppsCreatedAfterDateTime="2020-01-01T00:00:00Z")
    made = planned(state, tmp_path, monkeypatch)
    assert made.obstacles == []
    assert any("may refuse" in one and "2020-01-01T00:00:00Z" in one for one in made.warnings)


def test_a_policy_of_the_service_principal_takes_the_tenants_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = without_the_certificate()
    states.forbid(state, "P90D")
    own = {"id": "1", "displayName": "hybrid", "isEnabled": True, "restrictions": {"keyCredentials": []}}
    state["tenants"][0]["policies"]["assigned"] = {states.principal(state, states.SKYPE)["id"]: own}
    assert planned(state, tmp_path, monkeypatch).obstacles == []


def test_without_the_permission_nothing_is_asked_and_nothing_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = without_the_certificate()
    states.forbid(state, "P90D")
    state["tenants"][0]["applications"][0]["roles"].remove("Policy.Read.All")
    estate = Estate(state, tmp_path, monkeypatch)
    found = estate.refusals()
    assert estate.log.counts()["graph_reads"] == 0
    assert "Policy.Read.All" in str(found["policy_problem"])
    assert [one["policy"] for one in found["objects"]] == [None, None]
    assert planned(state, tmp_path, monkeypatch).obstacles == []


def test_the_lock_of_an_application_of_the_tenants_own_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.dedicated(state)["servicePrincipalLockConfiguration"] = {"isEnabled": True, "allProperties": True}
    estate = Estate(state, tmp_path, monkeypatch)
    other = "70000000-0000-4000-8000-000000000000"
    found = estate.refusals(app_ids=[states.HYBRID, states.SKYPE, other])["objects"]
    assert [one["locked"] for one in found] == [True, None, None]


def test_what_binds_application_objects_is_read_beside_and_an_odd_id_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    states.forbid(state, "P90D", "applicationRestrictions")
    estate = Estate(state, tmp_path, monkeypatch)
    found = estate.refusals(principals={"applications": [{"app_id": states.HYBRID}, {"app_id": None}, "odd"]})
    assert [(one["app_id"], len(one["restrictions"]), one["locked"]) for one in found["applications"]] == [(states.HYBRID, 1, None)]
    assert [one["restrictions"] for one in found["objects"]] == [[], []]


def test_a_bad_application_id_is_told_before_anything_is_contacted() -> None:
    assert "Option 'app_ids'" in run_action("app_policy_info", {"access_token": "opaque", "app_ids": ["x"]})["msg"]


def test_a_certificate_that_ends_is_named_with_its_days() -> None:
    row = {
        "thumbprint": "CD34",
        "not_before": utc_text(NOW),
        "not_after": utc_text(NOW + timedelta(days=730)),
        "subject": "CN=a",
        "issuer": "CN=a",
    }
    (found,) = refused.refusals(told({"longest_seconds": YEAR}), [states.SKYPE], refused.candidate(row), NOW)
    assert "refuses certificate CD34, which lives 730 days: at most 365 are allowed" in found.problem


def test_a_certificate_that_lives_some_hours_too_long_is_named_with_them_and_a_policy_without_a_name_as_such() -> None:
    held = refused.Candidate("it", NOW, NOW + timedelta(days=365, hours=12), True)
    (found,) = refused.refusals(told({"longest_seconds": YEAR}), [states.SKYPE], held, NOW)
    assert "it, which lives 365 days and 12 hours: at most 365 are allowed" in found.problem
    unnamed = told({"longest_seconds": YEAR}, {"type": "somethingNew"})
    unnamed["objects"][0]["policy"] = None
    (found,) = refused.refusals(unnamed, [states.SKYPE], held, NOW)
    assert f"for service principal {states.SKYPE} (without a display name) refuses" in found.problem
    assert "the app management policy (without a display name) has" in str(refused.not_understood(unnamed, states.SKYPE))


def both(state: dict[str, Any]) -> Settings:
    """Settings of a trust whose certificate the tenant lacks, and refuses on the shared principal alone."""
    states.principal(state, states.SKYPE)["keyCredentials"] = []
    states.forbid(state, "P90D")
    own = {"id": "1", "displayName": "hybrid", "isEnabled": True, "restrictions": {"keyCredentials": []}}
    state["tenants"][0]["policies"]["assigned"] = {states.principal(state, states.SKYPE)["id"]: own}
    return Settings(exchange_credential=True)


def test_what_signs_comes_first_where_one_of_the_service_principals_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states.right()
    settings = both(state)
    estate = Estate(state, tmp_path, monkeypatch)
    read, cloud = estate.everything()
    deployment = Deployment("contoso", estate.servers[0], tuple(estate.servers), (), dict(zip(estate.servers, read, strict=True)))
    tenant = Tenant(states.TENANT, "global", cloud, estate.refusals())
    held = plan.held(settings, deployment, tenant, NOW)
    assert held is not None
    assert [step.name for step in held.steps] == ["certificate"]
    assert held.arguments["certificate"]["app_ids"] == [states.SKYPE]
    assert any(states.EXCHANGE in one.problem for one in held.obstacles)
    states.forbid(estate.data, "P90D")
    assert plan.held(settings, deployment, Tenant(states.TENANT, "global", cloud, estate.refusals()), NOW) is None
