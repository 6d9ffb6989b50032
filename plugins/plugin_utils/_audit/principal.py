# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service principals: there and enabled. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import advice, sources
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Finding, Rule, Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.keys import principal_label

PRESENT = Rule(
    "principal.present",
    "The tenant has the service principal",
    "critical",
    ("fail",),
    "It carries the farm's certificate and names.",
    sources.PROCEDURE,
    otherwise="The tenant does not have the service principal",
)
ENABLED = Rule(
    "principal.enabled",
    "The service principal is enabled",
    "high",
    ("fail",),
    "Nothing can sign in to a disabled one.",
    sources.PROCEDURE,
    otherwise="The service principal is disabled",
)
RULES = (PRESENT, ENABLED)


def check(facts: Facts) -> Iterator[Finding]:
    for app_id in facts.expected.app_ids:
        principal = facts.principal(app_id)
        if isinstance(principal, Unknown):
            for rule in (PRESENT, ENABLED):
                yield rule.unknown(app_id, principal.why)
            continue
        if principal is None:
            yield PRESENT.failed(app_id, "there", "not there", f"Create it with 'az ad sp create --id {app_id}', and run again.")
            yield ENABLED.unknown(app_id, "it is not there")
            continue
        yield PRESENT.passed(principal_label(principal), "there")
        if app_id == facts.expected.exchange_application_id and not facts.expected.exchange_enabled:
            continue
        enabled = principal.get("account_enabled")
        yield ENABLED.judged(
            enabled if isinstance(enabled, bool) else Unknown("its state was not read"),
            principal_label(principal),
            "enabled",
            "enabled" if enabled else "disabled",
            advice.configure("enables it", "sp_account")
            if app_id == facts.expected.exchange_application_id
            else "The role has no variable for this one: enable it with sp_account.",
        )
