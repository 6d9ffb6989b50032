# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do, in the words of the role: its variable or playbook first, then the module. Private to the collection."""

from __future__ import annotations

ROLL = (
    "Roll to a new certificate with sfb.hybrid_auth.rotate (trust_rotation_create says where it comes from): it puts it on every server "
    "and in the tenant first, then assigns it."
)


def configure(does: str, module: str) -> str:
    """That a run of configure does it, and which module does it alone."""
    return f"Run sfb.hybrid_auth.configure, which {does}, or use {module}."


def remove(thumbprint: str | None) -> str:
    """How a key is taken away, to be followed by when; thumbprint: of the certificate that is in its entry, None where it is not known."""
    if thumbprint is None:
        return "The role has no variable that removes a key whose certificate is not known: remove it with sp_credential and key_id"
    return f"Remove it with trust_rotation_remove_thumbprints: [{thumbprint}] in a run of rotate, or with sp_credential and key_id"
