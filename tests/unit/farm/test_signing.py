# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate signs at which time of a roll."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.signing import signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
OLD, NEW, NEWER = ({"thumbprint": letter * 40} for letter in "ABC")


def at(certificate: dict[str, Any], hours: float | None) -> dict[str, Any]:
    return {**certificate, "effective_date": None if hours is None else utc_text(NOW + timedelta(hours=hours))}


def roles(assigned: Any, now: datetime = NOW) -> tuple[str, ...]:
    found = signing(assigned, now)
    return tuple((found[role] or {"thumbprint": "-"})["thumbprint"][0] for role in ("previous", "current", "next"))


def test_nothing_assigned_signs_nothing() -> None:
    assert roles([]) == ("-", "-", "-")


def test_the_assigned_certificate_signs_once_it_is_effective() -> None:
    assert roles([(at(NEW, -1), None)]) == ("-", "B", "-")
    assert roles([(at(NEW, -1), OLD)]) == ("A", "B", "-")
    assert roles([(at(NEW, None), OLD)]) == ("A", "B", "-")


def test_until_its_effective_date_the_one_before_it_signs() -> None:
    assert roles([(at(NEW, 1), OLD)]) == ("-", "A", "B")


def test_a_first_certificate_signs_whatever_its_date() -> None:
    assert roles([(at(NEW, 1), None)]) == ("-", "B", "-")


def test_a_staged_certificate_that_is_listed_by_itself_comes_next() -> None:
    assert roles([(at(NEWER, 5), NEW), (at(NEW, -5), OLD)]) == ("A", "B", "C")


@given(st.lists(st.tuples(st.integers(-9, 9), st.booleans()), max_size=4), st.integers(-9, 9))
def test_there_is_always_one_that_signs_and_it_is_not_the_next(rows: list[tuple[int, bool]], moment: int) -> None:
    assigned = [(at({"thumbprint": f"{index}" * 40}, hours), OLD if has else None) for index, (hours, has) in enumerate(rows)]
    found = signing(assigned, NOW + timedelta(hours=moment))
    assert (found["current"] is not None) == bool(rows)
    assert found["next"] is None or found["next"]["thumbprint"] != found["current"]["thumbprint"]
