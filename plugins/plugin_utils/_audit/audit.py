# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit: every area's checks over the facts, in a fixed order. Private to the collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import (
    app_policy,
    application,
    certificate,
    certificate_names,
    certificate_on_server,
    clock,
    credential,
    exchange_online,
    modern_authentication,
    names,
    oauth_configuration,
    oauth_server,
    onprem_application,
    partner_application,
    principal,
    replication,
    roll,
    server_build,
    server_settings,
    sign_in,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import STATUSES, Finding, Rule

AREAS = (
    certificate,
    certificate_on_server,
    certificate_names,
    roll,
    oauth_server,
    partner_application,
    onprem_application,
    oauth_configuration,
    principal,
    application,
    credential,
    app_policy,
    exchange_online,
    names,
    modern_authentication,
    replication,
    clock,
    server_build,
    server_settings,
    sign_in,
)
# docs/findings.md shows this table.
RULES: dict[str, Rule] = {rule.id: rule for area in AREAS for rule in area.RULES}


def audit(facts: Facts) -> list[Finding]:
    """All findings, in the table's order and by subject; a rule says one thing of a subject."""
    found = [finding for area in AREAS for finding in area.check(facts)]
    place = {name: index for index, name in enumerate(RULES)}
    return _distinct(sorted(found, key=lambda finding: (place[finding.id], finding.subject, finding.status, finding.actual)))


def result(findings: Sequence[Finding]) -> dict[str, Any]:
    """What trust_audit returns of the findings."""
    counts = Counter(finding.status for finding in findings)
    return {
        "findings": [finding.as_result() for finding in findings],
        "compliant": counts["fail"] == 0,
        "counts": {status: counts[status] for status in STATUSES},
    }


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Number the subjects that are alike, such as two entries without a key id."""
    seen: Counter[tuple[str, str]] = Counter()
    numbered = []
    for finding in findings:
        seen[finding.id, finding.subject] += 1
        count = seen[finding.id, finding.subject]
        numbered.append(finding if count == 1 else replace(finding, subject=f"{finding.subject} #{count}"))
    return numbered
