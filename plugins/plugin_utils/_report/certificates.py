# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of a report: those of the farm and the keys of the tenant, one row each. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import in_date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.printable import text, text_or_none
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, time_or_none

_ROLES = {"current": "signs now", "next": "signs next", "previous": "signed before"}


def certificates(
    onprem: Sequence[Mapping[str, Any]], principals: Sequence[Mapping[str, Any]], now: datetime, ending_soon_days: int
) -> list[dict[str, Any]]:
    """Each certificate once, by thumbprint: subject, validity, where it is, what it does, and its state now.

    state: valid, ending (within ending_soon_days), expired, future, or unknown where its dates are not known.
    farm: whether the farm has it; a key of the tenant that the farm does not have belongs to another product or is a leftover.
    """
    rows: dict[str, dict[str, Any]] = {}
    for server in onprem:
        for role, certificate in _of_farm(server):
            row = _row(rows, text(certificate.get("thumbprint")).upper())
            row["farm"] = True
            _fill(row, certificate, "not_before", "not_after")
            if role and role not in row["roles"]:
                row["roles"].append(role)
            if role == _ROLES["next"] or (role == _ROLES["current"] and row["effective_date"] is None):
                row["effective_date"] = text_or_none(certificate.get("effective_date"))
    for principal in principals:
        place = text(principal.get("display_name") or principal.get("app_id"))
        for key in principal.get("key_credentials") or []:
            told = key.get("thumbprint") if key.get("key_type") else None  # else it is what the identifier claims
            row = _row(rows, text(told or key.get("key_id")).upper())
            _fill(row, key, "start", "end")
            if place not in row["places"]:
                row["places"].append(place)
    for row in rows.values():
        row["state"], row["days_left"] = _state(row, now, ending_soon_days)
    return sorted(rows.values(), key=lambda row: (not row["farm"], row["not_after"] or "9999", row["thumbprint"]))


def _of_farm(server: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    signing = server.get("signing") or {}
    for name, role in _ROLES.items():
        if signing.get(name):
            yield role, signing[name]
    if not signing and server.get("certificate"):
        yield "", server["certificate"]


def _row(rows: dict[str, dict[str, Any]], thumbprint: str) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "thumbprint": thumbprint,
        "subject": None,
        "not_before": None,
        "not_after": None,
        "days_left": None,
        "state": "unknown",
        "farm": False,
        "roles": [],
        "places": [],
        "effective_date": None,
    }
    return rows.setdefault(thumbprint, empty)


def _fill(row: dict[str, Any], source: Mapping[str, Any], start: str, end: str) -> None:
    row["subject"] = row["subject"] or text_or_none(source.get("subject") or source.get("display_name"))
    row["not_before"] = row["not_before"] or text_or_none(source.get(start))
    row["not_after"] = row["not_after"] or text_or_none(source.get(end))


def _state(row: Mapping[str, Any], now: datetime, ending_soon_days: int) -> tuple[str, int | None]:
    start, end = time_or_none(row["not_before"]), time_or_none(row["not_after"])
    if end is None:
        return "unknown", None
    left = days_left(end, now)
    if in_date(start, end, now) is False:
        return ("expired" if end <= now else "future"), left
    return ("ending" if left < ending_soon_days else "valid"), left
