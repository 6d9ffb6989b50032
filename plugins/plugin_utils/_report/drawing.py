# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drawings of a report as geometry, which the page's template only writes down. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.links import AUTHORIZATION, EXCHANGE, FARM, PRINCIPALS
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.scale import Scale, scale
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shortened
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import (
    CERTIFICATES,
    STATES,
    day,
    days_from,
    remaining,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural

# The map is drawn for the 340 pixels that a phone leaves, and the text in it is counted for a wide font.
_WIDTH, _FARM_LETTERS, _BOX_LETTERS, _NAME_LETTERS, _MOST_PRINCIPALS = 340, 46, 29, 6, 3
_BOX_LEFT, _SPINES, _LINE, _GAP = 132.0, (62.0, 38.0, 14.0), 17.0, 62.0
_MARK_LEFT = 100.0
_WIDE, _CAPITAL, _BROAD, _LATIN = 1.7, 1.25, "<>+=~mw\ufffd", 0x17F
_ROW_HEIGHT, _AXIS_HEIGHT, _BAR_HEIGHT = 50, 34, 10


def _letters(value: str) -> float:
    """How much room a text takes in a wide font, in small letters: capitals take more, and what is not Latin the most."""
    return sum(
        _WIDE if letter in "MW@%\u2014" or ord(letter) > _LATIN else _CAPITAL if letter.isupper() or letter in _BROAD else 1
        for letter in value
    )


def _fitted(value: str, room: int) -> str:
    """The text, shortened in its middle until it takes so much room."""
    short = value = shortened(value, room)
    while _letters(short) > room:
        short = shortened(value, len(short) - 1)
    return short


@dataclass(frozen=True)
class Box:
    """A place of the map: its corner, size, name and the lines under it."""

    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[str, ...]

    @property
    def baselines(self) -> list[tuple[float, str]]:
        return [(self.y + 40 + index * _LINE, line) for index, line in enumerate(self.lines)]


@dataclass(frozen=True)
class Mark:
    """A link of the map: its number, its path, which is empty for the farm itself, and where number, sign and word are."""

    number: int
    state: str
    word: str
    path: str
    x: float
    y: float
    badge_x: float
    word_x: float
    word_y: float
    word_anchor: str


@dataclass(frozen=True)
class Map:
    width: int
    height: int
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    description: str


def trust_map(deployment: Mapping[str, Any]) -> Map:
    """The map of a deployment's trust: the farm above, what it talks to below, and the links between them in the document's order."""
    texts = _places(deployment["facts"])
    farm = Box(0.5, 0.5, _WIDTH - 1, 54 + _LINE * (len(texts[FARM]) - 1), FARM, texts[FARM])
    boxes, top = {FARM: farm}, farm.y + farm.height + 44
    for name in (AUTHORIZATION, PRINCIPALS, EXCHANGE):
        box = Box(_BOX_LEFT, top, _WIDTH - 0.5 - _BOX_LEFT, 54 + _LINE * (len(texts[name]) - 1), name, texts[name])
        boxes[name] = box
        top += box.height + _GAP
    marks = []
    spines = iter(_SPINES)
    for number, link in enumerate(deployment["links"], start=1):
        source, target = boxes[link["from"]], boxes[link["to"]]
        sign, word = link["state"], STATES[link["state"]]
        if source is target:
            x, y = _WIDTH - 94.0, source.y + 18
            marks.append(Mark(number, sign, word, "", x, y, x - 22, x + 14, y + 4, "start"))
        elif source is farm:
            spine, y = next(spines), target.y + target.height / 2
            path = f"M{spine} {farm.y + farm.height} V{y} H{_BOX_LEFT}"
            marks.append(Mark(number, sign, word, path, _MARK_LEFT + 12, y, _MARK_LEFT - 12, _BOX_LEFT - 5, y + 23, "end"))
        else:
            x, y = _BOX_LEFT + 44, source.y + source.height + _GAP / 2
            path = f"M{x} {source.y + source.height} V{target.y}"
            marks.append(Mark(number, sign, word, path, x, y, x - 22, x + 14, y + 4, "start"))
    words = [f"{number}. {link['title']}: {STATES[link['state']]}." for number, link in enumerate(deployment["links"], start=1)]
    return Map(_WIDTH, round(top - _GAP + 1), tuple(boxes.values()), tuple(marks), " ".join(words))


def _places(facts: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The lines in each box of the map."""
    servers = [server["name"] for server in facts["servers"]]
    pools = sorted({row["pool"] for row in facts["web_services"] or [] if row["pool"]})
    farm = [_listed(servers, _FARM_LETTERS) if servers else "not read"]
    if pools:
        counted = f"{plural(len(pools), 'pool')}: "
        farm.append(counted + _listed(pools, _FARM_LETTERS - len(counted)))
    known = {str(row["name"]).lower(): row for row in facts["oauth_servers"] or []}
    server = next(iter(known.values()), None)
    principals = [
        line
        for row in (facts["service_principals"] or [])[:_MOST_PRINCIPALS]
        for line in (
            _fitted(row["display_name"] or row["app_id"] or "", _BOX_LETTERS),
            f"{plural(len(row['keys']), 'key')}, {plural(len(row['names']), 'name')}",
        )
    ]
    partners = [row["name"] or "" for row in facts["partner_applications"] or []]
    return {
        FARM: tuple(farm),
        AUTHORIZATION: (_fitted(server["name"] or "", _BOX_LETTERS) if server else _absent(facts["oauth_servers"]),),
        PRINCIPALS: tuple(principals) or (_absent(facts["service_principals"]),),
        EXCHANGE: (_fitted(", ".join(partners), _BOX_LETTERS) if partners else _absent(facts["partner_applications"]),),
    }


def _absent(read: Any) -> str:
    return "not read" if read is None else "not set up"


def _listed(names: Sequence[str], room: int) -> str:
    """The names, or the first of them and the number of the others where there is no room for all."""
    line = ", ".join(names)
    if _letters(line) <= room:
        return line
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return _fitted(names[0], room - len(others)) + others


@dataclass(frozen=True)
class Bar:
    """A certificate's row: y of its words and its bar, the bar's left end and width in per cent, and the day it takes effect."""

    name: str
    does: str
    note: str
    state: str
    words_y: int
    bar_y: int
    left: float
    width: float
    effective: float | None


@dataclass(frozen=True)
class Timeline:
    height: int
    axis_y: int
    bar_height: int
    today: float
    soon_width: float
    ticks: tuple[tuple[float, str, str], ...]
    bars: tuple[Bar, ...]
    description: str


def timeline(deployment: Mapping[str, Any], now: datetime, ending_soon_days: int) -> Timeline:
    """The validity of each certificate on one axis; x in per cent of the width, so that text keeps its size on any screen."""
    rows = deployment["certificates"]
    moments = [
        days for row in rows for name in ("not_before", "not_after", "effective_date") if (days := days_from(row[name], now)) is not None
    ]
    axis = scale(moments)
    bars = tuple(_bar(index, row, axis, now) for index, row in enumerate(rows))
    height = _AXIS_HEIGHT + _ROW_HEIGHT * len(rows)
    ticks = tuple((place, label, "start" if place < 8 else "end" if place > 92 else "middle") for place, label in axis.ticks())
    description = " ".join(
        f"{one.name} {one.does}: {CERTIFICATES[row['state']]}, {one.note}, valid from {day(row['not_before'])} to {day(row['not_after'])}."
        for one, row in zip(bars, rows, strict=True)
    )
    today = axis.position(0)
    return Timeline(height, height - 22, _BAR_HEIGHT, today, round(axis.position(ending_soon_days) - today, 2), ticks, bars, description)


def _bar(index: int, row: Mapping[str, Any], axis: Scale, now: datetime) -> Bar:
    start, end, effective = (days_from(row[name], now) for name in ("not_before", "not_after", "effective_date"))
    left = axis.position(axis.first if start is None else start)
    right = axis.position(axis.last if end is None else end)
    # A date in the past is when the certificate that signs now began to; only one to come is an event to wait for.
    coming = effective is not None and effective > 0
    thumbprint = row["thumbprint"]
    does = row["roles"][0] if row["roles"] else "of the farm" if row["farm"] else "other key"
    top = index * _ROW_HEIGHT
    return Bar(
        name=f"{thumbprint[:_NAME_LETTERS]}\u2026" if len(thumbprint) > _NAME_LETTERS else thumbprint or "unknown",
        does=f"signs from {day(row['effective_date'])}" if coming else does,
        note=remaining(row["days_left"], row["state"], row["not_before"]),
        state=row["state"],
        words_y=top + 16,
        bar_y=top + 24,
        left=left,
        width=max(round(right - left, 2), 0.8),
        effective=axis.position(effective) if coming and effective is not None else None,
    )
