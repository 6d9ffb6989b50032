# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A staged roll of the certificate: whether the day on which the next one signs is prepared. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.certificate import label
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, Object
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import lacking, serves
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import first_use
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text

PENDING = Rule(
    "roll.pending",
    "No roll of the certificate is pending",
    "info",
    ("warn",),
    "On the effective date of a staged certificate the farm begins to sign with it.",
    sources.ROLL,
    otherwise="A roll of the certificate is pending",
)
IN_CLOUD = Rule(
    "roll.in_cloud",
    "The staged certificate is in the tenant before it signs",
    "critical",
    ("fail", "warn"),
    "From its effective date on, tokens are signed with it; the tenant refuses them while it does not know it.",
    sources.ROLL,
    otherwise="The tenant does not have the staged certificate yet",
)
ON_SERVERS = Rule(
    "roll.on_servers",
    "The staged certificate is on every server with its private key",
    "high",
    ("fail",),
    "A server that lacks it cannot sign from the effective date on.",
    sources.ROLL,
    otherwise="The staged certificate is not on the server with its private key",
)
IN_TIME = Rule(
    "roll.in_time",
    "The staged certificate signs before the current one ends",
    "high",
    ("fail",),
    "Between the end of the one and the beginning of the other nothing can sign.",
    sources.ROLL,
    otherwise="The staged certificate signs only after the current one ends",
)
RULES = (PENDING, IN_CLOUD, ON_SERVERS, IN_TIME)

_NONE = "no roll is staged"


def check(facts: Facts) -> Iterator[Finding]:
    following = facts.lead.following()
    if isinstance(following, Unknown):
        for rule in RULES:
            yield rule.unknown(facts.subject, following.why)
        return
    if following is None:
        for rule in RULES:
            yield rule.passed(facts.subject, _NONE)
        return
    effective = time_or_none(following.get("effective_date"))
    when = utc_text(effective) if effective else "a date that was not read"
    yield PENDING.warned(label(following), _NONE, f"it signs from {when} on", "Run sfb.hybrid_auth.rotate daily until the roll is done.")
    yield from _in_cloud(facts, following, when)
    yield from _on_servers(facts, following)
    current = facts.lead.certificate()
    end = time_or_none(current.get("not_after")) if current and not isinstance(current, Unknown) else None
    yield IN_TIME.judged(
        Unknown("a date was not read") if effective is None or end is None else effective <= end,
        label(following),
        f"{utc_text(end)} at the latest" if end else "",
        when,
        "The role has no variable that stages a roll again: use onprem_certificate with replace_pending and an earlier effective_date, or "
        "Set-CsCertificate -Roll -EffectiveDate.",
    )


def _in_cloud(facts: Facts, following: Object, when: str) -> Iterator[Finding]:
    effective, thumbprint = time_or_none(following.get("effective_date")), str(following.get("thumbprint"))
    near = effective is None or effective - facts.now <= timedelta(days=facts.expected.roll_near_days)
    for app_id in facts.expected.credential_app_ids:
        subject = f"{label(following)} on {app_id}"
        begins = first_use(facts.now, effective, time_or_none(following.get("not_before")))
        there = serves(facts, app_id, thumbprint, begins)
        if isinstance(there, Unknown):
            yield IN_CLOUD.unknown(subject, there.why)
        elif there:
            yield IN_CLOUD.passed(subject, f"there, before {when}")
        else:
            told = IN_CLOUD.failed if near else IN_CLOUD.warned
            yield told(
                subject,
                f"there before {when}",
                lacking(facts, app_id, thumbprint, begins),
                "Run sfb.hybrid_auth.rotate now, which puts it on the service principal, or use sp_credential.",
            )


def _on_servers(facts: Facts, following: Object) -> Iterator[Finding]:
    wanted = str(following.get("thumbprint")).upper()
    for server in facts.servers:
        there = server.following()
        if isinstance(there, Unknown):
            yield ON_SERVERS.unknown(server.name, there.why)
            continue
        same = there is not None and str(there.get("thumbprint")).upper() == wanted
        states = (there.get("found"), there.get("has_private_key")) if there is not None and same else (False, False)
        yield ON_SERVERS.judged(
            False if False in states else True if all(state is True for state in states) else Unknown("its store cannot be read"),
            server.name,
            f"{wanted} with its private key",
            "there" if False not in states else "staged, but not in the store with its key" if same else "not staged there",
            "Import the certificate with its private key on this server, or wait for replication.",
        )
