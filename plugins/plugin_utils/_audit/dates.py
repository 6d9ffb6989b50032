# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calendar of an audit: every date that changes its verdict as long as what was read stays so. Private to the collection.

Nothing here is invented: a date that was not read is not in it. Another area's dates join by one more function in DATES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import dates_farm, dates_server, dates_services, dates_tenant
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.date import Date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts

DATES: tuple[Callable[[Facts], Iterator[Date]], ...] = (
    dates_farm.dates,
    dates_tenant.dates,
    dates_services.dates,
    dates_server.dates,
)


def calendar(facts: Facts) -> list[Date]:
    """The dates that are still to come, in order, each once."""
    found = {one for dates in DATES for one in dates(facts) if one.when > facts.now}
    return sorted(found, key=lambda one: (one.when, one.id, one.subject, one.what))
