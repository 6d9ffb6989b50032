# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the certificate that signs ends, and by when its successor is to be staged. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, soon_text, time_or_none, utc_text

# The page about staging asks for 24 hours between a certificate's effective date and the end of the one before it, because servers that
# rely on it (Exchange Server) keep for so long what they made with it. It names no lifetime of a server-to-server token.
# https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
LEAD = timedelta(hours=24)


def by_when(end: datetime, now: datetime) -> str:
    """By when the successor of what ends then is to be staged, in words that follow a verb."""
    before = shifted(end, -LEAD)
    return f"before {utc_text(before)}" if now < before else "now, since less than the 24 hours that Microsoft asks for are left"


def unstaged(signing: Mapping[str, Any], days: int, now: datetime) -> str | None:
    """That what signs ends within so many days and no other one is staged; None where it does not, or is over.

    signing: what onprem_info returns under that name.
    """
    current = signing.get("current")
    end = time_or_none(current.get("not_after")) if current else None
    if not current or end is None or signing.get("next") or not timedelta() < end - now <= timedelta(days=days):
        return None
    return unstaged_text(current["thumbprint"], end, now)


def unstaged_text(thumbprint: str, end: datetime, now: datetime) -> str:
    """The same of a certificate of which it is known."""
    return (
        f"The certificate {thumbprint} expires {soon_text(end, now)}, on {utc_text(end)}, and no other one is staged. Stage its successor "
        f"{by_when(end, now)}."
    )
