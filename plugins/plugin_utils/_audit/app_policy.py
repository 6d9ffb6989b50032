# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the tenant would take the farm's certificates again, by its app management policies and locks. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import application, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import principal_label
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import APPLICATIONS, PRINCIPALS, WORDS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

POLICY = Rule(
    "credential.policy",
    "The tenant takes the farm's certificate where it is to be",
    "medium",
    ("warn",),
    "What is there stays. A certificate that is put there again, or the next one of the same kind, is refused, and the roll stops.",
    sources.APP_POLICY,
    otherwise="The tenant refuses the farm's certificate where it is to be, or may",
)
RULES = (POLICY,)


def check(facts: Facts) -> Iterator[Finding]:
    for app_id in facts.expected.credential_app_ids:
        principal = facts.principal(app_id)
        subject = app_id if isinstance(principal, Unknown) or principal is None else principal_label(principal)
        unread = principal.why if isinstance(principal, Unknown) else None
        yield _judged(facts, facts.refusals, app_id, subject, unread, WORDS[PRINCIPALS])
    told = None if facts.refusals is None else {**facts.refusals, "objects": facts.refusals.get("applications")}
    for one in application.objects(facts):
        yield _judged(facts, told, str(one.get("app_id")), f"{principal_label(one)}, application object", None, WORDS[APPLICATIONS])


def _judged(facts: Facts, refusals: Object | None, app_id: str, subject: str, unread: str | None, kind: str) -> Finding:
    """unread: why the object was not read, None where it was. kind: what it is, in words."""
    why, certificates = unread or refused.unread(refusals, app_id), _certificates(facts)
    if why or isinstance(certificates, Unknown):
        return POLICY.unknown(subject, why or (certificates.why if isinstance(certificates, Unknown) else ""))
    # The second one is staged.
    candidates = [refused.candidate(row, pending=number > 0) for number, row in enumerate(certificates)]
    found = [one for candidate in candidates for one in refused.refusals(refusals, [app_id], candidate, facts.now, kind)]
    told = " ".join(dict.fromkeys(one.problem for one in found)).rstrip(".")
    remedy = " ".join(dict.fromkeys(one.remedy for one in found))
    unclear = None if found else refused.not_understood(refusals, app_id)
    return POLICY.judged(
        Unknown(unclear) if unclear else not found,
        subject,
        "no policy and no lock that refuses it",
        told or "nothing refuses it",
        remedy,
    )


def _certificates(facts: Facts) -> list[Object] | Unknown:
    """The one that signs, and the one that is staged."""
    current, following = facts.lead.certificate(), facts.lead.following()
    if isinstance(current, Unknown) or current is None:
        return current or Unknown("the farm has no certificate")
    found: list[Object] = [current, *([following] if following and not isinstance(following, Unknown) else [])]
    if any(time_or_none(one.get("not_after")) is None for one in found):
        return Unknown("when the farm's certificate ends was not read")
    return found
