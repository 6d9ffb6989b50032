# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cmdlets that change certificates, simulated: Set-CsCertificate, Remove-CsCertificate, New-SelfSignedCertificate, a store's Add
and the removal from it.

What the farm does with a staged certificate:
https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
What -Identity global means (kept in the Central Management Store, copied to all Front Ends):
https://learn.microsoft.com/skypeforbusiness/manage/authentication/assign-a-server-to-server-certificate
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from . import certificates
from .binder import CmdletError
from .cmdlets import Row, row

NAMES = ("Set-CsCertificate", "Remove-CsCertificate", "New-SelfSignedCertificate", "Add-StoreCertificate", "Clear-StoreCertificate")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def signs(issuer: dict[str, Any], at: str | None = None) -> str:
    """The id of the certificate that signs at a time, now by default: until a staged one takes effect, the one before it does."""
    effective, previous = issuer.get("effective_date"), issuer.get("previous")
    return str(previous if previous and effective and effective > (at or _now()) else issuer["certificate"])


class CertificateCmdlets:
    """The cmdlets on one Front End. put: copies a certificate, named by its id, into the store of the Front End of that name.

    take: takes one out of this server's store, by default only out of the state.
    """

    def __init__(
        self,
        deployment: dict[str, Any],
        front_end: dict[str, Any],
        put: Callable[[str, str], None],
        take: Callable[[str], None] | None = None,
    ) -> None:
        self._deployment, self._front_end, self._put = deployment, front_end, put
        self._take = take or front_end["store"].remove

    def run(self, cmdlet: str, bound: dict[str, Any]) -> list[Row]:
        if cmdlet == "New-SelfSignedCertificate":
            return self._new(bound)
        if cmdlet == "Add-StoreCertificate":
            return self._add(bound)
        if cmdlet == "Clear-StoreCertificate":
            return self._clear(bound["Thumbprint"])
        if [*bound.get("Type", ())] != ["OAuthTokenIssuer"] or str(bound.get("Identity", "")).lower() != "global":
            raise CmdletError(
                "The lab simulates the global OAuthTokenIssuer certificate only.", f"NotImplemented,{cmdlet}", "NotImplemented"
            )
        return self._set(bound) if cmdlet == "Set-CsCertificate" else self._remove(bound)

    def _set(self, bound: dict[str, Any]) -> list[Row]:
        name = "Set-CsCertificate"
        thumbprint = str(bound.get("Thumbprint", "")).upper()
        there = self._deployment["certificates"]
        found = next(
            (one for one in self._front_end["store"] if certificates.thumbprint(certificates.load(there[one])) == thumbprint), None
        )
        if found is None or not there[found].get("private_key", True):
            raise CmdletError(
                f"Certificate {thumbprint} was not found with its private key.", f"CertificateNotFound,{name}", "ObjectNotFound"
            )
        issuer = self._deployment["cms"]["token_issuer"]
        if bound.get("Roll") and (not issuer or "EffectiveDate" not in bound):
            raise CmdletError("Roll needs a current certificate and an effective date.", f"InvalidRoll,{name}", "InvalidArgument")
        before = signs(issuer) if issuer else None
        self._deployment["cms"]["token_issuer"] = {
            "certificate": found,
            "previous": before if before != found else None,
            "effective_date": bound["EffectiveDate"] if bound.get("Roll") else _now(),
        }
        for front_end in self._deployment["front_ends"]:
            self._put(front_end["name"], found)
        return []

    def _remove(self, bound: dict[str, Any]) -> list[Row]:
        issuer = self._deployment["cms"]["token_issuer"]
        if not bound.get("Previous"):
            self._deployment["cms"]["token_issuer"] = None
        elif not issuer or not issuer.get("previous"):
            raise CmdletError("There is no previous certificate.", "CertificateNotFound,Remove-CsCertificate", "ObjectNotFound")
        else:
            issuer["previous"] = None
        return []

    def _new(self, bound: dict[str, Any]) -> list[Row]:
        if bound.get("KeyExportPolicy") != ["Exportable"]:
            raise CmdletError("The lab wants an exportable key.", "NotImplemented,New-SelfSignedCertificate", "NotImplemented")
        if "\\" in bound["Subject"]:
            raise CmdletError(
                "The string contains an invalid X500 name.", "System.ArgumentException,New-SelfSignedCertificate", "NotSpecified"
            )
        # https://learn.microsoft.com/powershell/module/pki/new-selfsignedcertificate: where it is not given it begins some minutes ago.
        begin = bound.get("NotBefore") or _time_text(datetime.now(timezone.utc) - timedelta(minutes=10))
        entry = {"subject": bound["Subject"], "key_size": bound["KeyLength"], "not_before": begin, "not_after": bound["NotAfter"]}
        if bound.get("DnsName"):
            entry["names"] = bound["DnsName"]
        certificates.complete(entry)
        return self._stored(entry)

    def _add(self, bound: dict[str, Any]) -> list[Row]:
        key, certificate, _others = pkcs12.load_key_and_certificates(base64.b64decode(bound["Pfx"]), None)
        assert certificate is not None
        pfx = pkcs12.serialize_key_and_certificates(b"imported", key, certificate, None, NoEncryption())  # type: ignore[arg-type]
        return self._stored({"pfx": base64.b64encode(pfx).decode(), "private_key": key is not None})

    def _clear(self, thumbprint: str) -> list[Row]:
        there = self._deployment["certificates"]
        found = [one for one in self._front_end["store"] if certificates.thumbprint(certificates.load(there[one])) == thumbprint]
        if not found:
            said = f"Cannot find path '\\LocalMachine\\My\\{thumbprint}' because it does not exist."
            raise CmdletError(said, "PathNotFound,Microsoft.PowerShell.Commands.RemoveItemCommand", "ObjectNotFound")
        for name in found:
            self._take(name)
        return []

    def _stored(self, entry: dict[str, Any]) -> list[Row]:
        there = self._deployment["certificates"]
        thumbprint = certificates.thumbprint(certificates.load(entry))
        name = next((one for one, known in there.items() if certificates.thumbprint(certificates.load(known)) == thumbprint), None)
        if name is None:
            name = f"certificate{len(there) + 1}"
            there[name] = entry
        self._put(self._front_end["name"], name)
        return [row(certificates.OBJECT, Thumbprint=("text", thumbprint), Pfx=("text", there[name]["pfx"]))]


def _now() -> str:
    return _time_text(datetime.now(timezone.utc))


def _time_text(moment: datetime) -> str:
    return moment.strftime(_TIME)
