# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of what is not the product's but Windows' own: the PKI module's New-SelfSignedCertificate, and a certificate store's Add.

https://learn.microsoft.com/powershell/module/pki/new-selfsignedcertificate (Windows Server 2016 and later; the parameters in use).
"""

from __future__ import annotations

from typing import Any


def _parameters(mandatory: bool = False, **kinds: str) -> dict[str, dict[str, Any]]:
    return {name: {"type": kind, "mandatory": mandatory, "positional": False} for name, kind in kinds.items()}


SIGNATURES: dict[str, dict[str, Any]] = {
    "New-SelfSignedCertificate": {
        "parameter_sets": {
            "(Default)": _parameters(
                Subject="String",
                DnsName="String[]",
                CertStoreLocation="String",
                KeyAlgorithm="String",
                KeyLength="Int32",
                HashAlgorithm="String",
                KeyExportPolicy="KeyExportPolicy[]",
                KeySpec="KeySpec",
                KeyUsage="KeyUsage[]",
                Provider="String",
                NotBefore="DateTime",
                NotAfter="DateTime",
                FriendlyName="String",
                WhatIf="SwitchParameter",
                Confirm="SwitchParameter",
            )
        },
        "accepted_values": {
            "KeyExportPolicy": ["NonExportable", "ExportableEncrypted", "Exportable"],
            "KeySpec": ["None", "KeyExchange", "Signature"],
        },
    },
    "Clear-StoreCertificate": {"parameter_sets": {"(Default)": _parameters(mandatory=True, Thumbprint="String")}, "accepted_values": {}},
    "Add-StoreCertificate": {"parameter_sets": {"(Default)": _parameters(mandatory=True, Pfx="String")}, "accepted_values": {}},
}
