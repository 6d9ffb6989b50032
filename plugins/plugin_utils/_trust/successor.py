# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that is to follow the one that signs: whether one is made, and whether it follows. Private to the collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import PreparedCertificate, Signing
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import Settings


def store_arguments(settings: Settings, *, successor_due: bool) -> dict[str, Any] | None:
    """The options of onprem_certificate that bring the next certificate into the store, without a password; None where none comes."""
    if settings.rotation_create == "pfx":
        return {"state": "in_store", "source": "pfx", "pfx_path": settings.rotation_pfx_path}
    if settings.rotation_create != "self_signed" or not successor_due:
        return None
    return {
        "state": "in_store",
        "source": "self_signed",
        "subject": settings.rotation_subject,
        "key_size": settings.rotation_key_size,
        "valid_days": settings.rotation_valid_days,
    }


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
