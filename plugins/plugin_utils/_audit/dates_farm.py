# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of the farm's certificate and of its roll. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import certificate, credential, roll
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.date import Date, before_end, limits, of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import serves
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import thumbprint as thumbprint_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.rolled import rolled
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import first_use
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none


def dates(facts: Facts) -> Iterator[Date]:
    following = facts.lead.following()
    staged = None if isinstance(following, Unknown) else following
    effective = time_or_none(staged.get("effective_date")) if staged else None
    for found, begins in certificate.certificates(facts):
        # What signs no longer when it ends changes nothing then, and what is staged counts from its effective date on.
        until = effective if begins <= facts.now and effective and effective > facts.now else None
        yield from (one for one in _of_certificate(facts, found, begins) if one.when > facts.now and (until is None or one.when < until))
    if staged and effective:
        yield from _of_roll(facts, staged, effective)
        yield from _of_stores(facts)
    yield from _of_overlap(facts)


def _of_certificate(facts: Facts, found: Object, used_from: datetime) -> Iterator[Date]:
    begin, end, subject = time_or_none(found.get("not_before")), time_or_none(found.get("not_after")), certificate.label(found)
    if end is None:
        return
    if begin is not None and used_from < begin < end:
        yield of(certificate.IN_DATE, "pass", begin, subject, "The certificate becomes valid")
    allowed = limits(facts, failing=not certificate.succeeded(facts, end))
    yield from before_end(certificate.ENDING_SOON, subject, "The certificate", end, allowed)
    yield of(certificate.IN_DATE, "fail", end, subject, "The certificate has expired")


def _of_roll(facts: Facts, staged: Object, effective: datetime) -> Iterator[Date]:
    subject, thumbprint = certificate.label(staged), str(staged.get("thumbprint"))
    begins = first_use(facts.now, effective, time_or_none(staged.get("not_before")))
    yield Date(effective, subject, "The farm signs with the staged certificate")
    for app_id in facts.expected.credential_app_ids:
        if serves(facts, app_id, thumbprint, begins) is False:
            near = shifted(effective, -timedelta(days=facts.expected.roll_near_days))
            yield of(roll.IN_CLOUD, "fail", near, f"{subject} on {app_id}", "The tenant still does not have the staged certificate")
            yield of(credential.OWN, "fail", effective, f"{thumbprint} on {app_id}", "The tenant refuses what the farm signs")


def _of_stores(facts: Facts) -> Iterator[Date]:
    """That servers cannot sign from the effective date on, since they lack what is staged."""
    after = rolled(facts)
    for one in certificate.check(after) if after else ():
        if one.status == "fail" and one.id in (certificate.STORE.id, certificate.PRIVATE_KEY.id):
            yield Date(after.now if after else facts.now, one.subject, one.heading, one.id, one.status, one.severity)


def _of_overlap(facts: Facts) -> Iterator[Date]:
    """When a run of rotate takes the previous certificate out of the tenant, also of a roll that is staged and yet to begin."""
    signing = facts.lead.part("signing")
    if isinstance(signing, Unknown):
        return
    for signs, before in ((signing.get("current"), signing.get("previous")), (signing.get("next"), signing.get("current"))):
        since = time_or_none(signs.get("effective_date")) if signs and before else None
        if since is not None and _in_tenant(facts, str(before.get("thumbprint"))):
            over = shifted(since, timedelta(days=facts.expected.overlap_days))
            yield Date(over, certificate.label(before), "The overlap is over, and rotate takes the previous certificate out of the tenant")


def _in_tenant(facts: Facts, thumbprint: str) -> bool:
    listed = [] if isinstance(facts.cloud, Unknown) else facts.cloud.get("service_principals") or []
    return any(thumbprint_of(key) == thumbprint.upper() for one in listed for key in one.get("key_credentials") or [])
