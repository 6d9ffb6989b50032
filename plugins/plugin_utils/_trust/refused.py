# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the tenant will refuse what a run is about to write, by what was read of its policies. Private to the collection.

Configuration, rotation and the audit ask here. What is certain stands in the way; what may be is a warning; what was not read is neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.key_credential import KeyCredential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.plans import PrincipalPlan
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Obstacle
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import PROCEDURE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import RANGES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import length_text, time_or_none

_ANY, _OWNED = ("Application.ReadWrite.All", "Directory.ReadWrite.All"), "Application.ReadWrite.OwnedBy"
# The last one writes what the person who signs in may, and the one before it what the application owns.
_WRITE = (*_ANY, _OWNED, "Directory.AccessAsUser.All")
_LIFETIME, _AUTHORITY = "asymmetricKeyLifetime", "trustedCertificateAuthority"
_EXCEPTION = "or have an administrator assign the {} an app management policy of its own that allows it"
_PRINCIPAL = "service principal"
_UNLOCK = (
    "Have its owner switch the lock off (servicePrincipalLockConfiguration), or put the certificate on the application object with "
    "sp_credential and object: application, which no lock keeps. Run again."
)
_WHILE = "Have its owner switch the lock off (servicePrincipalLockConfiguration) while it goes"
_LOCKED = f"{_WHILE}, or leave it there, as configure does without trust_remove_expired. Run again."


# While a roll is pending the role makes no other certificate, and the farm's cmdlets take none back.
_IN_PLACE = (
    "staged in place of the pending one by onprem_certificate with replace_pending, once it is in the tenant; the play is in "
    "docs/restore.md, A wrong certificate was staged"
)


@dataclass(frozen=True)
class Candidate:
    """A certificate that is to be put on a service principal. begin, end: None where they are not known. name: in words.

    another: how the role gets one that lives less long, as a clause. made: whether the role makes that one, which lives for
    trust_rotation_valid_days.
    """

    name: str
    begin: datetime | None
    end: datetime | None
    self_signed: bool
    another: str = "trust_rotation_valid_days, and trust_rotation_warn_days below it, for one that is made here"
    made: bool = True


@dataclass(frozen=True)
class Refusal:
    """What the tenant says no to. certain: whether it surely does. problem, remedy: sentences."""

    app_id: str
    certain: bool
    problem: str
    remedy: str


def candidate(row: Mapping[str, Any], name: str | None = None, *, pending: bool = False) -> Candidate:
    """The certificate of a row of a store, as onprem_info shows it. pending: whether it is the one of a roll that is staged."""
    issuer = row.get("issuer")
    one = Candidate(
        name or f"certificate {row.get('thumbprint')}",
        time_or_none(row.get("not_before")),
        time_or_none(row.get("not_after")),
        issuer is not None and issuer == row.get("subject"),
    )
    return staged(one) if pending else one


def staged(one: Candidate) -> Candidate:
    """The certificate as one that is staged already."""
    return replace(one, another=_IN_PLACE, made=False)


def refusals(
    told: Mapping[str, Any] | None, app_ids: Iterable[str], one: Candidate, now: datetime, kind: str = _PRINCIPAL
) -> list[Refusal]:
    """What the tenant refuses of the certificate on each of these.

    told: a result of app_policy_info, None where it was not asked. kind: what the objects are, in words.
    """
    found = []
    for app_id in app_ids:
        of = _object(told, app_id)
        if of is None:
            continue
        if of.get("locked") is True:
            problem = f"The application {app_id} locks the keys of its service principal, so {one.name} is refused there."
            found.append(Refusal(app_id, True, problem, _UNLOCK))
        found += [refusal for entry in of.get("restrictions") or () if (refusal := _by_restriction(app_id, of, entry, one, now, kind))]
    return found


def of_plans(
    told: Mapping[str, Any] | None,
    planned: Iterable[PrincipalPlan],
    now: datetime,
    self_signed: Collection[str] = (),
    kind: str = _PRINCIPAL,
    pending: str | None = None,
) -> list[Refusal]:
    """What the tenant refuses of the entries that these plans add or remove. self_signed: the thumbprints of such certificates.

    pending: the thumbprint of the certificate of a pending roll.
    """
    planned = list(planned)

    def one_of(key: KeyCredential) -> Candidate:
        one = Candidate(f"certificate {key.label}", key.start, key.end, key.thumbprint in self_signed)
        return staged(one) if pending and key.thumbprint == pending else one

    losses = ((one.principal.app_id, loss, _LOCKED) for one in planned for loss in one.removals)
    return of_losses(told, losses) + [
        refusal
        for one in planned
        for key in one.predicted.keys
        if key.key_id is None
        for refusal in refusals(
            told,
            [one.principal.app_id],
            one_of(key),
            now,
            kind,
        )
    ]


def of_losses(told: Mapping[str, Any] | None, losses: Iterable[tuple[str, str, str]]) -> list[Refusal]:
    """The removals of entries that a lock refuses. losses: the application's id, the removal as a clause, and the remedy."""
    problem = "The application {} locks the keys of its service principal, so this is refused: {}."
    return [
        Refusal(app_id, True, problem.format(app_id, loss), remedy)
        for app_id, loss, remedy in losses
        if (_object(told, app_id) or {}).get("locked") is True
    ]


def unlock_while(otherwise: str | None = None) -> str:
    """What to do about an entry that a lock keeps. otherwise: how to leave it there, as a clause; None where it goes in any case."""
    return f"{_WHILE}{f', or leave it there: {otherwise}' if otherwise else ''}. Run again."


def lockable(app_ids: Iterable[str]) -> list[str]:
    """Those whose lock can be read. Microsoft's own applications are another tenant's, which does not tell."""
    return [app_id for app_id in dict.fromkeys(app_ids) if app_id not in PROCEDURE]


def unread(told: Mapping[str, Any] | None, app_id: str) -> str | None:
    """Why it is not known what the tenant refuses there, as a clause; None where it is."""
    if told is None:
        return "app_policy_info was not asked"
    of = _object(told, app_id)
    problem = told.get("policy_problem") or (of or {}).get("problem")
    if problem:
        return str(problem)
    return None if of else f"app_policy_info was not asked for {app_id}"


def not_understood(told: Mapping[str, Any] | None, app_id: str) -> str | None:
    """Which restriction there is not understood here, so that nothing is known of what it refuses, as a clause; None where each is."""
    of = _object(told, app_id) or {}
    unclear = [
        str(one.get("type"))
        for one in of.get("restrictions") or ()
        if one.get("type") not in (_LIFETIME, _AUTHORITY) or (one.get("type") == _LIFETIME and one.get("longest_seconds") is None)
    ]
    kinds = " and ".join(dict.fromkeys(unclear))
    return f"the app management policy ({_policy(of)}) has a restriction that is not understood: {kinds}" if unclear else None


def _policy(of: Mapping[str, Any]) -> str:
    """The policy in words; its display name may be empty, and so may be what Graph gives for it."""
    return str(of.get("policy") or "without a display name")


def _object(told: Mapping[str, Any] | None, app_id: str) -> Mapping[str, Any] | None:
    """What app_policy_info tells of the application; None where it was not asked."""
    return next((entry for entry in (told or {}).get("objects") or () if entry.get("app_id") == app_id), None)


def obstacles(found: Iterable[Refusal]) -> list[Obstacle]:
    """The certain ones."""
    return [Obstacle("tenant", one.problem, one.remedy) for one in found if one.certain]


def warnings(found: Iterable[Refusal]) -> list[str]:
    """Those that may be."""
    return [f"{one.problem} {one.remedy}" for one in found if not one.certain]


@dataclass(frozen=True)
class SignInVerdict:
    """obstacles: what ends a run before its first write. ahead: the same in check mode, which writes nothing, as sentences.

    warnings: sentences, with what lies ahead.
    """

    obstacles: tuple[Obstacle, ...] = ()
    ahead: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def sign_in(token: Mapping[str, Any] | None, *, writes: bool, check_mode: bool) -> SignInVerdict:
    """Whether the sign-in may write in the tenant. writes: whether the run has something to write there, which an audit never has.

    token: a result of graph_token. Check mode goes on, since a sign-in that only reads is enough for it.
    """
    if not writes:
        return SignInVerdict()
    denied = _denied(token)
    ahead = tuple(f"{one.problem} {one.remedy}" for one in denied) if check_mode else ()
    return SignInVerdict(
        () if check_mode else tuple(denied), ahead, (*(f"Without --check this run fails: {one}" for one in ahead), *_owned_alone(token))
    )


def _denied(token: Mapping[str, Any] | None) -> list[Obstacle]:
    """That the sign-in may write nothing, by what its token says. Where that tells of a directory role too, Graph alone knows."""
    may = (token or {}).get("permissions") or {}
    granted: Collection[str] | None = may.get("granted")
    if granted is None or any(one in granted for one in _WRITE) or (may.get("kind") == "application" and may.get("directory_roles")):
        return []
    what = "delegated permission" if may.get("kind") == "delegated" else "application permission"
    return [
        Obstacle(
            "tenant",
            f"The sign-in may not write service principals: its Graph permissions are {', '.join(sorted(granted)) or 'none'}.",
            f"Give the application the Graph {what} Application.ReadWrite.All, have an administrator consent, and run again.",
        )
    ]


def _owned_alone(token: Mapping[str, Any] | None) -> list[str]:
    """That the sign-in may write only what it owns, which Microsoft's service principals are not unless an administrator made it so."""
    may = (token or {}).get("permissions") or {}
    granted: Collection[str] = may.get("granted") or ()
    if may.get("kind") != "application" or may.get("directory_roles") or _OWNED not in granted or any(one in granted for one in _ANY):
        return []
    return [
        f"Of the sign-in's Graph permissions {_OWNED} alone writes, and only what the application owns. Where it does not own a service "
        "principal, the first write there is refused (403): make it an owner, or give it Application.ReadWrite.All."
    ]


def _by_restriction(
    app_id: str, of: Mapping[str, Any], entry: Mapping[str, Any], one: Candidate, now: datetime, object_kind: str
) -> Refusal | None:
    kind, longest, since = entry.get("type"), entry.get("longest_seconds"), entry.get("created_after")
    policy = f"The app management policy for {object_kind} {app_id} ({_policy(of)})"
    exception = _EXCEPTION.format(object_kind)
    # Microsoft Graph v1.0 does not tell when a service principal was created.
    later = f", if that was created after {since}" if since else ""
    if kind == _AUTHORITY:
        if not one.self_signed:
            problem = f"{policy} takes certificates of certain authorities alone{later}; which ones was not read."
            return Refusal(app_id, False, problem, f"If it refuses {one.name}, use one that they issue, {exception}.")
        problem = f"{policy} takes certificates of certain authorities alone{later}, and {one.name} is self-signed."
        return Refusal(app_id, False, problem, f"Use a certificate that one of them issues, {exception}.")
    if kind != _LIFETIME or longest is None or one.end is None:
        return None
    limit, left = timedelta(seconds=longest), one.end - now
    whole = left if one.begin is None else one.end - one.begin
    lives = max(whole, left)
    if lives <= limit:
        return None
    # From when a lifetime counts is not published, so it is certain only where neither way of counting fits.
    certain = min(whole, left) > limit and not since
    verb = "refuses" if certain else "may refuse"
    allowed = f"{limit.days} are" if limit.days > 1 and not limit.seconds else f"{length_text(limit)} is"
    length = length_text(lives) if lives.days == limit.days else f"{lives.days} days"
    problem = f"{policy} {verb} {one.name}, which lives {length}: at most {allowed} allowed{later}."
    return Refusal(app_id, certain, problem, f"{_shorter(limit, one, object_kind)} Run again.")


def _shorter(limit: timedelta, one: Candidate, object_kind: str) -> str:
    """What is to be done where a certificate may live so long at most."""
    days, least, exception = limit.days, RANGES["valid_days"].least, _EXCEPTION.format(object_kind)
    if not days:
        return f"No certificate of a farm lives so short a time: {exception.removeprefix('or ')}."
    if one.made and days < least:
        return (
            f"Use a certificate of your own authority that lives {length_text(timedelta(days))} at most, {exception}. The role makes none "
            f"for less than {least} days (trust_rotation_valid_days)."
        )
    return f"Use a certificate that lives {days} days at most ({one.another}), {exception}."
