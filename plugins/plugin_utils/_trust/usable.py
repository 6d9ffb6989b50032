# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a certificate may sign, who lacks it, and which are the farm's. Private to the collection.

Plan, rotation, assignment, audit and removal ask here; whether an entry in the tenant serves is told by key_credential.serves(), and
whether a service principal name is the farm's by service_principal_name. A certificate is one as onprem_info shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import key_credential
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal import ServicePrincipal
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import MINIMUM_RSA_BITS, in_date, long_enough
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import shifted, time_or_none, utc_text

Row = Mapping[str, Any]

# By how much the end of an entry may differ from that of its certificate.
_ABOUT = timedelta(days=1)
MISSING, NO_PRIVATE_KEY, WEAK_KEY, EXPIRED, EARLY = "missing", "no_private_key", "weak_key", "expired", "early"


@dataclass(frozen=True)
class Flaw:
    """What keeps a certificate from signing. kind: one of the words above. problem: follows the certificate's name. remedy: a sentence."""

    kind: str
    problem: str
    remedy: str


def flaw(row: Row, moment: datetime | None) -> Flaw | None:
    """The first thing that keeps the certificate from signing at that moment. What is not known keeps it from nothing.

    moment: an aware time, None where no clock is known, so that dates are not judged.
    """
    kind, bits = row.get("key_type"), row.get("key_size")
    begin, end = time_or_none(row["not_before"]), time_or_none(row["not_after"])
    if row.get("found") is False:
        return Flaw(MISSING, "is not in the computer store", "Import it with its private key, or give it with pfx_path.")
    if row.get("has_private_key") is False:
        return Flaw(NO_PRIVATE_KEY, "has no private key in the computer store", "Import it with its private key.")
    if long_enough(kind, bits) is False:
        needed = f"an RSA key of at least {MINIMUM_RSA_BITS} bits"
        return Flaw(WEAK_KEY, f"has a key of {kind} {bits} bits", f"Use a certificate with {needed}.")
    if moment is None or in_date(begin, end, moment) is not False:
        return None
    if end is not None and end <= moment:
        return Flaw(EXPIRED, f"expired on {utc_text(end)}", "Use a certificate that is still valid.")
    return Flaw(EARLY, f"is not valid before {utc_text(begin) if begin else 'then'}", "Use a certificate that is valid already.")


def may_sign(row: Row, moment: datetime) -> bool:
    """Whether the certificate is known to be there with its private key, and nothing keeps it from signing at that moment."""
    there = bool(row.get("found") and row.get("has_private_key") and row.get("key_type"))
    return there and flaw(row, moment) is None


def lacking(principals: Iterable[ServicePrincipal], thumbprint: str, moment: datetime) -> list[ServicePrincipal]:
    """The principals on which no entry lets the tenant verify, at that moment, what the certificate signed."""
    return [one for one in principals if not key_credential.any_serves(one.keys, thumbprint, moment)]


def needed_at(
    principals: Sequence[ServicePrincipal], thumbprint: str, begin: datetime, end: datetime | None, horizon: datetime
) -> datetime:
    """When an entry of the certificate has to serve: from its first use on, and where every one there ends by the horizon, then too.

    begin: its first use. end: of the certificate, None where it is not known; an entry that ends about when it does is not renewed.
    """
    later = max(begin, horizon if end is None else min(horizon, shifted(end, -_ABOUT)))
    at_first, then = ({one.app_id for one in lacking(principals, thumbprint, moment)} for moment in (begin, later))
    return later if then and at_first <= then else begin


def staged_at(signings: Iterable[Signing], now: datetime) -> dict[str, datetime]:
    """When each certificate of a pending roll begins to sign, by its thumbprint: an entry of it must serve then. Nothing where it cannot.

    One that signs on a server already is needed at once, whatever the others say.
    """
    found: dict[str, datetime] = {}
    signs = set()
    for signing in signings:
        if signing["current"]:
            signs.add(str(signing["current"]["thumbprint"]).upper())
        row = signing["next"]
        effective = time_or_none(row["effective_date"]) if row else None
        if (
            row
            and effective
            and effective > now
            and in_date(time_or_none(row["not_before"]), time_or_none(row["not_after"]), effective) is not False
        ):
            found.setdefault(str(row["thumbprint"]).upper(), effective)
    return {thumbprint: effective for thumbprint, effective in found.items() if thumbprint not in signs}


def farms_certificates(farms: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The certificates that sign, are to sign or signed before on any server that was read: their thumbprints, each with its role."""
    found: dict[str, str] = {}
    for farm in farms:
        signing = farm.get("signing") or {}
        for role, certificate in (
            ("signs now", signing.get("current") or farm.get("certificate")),
            ("signs next", signing.get("next")),
            ("signed before", signing.get("previous") or farm.get("previous_certificate")),
            ("is assigned", farm.get("certificate")),
            ("signed before", farm.get("previous_certificate")),
        ):
            if certificate and certificate.get("thumbprint"):
                found.setdefault(str(certificate["thumbprint"]).upper(), role)
    return found
