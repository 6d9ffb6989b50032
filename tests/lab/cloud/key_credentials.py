# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PATCH does to keyCredentials: it replaces the whole list, and what becomes of an entry that comes back with its key null.

Microsoft publishes scripts that rely on such a key being kept (Entra multifactor authentication with AD FS), and says nowhere that it is.
"""

from __future__ import annotations

import base64
import binascii
import copy
import uuid
from datetime import datetime, timezone
from typing import Any

from cryptography import x509

from ..farm import certificates
from .graph_error import RefusedError
from .times import time_of

# Longer ones are accepted and shortened: https://learn.microsoft.com/graph/api/resources/keycredential
_LONGEST_NAME = 90


def replaced(current: list[dict[str, Any]], given: list[dict[str, Any]], key_null: str) -> list[dict[str, Any]]:
    """The new list; RefusedError where an entry that is there would be altered, or a new one is not valid.

    given: entries as schema.typed() gives them. key_null: whether the key of an entry that comes back with null there is kept, wiped, or
    makes the request be refused.
    """
    ids = [entry["keyId"] for entry in given if entry.get("keyId")]
    if len(set(ids)) < len(ids):
        raise RefusedError(400, "Request_BadRequest", "The keyId of a credential has to be unique.")
    known = {str(entry["keyId"]).lower(): entry for entry in current}
    return [_kept(known[entry["keyId"]], entry, key_null) if entry.get("keyId") in known else made(entry) for entry in given]


def _kept(stored: dict[str, Any], entry: dict[str, Any], key_null: str) -> dict[str, Any]:
    kept = copy.deepcopy(stored)
    for name, value in {"key": None, **entry}.items():  # a list is replaced, so what an entry does not say is null
        if name == "key" and (value is None or stored["key"] is None):
            if value is None and key_null == "refused" and stored["key"] is not None:
                raise RefusedError(400, "Request_BadRequest", f"Key of credential with KeyId '{stored['keyId']}' is required.")
            if value is not None or key_null == "wiped":
                kept["key"] = value
        elif name != "keyId" and not _same(name, value, stored.get(name)):
            raise RefusedError(400, "Request_BadRequest", f"Update to existing credential with KeyId '{stored['keyId']}' is not allowed.")
    return kept


def _same(name: str, value: Any, stored: Any) -> bool:
    """Whether a value that comes back is the one that is there: a time may come back in another form."""
    return value == stored or (name.endswith("DateTime") and None not in (value, stored) and time_of(value) == time_of(stored))


def made(entry: dict[str, Any]) -> dict[str, Any]:
    """A new entry as it is stored; RefusedError where it is not valid."""
    if not entry.get("key") or entry.get("type") not in ("AsymmetricX509Cert", "X509CertAndPassword", "Symmetric"):
        raise RefusedError(400, "Request_BadRequest", "A new key credential needs key and type.")
    try:
        certificate = certificate_of(entry["key"])
    except ValueError:
        raise RefusedError(400, "Request_BadRequest", "Key value is invalid certificate.") from None
    begin, end = certificates.times(certificate)
    wanted = entry.get("endDateTime") or end
    if time_of(wanted) > time_of(end) or time_of(wanted) <= datetime.now(timezone.utc):
        raise RefusedError(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
    start = entry.get("startDateTime") or begin
    # Code and text: https://github.com/hashicorp/terraform-provider-azuread/issues/1582
    if time_of(start) > time_of(wanted):
        raise RefusedError(400, "KeyCredentialsInvalidStartDate", "Key credential start date is invalid.")
    return {
        "keyId": entry.get("keyId") or str(uuid.uuid4()),
        "customKeyIdentifier": entry.get("customKeyIdentifier") or certificates.thumbprint(certificate),
        "displayName": (entry.get("displayName") or "")[:_LONGEST_NAME] or None,
        "startDateTime": start,
        "endDateTime": wanted,
        "type": entry["type"],
        "usage": entry.get("usage") or "Verify",
        "key": entry["key"],
    }


def certificate_of(key: str) -> x509.Certificate:
    """The certificate in the property key, in any of the encodings that programs send; ValueError if it is none."""
    try:
        content = base64.b64decode(key, validate=True)
        if content.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content if content[:1] == b"\x30" else base64.b64decode(content, validate=True))
    except binascii.Error as exc:
        raise ValueError(str(exc)) from None
