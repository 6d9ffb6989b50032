# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dates of the product on each server. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit import server_build
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.date import Date, of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.facts import Facts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.finding import Unknown


def dates(facts: Facts) -> Iterator[Date]:
    """None for a server whose product is not known."""
    for server in facts.servers:
        found = server_build.product(server)
        if isinstance(found, Unknown):
            continue
        since = after(found.supported_until)
        if found.official:
            yield of(server_build.SUPPORTED, "fail", since, server.name, f"Microsoft no longer supports {found.name}")
        else:
            yield of(server_build.SUPPORTED, "skip", since, server.name, f"It is not known whether {found.name} is still supported")
        if found.paid_until:
            yield Date(after(found.paid_until), server.name, f"The support for {found.name} that is paid for has ended")


def after(last: date) -> datetime:
    """The begin of the day after the last one."""
    return datetime(last.year, last.month, last.day, tzinfo=timezone.utc) + timedelta(days=1)
