# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what signs in to the tenant ends soon. The audit and a roll ask here. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, left_text, soon_text, time_or_none, utc_text

REMEDY = "Add a new secret or certificate to the application, give it to the runs, and take the old one away."


@dataclass(frozen=True)
class SignIn:
    """subject: what signs in, in words. end: None where it never ends, and where it is not known when. problem: why it is not."""

    subject: str
    end: datetime | None
    problem: str | None = None

    def left(self, now: datetime) -> int | None:
        """Whole days until its end; None where that is not known or never comes."""
        return None if self.end is None else days_left(self.end, now)

    def told(self, now: datetime) -> str:
        """How long it serves, in words, where it ends."""
        return left_text(self.end, now) if self.end else ""


def of(token: Mapping[str, Any] | None) -> SignIn:
    """What a result of graph_token tells of it."""
    found = (token or {}).get("credential")
    if not isinstance(found, Mapping):
        return SignIn("the sign-in", None, "graph_token did not sign in, or was not asked when that ends")
    end = time_or_none(found.get("end"))
    return SignIn(str(found.get("subject") or "the sign-in"), end, str(found["problem"]) if found.get("problem") else None)


def ending(token: Mapping[str, Any] | None, days: int, now: datetime) -> str | None:
    """That it ends within so many days, as a sentence; None where it does not, or where that is not known."""
    found = of(token)
    left = found.left(now)
    if left is None or left >= days or found.end is None:
        return None
    when = f"ends on {utc_text(found.end)}, {soon_text(found.end, now)}" if now < found.end else f"ended on {utc_text(found.end)}"
    return f"What signs in to the tenant, {found.subject}, {when}; every run fails then."
