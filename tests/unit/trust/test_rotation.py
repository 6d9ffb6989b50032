# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll needs of the tenant on each day, and that no order of days leaves the farm without its certificate there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.signing import signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential, serves
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import rotation as subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Rules
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

from ..support import roll, run_action

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
OURS = "CN=contoso.com"
RULES = Rules(overlap=7 * DAY, warn=60 * DAY)
A, B, C, X, Y = (letter * 40 for letter in "ABCDE")


def farm(thumbprint: str, *, effective: float | None = None, days: float = 700, content: str | None = "MII") -> dict[str, Any]:
    return {
        "thumbprint": thumbprint,
        "subject": OURS,
        "content": content,
        "not_after": utc_text(NOW + days * DAY),
        "effective_date": None if effective is None else utc_text(NOW + effective * DAY),
    }


def key(thumbprint: str | None, *, days: float = 700, name: str | None = None, **changed: Any) -> KeyCredential:
    made = KeyCredential(f"id-{thumbprint}", thumbprint, thumbprint, name, None, NOW + days * DAY, "Verify", "AsymmetricX509Cert", name)
    return replace(made, **{"key_type": thumbprint and "RSA", **changed})


def principal(*keys: KeyCredential, app_id: str = PROCEDURE[0]) -> ServicePrincipal:
    return ServicePrincipal(f"object-{app_id}", app_id, None, True, (), tuple(keys), ())


def applied(plan: subject.RotationPlan, principals: list[ServicePrincipal], end: dict[str, datetime]) -> list[ServicePrincipal]:
    """The principals after the plan was carried out, as sp_credential does it."""
    gone = {(verdict.principal.app_id, verdict.key.key_id) for verdict in plan.remove}
    after = []
    for one in principals:
        new = [
            key(addition.thumbprint, key_id=f"new-{addition.thumbprint}-{len(one.keys)}", end=end[addition.thumbprint])
            for addition in plan.add
            if one.app_id in addition.app_ids
        ]
        kept = [entry for entry in one.keys if (one.app_id, entry.key_id) not in gone]
        after.append(replace(one, keys=(*kept, *new)))
    return after


def verdicts(roles: dict[str, Any], *keys: KeyCredential, rules: Rules = RULES) -> dict[str | None, tuple[str, bool]]:
    plan = subject.plan(roles, [principal(*keys)], rules, NOW)
    return {verdict.key.thumbprint: (verdict.owner, verdict.goes) for verdict in (*plan.keep, *plan.remove)}


def test_a_quiet_day_needs_nothing_and_names_the_next_date() -> None:
    plan = subject.plan(roll(farm(A, effective=-90)), [principal(key(A))], RULES, NOW)
    assert (plan.operations, plan.successor_due, plan.warnings) == ([], False, ())
    assert [(entry.action, entry.date) for entry in plan.upcoming] == [("stage", NOW + 640 * DAY), ("expire", NOW + 700 * DAY)]
    assert plan.upcoming[0].text.startswith(f"{A}, which signs, expires on ")


@pytest.mark.parametrize(("days", "told"), [(61, NOW + DAY), (60, NOW), (30, NOW - 30 * DAY), (-1, NOW - 61 * DAY)])
def test_the_table_names_a_successor_as_due_before_that_day_and_until_it_is_staged(days: float, told: datetime) -> None:
    (row,) = subject.plan(roll(farm(A, effective=-90, days=days)), [principal(key(A, days=days))], RULES, NOW).certificates
    assert (row.action, row.date) == ("stage", told)
    staged = subject.plan(roll(farm(A, effective=-90, days=days), farm(B, effective=2, days=20)), [], RULES, NOW).certificates
    assert [(one.thumbprint, one.action) for one in staged] == [(A, "remove"), (B, "switch")]


def test_a_staged_certificate_is_added_and_the_dates_of_the_roll_are_told() -> None:
    roles = roll(farm(A, days=30), farm(B, effective=2))
    principals = [principal(key(A)), principal(key(A), key(X), app_id=PROCEDURE[1])]
    plan = subject.plan(roles, principals, RULES, NOW)
    assert [(addition.thumbprint, addition.app_ids) for addition in plan.add] == [(B, PROCEDURE)]
    assert plan.remove == ()
    assert plan.successor_due is False
    told = [(entry.action, entry.thumbprint[0], entry.date) for entry in plan.upcoming]
    assert told == [
        ("switch", "B", NOW + 2 * DAY),
        ("remove", "A", NOW + 9 * DAY),
        ("expire", "A", NOW + 30 * DAY),
        ("stage", "B", NOW + 640 * DAY),
        ("expire", "B", NOW + 700 * DAY),
    ]
    assert plan.upcoming[1].app_ids == PROCEDURE


@pytest.mark.parametrize(("effective", "goes"), [(-6.99, False), (-7, True), (None, False)], ids=["during", "after", "unknown"])
def test_the_previous_certificate_stays_until_the_overlap_is_over(effective: float | None, goes: bool) -> None:
    roles = roll(farm(B, effective=effective), previous=farm(A))
    assert verdicts(roles, key(A), key(B)) == {A: ("ours", goes), B: ("ours", False)}
    assert subject.plan(roles, [principal(key(B))], RULES, NOW).previous_over is goes


def test_each_kind_of_entry_has_its_verdict() -> None:
    roles = roll(farm(B, effective=-30), previous=farm(A))
    rules = replace(RULES, earlier=frozenset({C}))
    assert verdicts(roles, key(C), rules=rules) == {C: ("ours", True)}
    assert verdicts(roles, key(C)) == {C: ("foreign", False)}
    assert verdicts(roles, key(X, days=-1)) == {X: ("foreign", False)}
    assert verdicts(roles, key(X, days=-1, name=OURS)) == {X: ("ours", True)}
    assert verdicts(roles, key(X, days=-1, display_name=OURS)) == {X: ("unknown", False)}
    assert verdicts(roles, key(X, days=-1, subject="CN=fabrikam.com", display_name=OURS)) == {X: ("foreign", False)}
    assert verdicts(roles, key(X, name=OURS)) == {X: ("unknown", False)}
    assert verdicts(roles, key(None, days=-1, name=OURS)) == {None: ("unknown", False)}
    assert verdicts(roles, key(A, usage="Sign")) == {A: ("foreign", False)}
    assert verdicts(roles, key(X), rules=replace(RULES, named=frozenset({X}))) == {X: ("foreign", True)}
    assert verdicts(roles, key(B), rules=replace(RULES, named=frozenset({B}), earlier=frozenset({B}))) == {B: ("ours", False)}


def test_an_expired_entry_of_the_signing_certificate_goes_once_another_one_serves() -> None:
    roles = roll(farm(B, effective=-30))
    plan = subject.plan(roles, [principal(key(B, days=-1))], RULES, NOW)
    assert [addition.thumbprint for addition in plan.add] == [B]
    assert [verdict.key.key_id for verdict in plan.remove] == [f"id-{B}"]


def test_an_empty_subject_makes_nothing_ours() -> None:
    roles = roll({**farm(B, effective=-30), "subject": ""})
    assert verdicts(roles, key(X, days=-1), key(Y, days=-1, name="")) == {X: ("foreign", False), Y: ("foreign", False)}


@pytest.mark.parametrize(
    ("roles", "part"),
    [
        (roll(farm(A, days=-1)), "expired on"),
        (roll(farm(A, days=20)), "expires in 20 days"),
        (roll(farm(A, days=5), farm(B, effective=6)), "at least 24 hours"),
        (roll(farm(A, days=5), farm(B, effective=4.5)), "at least 24 hours"),
    ],
)
def test_what_threatens_the_trust_is_warned_about(roles: dict[str, Any], part: str) -> None:
    (warning,) = subject.plan(roles, [principal(key(A), key(B))], RULES, NOW).warnings
    assert part in warning


def test_an_entry_that_ends_before_its_certificate_is_told() -> None:
    plan = subject.plan(roll(farm(A, effective=-9)), [principal(key(A, days=100))], RULES, NOW)
    (entry,) = (entry for entry in plan.upcoming if entry.action == "entry_ends")
    assert entry.date == NOW + 100 * DAY


def test_a_farm_without_a_certificate_has_nothing_to_roll() -> None:
    with pytest.raises(HybridAuthError, match="no OAuthTokenIssuer"):
        subject.plan({"current": None, "next": None, "previous": None}, [principal()], RULES, NOW)


def test_a_certificate_that_no_server_has_is_told_and_another_servers_is_taken() -> None:
    lacks = roll(farm(A, content=None))
    alone = subject.plan(lacks, [principal()], RULES, NOW)
    assert (alone.add, [A in problem for problem, _remedy in alone.problems]) == ((), [True])
    found = subject.plan(lacks, [principal()], RULES, NOW, {"fe02": roll(farm(A))})
    assert ([one.content for one in found.add], found.problems) == (["MII"], ())


def test_what_signs_on_another_server_is_added_and_never_goes() -> None:
    plan = subject.plan(
        roll(farm(B, effective=-30), previous=farm(A)), [principal(key(A))], RULES, NOW, {"fe02": roll(farm(A), farm(C, effective=1))}
    )
    assert [(one.thumbprint, one.reason) for one in plan.add] == [(B, "it signs now"), (C, "it signs next on fe02")]
    assert plan.remove == ()


@pytest.mark.parametrize(
    ("roles", "ending"),
    [
        (roll(farm(A, days=6.9)), True),
        (roll(farm(A, days=7)), False),
        (roll(farm(A, days=6.9), farm(B, effective=6.8)), False),
        (roll(farm(A, days=6.8), farm(B, effective=6.9)), True),
    ],
)
def test_a_certificate_that_is_about_to_end_without_a_successor_is_told(roles: dict[str, Any], ending: bool) -> None:
    assert bool(subject.plan(roles, [principal(key(A), key(B))], RULES, NOW).ending) is ending


keys = st.builds(
    key,
    st.sampled_from([A, B, C, X, Y, None]),
    days=st.sampled_from([-400, -1, 1, 400]),
    name=st.sampled_from([None, OURS, "CN=fabrikam.com"]),
    key_id=st.uuids().map(str),
    usage=st.sampled_from(["Verify", "Sign"]),
    type=st.sampled_from(["AsymmetricX509Cert", "Symmetric"]),
)
tenants = st.tuples(
    *(st.lists(keys, max_size=5).map(lambda found, app_id=app_id: principal(*found, app_id=app_id)) for app_id in PROCEDURE)
)
farms = st.one_of(
    st.builds(lambda days: roll(farm(A, effective=-days)), st.integers(0, 400)),
    st.builds(lambda days: roll(farm(A, days=30), farm(B, effective=days)), st.integers(1, 29)),
    st.builds(lambda days: roll(farm(B, effective=-days), previous=farm(A)), st.integers(0, 400)),
)
rules = st.builds(
    Rules,
    overlap=st.integers(2, 30).map(lambda days: days * DAY),
    warn=st.just(60 * DAY),
    earlier=st.frozensets(st.sampled_from([A, B, C])),
    named=st.frozensets(st.sampled_from([A, B, X]), max_size=1),
)


@given(farms, tenants, rules)
def test_what_signs_and_what_is_staged_is_held_afterwards_and_nothing_foreign_goes(roles: Any, tenant: Any, given_rules: Any) -> None:
    plan = subject.plan(roles, tenant, given_rules, NOW)
    end = {one["thumbprint"]: NOW + 700 * DAY for one in roles.values() if one}
    after = applied(plan, list(tenant), end)
    for one in after:
        for role in ("current", "next"):
            if roles.get(role):
                assert any(serves(entry, roles[role]["thumbprint"], NOW) for entry in one.keys)
    remembered = {*given_rules.earlier, *([roles["previous"]["thumbprint"]] if roles.get("previous") else [])}
    overlap_over = roles["current"]["effective_date"] and _time(roles["current"]) + given_rules.overlap <= NOW
    for verdict in plan.remove:
        entry = verdict.key
        assert entry.thumbprint is not None
        assert (
            entry.thumbprint in given_rules.named
            or (entry.thumbprint in remembered and (overlap_over or entry.expired(NOW)))
            or (entry.expired(NOW) and entry.subject == OURS)
            or (entry.expired(NOW) and entry.thumbprint in end)
        )
        if verdict.owner == "foreign":
            assert entry.thumbprint in given_rules.named
    assert subject.plan(roles, after, given_rules, NOW).operations == []
    assert len(plan.keep) + len(plan.remove) == sum(len(one.keys) for one in tenant)


def _time(certificate: dict[str, Any]) -> datetime:
    return datetime.strptime(certificate["effective_date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


@given(
    staged=st.integers(1, 20),
    lead=st.integers(2, 20),
    overlap=st.integers(2, 20),
    runs=st.sets(st.integers(0, 90)),
    again=st.booleans(),
)
def test_whatever_days_it_ran_the_tenant_holds_what_the_farm_signs_with(
    staged: int, lead: int, overlap: int, runs: set[int], again: bool
) -> None:
    """A farm rolls from A to B, and perhaps on to C; the plan is carried out on some days, at noon, when nothing else happens."""
    ends = {A: NOW + 80 * DAY, B: NOW + 800 * DAY, C: NOW + 900 * DAY}
    rolls = [(staged, staged + lead, A, B)]
    if again:
        second = staged + lead + overlap + 5
        rolls.append((second, second + lead, B, C))
    tenant = [principal(key(A, end=ends[A]), key(X, days=5), app_id=app_id) for app_id in PROCEDURE]
    assigned: list[Any] = [(_assigned(A, 0, ends), None)]
    given_rules = replace(RULES, overlap=overlap * DAY)
    for day in range(91):
        midnight, noon = NOW + day * DAY - DAY / 2, NOW + day * DAY
        for stage_day, effective, old, new in rolls:
            if stage_day == day:
                assigned = [(_assigned(new, effective - 0.5, ends), _assigned(old, None, ends))]
        for moment in (midnight, noon):
            signs = signing(assigned, moment)["current"]["thumbprint"]
            ran_in_time = all(
                any(stage_day <= run < effective for run in runs) for stage_day, effective, _old, new in rolls if new <= signs and day >= 1
            )
            if ran_in_time:
                assert all(any(entry.thumbprint == signs for entry in one.keys) for one in tenant), (day, signs)
            if moment < NOW + (staged + lead - 0.5 + overlap) * DAY:
                assert all(any(entry.thumbprint == A for entry in one.keys) for one in tenant), day
        if day in runs:
            plan = subject.plan(signing(assigned, noon), tenant, given_rules, noon)
            tenant = applied(plan, tenant, ends)
        assert all(any(entry.thumbprint == X for entry in one.keys) for one in tenant)


def _assigned(thumbprint: str, effective: float | None, ends: dict[str, datetime]) -> dict[str, Any]:
    return {**farm(thumbprint, effective=effective), "not_after": utc_text(ends[thumbprint])}


ONPREM = {"server": {"time": utc_text(NOW)}, "signing": roll(farm(A, effective=-9))}
CLOUD = {"service_principals": [principal(key(A), app_id=app_id).info(NOW) for app_id in PROCEDURE]}


def test_the_action_contacts_nothing_and_returns_plain_data() -> None:
    result = run_action("trust_rotation", {"onprem": ONPREM, "cloud": CLOUD})
    assert (result["changed"], result["due"], result["add"], result["remove"]) == (False, False, [], [])
    assert {entry["reason"] for entry in result["keep"]} == {"it signs now"}
    assert result["upcoming"][0]["action"] == "stage"
    staged = {**ONPREM, "signing": roll(farm(A), farm(B, effective=3))}
    result = run_action("trust_rotation", {"onprem": staged, "cloud": CLOUD})
    assert (result["due"], result["add"][0]["app_ids"], len(result["operations"])) == (True, list(PROCEDURE), 2)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"onprem": {"server": {}}}, "it holds no certificate"),
        ({"cloud": {}}, "it holds no service_principals"),
        ({"cloud": {"service_principals": CLOUD["service_principals"][:1]}}, PROCEDURE[1]),
        ({"app_ids": []}, "the list is empty"),
        ({"app_ids": ["x"]}, "not a GUID"),
        ({"overlap_days": 1}, "from 2 to 3650"),
        ({"warn_days": 0}, "from 1 to 3650"),
        ({"earlier_thumbprints": ["AB"]}, "not a thumbprint"),
        ({"remove_thumbprints": ["contoso"]}, "not a thumbprint"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], part: str) -> None:
    result = run_action("trust_rotation", {"onprem": ONPREM, "cloud": CLOUD, **options})
    assert result["failed"]
    assert part in result["msg"]


@pytest.mark.parametrize(
    ("entry_days", "effective", "problem"),
    [(40, 3, False), (40, None, False), (5, 3, False), (5, 8, True), (5, None, True)],
    ids=["long before its end", "no roll", "a roll before its end", "a roll after its end", "ends soon"],
)
def test_an_entry_of_a_certificate_that_no_server_tells_is_missed_only_where_it_ends_soon_and_nothing_takes_over(
    entry_days: float, effective: float | None, problem: bool
) -> None:
    """A restricted endpoint tells no end of what signs, and most entries end with their certificate."""
    untold = {**farm(A, content=None), "not_after": None}
    roles = roll(untold) if effective is None else roll(untold, farm(B, effective=effective))
    plan = subject.plan(roles, [principal(key(A, days=entry_days), key(B))], RULES, NOW)
    assert plan.add == ()
    assert bool(plan.problems) is problem
    assert not any("lacks" in text for text, _remedy in plan.problems)
    assert all("trust_certificate_path" in remedy for _text, remedy in plan.problems)
    assert [entry.text.endswith("before the certificate does") for entry in plan.upcoming if entry.action == "entry_ends"] == [False]
