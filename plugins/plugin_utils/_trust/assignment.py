# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate the farm is to sign with from when on, and whether that may be arranged. Private to the collection.

https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates and
https://learn.microsoft.com/skypeforbusiness/manage/authentication/assign-a-server-to-server-certificate
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.ending import LEAD
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time, shifted, utc_text

Row = Mapping[str, Any]
# How far the date that the farm shows may be from the one that was set.
_SAME_TIME = timedelta(minutes=1)


@dataclass(frozen=True)
class Assignment:
    """effective: when it begins to sign; None for the default. immediate: at once. replace: over another roll that is pending."""

    effective: datetime | None = None
    immediate: bool = False
    replace: bool = False


def effective_date(thumbprint: str, signing: Signing, wanted: Assignment, now: datetime) -> datetime | None:
    """When the certificate is to take effect; None for at once. Nothing is checked."""
    if wanted.immediate or not signing.get("current"):
        return None
    if wanted.effective:
        return wanted.effective
    following = signing.get("next")
    if following and following["thumbprint"] == thumbprint:
        return parse_time(str(following["effective_date"]))
    earliest = shifted(now, LEAD)
    whole = earliest.replace(minute=0, second=0, microsecond=0)
    return whole if whole == earliest else shifted(whole, timedelta(hours=1))


def in_place(thumbprint: str, signing: Signing, effective: datetime | None, immediate: bool) -> bool:
    """Whether the farm signs with the certificate, or will from that time on."""
    current, following = signing.get("current"), signing.get("next")
    if current and current["thumbprint"] == thumbprint:
        return True
    if immediate or not following or following["thumbprint"] != thumbprint or effective is None:
        return False
    return abs(parse_time(str(following["effective_date"])) - effective) <= _SAME_TIME


def settled(thumbprint: str, signing: Signing, effective: datetime | None, wanted: Assignment) -> bool:
    """Whether the farm signs with the certificate, or will from that time on, so that nothing is to be assigned.

    HybridAuthError where the one that signs is to take the place of the one that is staged: no documented cmdlet takes a pending roll back.
    """
    current, following = signing.get("current"), signing.get("next")
    if wanted.replace and following and current and current["thumbprint"] == thumbprint:
        other, date = following["thumbprint"], following["effective_date"]
        raise HybridAuthError(
            f"The certificate {thumbprint} signs already, and {other} is staged to sign from {date} on. Microsoft documents no cmdlet that "
            "takes a pending roll back.",
            f"Stage another certificate in place of {other}, one that neither signs nor is staged. Or let {other} begin to sign: put it on "
            f"the service principals before {date}, and assign {thumbprint} with immediate set to true after that date.",
            unchanged=True,
        )
    return in_place(thumbprint, signing, effective, wanted.immediate)


def check_certificate(row: Row, now: datetime) -> None:
    """Refuse a certificate of the computer's store that cannot sign: HybridAuthError. One that is valid later may be staged until then."""
    found = usable.flaw(row, now)
    if found and found.kind != usable.EARLY:
        raise HybridAuthError(f"The certificate {row['thumbprint']} {found.problem}.", found.remedy)


def check_roll(row: Row, signing: Signing, effective: datetime | None, wanted: Assignment, now: datetime) -> list[str]:
    """Refuse a roll that would break the trust (HybridAuthError, InvalidOptionError); the warnings about one that may be done."""
    current, following = signing.get("current"), signing.get("next")
    if following and not wanted.replace:
        raise HybridAuthError(
            f"A roll to {following['thumbprint']} is pending; it takes effect on {following['effective_date']}.",
            "Wait until then, or set replace_pending to true.",
            unchanged=True,
        )
    begin, end = parse_time(str(row["not_before"])), parse_time(str(row["not_after"]))
    moment = effective or now
    if not begin <= moment < end:
        outside = f"is outside of the validity of {row['thumbprint']}, {utc_text(begin)} to {utc_text(end)}"
        if wanted.effective:
            raise InvalidOptionError("effective_date", f"{utc_text(moment)} {outside}", "a time within it")
        if effective is None:
            raise HybridAuthError(f"It is {utc_text(moment)}, which {outside}.", "Use a certificate that is valid now.")
        raise HybridAuthError(
            f"Without {options('effective_date')} a roll takes effect on {utc_text(moment)}, at least 24 hours ahead, which {outside}.",
            f"Use a certificate that is valid then, or set {options('effective_date')} to a time within its validity.",
        )
    if wanted.effective and not current:
        raise InvalidOptionError("effective_date", "no certificate is assigned, so there is none to roll from", "no value")
    if effective is None:
        return []
    if effective <= now:
        raise InvalidOptionError("effective_date", f"{utc_text(effective)} is over", f"a time in the future, or {options('immediate')}")
    last = parse_time(str(current["not_after"])) if current and current.get("not_after") else None
    if last is None:
        return []
    if effective > last:
        late = f"{utc_text(effective)} is after {utc_text(last)}, when the certificate that signs now expires"
        if wanted.effective:
            raise InvalidOptionError("effective_date", late, f"an earlier time, or {options('immediate')}")
        raise HybridAuthError(
            f"Without {options('effective_date')} a roll takes effect at least 24 hours ahead, and {late}.",
            f"Set {options('effective_date')} to an earlier time, or {options('immediate')} to true.",
        )
    if effective > shifted(last, -LEAD):
        return [
            f"The new certificate takes effect on {utc_text(effective)}, and the one that signs now expires on {utc_text(last)}; "
            "Microsoft asks for at least 24 hours between them."
        ]
    return []


def check_tenant(thumbprint: str, principals: Iterable[ServicePrincipal], moment: datetime) -> None:
    """Refuse a certificate with which a service principal does not verify at the moment when it begins to sign: HybridAuthError."""
    lacking = usable.lacking(principals, thumbprint, moment)
    if lacking:
        reasons = dict.fromkeys(reason for one in lacking if (reason := key_credential.why_not(one.keys, thumbprint, moment)))
        why = f" ({'; '.join(reasons)})" if reasons else ""
        raise HybridAuthError(
            f"The certificate {thumbprint} is not on {' and '.join(one.label for one in lacking)} with a key credential that is valid on "
            f"{utc_text(moment)}{why}, so what it signs would be refused. Nothing was assigned.",
            "Put it there with sp_credential first.",
        )


def check_removal(signing: Signing, now: datetime) -> None:
    """Refuse to remove the previous certificate while it signs, or while what it signed may be in use: HybridAuthError."""
    current = signing["current"]
    name = current["thumbprint"] if current else "that is not known"
    if signing["next"]:
        raise HybridAuthError(
            f"A roll is pending, and until then the previous certificate {name} signs. Nothing was removed.",
            "Wait until the roll and its overlap are over.",
        )
    since = current["effective_date"] if current else None
    if not since or shifted(parse_time(str(since)), LEAD) > now:
        raise HybridAuthError(
            f"The certificate {name} signs since {since or 'a time that the farm does not tell'}, and tokens of the "
            "previous one may be in use for 24 hours. Nothing was removed.",
            "Run again after that.",
        )


def shown(signing: Signing) -> dict[str, Any]:
    """The roll as the diff shows it."""
    current, following, previous = signing["current"], signing["next"], signing["previous"]
    return {
        "current": current and current["thumbprint"],
        "next": following and following["thumbprint"],
        "next_effective_date": following and following["effective_date"],
        "previous": previous and previous["thumbprint"],
    }
