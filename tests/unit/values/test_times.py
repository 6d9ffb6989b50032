# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import (
    left_text,
    length_text,
    parse_time,
    shifted,
    soon_text,
    time_or_none,
    utc_text,
)

MOMENTS = st.datetimes(timezones=st.just(timezone.utc)).map(lambda moment: moment.replace(microsecond=0))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"),
        ("0999-12-31T23:59:59Z", "0999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"),
        ("2026-11-02T08:00:00.1234567+01:00", "2026-11-02T07:00:00Z"),
    ],
)
def test_every_time_of_the_calendar_is_read_and_shown_with_four_digits(text: str, shown: str) -> None:
    assert utc_text(parse_time(text)) == shown


@given(MOMENTS)
def test_what_is_shown_is_read_as_the_same(moment: datetime) -> None:
    assert parse_time(utc_text(moment)) == moment


@given(MOMENTS, st.timedeltas())
def test_a_time_is_shifted_within_the_calendar(moment: datetime, by: timedelta) -> None:
    moved = shifted(moment, by)
    assert moved.tzinfo is timezone.utc
    assert (moved >= moment) is (by >= timedelta()) or moved == moment


@given(st.one_of(st.text(max_size=40), st.integers(), st.none(), st.from_regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[Z+-](\d{2}:?\d{2})?")))
def test_what_is_no_time_is_none(value: object) -> None:
    assert time_or_none(value) is None or parse_time(str(value))


@pytest.mark.parametrize(
    ("hours", "soon", "left"),
    [
        (0.5, "in less than a day", "less than a day left, until "),
        (24, "in 1 day", "1 day left, until "),
        (47.9, "in 1 day", "1 day left, until "),
        (48, "in 2 days", "2 days left, until "),
    ],
)
def test_how_soon_an_end_is_reads_as_people_say_it(hours: float, soon: str, left: str) -> None:
    now = datetime(2027, 1, 1, tzinfo=timezone.utc)
    end = now + timedelta(hours=hours)
    assert (soon_text(end, now), left_text(end, now)) == (soon, f"{left}{utc_text(end)}")
    over = now
    assert left_text(over, end) == "ended on 2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=366), "366 days"),
        (timedelta(days=366, hours=1), "366 days and 1 hour"),
        (timedelta(days=1, minutes=10, seconds=1), "1 day, 10 minutes and 1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(), "no time"),
    ],
)
def test_how_long_something_lasts_is_said_to_the_second(length: timedelta, text: str) -> None:
    """A validity of 366 days and an hour is longer than 366 days, and a finding has to say why."""
    assert length_text(length) == text
