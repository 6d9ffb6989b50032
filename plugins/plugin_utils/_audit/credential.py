# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials on the service principals: the farm's own, and which principals share one. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import (
    advice,
    application,
    credential_entries,
    credential_shared,
    sources,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import (
    credential,
    is_certificate,
    label,
    lacking,
    principal_label,
    serves,
    thumbprint,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import first_use
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, left_text, time_or_none, utc_text

OWN = Rule(
    "credential.own",
    "The farm's certificate is on the service principal",
    "critical",
    ("fail",),
    "The tenant checks the farm's tokens with it.",
    sources.PROCEDURE,
    otherwise="The farm's certificate is not on the service principal",
)
ENDING_SOON = Rule(
    "credential.ending_soon",
    "The farm's key credential on the service principal does not end soon",
    "medium",
    ("warn", "fail"),
    "A key credential may end before its certificate does; then the tenant refuses the farm's tokens.",
    sources.KEY_CREDENTIAL,
    otherwise="The farm's key credential on the service principal ends soon",
)
SEVERAL_PRINCIPALS = Rule(
    "credential.several_principals",
    "No foreign certificate is on several service principals",
    "info",
    ("warn",),
    "Who has its key acts as each of them. For the farm's own certificate the procedure asks for it.",
    sources.MICROSOFT_APPLICATIONS,
    otherwise="A foreign certificate is on several service principals",
)
_NOT_SERVING = "The farm's key credential on the service principal does not serve"
_BESIDE = "Run sfb.hybrid_auth.configure or rotate, which put another key credential beside it."
_BESIDE_ON_APPLICATION = (
    "The role has no variable for it: put another key credential beside it with sp_credential, object: application and this one's end as "
    "valid_at."
)
RULES = (OWN, ENDING_SOON, *credential_shared.RULES, *credential_entries.RULES, SEVERAL_PRINCIPALS)


def check(facts: Facts) -> Iterator[Finding]:
    yield from _own(facts)
    yield from _on_application(facts)
    yield from credential_shared.check(facts)
    yield from credential_entries.check(facts)
    yield from _several(facts)


def _own(facts: Facts) -> Iterator[Finding]:
    certificate = facts.lead.certificate()
    for app_id in facts.expected.credential_app_ids:
        if isinstance(certificate, Unknown) or certificate is None or not certificate.get("thumbprint"):
            why = certificate.why if isinstance(certificate, Unknown) else "the farm has no certificate"
            for rule in (OWN, ENDING_SOON):
                yield rule.unknown(app_id, why)
            continue
        wanted, principal = str(certificate["thumbprint"]).upper(), facts.principal(app_id)
        subject = app_id if isinstance(principal, Unknown) or principal is None else principal_label(principal)
        when = first_use(facts.now, time_or_none(certificate.get("not_before")))
        there = serves(facts, app_id, wanted, when)
        yield (OWN.saying(_NOT_SERVING) if _entered(principal, wanted) else OWN).judged(
            there,
            subject,
            f"{wanted}, valid {'now' if when == facts.now else f'from {utc_text(when)} on'}",
            "the tenant has no such principal" if principal is None else "there" if there is True else lacking(facts, app_id, wanted, when),
            advice.configure("puts it there", "sp_credential"),
        )
        yield _ending(facts, subject, principal, wanted, when, time_or_none(certificate.get("not_after")), _BESIDE)


def _on_application(facts: Facts) -> Iterator[Finding]:
    """The end of the farm's entry on its dedicated application, where it has one."""
    certificate, holder = facts.lead.certificate(), application.farms(facts)
    if holder is None or certificate is None or isinstance(certificate, Unknown):
        return
    when, end = first_use(facts.now, time_or_none(certificate.get("not_before"))), time_or_none(certificate.get("not_after"))
    yield _ending(facts, principal_label(holder), holder, str(certificate["thumbprint"]).upper(), when, end, _BESIDE_ON_APPLICATION)


def _entered(principal: Object | Unknown | None, wanted: str) -> bool:
    """Whether an entry names the certificate, be it that it serves or not."""
    if isinstance(principal, Unknown) or principal is None:
        return False
    return any(thumbprint(key) == wanted for key in principal.get("key_credentials") or ())


def _ending(
    facts: Facts, subject: str, principal: Object | Unknown | None, wanted: str, when: datetime, end: datetime | None, beside: str
) -> Finding:
    """end: of the certificate, None where it is not known. beside: how another entry gets there."""
    if isinstance(principal, Unknown) or principal is None:
        return ENDING_SOON.unknown(subject, principal.why if isinstance(principal, Unknown) else "the tenant has no such principal")
    entries = [credential(key) for key in principal.get("key_credentials") or []]
    until = key_credential.served_until(entries, wanted, when)
    if until == when:
        why = key_credential.why_not(entries, wanted, when)
        return ENDING_SOON.unknown(subject, f"it does not serve: {why}" if why else "the farm's certificate was not found there")
    if until is None:
        return ENDING_SOON.unknown(subject, "the end of the farm's key credential was not read")
    left, limit, failing = days_left(until, facts.now), facts.expected.ending_soon_days, facts.expected.fail_days
    text, with_it = left_text(until, facts.now), end is not None and end - until < timedelta(days=1)
    # Another entry of a certificate that ends then serves no longer than this one.
    remedy = "Roll to a new certificate with sfb.hybrid_auth.rotate, since this one ends then." if with_it else beside
    following = facts.lead.following()
    begin = None if isinstance(following, Unknown) or following is None else time_or_none(following.get("effective_date"))
    if left < failing and (begin is None or begin > until):
        return ENDING_SOON.failed(subject, f"{failing} days left or more", text, remedy)
    return ENDING_SOON.judged(left >= limit, subject, f"{limit} days left or more", text, remedy)


def _several(facts: Facts) -> Iterator[Finding]:
    principals = None if isinstance(facts.cloud, Unknown) else facts.cloud.get("service_principals")
    if isinstance(facts.cloud, Unknown) or principals is None:
        why = facts.cloud.why if isinstance(facts.cloud, Unknown) else "sp_info gave no service_principals"
        yield SEVERAL_PRINCIPALS.unknown(facts.subject, why)
        return
    applications = facts.cloud.get("applications") or []
    behind = [one for application in applications if (one := application.get("service_principal"))]
    everywhere: list[Object] = [*principals, *(facts.cloud.get("dedicated_applications") or []), *applications, *behind]
    holders: dict[str, dict[str, None]] = {}
    unread = [principal_label(principal) for principal in everywhere if principal.get("key_credentials") is None]
    for principal in everywhere:
        for key in principal.get("key_credentials") or []:
            name = thumbprint(key)
            if name:
                holders.setdefault(name, {})[principal_label(principal)] = None
            elif is_certificate(key) is not False:
                unread.append(label(principal, key))
    own, shared = facts.own_certificates, {name: sorted(where) for name, where in holders.items() if len(where) > 1}
    for name, where in sorted(shared.items()):
        subject, actual = f"certificate {name}", " and ".join(where)
        if name in own:
            yield SEVERAL_PRINCIPALS.passed(subject, f"{own[name]}, on {actual}")
        elif used := facts.neighbours.use(name, None, facts.now):
            yield SEVERAL_PRINCIPALS.passed(subject, f"{used}, on {actual}")
        elif isinstance(facts.lead.certificate(), Unknown):
            yield SEVERAL_PRINCIPALS.unknown(subject, "the farm's own certificate is not known")
        else:
            told = facts.expected.known.get(name)
            detail = f"on {actual}{f', {told}' if told else ''}"
            yield SEVERAL_PRINCIPALS.warned(subject, "on one", detail, "Ask its owner whether each of them is needed.")
    if unread and not shared:
        yield SEVERAL_PRINCIPALS.unknown(facts.subject, f"not told which certificate it is: {', '.join(sorted(unread))}")
    elif not shared:
        yield SEVERAL_PRINCIPALS.passed(facts.subject, "each certificate is on one principal")
