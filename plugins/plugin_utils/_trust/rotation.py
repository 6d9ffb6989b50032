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
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import identification
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import verifies, why_not
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import usable
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.ending import LEAD, by_when, unstaged_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.neighbours import Neighbours
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_entries import (
    Certificate,
    Roles,
    Rules,
    Verdict,
    certificate_in,
    replaced,
    when_text,
)
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.rotation_table import Standing, standings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import in_upper_case
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, soon_text, utc_text
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.told_certificate import as_option

_ROTATE = "sfb.hybrid_auth.rotate"
# Which playbook or person brings the next certificate in and stages it, by trust_rotation_create.
_STAGES = {"none": "an administrator", "self_signed": _ROTATE, "pfx": f"{_ROTATE} with trust_rotation_pfx_path"}
_TELL = (
    "Wait until the Central Management Store has replicated, or import it there; where no script may run, give it with "
    "trust_certificate_path. Run again."
)


@dataclass(frozen=True)
class Addition:
    """A certificate that service principals lack. valid_at: when an entry of it has to serve. form: as what sp_credential takes it."""

    thumbprint: str
    subject: str | None
    content: str
    app_ids: tuple[str, ...]
    reason: str
    valid_at: datetime
    form: str | Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        return {
            "thumbprint": self.thumbprint,
            "subject": self.subject,
            "content": self.content,
            "app_ids": list(self.app_ids),
            "reason": self.reason,
            "valid_at": utc_text(self.valid_at),
        }


@dataclass(frozen=True)
class Upcoming:
    """Something that happens or becomes due. action: switch, remove, stage, expire or entry_ends.

    by: the playbook or the person that sees to it; None where nobody does, since a certificate ends by itself.
    """

    date: datetime
    action: str
    thumbprint: str
    app_ids: tuple[str, ...]
    text: str
    by: str | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "date": utc_text(self.date),
            "action": self.action,
            "thumbprint": self.thumbprint,
            "app_ids": list(self.app_ids),
            "text": self.text,
            "by": self.by,
        }


@dataclass(frozen=True)
class RotationPlan:
    """successor_due: the certificate that signs ends soon, and no other one is staged.

    previous_over: the farm remembers the certificate that signed before, and the overlap is over.
    problems: what keeps a certificate from being put into the tenant, each with its remedy.
    ending: that the certificate that signs ends within the days in which a run fails, and none takes over in time; None where it does not.
    certificates: how each of the farm's certificates stands after the run. unstaged: the warning that none is staged, where one is due.
    """

    add: tuple[Addition, ...]
    remove: tuple[Verdict, ...]
    keep: tuple[Verdict, ...]
    upcoming: tuple[Upcoming, ...]
    warnings: tuple[str, ...]
    successor_due: bool
    previous_over: bool
    problems: tuple[tuple[str, str], ...] = ()
    ending: str | None = None
    certificates: tuple[Standing, ...] = ()
    unstaged: str | None = None

    def staging(self) -> RotationPlan:
        """The plan of a run that stages the certificate that is to follow: nobody else has to."""
        return replace(self, warnings=tuple(one for one in self.warnings if one != self.unstaged), unstaged=None)

    def forgetting(self) -> RotationPlan:
        """The plan of a run that lets the farm forget the certificate that signed before."""
        return replace(self, certificates=tuple(one for one in self.certificates if not one.remembered))

    def held(self) -> RotationPlan:
        """The plan of a run in which something stands in the way: nothing goes and nothing is prepared, what is missing is added."""
        held = tuple(
            replace(one, goes=False, reason=f"{one.reason}; it stays as long as something stands in the way") for one in self.remove
        )
        stays = _holders(held)
        certificates = tuple(one.also_on(stays.get(one.thumbprint, ())) for one in self.certificates)
        return replace(self, remove=(), keep=(*self.keep, *held), previous_over=False, certificates=certificates)

    @property
    def operations(self) -> list[str]:
        return [
            f"add certificate {addition.thumbprint} to service principal {app_id}: {addition.reason}"
            for addition in self.add
            for app_id in addition.app_ids
        ] + [removal_of(verdict) for verdict in self.remove]


def removal_of(verdict: Verdict) -> str:
    """What goes and why, as a clause."""
    return f"remove key credential {verdict.key.label} from {verdict.principal.label}: {verdict.reason}"


def plan(
    signing: Signing,
    principals: Sequence[ServicePrincipal],
    rules: Rules,
    now: datetime,
    others: Mapping[str, Signing] | None = None,
    neighbours: Neighbours | None = None,
) -> RotationPlan:
    """The plan for the principals.

    signing: what onprem_info returns under that name. now: the server's clock, aware. others: the same of the other servers, by name.
    neighbours: the other deployments of the tenant.
    Raises HybridAuthError where no certificate signs.
    """
    others = others or {}
    current, following, previous = map(certificate_in, (signing["current"], signing["next"], signing["previous"]))
    if current is None:
        raise HybridAuthError(
            "The farm has no OAuthTokenIssuer certificate, so there is nothing to roll.",
            "Assign one with onprem_certificate or Set-CsCertificate -Type OAuthTokenIssuer -Identity global, and run again.",
        )
    roles = Roles(current, following, previous, rules, now, _elsewhere((current, following), others), neighbours or Neighbours())
    holders = [one for one in principals if rules.wanted_on is None or one.app_id in rules.wanted_on]
    contents = _contents([signing, *others.values()])
    wanted = _wanted(holders, roles, contents)
    written_to = {app_id for one in wanted if one.thumbprint in contents for app_id in one.app_ids}
    if written_to:
        holders = [replace(one, keys=identification.proven(one.keys)) if one.app_id in written_to else one for one in holders]
        wanted = _wanted(holders, roles, contents)
    add = tuple(one for one in wanted if one.thumbprint in contents)
    problems = tuple((_untold(one, roles), _TELL) for one in wanted if one.thumbprint not in contents)
    added = {(addition.thumbprint, app_id) for addition in add for app_id in addition.app_ids}
    verdicts = [
        roles.verdict(principal, key, replaced=replaced(principal, key, added, roles.needed.get(str(key.thumbprint), now)))
        for principal in principals
        for key in principal.keys
    ]
    keep = tuple(verdict for verdict in verdicts if not verdict.goes)
    upcoming = tuple(sorted(_upcoming(roles, keep), key=lambda entry: (entry.date, entry.action, entry.thumbprint)))
    successor_due = following is None and current.end is not None and current.end - now <= rules.warn
    due = current.end if successor_due and not current.expired(now) else None
    unstaged = unstaged_text(current.thumbprint, due, now) if due else None
    return RotationPlan(
        add=add,
        remove=tuple(verdict for verdict in verdicts if verdict.goes),
        keep=keep,
        upcoming=upcoming,
        warnings=tuple(_warnings(roles, unstaged)),
        successor_due=successor_due,
        previous_over=previous is not None and following is None and roles.overlap_end is not None and roles.overlap_end <= now,
        problems=problems,
        ending=_ending(roles),
        certificates=tuple(standings(roles, _held_after(keep, add), [(one.date, one.action, one.thumbprint) for one in upcoming])),
        unstaged=unstaged,
    )


def _wanted(principals: Sequence[ServicePrincipal], roles: Roles, contents: Mapping[str, Mapping[str, Any]]) -> list[Addition]:
    return [one for certificate, reason in roles.live if (one := _addition(certificate, reason, principals, roles, contents))]


def _addition(
    certificate: Certificate,
    reason: str,
    principals: Sequence[ServicePrincipal],
    roles: Roles,
    contents: Mapping[str, Mapping[str, Any]],
) -> Addition | None:
    """What lacks an entry that serves as long as it must; nothing where the certificate is over by then or weak, so that none can."""
    row = contents.get(certificate.thumbprint)
    begin = roles.needed[certificate.thumbprint]
    horizon = shifted(roles.now, roles.rules.warn)
    if row is None:  # its end is not known, and most entries end with it
        horizon = shifted(roles.now, roles.rules.fail)
        if certificate is roles.current and roles.next and roles.next.effective:
            horizon = min(horizon, roles.next.effective)
    moment = usable.needed_at(principals, certificate.thumbprint, begin, certificate.end, horizon)
    missing = usable.lacking(principals, certificate.thumbprint, moment)
    lacking = tuple(one.app_id for one in missing)
    if not lacking or certificate.weak or certificate.expired(moment):
        return None
    if moment != begin:
        why = dict.fromkeys(text for one in missing if (text := why_not(one.keys, certificate.thumbprint, moment, roles.now)))
        reason = "; ".join((reason, *why))
    content, form = (str(row["content"]), as_option(row)) if row else ("", "")
    return Addition(certificate.thumbprint, certificate.subject, content, lacking, reason, moment, form)


def _untold(wanted: Addition, roles: Roles) -> str:
    """That a certificate cannot be put into the tenant, since no server has it."""
    renewed = wanted.valid_at != roles.needed[wanted.thumbprint]
    lack = f"needs another key credential in the tenant ({wanted.reason})" if renewed else f"is not in the tenant ({wanted.reason})"
    return f"The certificate {wanted.thumbprint} {lack}, and it is in no server's computer store."


def _contents(signings: Iterable[Signing]) -> dict[str, Mapping[str, Any]]:
    """The certificates that any server has in its store, by thumbprint."""
    rows = [row for signing in signings for row in (signing["current"], signing["next"]) if row]
    return {in_upper_case(str(row["thumbprint"])): row for row in rows if row["content"]}


def _elsewhere(known: Sequence[Certificate | None], others: Mapping[str, Signing]) -> tuple[tuple[Certificate, str], ...]:
    """The certificates with which other servers sign or are to sign, beside those known: replication takes its time."""
    seen = {one.thumbprint for one in known if one}
    found = []
    for name, signing in others.items():
        for row, role in ((signing["current"], "signs now"), (signing["next"], "signs next")):
            one = certificate_in(row)
            if one and one.thumbprint not in seen:
                seen.add(one.thumbprint)
                found.append((one, f"it {role} on {name}"))
    return tuple(found)


def _ending(roles: Roles) -> str | None:
    current, following = roles.current, roles.next
    if current.end is None or current.end - roles.now >= roles.rules.fail or current.expired(roles.now):
        return None
    if following and following.effective and following.effective <= current.end and not following.expired(current.end):
        return None
    return (
        f"The certificate {current.thumbprint} that signs ends on {when_text(current.end)}, {soon_text(current.end, roles.now)}, "
        "and none takes over before that; tokens are refused then."
    )


def _upcoming(roles: Roles, keep: Sequence[Verdict]) -> Iterable[Upcoming]:
    current, following, rules, now = roles.current, roles.next, roles.rules, roles.now
    holders = _holders(keep)
    if following and following.effective and following.effective > now:
        begin = following.effective
        text = f"from {when_text(begin)} on {following.thumbprint} signs instead of {current.thumbprint}"
        yield Upcoming(begin, "switch", following.thumbprint, (), text, "the farm")
        over = shifted(begin, rules.overlap)
        text = f"{current.thumbprint} stays until {when_text(over)}, when the overlap ends"
        yield Upcoming(over, "remove", current.thumbprint, holders.get(current.thumbprint, ()), text, _ROTATE)
    for thumbprint, until in sorted({(str(verdict.key.thumbprint), verdict.until) for verdict in keep if verdict.until}):
        kind = "which signed before" if thumbprint in roles.earlier else "which is superseded"
        text = f"{thumbprint}, {kind}, stays until {when_text(until)}, when the overlap ends"
        yield Upcoming(until, "remove", thumbprint, holders[thumbprint], text, _ROTATE)
    role, last = ("which is staged", following) if following else ("which signs", current)
    if last.end:
        text = f"{last.thumbprint}, {role}, expires on {when_text(last.end)}: stage its successor {by_when(last.end, now)}"
        yield Upcoming(shifted(last.end, -rules.warn), "stage", last.thumbprint, (), text, _STAGES[rules.create])
    for certificate, _reason in roles.live:
        if certificate.end and not certificate.expired(now):
            text = f"{certificate.thumbprint} expires on {when_text(certificate.end)}"
            yield Upcoming(certificate.end, "expire", certificate.thumbprint, (), text)
        for verdict in keep:
            end = verdict.key.end
            if verifies(verdict.key, certificate.thumbprint) and end and now < end and (certificate.end is None or end < certificate.end):
                text = f"the entry of {certificate.thumbprint} on {verdict.principal.label} ends on {when_text(end)}"
                text += ", before the certificate does" if certificate.end else ""
                yield Upcoming(end, "entry_ends", certificate.thumbprint, (verdict.principal.app_id,), text, _ROTATE)


def _warnings(roles: Roles, unstaged: str | None) -> Iterable[str]:
    current, following, now = roles.current, roles.next, roles.now
    if current.end is not None:
        begin = following.effective if following else None
        if current.expired(now):
            yield f"The certificate {current.thumbprint} that signs now expired on {when_text(current.end)}."
        elif unstaged:
            yield unstaged
        if following and begin and begin > shifted(current.end, -LEAD):
            yield (
                f"The staged certificate {following.thumbprint} signs only from {when_text(begin)} on, and {current.thumbprint} expires on "
                f"{when_text(current.end)}: Microsoft asks for at least 24 hours between them. Stage it again with an earlier date."
            )


def _held_after(keep: Sequence[Verdict], add: Sequence[Addition]) -> dict[str, tuple[str, ...]]:
    """The application ids of the principals that hold a certificate once the run has done its work, by thumbprint."""
    held = _holders(keep)
    for addition in add:
        held[addition.thumbprint] = tuple(dict.fromkeys((*held.get(addition.thumbprint, ()), *addition.app_ids)))
    return held


def _holders(keep: Sequence[Verdict]) -> dict[str, tuple[str, ...]]:
    """The application ids of the principals that hold a certificate, by thumbprint."""
    held: dict[str, dict[str, None]] = {}
    for verdict in keep:
        if verdict.key.thumbprint:
            held.setdefault(verdict.key.thumbprint, {})[verdict.principal.app_id] = None
    return {thumbprint: tuple(app_ids) for thumbprint, app_ids in held.items()}
