# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant that clients find, and what is compared of it afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab import Lab
from tests.lab.cloud.key_credentials import made
from tests.lab.state import GREENFIELD
from tests.unit.support import certificate, pem

SKYPE, EXCHANGE = "00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"
CLIENT = "0a1b2c3d-0000-4000-8000-000000000001"
OVER, FOREIGN = "22222222-2222-4333-8444-000000000001", "22222222-2222-4333-8444-000000000002"
NAMES = ("webext.contoso.com", "webint.contoso.com")
# The same for all clients, so that their ends can be compared.
OURS = certificate("contoso.com")
_THEIRS = {OVER: certificate("old.fabrikam.com"), FOREIGN: certificate("fabrikam.com")}


def der(of: x509.Certificate) -> bytes:
    return of.public_bytes(Encoding.DER)


def ours_pem() -> str:
    return pem(OURS)


def ours_key() -> str:
    """The `key` of an entry of ours."""
    return base64.b64encode(der(OURS)).decode()


def state() -> dict[str, Any]:
    """Two certificates of others on Skype for Business Online, one of which is to go, and one without its key on Exchange Online."""
    estate: dict[str, Any] = json.loads(GREENFIELD.read_text(encoding="utf-8"))
    principal = next(one for one in estate["tenants"][0]["service_principals"] if one["appId"] == SKYPE)
    for key_id, theirs in _THEIRS.items():
        key, subject = base64.b64encode(der(theirs)).decode(), theirs.subject.rfc4514_string()
        entry = {"keyId": key_id, "type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": subject}
        principal["keyCredentials"].append(made(entry))
    return estate


def principal(lab: Lab, app_id: str) -> dict[str, Any]:
    """A service principal as the tenant keeps it."""
    return next(one for one in lab.state()["tenants"][0]["service_principals"] if one["appId"] == app_id)


def certificates(lab: Lab, app_id: str) -> dict[str, dict[str, Any]]:
    """The entries of the certificates on a principal, by the SHA-256 of the key, or the id where there is none.

    Of ours, what every client says alike: which id, name and beginning the entry has is a client's own, and the Azure CLI lets it end a
    second before the certificate.
    """
    found = {}
    for entry in principal(lab, app_id)["keyCredentials"]:
        content = base64.b64decode(entry["key"]) if entry["key"] else None
        own = content == der(OURS)
        digest = hashlib.sha256(content).hexdigest() if content else entry["keyId"]
        found[digest] = {name: entry[name] for name in (("customKeyIdentifier", "type", "usage") if own else entry)}
    return found


def names(app_id: str) -> list[str]:
    """The names of the farm's Web services in both forms."""
    return [form for host in NAMES for form in (f"{app_id}/{host}", f"https://{host}/")]
