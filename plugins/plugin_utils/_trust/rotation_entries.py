# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is who in a roll of the OAuthTokenIssuer certificate, and what becomes of each entry in the tenant. Private to the collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import shapes as farm
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import LONGEST_NAME, KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import first_use, in_date, long_enough
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.forms import same_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import in_upper_case
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none, utc_text

OURS, FOREIGN, UNKNOWN = "ours", "foreign", "unknown"
UNPROVED = "its display name is one that this deployment writes, and Microsoft Graph does not give the certificate that it names"
NOT_WANTED = "it is the farm's, and trust_exchange_credential is false, so it is not wanted there"


@dataclass(frozen=True)
class Rules:
    """overlap: how long an earlier certificate stays after its successor took effect. warn: how long before the end a successor is due.

    fail: how long before the end a certificate without successor fails a run.
    earlier: thumbprints of certificates that the farm used before, beside the one that it remembers itself.
    named: thumbprints that may go whoever put them there. Both in upper case.
    coming: why a certificate stays that the farm is yet to be told of, by thumbprint.
    wanted_on: the applications whose principals are to hold what signs; None: all that are looked at.
    create: how the next certificate comes, as trust_rotation_create has it.
    """

    overlap: timedelta
    warn: timedelta
    earlier: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    fail: timedelta = timedelta(days=7)
    coming: Mapping[str, str] = field(default_factory=dict)
    wanted_on: Collection[str] | None = None
    create: str = "none"


@dataclass(frozen=True)
class Verdict:
    """What becomes of one entry of a service principal.

    until: when an entry that stays may go, where that is known. removable: whether naming its thumbprint would have it removed, where that
    is for the administrator to decide. told: whether the run's output names it: it is one of the deployment's that stays though the farm
    has it no longer.
    """

    principal: ServicePrincipal
    key: KeyCredential
    owner: str
    goes: bool
    reason: str
    until: datetime | None = None
    removable: bool = False
    told: bool = False

    @property
    def remedy(self) -> str | None:
        """What has an entry removed that stays undecided; None where there is nothing to decide. A thumbprint names what was read alone."""
        if not self.removable:
            return None
        by_id = f"sp_credential with key_id: {self.key.key_id} and state: absent"
        return f"trust_rotation_remove_thumbprints: [{self.key.thumbprint}]" if self.key.given else by_id

    def shown(self) -> dict[str, Any]:
        return {
            "app_id": self.principal.app_id,
            "key_id": self.key.key_id,
            "thumbprint": self.key.thumbprint,
            "display_name": self.key.display_name,
            "end": utc_text(self.key.end) if self.key.end else None,
            "owner": self.owner,
            "reason": self.reason,
            "remedy": self.remedy,
            "told": self.told,
        }


@dataclass(frozen=True)
class Certificate:
    """A certificate as onprem_info shows it in signing. weak: its key is known to be one with which the farm may not sign."""

    thumbprint: str
    subject: str | None
    begin: datetime | None
    end: datetime | None
    effective: datetime | None
    weak: bool = False

    def expired(self, now: datetime) -> bool:
        return in_date(None, self.end, now) is False


@dataclass(frozen=True)
class Roles:
    """Who is who in the roll at this moment.

    elsewhere: certificates with which other servers sign or are to sign, with the reason. neighbours: the other deployments of the tenant.
    """

    current: Certificate
    next: Certificate | None
    previous: Certificate | None
    rules: Rules
    now: datetime
    elsewhere: tuple[tuple[Certificate, str], ...] = ()
    neighbours: Neighbours = field(default_factory=Neighbours)

    @property
    def live(self) -> list[tuple[Certificate, str]]:
        """The certificates that the tenant must hold, with the reason."""
        staged = [(self.next, f"it signs from {when_text(self.next.effective)} on")] if self.next else []
        return [(self.current, "it signs now"), *staged, *self.elsewhere]

    @property
    def needed(self) -> dict[str, datetime]:
        """By thumbprint of a certificate that the tenant must hold: from when on an entry of it has to serve."""
        later = [*([self.next] if self.next else []), *(one for one, _reason in self.elsewhere)]
        found = {one.thumbprint: first_use(self.now, one.effective, one.begin) for one in later}
        return {**found, self.current.thumbprint: first_use(self.now, self.current.begin)}

    @property
    def earlier(self) -> set[str]:
        return {*self.rules.earlier, *([self.previous.thumbprint] if self.previous else [])}

    @property
    def overlap_end(self) -> datetime | None:
        """When what signed before the certificate that signs now may go; None where it is not known since when that one signs."""
        return shifted(self.current.effective, self.rules.overlap) if self.current.effective else None

    def verdict(self, principal: ServicePrincipal, key: KeyCredential, replaced: bool) -> Verdict:
        """The first case that applies. replaced: another entry with the same certificate serves, or is added."""
        live = {certificate.thumbprint: reason for certificate, reason in self.live}
        thumbprint, expired = str(key.thumbprint), key.expired(self.now)
        wanted = self.rules.wanted_on is None or principal.app_id in self.rules.wanted_on
        is_live = key.thumbprint in live
        used = self.neighbours.use(key.thumbprint, principal.app_id, self.now)
        named = self.neighbours.named(key)
        ended = f"expired on {when_text(key.end)}"
        is_earlier = key.thumbprint in self.earlier
        superseded = named is not None and named.own
        who = (
            "it is the farm's certificate"
            if is_live
            else "it is an earlier certificate of the farm"
            if is_earlier
            else f"deployment {self.neighbours.own} put it there, by its display name, and the farm has it no longer"
        )
        over = self._over(named.written) if named and superseded and not is_earlier else self.overlap_end
        ours = is_earlier or superseded or is_live
        lost = ", ".join(self.neighbours.lost)
        unread = "" if named is None or named.read else ", which was not read in this run"
        another = named is not None and not named.own and not ((is_earlier or is_live) and named.read)
        theirs = f"by its display name it is of deployment {named.deployment if named else ''}{unread}"
        if is_earlier and unread:
            theirs += "; see first that nothing there signs with it"
        claims = key.only_claims({*live, *self.earlier, *self.rules.named})
        cases: list[tuple[bool, str, bool, str, bool]] = [
            (claims and bool(key.key_id), UNKNOWN, False, key.unproven, False),
            (
                not key.thumbprint or not key.key_id,
                UNKNOWN,
                False,
                "its certificate cannot be told; an identifier alone proves nothing",
                False,
            ),
            (is_live and wanted and expired and replaced, OURS, True, f"it {ended}, and another has the same certificate", False),
            (is_live and wanted, OURS, False, self._of_live(key, live.get(thumbprint, "")), False),
            (used is not None, FOREIGN, False, str(used), False),
            (thumbprint in self.rules.named, FOREIGN, True, "it was named", False),
            (not key.is_usual, FOREIGN, False, f"its type {key.type} and usage {key.usage} are not those of the farm's certificate", False),
            (another, FOREIGN, False, theirs, is_earlier),
            (ours and expired, OURS, True, f"{who} and {ended}", False),
            (ours and bool(lost), OURS, False, f"{who}, but whether deployment {lost} signs with it was not read", False),
            (ours and not wanted, OURS, True, NOT_WANTED, False),
            (thumbprint in self.rules.coming, OURS, False, self.rules.coming.get(thumbprint, ""), False),
            (ours and not over, OURS, False, f"{who}, and since when its successor signs is unknown", True),
            (ours and over is not None and over <= self.now, OURS, True, f"{who}, and the overlap ended on {when_text(over)}", False),
            (is_earlier, OURS, False, f"tokens that it signed may be in use until {when_text(over)}", False),
            (superseded, OURS, False, f"{who}; tokens that it signed may be in use until {when_text(over)}", True),
            (expired and self._is_subject(key.subject), OURS, True, f"it has the farm's subject and {ended}", False),
            (
                self._is_subject(key.subject),
                UNKNOWN,
                False,
                "it has the farm's subject, but the farm does not remember its thumbprint",
                True,
            ),
            (self._is_called(key), UNKNOWN, False, "its display name is the farm's subject, which anyone may write", True),
            # Where another certificate is given, naming that would take a stranger's away wherever it is.
            (self.neighbours.unproved(key), UNKNOWN, False, UNPROVED, not key.given),
            (True, FOREIGN, False, "the farm never had it", False),
        ]
        owner, goes, reason, removable = next(case[1:] for case in cases if case[0])
        waits = ours and not goes and owner == OURS and not is_live and key.is_usual and not lost and thumbprint not in self.rules.coming
        not_needed = is_earlier or superseded or (is_live and not wanted)
        told = removable or claims or (not goes and not_needed and (used is not None or another or bool(lost)))
        return Verdict(principal, key, owner, goes, reason, over if waits else None, removable, told)

    def _over(self, written: datetime) -> datetime | None:
        """When what this deployment put there, and the farm has no longer, may go: it may have been prepared, or may have signed."""
        return max(self.overlap_end, shifted(written, self.rules.overlap)) if self.overlap_end else None

    def _of_live(self, key: KeyCredential, reason: str) -> str:
        moment = self.needed.get(str(key.thumbprint))
        why = key_credential.why_not([key], str(key.thumbprint), moment) if moment else None
        return f"{reason}, but {why}" if why else reason

    @property
    def _subjects(self) -> list[str]:
        return [one.subject for one in (self.current, self.next, self.previous) if one and one.subject]

    def _is_subject(self, subject: str | None) -> bool:
        """Whether the certificate that is in an entry has the farm's subject."""
        return bool(subject) and any(same_text(subject, ours) for ours in self._subjects)

    def _is_called(self, key: KeyCredential) -> bool:
        """Whether an entry that does not show its certificate is called as sp_credential calls one without a known host."""
        name = None if key.subject else key.display_name
        return bool(name) and any(same_text(name, ours[:LONGEST_NAME]) for ours in self._subjects)


def certificate_in(entry: farm.Certificate | None) -> Certificate | None:
    if not entry:
        return None
    return Certificate(
        thumbprint=in_upper_case(str(entry["thumbprint"])),
        subject=entry.get("subject"),
        begin=time_or_none(entry.get("not_before")),
        end=time_or_none(entry.get("not_after")),
        effective=time_or_none(entry.get("effective_date")),
        weak=long_enough(entry.get("key_type"), entry.get("key_size")) is False,
    )


def replaced(principal: ServicePrincipal, key: KeyCredential, added: set[tuple[str, str]], moment: datetime) -> bool:
    if key.thumbprint is None:
        return False
    others = (other for other in principal.keys if other is not key)
    return (key.thumbprint, principal.app_id) in added or key_credential.any_serves(others, key.thumbprint, moment)


def when_text(moment: datetime | None) -> str:
    return utc_text(moment) if moment else "a date that the farm does not tell"
