# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new self-signed certificate for the farm: what it is, and whether it is there already. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate_names import domain_key, names_in
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.distinguished_name import same_name
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none, utc_text

Row = Mapping[str, Any]
# Stands for the thumbprint of a certificate that is yet to be made.
NEW = "the new certificate"
# A self-signed certificate is new as long as it has nearly all of the validity that was asked for.
_STILL_NEW = timedelta(days=30)
# By how much the validity of one that was made here may differ from what was asked for: with Windows' own begin it is some minutes longer.
_ABOUT = timedelta(days=1)
# So long before it is made it begins, for those whose clock is behind; its whole validity is as long as was asked for.
_BACKDATED = timedelta(minutes=5)


@dataclass(frozen=True)
class SelfSigned:
    """subject: a distinguished name. key_size: bits. names: the DNS names among its alternative names."""

    subject: str
    key_size: int
    valid_days: int
    names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The certificate in words."""
        named = f" for {', '.join(self.names)}" if self.names else ""
        return f"{self.subject}{named}, self-signed, {self.key_size} bits, for {self.valid_days} days"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the runner on the server makes it of."""
        return {
            "subject": self.subject,
            "dns_names": list(self.names),
            "key_size": self.key_size,
            "valid_days": self.valid_days,
            "backdated_minutes": int(_BACKDATED / timedelta(minutes=1)),
        }

    def is_new(self, row: Row, now: datetime) -> bool:
        """Whether this certificate of the store is of that kind and was made a short while ago."""
        end = time_or_none(row["not_after"])
        return self._is_kind(row, now) and end is not None and end - now >= self._validity - _STILL_NEW

    def outlived_by(self, row: Row, now: datetime) -> bool:
        """Whether this one lasts longer than was asked for, from its begin or from now on, which the tenant may refuse."""
        begin, end = time_or_none(row["not_before"]), time_or_none(row["not_after"])
        return end is not None and end - min(begin or now, now) > self._validity + _ABOUT

    def waits(self, row: Row, now: datetime, last: datetime | None) -> bool:
        """Whether this one was made for a roll that did not come about since, as where the tenant could not be written for months.

        It has the validity that was asked for, which tells it from certificates of others, and at least half of that is left. last: when
        the certificate ends that it is to follow.
        """
        if not self._is_kind(row, now):
            return False
        begin, end = time_or_none(row["not_before"]), time_or_none(row["not_after"])
        if begin is None or end is None:
            return False
        return abs(end - begin - self._validity) <= _ABOUT and end - now >= self._validity / 2 and (last is None or end > last)

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.valid_days)

    def _is_kind(self, row: Row, now: datetime) -> bool:
        return bool(
            usable.may_sign(row, now)
            and (row.get("key_size") or 0) >= self.key_size
            and same_name(row.get("subject"), self.subject)
            and same_name(row.get("issuer"), self.subject)
            and self._has_names(row)
        )

    def _has_names(self, row: Row) -> bool:
        """Whether it names every domain that a new one would name; one whose content is not known is not made again for that."""
        told = names_in(row.get("content"))
        return told is None or {domain_key(name) for name in self.names} <= told.alternative

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
            "not_before": utc_text(now - _BACKDATED),
            "not_after": utc_text(shifted(now - _BACKDATED, self._validity)),
        }


def find_self_signed(
    wanted: SelfSigned, signing: Signing, store: Sequence[Row], now: datetime, withdrawn: Collection[str] = ()
) -> Row | None:
    """The new self-signed certificate where it is there already, left by a run that went no further or in the roll itself.

    store: the self-signed certificates in the computer's store that have their key. A roll that is pending has its new certificate.
    withdrawn: thumbprints in upper case of those that wait for no roll.
    """
    staged = signing["next"]
    if staged:
        return staged
    current, previous = signing["current"], signing["previous"]
    if current and wanted.is_new(current, now):
        return current
    used = {*withdrawn, *(one["thumbprint"] for one in (current, previous) if one)}
    begin = str(current["not_before"]) if current and current["not_before"] else ""
    last = time_or_none(current["not_after"]) if current else None
    fresh = [
        row
        for row in store
        if ((wanted.is_new(row, now) and not wanted.outlived_by(row, now)) or wanted.waits(row, now, last))
        and row["thumbprint"] not in used
        and str(row["not_before"]) >= begin
    ]
    return max(fresh, key=lambda row: (str(row["not_before"]), str(row["thumbprint"])), default=None)
