# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calendar of a report: the dates that change its verdict, a day each. Private to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import chosen, shortened
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import STATUSES, day
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

_DATE = ("date", "id", "status", "severity", "subject", "what")
_LONGEST_SUBJECT = 44
_LONGEST_NAME = 28
_ID = r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
# The subjects of principals and of their keys: _audit/keys.py.
_PRINCIPAL = re.compile(rf"{_ID} \((?P<name>.+)\)", re.IGNORECASE)
_KEY = re.compile(rf"(?P<whose>{_ID}(?: \(.+\))?): (?P<key>.+) \(key id (?P<key_id>.+?)\)", re.IGNORECASE)
_THUMBPRINT = re.compile(r"[0-9A-F]{40}")


@dataclass(frozen=True)
class Row:
    """A day. state: the worst that it brings. what: each change, the worst first. deployments, about: of what, in words."""

    day: str
    state: str
    what: str
    deployments: str
    about: str


def dates(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The dates that trust_audit told, in their order; what has no date is left out."""
    return [chosen(one, _DATE) for one in given if time_or_none(one.get("date"))]


def rows(deployments: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The days of all deployments, in order; those that bring the same are one."""
    days: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for one in deployments:
        of_day: dict[str, list[Mapping[str, Any]]] = {}
        for date in one["calendar"]:
            of_day.setdefault(day(date["date"]), []).append(date)
        for when, listed in of_day.items():
            listed.sort(key=lambda date: STATUSES.index(date["status"]))
            what = ". ".join(dict.fromkeys(str(date["what"]) for date in listed))
            days.setdefault((when, what), {})[one["name"]] = listed
    return [_row(when, what, of) for (when, what), of in sorted(days.items(), key=lambda item: item[0][0])]


def _row(when: str, what: str, of: Mapping[str, Sequence[Mapping[str, Any]]]) -> Row:
    worst = min((date["status"] for listed in of.values() for date in listed), key=STATUSES.index)
    subjects = dict.fromkeys(str(date["subject"]) for listed in of.values() for date in listed)
    return Row(when, worst, what, _several(list(of)), _several([_brief(one) for one in subjects]))


def _brief(subject: str) -> str:
    """The subject in fewer characters: of a principal its name, of a key what tells it from the others of its principal."""
    if key := _KEY.fullmatch(subject):
        principal = _PRINCIPAL.fullmatch(key["whose"])
        whose = shortened(principal["name"], _LONGEST_NAME) if principal else _begin(key["id"], 8)
        which = _begin(key["key"], 10) if _THUMBPRINT.fullmatch(key["key"]) else f"key id {_begin(key['key_id'], 8)}"
        return f"{whose}: {which}"
    if principal := _PRINCIPAL.fullmatch(subject):
        return f"{shortened(principal['name'], _LONGEST_NAME)} ({_begin(principal['id'], 8)})"
    return shortened(subject, _LONGEST_SUBJECT)


def _begin(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}\u2026"


def _several(names: Sequence[str]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
