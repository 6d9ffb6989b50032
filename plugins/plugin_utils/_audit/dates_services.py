# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of services that Microsoft ends. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import exchange_online
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.date import Date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import exchange_web_services as ews

_WHAT = {
    ews.SHARED_BLOCKED: "Exchange Web Services refuse what comes through the shared principal",
    ews.ALLOW_LIST: "Exchange Web Services let in only applications on the tenant's list",
    ews.END: "Exchange Web Services of Exchange Online have ended",
}


def dates(facts: Facts) -> Iterator[Date]:
    """None where the farm does not need them, or where that is not known."""
    uses = exchange_online.uses(facts)
    if not uses or isinstance(uses, Unknown):
        return
    for stage, what in _WHAT.items():
        severity = exchange_online.severity(replace(facts, now=stage.begins))
        yield Date(stage.begins, facts.subject, what, exchange_online.EWS.id, "warn", severity)
