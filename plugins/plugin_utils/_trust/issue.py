# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new self-signed certificate for the farm: what it is, and whether it is there already. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, utc_text

Row = Mapping[str, Any]
# Stands for the thumbprint of a certificate that is yet to be made.
NEW = "the new certificate"
# A self-signed certificate is new as long as it has nearly all of the validity that was asked for.
_STILL_NEW = timedelta(days=30)


@dataclass(frozen=True)
class SelfSigned:
    """subject: a distinguished name. key_size: bits."""

    subject: str
    key_size: int
    valid_days: int

    def fits(self, row: Row | None, now: datetime) -> bool:
        """Whether this certificate of the store is a new one of that kind."""
        return bool(
            row
            and usable.may_sign(row, now)
            and (row.get("key_size") or 0) >= self.key_size
            and same_text(row.get("subject"), self.subject)
            and same_text(row.get("issuer"), self.subject)
            and parse_time(str(row["not_after"])) - now >= timedelta(days=self.valid_days) - _STILL_NEW
        )

    def row(self, now: datetime) -> dict[str, Any]:
        """What the store will show of such a certificate, as far as it is known before it is made."""
        return {
            "thumbprint": NEW,
            "found": True,
            "has_private_key": True,
            "key_type": "RSA",
            "key_size": self.key_size,
            "subject": self.subject,
            "issuer": self.subject,
            "not_before": utc_text(now),
            "not_after": utc_text(now + timedelta(days=self.valid_days)),
        }


def find_self_signed(wanted: SelfSigned, signing: Signing, store: Sequence[Row], now: datetime) -> Row | None:
    """The new self-signed certificate where it is there already, left by a run that was cut off or in the roll itself.

    store: the self-signed certificates in the computer's store that have their key. A roll that is pending has its new certificate.
    """
    staged = signing["next"]
    if staged:
        return staged
    current, previous = signing["current"], signing["previous"]
    if current and wanted.fits(current, now):
        return current
    used = {one["thumbprint"] for one in (current, previous) if one}
    begin = str(current["not_before"]) if current and current["not_before"] else ""
    fresh = [row for row in store if wanted.fits(row, now) and row["thumbprint"] not in used and str(row["not_before"]) >= begin]
    return max(fresh, key=lambda row: (str(row["not_before"]), str(row["thumbprint"])), default=None)
