# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll of the OAuthTokenIssuer certificate needs of the tenant today, and what will be due when. Private to the collection.

The farm signs with the new certificate from its effective date on, and tokens that the one before it signed stay in use for a while:
https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
So the tenant must hold the new one before that date, and the one before it until an overlap after that date is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import LONGEST_NAME, KeyCredential, serves
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import days_left, parse_time, utc_text

# The page above asks for 24 hours between a certificate's effective date and the end of the one before it, because servers that
# rely on it (Exchange Server) keep for so long what they made with it. It names no lifetime of a server-to-server token.
LEAD = timedelta(hours=24)
# Whole days that cover those 24 hours and clocks that differ.
SHORTEST_OVERLAP_DAYS = 2

OURS, FOREIGN, UNKNOWN = "ours", "foreign", "unknown"


@dataclass(frozen=True)
class Rules:
    """overlap: how long an earlier certificate stays after its successor took effect. warn: how long before the end a successor is due.

    earlier: thumbprints of certificates that the farm used before, beside the one that it remembers itself.
    named: thumbprints that may go whoever put them there. Both in upper case.
    """

    overlap: timedelta
    warn: timedelta
    earlier: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What becomes of one entry of a service principal. until: when an entry that stays may go, where that is known."""

    principal: ServicePrincipal
    key: KeyCredential
    owner: str
    goes: bool
    reason: str
    until: datetime | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "app_id": self.principal.app_id,
            "key_id": self.key.key_id,
            "thumbprint": self.key.thumbprint,
            "display_name": self.key.display_name,
            "end": utc_text(self.key.end) if self.key.end else None,
            "owner": self.owner,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Addition:
    """A certificate that service principals lack."""

    thumbprint: str
    subject: str | None
    content: str
    app_ids: tuple[str, ...]
    reason: str

    def shown(self) -> dict[str, Any]:
        return {
            "thumbprint": self.thumbprint,
            "subject": self.subject,
            "content": self.content,
            "app_ids": list(self.app_ids),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Upcoming:
    """Something that happens or becomes due. action: switch, remove, stage, expire or entry_ends."""

    date: datetime
    action: str
    thumbprint: str
    app_ids: tuple[str, ...]
    text: str

    def shown(self) -> dict[str, Any]:
        return {
            "date": utc_text(self.date),
            "action": self.action,
            "thumbprint": self.thumbprint,
            "app_ids": list(self.app_ids),
            "text": self.text,
        }


@dataclass(frozen=True)
class RotationPlan:
    """successor_due: the certificate that signs ends soon, and no other one is staged.

    previous_over: the farm remembers the certificate that signed before, and the overlap is over.
    """

    add: tuple[Addition, ...]
    remove: tuple[Verdict, ...]
    keep: tuple[Verdict, ...]
    upcoming: tuple[Upcoming, ...]
    warnings: tuple[str, ...]
    successor_due: bool
    previous_over: bool

    @property
    def operations(self) -> list[str]:
        return [
            f"add certificate {addition.thumbprint} to service principal {app_id}: {addition.reason}"
            for addition in self.add
            for app_id in addition.app_ids
        ] + [f"remove credential {verdict.key.label} from {verdict.principal.label}: {verdict.reason}" for verdict in self.remove]


@dataclass(frozen=True)
class _Certificate:
    """A certificate as onprem_info shows it in signing."""

    thumbprint: str
    subject: str | None
    content: str | None
    end: datetime | None
    effective: datetime | None

    def expired(self, now: datetime) -> bool:
        return self.end is not None and self.end <= now


def plan(signing: Mapping[str, Any], principals: Sequence[ServicePrincipal], rules: Rules, now: datetime) -> RotationPlan:
    """The plan for the principals.

    signing: what onprem_info returns under that name. now: the server's clock, aware.
    Raises HybridAuthError where no certificate signs, or a certificate that is missing in the tenant cannot be read from the server.
    """
    current, following, previous = (_certificate(signing.get(role)) for role in ("current", "next", "previous"))
    if current is None:
        raise HybridAuthError(
            "The farm has no OAuthTokenIssuer certificate, so there is nothing to roll.",
            "Assign one with onprem_certificate or Set-CsCertificate -Type OAuthTokenIssuer -Identity global, and run again.",
        )
    roles = _Roles(current, following, previous, rules, now)
    add = tuple(
        addition for addition in (_addition(certificate, reason, principals, now) for certificate, reason in roles.live) if addition
    )
    added = {(addition.thumbprint, app_id) for addition in add for app_id in addition.app_ids}
    verdicts = [
        roles.verdict(principal, key, replaced=_replaced(principal, key, added, now)) for principal in principals for key in principal.keys
    ]
    keep = tuple(verdict for verdict in verdicts if not verdict.goes)
    successor_due = following is None and current.end is not None and current.end - now <= rules.warn
    return RotationPlan(
        add=add,
        remove=tuple(verdict for verdict in verdicts if verdict.goes),
        keep=keep,
        upcoming=tuple(sorted(_upcoming(roles, keep), key=lambda entry: (entry.date, entry.action, entry.thumbprint))),
        warnings=tuple(_warnings(roles, successor_due)),
        successor_due=successor_due,
        previous_over=previous is not None and following is None and roles.overlap_end is not None and roles.overlap_end <= now,
    )


@dataclass(frozen=True)
class _Roles:
    """Who is who in the roll at this moment."""

    current: _Certificate
    next: _Certificate | None
    previous: _Certificate | None
    rules: Rules
    now: datetime

    @property
    def live(self) -> list[tuple[_Certificate, str]]:
        """The certificates that the tenant must hold, with the reason."""
        staged = [(self.next, f"it signs from {_text(self.next.effective)} on")] if self.next else []
        return [(self.current, "it signs now"), *staged]

    @property
    def earlier(self) -> set[str]:
        return {*self.rules.earlier, *([self.previous.thumbprint] if self.previous else [])}

    @property
    def overlap_end(self) -> datetime | None:
        """When what signed before the certificate that signs now may go; None where it is not known since when that one signs."""
        return self.current.effective + self.rules.overlap if self.current.effective else None

    def verdict(self, principal: ServicePrincipal, key: KeyCredential, replaced: bool) -> Verdict:
        """The first case that applies. replaced: another entry with the same certificate serves, or is added."""
        live = {certificate.thumbprint: reason for certificate, reason in self.live}
        is_live, is_earlier, expired, over = key.thumbprint in live, key.thumbprint in self.earlier, key.expired(self.now), self.overlap_end
        usual = same_text(key.type, "AsymmetricX509Cert") and same_text(key.usage, "Verify")
        ended = f"expired on {_text(key.end)}"
        cases: list[tuple[bool, str, bool, str]] = [
            (not key.thumbprint or not key.key_id, UNKNOWN, False, "its certificate cannot be told"),
            (is_live and expired and replaced, OURS, True, f"it {ended}, and another entry has the same certificate"),
            (is_live, OURS, False, live.get(str(key.thumbprint), "")),
            (key.thumbprint in self.rules.named, FOREIGN, True, "it was named"),
            (not usual, FOREIGN, False, f"its type {key.type} and usage {key.usage} are not those of the farm's certificate"),
            (is_earlier and expired, OURS, True, f"it is an earlier certificate of the farm and {ended}"),
            (
                is_earlier and not over,
                OURS,
                False,
                "it is an earlier certificate of the farm, and since when its successor signs is unknown",
            ),
            (
                is_earlier and over is not None and over <= self.now,
                OURS,
                True,
                f"it is an earlier certificate of the farm, and the overlap ended on {_text(over)}",
            ),
            (is_earlier, OURS, False, f"tokens that it signed may be in use until {_text(over)}"),
            (self._has_our_subject(key) and expired, OURS, True, f"it has the farm's subject and {ended}"),
            (self._has_our_subject(key), UNKNOWN, False, "it has the farm's subject, but the farm does not remember its thumbprint"),
            (True, FOREIGN, False, "the farm never had it"),
        ]
        owner, goes, reason = next(case[1:] for case in cases if case[0])
        waits = is_earlier and not is_live and usual and not goes
        return Verdict(principal, key, owner, goes, reason, over if waits else None)

    def _has_our_subject(self, key: KeyCredential) -> bool:
        """By the certificate itself; where Graph does not show it, by the display name, which sp_credential makes of the subject."""
        ours = [one.subject for one in (self.current, self.next, self.previous) if one and one.subject]
        if key.subject:
            return any(same_text(key.subject, subject) for subject in ours)
        return bool(key.display_name) and any(same_text(key.display_name, subject[:LONGEST_NAME]) for subject in ours)


def _addition(certificate: _Certificate, reason: str, principals: Sequence[ServicePrincipal], now: datetime) -> Addition | None:
    lacking = tuple(
        principal.app_id for principal in principals if not any(serves(key, certificate.thumbprint, now) for key in principal.keys)
    )
    if not lacking or certificate.expired(now):
        return None
    if not certificate.content:
        raise HybridAuthError(
            f"The tenant lacks the certificate {certificate.thumbprint} ({reason}), and it is not in the server's computer store.",
            "Wait until the Central Management Store has replicated, or import it there, and run again.",
        )
    return Addition(certificate.thumbprint, certificate.subject, certificate.content, lacking, reason)


def _replaced(principal: ServicePrincipal, key: KeyCredential, added: set[tuple[str, str]], now: datetime) -> bool:
    if key.thumbprint is None:
        return False
    others = (other for other in principal.keys if other is not key)
    return (key.thumbprint, principal.app_id) in added or any(serves(other, key.thumbprint, now) for other in others)


def _upcoming(roles: _Roles, keep: Sequence[Verdict]) -> Iterable[Upcoming]:
    current, following, rules, now = roles.current, roles.next, roles.rules, roles.now
    holders = _holders(keep)
    if following and following.effective and following.effective > now:
        begin = following.effective
        text = f"from {_text(begin)} on {following.thumbprint} signs instead of {current.thumbprint}"
        yield Upcoming(begin, "switch", following.thumbprint, (), text)
        over = begin + rules.overlap
        text = f"previous {current.thumbprint} can go on {_text(over)}, when the overlap is over"
        yield Upcoming(over, "remove", current.thumbprint, holders.get(current.thumbprint, ()), text)
    for thumbprint, until in sorted({(str(verdict.key.thumbprint), verdict.until) for verdict in keep if verdict.until}):
        text = f"previous {thumbprint} can go on {_text(until)}, when the overlap is over"
        yield Upcoming(until, "remove", thumbprint, holders[thumbprint], text)
    role, last = ("staged", following) if following else ("current", current)
    if last.end:
        text = f"{role} {last.thumbprint} expires on {_text(last.end)}: stage its successor before {_text(last.end - LEAD)}"
        yield Upcoming(last.end - rules.warn, "stage", last.thumbprint, (), text)
    for certificate, _reason in roles.live:
        if certificate.end and not certificate.expired(now):
            text = f"{certificate.thumbprint} expires on {_text(certificate.end)}"
            yield Upcoming(certificate.end, "expire", certificate.thumbprint, (), text)
        for verdict in keep:
            end = verdict.key.end
            if (
                verdict.key.thumbprint == certificate.thumbprint
                and end
                and now < end
                and (certificate.end is None or end < certificate.end)
            ):
                text = (
                    f"the entry of {certificate.thumbprint} on {verdict.principal.label} ends on {_text(end)}, before the certificate does"
                )
                yield Upcoming(end, "entry_ends", certificate.thumbprint, (verdict.principal.app_id,), text)


def _warnings(roles: _Roles, successor_due: bool) -> Iterable[str]:
    current, following, now = roles.current, roles.next, roles.now
    if current.end is not None:
        begin = following.effective if following else None
        if current.expired(now):
            yield f"The certificate {current.thumbprint} that signs now expired on {_text(current.end)}."
        elif successor_due:
            yield (
                f"The certificate {current.thumbprint} expires in {days_left(current.end, now)} days, on {_text(current.end)}, and no "
                f"other one is staged. Stage its successor before {_text(current.end - LEAD)}."
            )
        if following and begin and begin > current.end - LEAD:
            yield (
                f"The staged certificate {following.thumbprint} signs only from {_text(begin)} on, and {current.thumbprint} expires on "
                f"{_text(current.end)}: Microsoft asks for at least 24 hours between them. Stage it again with an earlier date."
            )


def _holders(keep: Sequence[Verdict]) -> dict[str, tuple[str, ...]]:
    """The application ids of the principals that hold a certificate, by thumbprint."""
    held: dict[str, dict[str, None]] = {}
    for verdict in keep:
        if verdict.key.thumbprint:
            held.setdefault(verdict.key.thumbprint, {})[verdict.principal.app_id] = None
    return {thumbprint: tuple(app_ids) for thumbprint, app_ids in held.items()}


def _certificate(entry: Mapping[str, Any] | None) -> _Certificate | None:
    if not entry:
        return None
    end, effective = entry.get("not_after"), entry.get("effective_date")
    return _Certificate(
        thumbprint=str(entry["thumbprint"]).upper(),
        subject=entry.get("subject"),
        content=entry.get("content"),
        end=parse_time(str(end)) if end else None,
        effective=parse_time(str(effective)) if effective else None,
    )


def _text(moment: datetime | None) -> str:
    return utc_text(moment) if moment else "a date that the farm does not tell"
