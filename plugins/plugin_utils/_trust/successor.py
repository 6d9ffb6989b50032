# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that is to follow the one that signs: whether one is made, and whether it follows. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import PreparedCertificate, Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust import assignment, refused
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.assignment import Assignment
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.issue import SelfSigned
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.readings import Obstacle
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.refused import Candidate
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError, InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import of_the_role
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.pfx import load_pfx
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import option_time

# Options of onprem_certificate that the role has as variables.
_FOLLOWING = "the certificate that is to follow"
_LEFT = "name {} in trust_rotation_earlier_thumbprints, and another one is made, which lives for trust_rotation_valid_days"


def store_arguments(settings: Settings) -> dict[str, Any]:
    """The options of onprem_certificate that bring the next certificate into the store, without a password, where one comes."""
    if settings.rotation_create == "pfx":
        return {"state": "in_store", "source": "pfx", "pfx_path": settings.rotation_pfx_path}
    return {
        "state": "in_store",
        "source": "self_signed",
        "subject": settings.rotation_subject,
        "key_size": settings.rotation_key_size,
        "valid_days": settings.rotation_valid_days,
        "withdrawn_thumbprints": list(
            dict.fromkeys(
                (*settings.rotation_earlier_thumbprints, *settings.rotation_remove_thumbprints, *settings.rotation_remove_from_store)
            )
        ),
    }


def coming(
    settings: Settings, signing: Signing, password: str | None, *, successor_due: bool, now: datetime
) -> tuple[bool, list[Obstacle]]:
    """Whether a certificate comes that is to follow the one that signs, and what keeps it from being brought in and staged.

    That is its file, a pending roll or the date, told before the first write. password: of the PFX file. now: the server's clock, aware.
    """
    subject = f"Deployment {settings.deployment}"
    try:
        row = _next_row(settings, signing, password, successor_due=successor_due, now=now)
        if row is None:
            return False, []
        following = signing["next"]
        if following:
            return False, [
                Obstacle(
                    subject,
                    f"trust_rotation_pfx_path holds another certificate, {row['thumbprint']}, but a roll to {following['thumbprint']} is "
                    f"pending, which takes effect on {following['effective_date']}.",
                    "Wait until then, or put the file of the pending roll back.",
                )
            ]
        if row["thumbprint"] in settings.rotation_remove_from_store:
            return False, [
                Obstacle(
                    subject,
                    f"trust_rotation_pfx_path holds the certificate {row['thumbprint']}, which trust_rotation_remove_from_store names.",
                    "Take it out of one of them.",
                )
            ]
        wanted = Assignment(option_time("effective_date", settings.rotation_effective_date), settings.rotation_immediate)
        assignment.check_certificate(row, now)
        assignment.check_roll(row, signing, assignment.effective_date(row["thumbprint"], signing, wanted, now), wanted, now)
    except InvalidOptionError as exc:
        variable = {"effective_date": "trust_rotation_effective_date"}.get(exc.option, exc.option)
        return False, [Obstacle(subject, of_the_role(f"{variable}: {exc.problem}."), of_the_role(f"Expected {exc.expected}."))]
    except HybridAuthError as exc:
        return False, [Obstacle(subject, f"trust_rotation_create: {of_the_role(exc.message)}", of_the_role(exc.remedy))]
    return True, []


def candidate(settings: Settings, password: str | None, now: datetime, prepared: Mapping[str, Any] | None) -> Candidate:
    """The certificate that comes, where coming() says that one does. prepared: the one of the store, where it was brought in or found."""
    if settings.rotation_create == "self_signed":
        if prepared and prepared.get("thumbprint"):
            return replace(refused.candidate(prepared), another=_LEFT.format(prepared["thumbprint"]))
        made = SelfSigned(settings.rotation_subject or "", settings.rotation_key_size, settings.rotation_valid_days)
        return refused.candidate(made.row(now), _FOLLOWING)
    name = "trust_rotation_pfx_path"
    held = load_pfx(name, str(settings.rotation_pfx_path), password).certificate.row(there=True)
    return replace(refused.candidate(held, _FOLLOWING), another=f"in {name}", made=False)


def _next_row(
    settings: Settings, signing: Signing, password: str | None, *, successor_due: bool, now: datetime
) -> Mapping[str, Any] | None:
    """The certificate that a run would bring in to follow the one that signs, as the store will show it; None where none follows."""
    if settings.rotation_create == "self_signed" and successor_due:
        return SelfSigned("", settings.rotation_key_size, settings.rotation_valid_days).row(now)
    if settings.rotation_create != "pfx" or not settings.rotation_pfx_path:
        return None
    name = "trust_rotation_pfx_path"
    row = load_pfx(name, settings.rotation_pfx_path, password).certificate.row(there=True)
    known = {one["thumbprint"] for one in (signing["current"], signing["next"], signing["previous"]) if one}
    if row["thumbprint"] not in known:
        assignment.check_certificate(row, now)  # one that is left there from long ago
    return row if follows(cast("PreparedCertificate", row), signing) else None


def follows(certificate: PreparedCertificate | None, signing: Signing) -> bool:
    """Whether a certificate of the store is to follow the one that signs.

    One that the farm has or had, or that ends earlier than the one that signs, does not: a file left from an earlier roll starts none.
    certificate: as onprem_certificate shows it, its thumbprint None where it is yet to be made. signing: as onprem_info shows it.
    """
    if not certificate:
        return False
    current = signing["current"]
    known = {row["thumbprint"] for row in (current, signing["next"], signing["previous"]) if row}
    # What does not tell when it ends follows nothing.
    end, last = certificate["not_after"], current and current["not_after"]
    return certificate["thumbprint"] not in known and bool(end and last and end > last)
