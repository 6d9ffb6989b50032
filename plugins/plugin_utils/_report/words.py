# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a report: the same for the page, the table in the terminal and the drawings. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.nouns import plural
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import time_or_none

# The worst first.
STATUSES = ("fail", "warn", "skip", "pass")
SEVERITIES = ("critical", "high", "medium", "low", "info")
NOT_IN_THE_RUN = "It is known, and was not in this run. Have it in the inventory, and run without --limit, serial and job slices."
VERDICTS = {"compliant": "Compliant", "not_compliant": "Not compliant", "incomplete": "Incomplete"}
VERDICT_STATES = {"compliant": "pass", "not_compliant": "fail", "incomplete": "unknown"}
STATES = {"pass": "passed", "warn": "warning", "fail": "failed", "unknown": "not checked", "skip": "not checked"}
CERTIFICATES = {"valid": "valid", "ending": "ends soon", "expired": "expired", "future": "not yet valid", "unknown": "validity unknown"}
CERTIFICATE_STATES = {"valid": "pass", "ending": "warn", "expired": "fail", "future": "unknown", "unknown": "unknown"}

_DECISIVE = "credential.own"
_LONG_DAYS = 730  # beyond two years a validity is said in years


def undecided(errors: Sequence[Any], findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that were not checked and that the verdict hangs on: whether the tenant has the farm's certificate.

    errors: of the deployment; where there are some, they say what was not read.
    """
    return [] if errors else [one for one in findings if one["id"] == _DECISIVE and one["status"] == "skip"]


def icon(status: str) -> str:
    """The state whose sign a status has: what was skipped is unknown."""
    return "unknown" if status == "skip" else status


def counted(counts: Mapping[str, int], *, zeros: bool = False) -> str:
    """Counts of findings in words, such as "2 failed, 1 warning, 17 passed"; those of zero only where asked for."""
    words = (
        (counts["fail"], f"{counts['fail']} failed"),
        (counts["warn"], plural(counts["warn"], "warning")),
        (counts["skip"], f"{counts['skip']} not checked"),
        (counts["pass"], f"{counts['pass']} passed"),
    )
    return ", ".join(word for number, word in words if number or zeros) or "nothing checked"


def day(value: str | None) -> str:
    """The day of a time in ISO 8601, a dash where there is none."""
    found = time_or_none(value)
    return found.strftime("%Y-%m-%d") if found else "\u2013"


def minute(value: str | None) -> str:
    """A time in ISO 8601 to the minute, a dash where there is none."""
    found = time_or_none(value)
    return found.strftime("%Y-%m-%d %H:%M UTC") if found else "\u2013"


def remaining(days_left: int | None, state: str, not_before: str | None) -> str:
    """How long a certificate is still valid, in words."""
    if days_left is None:
        return "unknown end"
    if state == "expired":
        return f"ended {_span(-days_left)} ago"
    if state == "future":
        return f"from {day(not_before)}"
    return f"{_span(days_left)} left"


def _span(days: int) -> str:
    return plural(days, "day") if days <= _LONG_DAYS else f"{days / 365.25:.1f} years"


def days_from(value: str | None, now: datetime) -> float | None:
    """Days from now to a time in ISO 8601, negative for the past; None where there is none."""
    found = time_or_none(value)
    return None if found is None else (found - now).total_seconds() / 86400
