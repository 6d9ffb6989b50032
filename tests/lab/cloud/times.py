# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as Graph takes and shows them: Edm.DateTimeOffset, with up to seven digits after the second.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html, "Primitive Types"
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_TIME = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d{1,12}))?)?(?:Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))",
    re.IGNORECASE,
)


def time_of(text: str) -> datetime:
    """The time that the text names, whatever its offset; ValueError if it names none. What is less than a microsecond is dropped."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time with an offset")
    local = datetime.fromisoformat(f"{match['moment'].upper()}:{match['second'] or '00'}").replace(tzinfo=timezone.utc)
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    part = timedelta(microseconds=int(f"{match['part'] or '0':0<6.6}"))
    try:
        return local + part + (offset if match["sign"] == "-" else -offset)
    except OverflowError as exc:
        raise ValueError(str(exc)) from None


def utc_text(moment: datetime) -> str:
    """The time as Graph shows it: in UTC, and with digits after the second only where they say something."""
    text = moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"
