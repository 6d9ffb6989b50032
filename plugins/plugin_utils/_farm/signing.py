# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which OAuthTokenIssuer certificate signs now, which signed before and which is staged to sign next. Private to the collection.

The farm keeps the assigned certificate, its effective date and the thumbprint of the one before it; a roll is staged by assigning
the new one with an effective date in the future, until which the one before it goes on signing:
https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import Certificate, Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import parse_time


def signing(assigned: Sequence[tuple[Certificate, Certificate | None]], now: datetime) -> Signing:
    """The keys current, next and previous, each a certificate as onprem_info shows it or None.

    assigned: each certificate that the farm lists as assigned, with the one before it. now: the server's clock, aware.
    """
    in_force = sorted((pair for pair in assigned if not _pending(pair[0], now)), key=lambda pair: str(pair[0]["effective_date"]))
    staged = sorted((pair for pair in assigned if _pending(pair[0], now)), key=lambda pair: str(pair[0]["effective_date"]))
    if in_force:
        current, previous = in_force[-1]
    elif staged:
        # Where nothing was assigned before, the date changes nothing: the farm has no other certificate to sign with.
        current, previous = staged[0][1] or staged[0][0], None
    else:
        return {"current": None, "next": None, "previous": None}
    following = next((certificate for certificate, _before in staged if certificate["thumbprint"] != current["thumbprint"]), None)
    return {"current": current, "next": following, "previous": previous}


def _pending(certificate: Certificate, now: datetime) -> bool:
    effective = certificate["effective_date"]
    return effective is not None and parse_time(effective) > now
