# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calendar of an audit: nothing changes before its first date, what it says is so from then on, and no date is made up."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import audit, dates_server, expected
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.dates import calendar
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.rolled import rolled
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import exchange_web_services as ews
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import TOLERANCE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.server_builds import PRODUCTS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, time_or_none, utc_text
from tests.lab.states import audit as states

from ..estate import Estate
from ..support import NOW
from .test_audit import DEFAULTS, SERVERS, holes


class Estates(dict[str, Any]):
    """What was read of estates, by their names; short where a failing test shows it."""

    def __repr__(self) -> str:
        return f"estates {list(self)}"


Read = tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
# What is known of these is as old as their last report, and they report again.
MOVING = ("replication.", "clock.")
ROLLS = ("roll.pending", "roll.in_cloud", "roll.in_time")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def known(read: Read, now: datetime = NOW, **options: Any) -> Facts:
    wanted = expected.expected({**DEFAULTS, "tenant_id": states.TENANT, **options})
    return facts("contoso", read[0], SERVERS, read[1], wanted, now, token=read[2])


def estate(state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Read:
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = Estate(state, tmp_path_factory.mktemp("estate"), monkeypatch)
        return (*made.everything(), made.signed_in())


def staged_entries_ending(days: float, begin: float | None = None) -> dict[str, Any]:
    """A roll in 20 days; the staged certificate's entries end in so many days, long before it does. begin: the days until they begin."""
    state = states.right()
    states.staged(state, 20, current={"days": 70})
    for key in (states.principal(state, states.SKYPE)["keyCredentials"][1], states.dedicated(state)["keyCredentials"][1]):
        key.update(endDateTime=states.at(days), **({} if begin is None else {"startDateTime": states.at(begin)}))
    return state


def ending_on_the_application() -> dict[str, Any]:
    state = states.right()
    states.dedicated(state)["keyCredentials"][0].update(endDateTime=states.at(20))
    return state


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Estates:
    """What the info modules return of the right state, and of ones whose dates differ."""
    named = {f"{case.id} {case.status}": case for case in states.CASES if re.search("soon|validity|expired|in_date|own|roll", case.id)}
    found = Estates(right=estate(states.right(), tmp_path_factory))
    found["dedicated"] = estate(ending_on_the_application(), tmp_path_factory)
    for name, case in named.items():
        found[name] = estate(case.state(), tmp_path_factory)
    for days, begin in ((100, None), (40, None), (24, None), (15, None), (60, 25), (30, 25)):
        found[f"staged entries {days} {begin}"] = estate(staged_entries_ending(days, begin), tmp_path_factory)
    later = states.right()
    states.principal(later, states.SKYPE)["keyCredentials"][0]["startDateTime"] = states.at(10.5)
    found["own entry later"] = estate(later, tmp_path_factory)
    young = states.right()
    states.issuer(young, not_before=states.at(5), days=300)
    found["not yet valid"] = estate(young, tmp_path_factory)
    return found


def said(known_facts: Facts) -> dict[tuple[str, str], tuple[str, str]]:
    return {(one.id, one.subject): (one.status, one.severity) for one in audit.audit(known_facts) if not one.id.startswith(MOVING)}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans(), st.sampled_from([(30, 7), (7, 30), (400, 1)]))
def test_nothing_changes_before_the_first_date_and_then_it_does(read: Estates, data: Any, credential: bool, days: tuple[int, int]) -> None:
    name = data.draw(st.sampled_from(sorted(read)))
    now = NOW + timedelta(hours=data.draw(st.integers(0, 24 * 900)))
    here = known(read[name], now, exchange_credential=credential, ending_soon_days=days[0], fail_days=days[1])
    dates = calendar(here)
    assert dates == sorted(dates, key=lambda one: one.when)
    assert len(set(dates)) == len(dates)
    assert all(one.when > now for one in dates)
    before = said(here)
    first = dates[0].when if dates else now + 2000 * DAY
    between = now + data.draw(st.integers(0, (first - now) // SECOND - 1)) * SECOND
    assert said(replace(here, now=between)) == before
    after = said(replace(here, now=first))
    following = here.lead.following()
    rolls = following["effective_date"] if isinstance(following, dict) else None
    for one in dates:
        # From its effective date on the farm would tell that the staged certificate signs.
        if one.when == first and one.id and utc_text(first) != rolls:
            assert (one.id, one.status, one.severity) in {(key[0], *value) for key, value in after.items()}, one


def times_in(value: Any) -> Iterator[datetime]:
    yield from (parse_time(text) for text in _TIME.findall(json.dumps(value)))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(0, 10**9), st.sampled_from([0.02, 0.1, 0.3]))
def test_every_date_comes_from_one_that_was_read(read: Estates, data: Any, seed: int, often: float) -> None:
    chance, chosen = random.Random(seed), read[data.draw(st.sampled_from(sorted(read)))]
    onprem = [{**holes(server, chance, often), "management_module": "SkypeForBusiness"} for server in chosen[0]]
    left: Read = (onprem, {"missing": [], **holes(chosen[1], chance, often)}, holes(chosen[2], chance, often))
    here = known(left)
    wanted = here.expected
    shifts = (0, -wanted.ending_soon_days, -wanted.fail_days, -wanted.roll_near_days, wanted.overlap_days)
    there = {one + shift * DAY + late * SECOND for one in times_in(left) for shift in shifts for late in (0, 1)}
    there |= {one - TOLERANCE for one in times_in(left)} | {stage.begins for stage in ews.STAGES}
    there |= {dates_server.after(day) for one in PRODUCTS for day in (one.supported_until, one.paid_until) if day}
    for one in calendar(here):
        assert one.when in there, one
        assert all(one.as_result().values()) or not one.id


def test_of_what_was_not_read_there_is_no_date() -> None:
    assert calendar(known(([], {}, {}))) == []  # type: ignore[arg-type]


WORST = ("pass", "skip", "warn", "fail")


def on(here: Facts, moment: datetime) -> dict[str, list[tuple[int, str]]]:
    """How bad each rule finds it at that time, the worst last, where a staged certificate signs from its effective date on."""
    then, told = rolled(here), {name: list[tuple[int, str]]() for name in audit.RULES}
    for (rule, _subject), (status, severity) in said(replace(then if then and then.now <= moment else here, now=moment)).items():
        told[rule].append((WORST.index(status), severity))
    return {rule: sorted(values) for rule, values in told.items()}


def unannounced(read: Read, **options: Any) -> Iterator[tuple[str, str]]:
    """Each time on which a finding changes, with its rule, that the calendar of now lacks; of one that gets worse, its rule too."""
    here = known(read, **options)
    dates, before, since = calendar(here), on(here, NOW), NOW
    shifts = {0, -here.expected.ending_soon_days, -here.expected.fail_days, -here.expected.roll_near_days}
    moments = {at + shift * DAY for at in times_in(read) for shift in shifts} | {at - TOLERANCE for at in times_in(read)}
    for moment in sorted(near for at in moments for near in (at - SECOND, at, at + SECOND) if near > NOW):
        after, there = on(here, moment), {date.id for date in dates if since < date.when <= moment}
        for rule in (one for one in after if after[one] != before[one]):
            worse = after[rule][-1:] > max(before[rule][-1:], [(2, "")])
            if not there or (worse and rule not in there):
                yield utc_text(moment), rule
        before, since = after, moment


def test_every_day_on_which_a_finding_changes_is_in_the_calendar_of_the_first(read: Estates) -> None:
    assert {name: lacking for name, one in read.items() if (lacking := [*unannounced(one, exchange_credential=False)])} == {}


def of(dates: Sequence[Any], name: str) -> list[tuple[str, str]]:
    return [(utc_text(one.when), one.what) for one in dates if one.id == name]


def test_the_right_state_has_its_certificates_dates(read: Estates) -> None:
    here = known(read["right"])
    certificate = here.lead.certificate()
    end = time_or_none(certificate["not_after"])  # type: ignore[index]
    assert end is not None
    assert of(calendar(here), "certificate.ending_soon") == [
        (utc_text(end - 30 * DAY + SECOND), "The certificate has fewer than 30 days left"),
        (utc_text(end - 7 * DAY + SECOND), "The certificate has fewer than 7 days left"),
    ]
    assert of(calendar(here), "certificate.in_date") == [(utc_text(end), "The certificate has expired")]


def test_the_end_of_the_entry_on_the_dedicated_application_is_there(read: Estates) -> None:
    dates = [one for one in calendar(known(read["dedicated"], exchange_credential=False)) if states.HYBRID in one.subject]
    assert [(one.id, one.status) for one in dates] == [
        ("credential.ending_soon", "fail"),
        ("principal.application_permission", "warn"),
        ("principal.dedicated_application", "warn"),
    ]


def test_a_staged_certificate_takes_over_the_dates_of_the_one_that_signs(read: Estates) -> None:
    here = known(read["roll.pending warn"])
    staged = here.lead.following()
    effective = time_or_none(staged["effective_date"])  # type: ignore[index]
    assert (effective, "The farm signs with the staged certificate") in [(one.when, one.what) for one in calendar(here)]
    assert effective is not None
    current = str(here.lead.certificate()["thumbprint"])  # type: ignore[index]
    assert not [one for one in calendar(here) if one.id.startswith("certificate.") and current in one.subject and one.when >= effective]


def test_a_roll_that_the_tenant_does_not_know_has_the_day_on_which_it_fails(read: Estates) -> None:
    dates = calendar(known(read["roll.in_cloud warn"]))
    (near, *_more) = [one for one in dates if one.id == "roll.in_cloud"]
    (refused, *_more) = [one for one in dates if one.id == "credential.own" and "refuses" in one.what]
    assert near.when + 7 * DAY == refused.when


def test_the_day_from_which_on_something_is_right_is_there_too(read: Estates) -> None:
    for name, rule, what in (
        ("own entry later", "credential.own", "The farm's entry begins, and the tenant takes what the farm signs"),
        ("not yet valid", "certificate.in_date", "The certificate becomes valid"),
    ):
        here = known(read[name], exchange_credential=False)
        (date,) = [one for one in calendar(here) if one.id == rule and one.status == "pass"]
        assert date.what == what
        before, after = (
            {value[0] for key, value in said(replace(here, now=moment)).items() if key[0] == rule}
            for moment in (date.when - SECOND, date.when)
        )
        assert (before, after) == ({"fail"}, {"pass"})


def test_the_end_of_exchange_web_services_is_there_only_where_they_are_needed(read: Estates) -> None:
    days = [one.when for one in calendar(known(read["right"], exchange_credential=True)) if one.id == "exchange_online.ews"]
    assert days == [stage.begins for stage in ews.STAGES if stage.begins > NOW]
    named = known(read["right"], exchange_credential=False, dedicated_application="SfB Hybrid")
    assert [when for when, _what in of(calendar(named), "exchange_online.ews")] == [utc_text(ews.END.begins)]
    assert not of(calendar(known(read["right"], exchange_credential=False)), "exchange_online.ews")


def test_the_previous_certificate_has_the_end_of_the_overlap(read: Estates) -> None:
    onprem, cloud, token = read["right"]
    lead = {**onprem[0], "signing": {**onprem[0]["signing"]}}
    current = {**lead["signing"]["current"], "effective_date": utc_text(NOW - 2 * DAY)}
    lead["signing"] = {"current": current, "next": None, "previous": {**current, "thumbprint": current["thumbprint"]}}
    dates = calendar(known(([lead, *onprem[1:]], cloud, token), overlap_days=9))
    assert [utc_text(one.when) for one in dates if "overlap" in one.what] == [utc_text(NOW + 7 * DAY)]


def test_a_roll_that_is_staged_has_the_end_of_its_overlap(read: Estates) -> None:
    onprem, cloud, token = read["right"]
    signs = onprem[0]["signing"]["current"]
    staged = {**signs, "thumbprint": "F" * 40, "effective_date": utc_text(NOW + 2 * DAY)}
    lead = {**onprem[0], "signing": {"current": signs, "next": staged, "previous": None}}
    dates = calendar(known(([lead, *onprem[1:]], cloud, token), overlap_days=9))
    over = [(utc_text(one.when), one.subject) for one in dates if "overlap" in one.what]
    assert over == [(utc_text(NOW + 11 * DAY), f"certificate {signs['thumbprint']} ({signs['subject']})")]
