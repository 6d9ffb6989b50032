# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cmdlets that may be called, and which of the parameters that keep them from asking each one has. Private to the collection.

The parameters are those of the reference, https://learn.microsoft.com/powershell/module/skypeforbusiness/. The runner on the server
looks them up itself; through a restricted endpoint nothing can be looked up, so they have to be known here.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import front_ends, server_settings
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.parts import PARTS

# Nobody is there to answer a question.
_QUIET: dict[str, Any] = {"Confirm": False, "Force": True}
_NOTHING: dict[str, Any] = {}

# What the runner on the server answers itself.
RUNNER = ("Read-Server", "Read-Certificate", server_settings.READ)

# What needs the server's certificate store or its keys, and so the runner: a roll of the certificate, and the proof of the trust.
RUNNER_ONLY = (
    "Read-CertificateCheck",
    "Set-CsCertificate",
    "Remove-CsCertificate",
    "New-StoreCertificate",
    "Import-StoreCertificate",
    "Remove-StoreCertificate",
    "New-Assertion",
    "Test-CsExStorageConnectivity",
)

_WRITTEN = {"OAuthServer": ("New", "Set", "Remove"), "PartnerApplication": ("New", "Set", "Remove"), "OAuthConfiguration": ("Set",)}

CMDLETS: dict[str, dict[str, Any]] = {
    **dict.fromkeys((*(part.cmdlet for part in PARTS.values()), *server_settings.CMDLETS, *front_ends.CMDLETS), _NOTHING),
    **{f"{verb}-Cs{noun}": _QUIET for noun, verbs in _WRITTEN.items() for verb in verbs},
}
