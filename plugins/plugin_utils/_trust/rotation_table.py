# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each of the farm's certificates stands after a run: where it is, since and until when, and what happens to it next. Private."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import Certificate, Roles
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text

_HEAD = ("certificate", "on the farm", "in the tenant", "since", "until", "next")
_BEFORE = "signed before"
_WORDS = {
    "switch": "it signs",
    "remove": "it is removed",
    "stage": "its successor is due",
    "expire": "it expires",
    "entry_ends": "its entry ends",
}


@dataclass(frozen=True)
class Standing:
    """One of the farm's certificates. role: what it is on the farm. app_ids: the service principals that hold it.

    since: from when on it signs, or signed. action: what happens to it next, as in Upcoming, on that date.
    """

    thumbprint: str
    role: str
    app_ids: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    action: str | None
    date: datetime | None

    def also_on(self, app_ids: Iterable[str]) -> Standing:
        """The same where these service principals hold it too."""
        return replace(self, app_ids=tuple(dict.fromkeys((*self.app_ids, *app_ids))))

    @property
    def remembered(self) -> bool:
        """Whether it is the one that the farm can be made to forget."""
        return self.role == _BEFORE

    def shown(self) -> dict[str, Any]:
        return {
            "thumbprint": self.thumbprint,
            "role": self.role,
            "app_ids": list(self.app_ids),
            "since": utc_text(self.since) if self.since else None,
            "until": utc_text(self.until) if self.until else None,
            "action": self.action,
            "date": utc_text(self.date) if self.date else None,
        }


def standings(roles: Roles, holders: Mapping[str, Sequence[str]], upcoming: Iterable[tuple[datetime, str, str]]) -> Iterator[Standing]:
    """A standing for each certificate of the farm, the one that signs first.

    holders: application ids by thumbprint, as they are after the run. upcoming: dates, actions and thumbprints, the earliest first. A
    successor that was due before now still is, unless one is staged.
    """
    coming: dict[str, tuple[datetime, str]] = {}
    for date, action, thumbprint in upcoming:
        if date > roles.now or (action == "stage" and roles.next is None):
            coming.setdefault(thumbprint, (date, action))
    elsewhere = [(one, reason.removeprefix("it ")) for one, reason in roles.elsewhere]
    known: list[tuple[Certificate | None, str]] = [
        (roles.current, "signs now"),
        (roles.next, "signs next"),
        *elsewhere,
        (roles.previous, _BEFORE),
    ]
    seen = set()
    for certificate, role in known:
        if certificate is None or certificate.thumbprint in seen:
            continue
        seen.add(certificate.thumbprint)
        then = coming.get(certificate.thumbprint)
        since = None if role == _BEFORE else certificate.effective or certificate.begin
        held = tuple(holders.get(certificate.thumbprint, ()))
        yield Standing(certificate.thumbprint, role, held, since, certificate.end, then and then[1], then and then[0])


def lines(certificates: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """The standings, as shown() gives them, as lines of a table; none where there are none. Days are in UTC. now: an aware time."""
    if not certificates:
        return []
    rows = [_HEAD, *(_cells(one, now) for one in certificates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(one: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    count = len(one["app_ids"])
    tenant = f"on {count} principal{'' if count == 1 else 's'}" if count else "not there"
    since = "since " if one["action"] and parse_time(one["date"]) <= now else ""
    then = f"{since}{_day(one['date'])}: {_WORDS[one['action']]}" if one["action"] else "-"
    return (one["thumbprint"], one["role"], tenant, _day(one["since"]), _day(one["until"]), then)


def _day(text: str | None) -> str:
    return str(text)[:10] if text else "-"
