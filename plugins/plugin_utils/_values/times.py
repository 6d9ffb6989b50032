# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as the collection shows and takes them: ISO 8601 in UTC, to the second. Private to the collection."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

# Microsoft Graph writes up to seven decimals and "Z" (RFC 3339), which datetime.fromisoformat() takes only since Python 3.11.
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE
)

# The first and the last second of the calendar.
FIRST = datetime.min.replace(tzinfo=timezone.utc)
LAST = datetime.max.replace(microsecond=0, tzinfo=timezone.utc)


def utc_text(moment: datetime) -> str:
    """An aware time as ISO 8601 in UTC, to the second, such as 2026-11-02T08:00:00Z."""
    # Not strftime(), which writes the year 1 with one digit.
    return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_time(text: str) -> datetime:
    """The aware time in ISO 8601 text; without a zone it counts as UTC, without a clock as midnight. ValueError if it is none.

    What lies before the year 1 or after 9999 in UTC, with the offset that the text has, is the first or the last second of the calendar.
    """
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time in ISO 8601")
    zone = (match["zone"] or "Z").upper()
    offset = "+00:00" if zone == "Z" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    clock = match["clock"] or "00:00"
    told = datetime.fromisoformat(f"{match['date']}T{clock if clock.count(':') == 2 else clock + ':00'}{offset}")
    try:
        return told.astimezone(timezone.utc)
    except OverflowError:
        return LAST if told.year > 1 else FIRST


def shifted(moment: datetime, by: timedelta) -> datetime:
    """The aware time so much later; the first or the last second of the calendar where that would be outside of it."""
    try:
        return moment + by
    except OverflowError:
        return LAST if by > timedelta() else FIRST


def time_or_none(value: object) -> datetime | None:
    """The aware time in a result; None where there is none, or something else in its place."""
    if not value:
        return None
    try:
        return parse_time(str(value))
    except ValueError:
        return None


def option_time(option: str, value: str | None) -> datetime | None:
    """The time in an option, None where it is not set; InvalidOptionError if it is not a time."""
    if value is None or not str(value).strip():
        return None
    try:
        return parse_time(str(value))
    except ValueError:
        raise InvalidOptionError(option, f"{str(value)!r} is not a time", "ISO 8601 such as 2026-11-02T08:00:00Z") from None


def days_left(end: datetime, now: datetime) -> int:
    """Whole days from now to the end, negative once it is over."""
    return (end - now) // timedelta(days=1)


def soon_text(end: datetime, now: datetime) -> str:
    """How soon an end to come is, in words that follow a verb: in 12 days."""
    return f"in {_days_text(days_left(end, now))}"


def left_text(end: datetime, now: datetime) -> str:
    """How long something serves, and until when; where it is over, since when."""
    return f"{_days_text(days_left(end, now))} left, until {utc_text(end)}" if now < end else f"ended on {utc_text(end)}"


def length_text(length: timedelta) -> str:
    """How long something lasts, to the second: 366 days and 1 hour."""
    left, found = int(length.total_seconds()), []
    for word, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, seconds)
        if count:
            found.append(f"{count} {word}{'' if count == 1 else 's'}")
    return f"{', '.join(found[:-1])}{' and ' if found[1:] else ''}{found[-1]}" if found else "no time"


def _days_text(days: int) -> str:
    return "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
