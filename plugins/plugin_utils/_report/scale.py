# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time axis of a report, on which 30 days and 10 years are both readable. Private to the collection."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_FINE_DAYS = 30  # around today the axis is about linear for so many days, beyond it is logarithmic
_LEAST_DAYS = (-60, 500)
_MARGIN = 3.0  # per cent of the width on each side
_LEAST_DISTANCE = 17.0  # per cent between two labels: 58 of the 340 pixels on a phone
# In the order of importance: where there is no room, the later ones are left out.
_TICKS = (
    (0, "today"),
    (365, "1 year"),
    (3650, "10 years"),
    (-365, "\u22121 year"),
    (30, "30 days"),
    (-3650, "\u221210 years"),
    (36500, "100 years"),
    (-30, "\u221230 days"),
    (1095, "3 years"),
    (90, "90 days"),
    (-1095, "\u22123 years"),
    (-90, "\u221290 days"),
)


@dataclass(frozen=True)
class Scale:
    """first and last: days from today at the two ends, first below zero and last above."""

    first: float
    last: float

    def position(self, days: float) -> float:
        """Where a day is, in per cent of the width, never outside of the margins."""
        low, high = _bent(self.first), _bent(self.last)
        share = (min(max(_bent(days), low), high) - low) / (high - low)
        return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)

    def ticks(self) -> list[tuple[float, str]]:
        """Positions and labels, from left to right, far enough from each other to be read."""
        chosen: list[tuple[float, str]] = []
        for days, label in _TICKS:
            place = self.position(days)
            if self.first <= days <= self.last and all(abs(place - other) >= _LEAST_DISTANCE for other, _label in chosen):
                chosen.append((place, label))
        return sorted(chosen)


def scale(days: Iterable[float]) -> Scale:
    """The axis on which all these days, counted from today, have a place."""
    all_days = [*_LEAST_DAYS, *days]
    return Scale(min(all_days), max(all_days))


def _bent(days: float) -> float:
    return math.copysign(math.log1p(abs(days) / _FINE_DAYS), days)
