# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication of the Central Management Store: whether every server works with what was read. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts, is_named
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none, utc_text

UP_TO_DATE = Rule(
    "replication.up_to_date",
    "The replica is up to date",
    "medium",
    ("fail",),
    "A server works with its replica, so an old one has old trust settings and may lack the certificate.",
    sources.REPLICATION,
    otherwise="The replica is behind",
)
REPORT_AGE = Rule(
    "replication.report_age",
    "The replica reported lately",
    "low",
    ("warn",),
    "What is known of a replica is as old as its last report.",
    sources.REPLICATION,
    otherwise="The replica has not reported lately",
)
_REPORT = "Get-CsManagementStoreReplicationStatus"
RULES = (UP_TO_DATE, REPORT_AGE)


def check(facts: Facts) -> Iterator[Finding]:
    replicas = facts.lead.part("replicas")
    if isinstance(replicas, Unknown) or not replicas:
        for rule in RULES:
            yield rule.unknown(facts.subject, replicas.why if isinstance(replicas, Unknown) else "no replica is listed")
        return
    limit = timedelta(hours=facts.expected.replica_report_age_hours)
    for replica in replicas:
        subject, fresh, report = (
            f"replica {replica.get('replica')}",
            replica.get("up_to_date"),
            time_or_none(replica.get("last_status_report")),
        )
        yield UP_TO_DATE.judged(
            fresh if isinstance(fresh, bool) else Unknown("its state was not read"),
            subject,
            "up to date",
            "up to date" if fresh else "not up to date",
            "Wait some minutes. Then look for File Transfer Agent events on it, or run Invoke-CsManagementStoreReplication.",
        )
        yield REPORT_AGE.judged(
            Unknown("it has not reported, or its report was not read") if report is None else facts.now - report <= limit,
            subject,
            f"a report within {facts.expected.replica_report_age_hours} hours",
            f"last report on {utc_text(report)}" if report else "",
            "Check that the server runs, and its service Skype for Business Server Replica Replicator Agent.",
        )
    yield from _unlisted(facts, {str(replica.get("replica")).lower() for replica in replicas})


def _unlisted(facts: Facts, listed: Collection[str]) -> Iterator[Finding]:
    """The servers of the run of which the report tells nothing. listed: the replicas that it has, in lower case."""
    for server in facts.servers:
        told = server.part("server")
        name = None if isinstance(told, Unknown) else told.get("name")
        if any(is_named(str(one), listed) for one in (server.name, name) if one):
            continue
        why = f"{_REPORT} does not list it" if name else f"which replica of {_REPORT} is its is not known, since it did not tell its name"
        for rule in RULES:
            yield rule.unknown(f"replica {name or server.name}", why)
