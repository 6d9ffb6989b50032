# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of what is in the tenant: keys, the farm's own entries, and what signs in. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import application, credential, credential_entries, sign_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.date import Date, before_end, limits, of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import credential as entry_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import label, principal_label
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.rolled import rolled
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import any_serves, served_until, serving_from
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

_REFUSES = ", and the tenant refuses what the farm signs"


def dates(facts: Facts) -> Iterator[Date]:
    yield from _of_own(facts)
    yield from _of_keys(facts)
    yield from _of_permissions(facts)
    yield from _of_sign_in(facts)


def _of_own(facts: Facts) -> Iterator[Date]:
    """The farm's entries of what signs until the next certificate does, and then of that one."""
    after = rolled(facts)
    if after is None:
        yield from _of_entries(facts)
        return
    yield from (one for one in _of_entries(facts) if one.when < after.now)
    yield from _of_entries(after)


def _of_entries(facts: Facts) -> Iterator[Date]:
    """The end of the farm's entry on each principal that is to have one and on its application, from the time of the facts on."""
    signs, following = application.signing_certificate(facts), facts.lead.following()
    if isinstance(signs, Unknown):
        return
    wanted, when = signs
    effective = None if isinstance(following, Unknown) or following is None else time_or_none(following.get("effective_date"))
    holders = [(facts.principal(app_id), credential.OWN, _REFUSES) for app_id in facts.expected.credential_app_ids]
    dedicated, later = application.farms(facts), application.begins(facts)
    if dedicated is None and later is not None:
        dedicated = application.farms(replace(facts, now=later))
    for holder, rule, then in [*holders, (dedicated, application.DEDICATED_APPLICATION, "")]:
        if isinstance(holder, Unknown) or holder is None:
            continue
        entries, subject = [entry_of(key) for key in holder.get("key_credentials") or []], principal_label(holder)
        begin = None if any_serves(entries, wanted, when) else serving_from(entries, wanted, when)
        if begin is not None:
            yield of(rule, "pass", begin, subject, "The farm's entry begins, and the tenant takes what the farm signs")
        until = served_until(entries, wanted, begin or when)
        if until is None or until == when:
            continue
        allowed = limits(facts, failing=effective is None or effective > until)
        yield from _since(begin or facts.now, [*before_end(credential.ENDING_SOON, subject, "The farm's entry", until, allowed)])
        yield of(rule, rule.wrong[0], until, subject, f"The farm's entry has ended{then}")


def _since(start: datetime, dates: Sequence[Date]) -> Iterator[Date]:
    """The dates after the start, and there what the last one before it says, since from then on it is so."""
    over = [one for one in dates if one.when <= start]
    yield from (replace(one, when=start) for one in over[-1:])
    yield from (one for one in dates if one.when > start)


def _of_keys(facts: Facts) -> Iterator[Date]:
    for app_id in facts.expected.app_ids:
        principal = facts.principal(app_id)
        if isinstance(principal, Unknown) or principal is None:
            continue
        for key in principal.get("key_credentials") or []:
            end = time_or_none(key.get("end"))
            if end is not None:
                yield of(credential_entries.EXPIRED, "warn", end, label(principal, key), "The key has expired")


def _of_permissions(facts: Facts) -> Iterator[Date]:
    """When the end of what signs in as an application changes what is said of it."""
    before = application.permissions(facts)
    for end in application.ends(facts):
        if end <= facts.now:
            continue
        then = application.permissions(replace(facts, now=end))
        for subject, one in then.items():
            if one.status != before[subject].status:
                what = "What is left that signs in as it has known owners" if one.status == "pass" else one.heading
                yield Date(end, subject, what, one.id, one.status, one.severity)
        before = then


def _of_sign_in(facts: Facts) -> Iterator[Date]:
    found = facts.sign_in
    if found.end is None:
        return
    thing = found.subject[:1].upper() + found.subject[1:]
    yield from before_end(sign_in.ENDING_SOON, facts.subject, thing, found.end, limits(facts))
    yield of(sign_in.ENDING_SOON, "fail", found.end, facts.subject, f"{thing} has ended, and no run reaches the tenant")
