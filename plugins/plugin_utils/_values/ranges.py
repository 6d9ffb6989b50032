# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which range a number of seconds, hours or days is, for modules and role alike. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError


@dataclass(frozen=True)
class Range:
    """The least and the most of a number, both included."""

    unit: str
    least: int
    most: int

    @property
    def words(self) -> str:
        return f"a number of {self.unit}, from {self.least} to {self.most}"

    def check(self, option: str, value: int | None) -> int:
        """The number; InvalidOptionError where it is out of range, or null."""
        if value is None or not self.least <= value <= self.most:
            raise InvalidOptionError(option, f"{'null' if value is None else value} is out of range", self.words)
        return value


_DAYS = Range("days", 1, 3650)
# By the names of the modules' options; the documentation of each says its range.
RANGES = {
    "clock_limit_seconds": Range("seconds", 1, 3600),
    "device_code_timeout": Range("seconds", 1, 900),  # https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
    "ending_soon_days": _DAYS,
    "fail_days": _DAYS,
    "lifetime": Range("seconds", 60, 600),
    "longest_validity_days": _DAYS,
    "overlap_days": Range("days", 2, 3650),  # whole days that cover the 24 hours of _trust/rotation.py and clocks that differ
    "replica_report_age_hours": Range("hours", 1, 8760),
    "roll_near_days": _DAYS,
    "valid_days": Range("days", 60, 3650),
    "wait_timeout": Range("seconds", 1, 86400),
    "warn_days": _DAYS,
}
