# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read another machine's clock beside the controller's own. Private to the collection.

The other machine looks at its clock at some moment of the call, so half of the call's duration is what is not known.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TypedDict

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import utc_text

# What Microsoft's own libraries tolerate by default between two clocks:
# https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.tokens.tokenvalidationparameters.defaultclockskew
TOLERANCE = timedelta(minutes=5)


class ControllerClock(TypedDict):
    """controller_time: in the middle of the call that told the other clock. clock_uncertainty: seconds."""

    controller_time: str
    clock_uncertainty: float


@dataclass(frozen=True)
class Asked:
    """When the controller asked. middle: the middle of the call, aware. uncertainty: half of its duration, in seconds."""

    middle: datetime
    uncertainty: float

    def info(self) -> ControllerClock:
        """The shape in which onprem_info and sp_info return it."""
        return {"controller_time": utc_text(self.middle), "clock_uncertainty": round(self.uncertainty, 1)}


class Asking:
    """Begins with the call; done() at its end tells when it was."""

    def __init__(self) -> None:
        self._began, self._ticks = datetime.now(timezone.utc), time.monotonic()

    def done(self) -> Asked:
        half = (time.monotonic() - self._ticks) / 2
        return Asked(self._began + timedelta(seconds=half), half)


def http_date(text: str | None) -> datetime | None:
    """The aware time in a Date header (RFC 9110 section 5.6.7); None where there is none, or something else in its place."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    except (TypeError, ValueError, OverflowError):  # OverflowError: beyond the calendar
        return None
